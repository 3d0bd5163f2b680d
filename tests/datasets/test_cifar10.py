"""CIFAR-10: read from a copy, or downloaded once and whole."""

import hashlib
import io
import subprocess
import sys
import tarfile
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from imgrec import datasets, edge
from imgrec.datasets import cifar10
from imgrec.errors import DatasetError


class Server(ThreadingHTTPServer):
    """Answers every request with its archive, in the way that mode names, and counts the requests."""

    daemon_threads = True
    archive = b""
    mode = "whole"
    requests = 0
    closing = threading.Event()

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.closing = threading.Event()


class Answer(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self.server.requests += 1
        if self.server.mode == "404":
            self.send_error(404)
            return
        if self.server.mode == "silent":
            self.server.closing.wait()
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.server.archive)))
        self.end_headers()
        half = len(self.server.archive) // 2
        self.wfile.write(self.server.archive[:half])
        if self.server.mode == "stall":
            self.server.closing.wait()
        elif self.server.mode == "slow":
            time.sleep(0.3)
        if self.server.mode != "cut":
            self.wfile.write(self.server.archive[half:])

    def log_message(self, *_: object) -> None:
        pass


def pack(folder: Path, prefix: str = "cifar-10-batches-bin/") -> bytes:
    """Pack a folder as the dataset's archive is packed."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for path in sorted(folder.iterdir()):
            archive.add(path, prefix + path.name)
    return packed.getvalue()


def publish(server: Server, archive: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make an archive the one that the server gives and that is expected."""
    server.archive = archive
    monkeypatch.setattr(cifar10, "ARCHIVE_BYTES", len(archive))
    monkeypatch.setattr(cifar10, "ARCHIVE_SHA256", hashlib.sha256(archive).hexdigest())


