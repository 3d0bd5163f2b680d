"""A server of the small datasets, which can fail in every way that the internet does."""

import hashlib
import io
import tarfile
import threading
import time
from collections.abc import Mapping
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from imgrec.datasets.download import Downloaded
from tests.datasets import small


class Server(ThreadingHTTPServer):
    """Answers each request with the content at its path, in the way that mode names, and keeps the paths."""

    daemon_threads = True
    mode = "whole"

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.contents: dict[str, bytes] = {}
        self.requests: list[str] = []
        self.closing = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/"

    def publish(self, files: Downloaded, contents: Mapping[str, bytes]) -> Downloaded:
        """Serve the contents of the files to fetch, by their names, and return the files that are expected then."""
        self.contents = {f"/{name}": content for name, content in contents.items()}
        remotes = [
            replace(remote, bytes=len(content), sha256=hashlib.sha256(content).hexdigest())
            for remote in small.elsewhere(files, self.url).remotes
            for content in [contents[remote.url.rpartition("/")[2]]]
        ]
        return replace(files, remotes=tuple(remotes))


class Answer(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self.server.requests.append(self.path)
        content = self.server.contents.get(self.path)
        if self.server.mode == "404" or content is None:
            self.send_error(404)
            return
        if self.server.mode == "silent":
            self.server.closing.wait()
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        half = len(content) // 2
        self.wfile.write(content[:half])
        if self.server.mode == "stall":
            self.server.closing.wait()
        elif self.server.mode == "slow":
            time.sleep(0.3)
        if self.server.mode != "cut":
            self.wfile.write(content[half:])

    def log_message(self, *_: object) -> None:
        pass


def pack(folder: Path, prefix: str = "cifar-binary/") -> bytes:
    """Pack a folder as the archives of the CIFAR datasets are packed."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for path in sorted(folder.iterdir()):
            archive.add(path, prefix + path.name)
    return packed.getvalue()


def to_fetch(files: Downloaded, folder: Path) -> dict[str, bytes]:
    """Return what a server has of a dataset whose files lie in a folder: an archive of them, or each by itself."""
    names = [remote.url.rpartition("/")[2] for remote in files.remotes]
    if names == list(files.sizes):
        return {name: (folder / name).read_bytes() for name in names}
    (name,) = names
    return {name: pack(folder)}