@pytest.fixture
def server(copy: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """Return a running server of the small dataset, from which it will be downloaded."""
    with Server() as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        publish(running, pack(copy), monkeypatch)
        monkeypatch.setattr(cifar10, "URL", f"http://127.0.0.1:{running.server_port}/cifar-10-binary.tar.gz")
        monkeypatch.setenv("NO_PROXY", "*")
        yield running
        running.closing.set()
        running.shutdown()
        thread.join()


def test_the_planes_become_rgb_pixels(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMGREC_CIFAR10", str(copy))
    train, test = datasets.load("cifar10", edge.location("cifar10"))
    assert train.pixels.shape == (100, 32, 32, 3)
    assert train.pixels[43, 5, 9].tolist() == [2, 100, 3]
    assert train.labels[43] == 3
    assert test.pixels[19, 31, 31].tolist() == [5, 100, 19]


def test_a_row_of_a_plane_is_a_row_of_the_image(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMGREC_CIFAR10", str(copy))
    data = bytearray((copy / "test_batch.bin").read_bytes())
    data[1 + 1024 + 32 * 4 + 7] = 255  # green, row 4, column 7
    (copy / "test_batch.bin").write_bytes(data)
    _, test = datasets.load("cifar10", edge.location("cifar10"))
    assert np.argwhere(test.pixels[0] == 255).tolist() == [[4, 7, 1]]


def test_a_download_gives_the_images_and_tells_its_progress(server: Server, home: Path) -> None:
    told: list[tuple[int, int]] = []
    assert not datasets.is_ready("cifar10", edge.location("cifar10"))
    train, _ = datasets.load("cifar10", edge.location("cifar10"), lambda done, total: told.append((done, total)))
    size = len(server.archive)
    assert train.pixels[43, 5, 9].tolist() == [2, 100, 3]
    assert told == sorted(told)
    assert told[-1] == (size, size)
    assert datasets.is_ready("cifar10", edge.location("cifar10"))
    assert sorted(path.name for path in (home / "datasets").iterdir()) == ["cifar10", "cifar10.lock"]


def test_what_was_downloaded_is_not_downloaded_again(server: Server) -> None:
    datasets.prepare("cifar10", edge.location("cifar10"))
    datasets.load("cifar10", edge.location("cifar10"))
    assert server.requests == 1


@pytest.mark.parametrize(
    ("mode", "reason"),
    [
        ("404", "127.0.0.1:[0-9]+ answered 404 Not Found"),
        ("cut", "the connection to 127.0.0.1:[0-9]+ broke off"),
        ("stall", "127.0.0.1:[0-9]+ sent nothing for 0.2 seconds"),
        ("silent", "127.0.0.1:[0-9]+ sent nothing for 0.2 seconds"),
        ("refused", "127.0.0.1:9 cannot be reached"),
        ("unknown host", "nowhere.invalid cannot be reached"),
        ("other content", "its checksum differs"),
    ],
)
def test_a_failed_download_says_why_and_what_to_do_and_leaves_nothing(
    server: Server, home: Path, monkeypatch: pytest.MonkeyPatch, mode: str, reason: str
) -> None:
    monkeypatch.setattr(cifar10, "STALL_SECONDS", 0.2)
    server.mode = mode
    if mode == "refused":
        monkeypatch.setattr(cifar10, "URL", "http://127.0.0.1:9/cifar-10-binary.tar.gz")
    if mode == "unknown host":
        monkeypatch.setattr(cifar10, "URL", "http://nowhere.invalid/cifar-10-binary.tar.gz")
    if mode == "other content":
        server.archive = b"<html>Please log in to this network.</html>"
    with pytest.raises(DatasetError, match=f"CIFAR-10 could not be downloaded: .*{reason}") as caught:
        datasets.load("cifar10", edge.location("cifar10"))
    assert "Set IMGREC_CIFAR10 to a folder" in str(caught.value)
    assert "use the dataset shapes" in str(caught.value)
    assert not datasets.is_ready("cifar10", edge.location("cifar10"))
    assert [path.name for path in (home / "datasets").iterdir()] == ["cifar10.lock"]


@pytest.mark.usefixtures("server")
def test_a_download_works_after_one_that_was_killed(home: Path) -> None:
    left = home / "datasets" / "cifar10.unfinished" / "files"
    left.mkdir(parents=True)
    (left / "data_batch_1.bin").write_bytes(b"half")
    datasets.load("cifar10", edge.location("cifar10"))
    assert not left.exists()


def test_two_threads_download_once(server: Server) -> None:
    server.mode = "slow"
    threads = [threading.Thread(target=datasets.prepare, args=("cifar10", edge.location("cifar10"))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert server.requests == 1
    assert datasets.is_ready("cifar10", edge.location("cifar10"))


@pytest.mark.slow
def test_two_processes_download_once(server: Server) -> None:
    server.mode = "slow"
    same = {
        name: getattr(cifar10, name)
        for name in ("URL", "ARCHIVE_BYTES", "ARCHIVE_SHA256", "FILE_BYTES", "IMAGES_PER_FILE")
    }
    script = f"""
from imgrec import edge
from imgrec.datasets import cifar10
vars(cifar10).update({same})
cifar10.prepare(edge.location("cifar10"))
"""
    processes = [subprocess.Popen([sys.executable, "-c", script]) for _ in range(2)]
    assert [process.wait() for process in processes] == [0, 0]
    assert server.requests == 1
    assert datasets.is_ready("cifar10", edge.location("cifar10"))


@pytest.mark.parametrize("prefix", ["../../", "/tmp/", ""])
def test_paths_in_the_archive_decide_nothing(
    server: Server, copy: Path, home: Path, monkeypatch: pytest.MonkeyPatch, prefix: str
) -> None:
    (copy / "evil.bin").write_bytes((copy / "test_batch.bin").read_bytes())
    publish(server, pack(copy, prefix), monkeypatch)
    datasets.prepare("cifar10", edge.location("cifar10"))
    kept = {path.relative_to(home).as_posix() for path in home.rglob("*.bin")}
    assert kept == {f"datasets/cifar10/{name}" for name in (*cifar10.TRAIN_FILES, cifar10.TEST_FILE)}


def test_an_archive_that_lacks_a_file_is_refused(server: Server, copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (copy / "data_batch_4.bin").unlink()
    (copy / "data_batch_4.bin").symlink_to(copy / "data_batch_3.bin")
    publish(server, pack(copy), monkeypatch)
    with pytest.raises(DatasetError, match=r"needs six .bin files. It lacks data_batch_4.bin"):
        datasets.prepare("cifar10", edge.location("cifar10"))
    assert not datasets.is_ready("cifar10", edge.location("cifar10"))


def damage(copy: Path, how: str) -> None:
    """Damage a folder with the six files."""
    path = copy / "data_batch_3.bin"
    data = path.read_bytes()
    if how == "missing":
        path.unlink()
    elif how == "cut":
        path.write_bytes(data[:-1])
    elif how == "label":
        path.write_bytes(b"\x0a" + data[1:])
    else:
        path.unlink()
        path.mkdir()


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("missing", r"where data_batch_3.bin is missing"),
        ("folder", r"where data_batch_3.bin is missing"),
        ("cut", r"61,460 bytes each.* data_batch_3.bin has 61,459 bytes"),
        ("label", r"labels from 0 to 9 in .*data_batch_3.bin. Received: 10. Put an undamaged copy there"),
    ],
)
def test_a_damaged_copy_is_refused_and_never_replaced_by_a_download(
    server: Server, copy: Path, monkeypatch: pytest.MonkeyPatch, how: str, said: str
) -> None:
    monkeypatch.setenv("IMGREC_CIFAR10", str(copy))
    damage(copy, how)
    with pytest.raises(DatasetError, match=said):
        datasets.load("cifar10", edge.location("cifar10"))
    assert datasets.is_ready("cifar10", edge.location("cifar10")) == (
        how == "label"
    )  # only reading the images can tell
    assert server.requests == 0


def test_a_copy_that_is_not_there_is_refused(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMGREC_CIFAR10", str(tmp_path / "nowhere"))
    with pytest.raises(
        DatasetError, match=r"needs to name a folder .* Received: .*nowhere, where .* unset IMGREC_CIFAR10"
    ):
        datasets.load("cifar10", edge.location("cifar10"))
    assert server.requests == 0


@pytest.mark.usefixtures("server")
def test_a_damaged_download_says_how_to_get_it_again(home: Path) -> None:
    datasets.prepare("cifar10", edge.location("cifar10"))
    damage(home / "datasets" / "cifar10", "label")
    with pytest.raises(DatasetError, match=r"Received: 10. Delete .*cifar10 to download it again"):
        datasets.load("cifar10", edge.location("cifar10"))


@pytest.mark.usefixtures("server")
def test_a_home_that_cannot_be_written_says_so(home: Path) -> None:
    (home / "datasets").write_text("a file where a folder is needed")
    with pytest.raises(DatasetError, match=r"needs about 360 MB under .* cannot be kept there: .* set IMGREC_HOME"):
        datasets.prepare("cifar10", edge.location("cifar10"))


@pytest.mark.parametrize("name", ["x" * 5000, "~nobody-of-this-name/x"])
def test_a_folder_that_cannot_even_be_looked_at_is_said_in_words(monkeypatch, name):
    monkeypatch.setenv("IMGREC_CIFAR10", name)
    assert not datasets.is_ready("cifar10", edge.location("cifar10"))
    with pytest.raises(DatasetError, match="IMGREC_CIFAR10 needs to name a folder"):
        datasets.load("cifar10", edge.location("cifar10"))
