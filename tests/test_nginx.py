"""nginx as deploy/nginx.conf has it, in front of a real server: with other addresses and another log alone."""

import gzip
import http.client
import os
import re
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page

from benchmarks import stage

ROOT = Path(__file__).resolve().parents[1]
NGINX_CONF = (ROOT / "deploy/nginx.conf").read_text(encoding="utf-8")
NGINX = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
pytestmark = pytest.mark.skipif(NGINX is None, reason="needs nginx; .ci/run installs it")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def configured(folder: Path, port: int, upstream: str) -> list[str]:
    """Write the shipped configuration with these addresses, and return the command that runs it."""
    assert NGINX is not None
    conf = NGINX_CONF
    for shipped, here in {
        "server app:8501;": f"server {upstream};",
        "listen 80;": f"listen 127.0.0.1:{port};",
        "/var/log/nginx/access.log": str(folder / "access.log"),
    }.items():
        assert conf.count(shipped) == 1
        conf = conf.replace(shipped, here)
    (folder / "imgrec.conf").write_text(conf, encoding="utf-8")
    temporary = "".join(
        f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    types = "types { text/html html; }"  # those of the app's answers count
    main = f"{'user root;' if os.getuid() == 0 else ''} pid {folder}/pid; error_log stderr; daemon off; events {{}}"
    (folder / "nginx.conf").write_text(
        f"{main}\nhttp {{ {types} {temporary} include {folder}/imgrec.conf; }}\n", encoding="utf-8"
    )
    return [NGINX, "-p", str(folder), "-e", "stderr", "-c", str(folder / "nginx.conf")]


@contextmanager
def fronted(folder: Path, upstream: str) -> Iterator[str]:
    """Run nginx in front of an address, and return its own."""
    folder.mkdir(exist_ok=True)
    port = free_port()
    with (folder / "nginx.log").open("wb") as log:
        process = subprocess.Popen(configured(folder, port, upstream), stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + 60
        while not listens(port):
            assert process.poll() is None, (folder / "nginx.log").read_text()
            assert time.monotonic() < deadline
            time.sleep(0.05)
        yield f"http://localhost:{port}"
    finally:
        process.terminate()
        process.wait()


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def ask(address: str, path: str, method: str = "GET", **headers: str) -> tuple[http.client.HTTPResponse, bytes]:
    """Send a request without a body, whatever its headers say of one, and return the answer."""
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=60)
    connection.putrequest(method, path, skip_accept_encoding=True)
    for name, value in headers.items():
        connection.putheader(name.replace("_", "-"), value)
    connection.endheaders()
    answer = connection.getresponse()
    body = b"" if answer.status == 101 else answer.read()
    connection.close()
    return answer, body


@pytest.fixture(scope="module")
def behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the address of nginx in front of a real server that strangers use, with an empty home."""
    folder = tmp_path_factory.mktemp("deploy")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IMGREC_PROFILE", "hosted")
        with (
            stage.serving(str(folder)) as (_, address),
            fronted(folder / "nginx", f"localhost:{urlsplit(address).port}") as own,
        ):
            yield own


def test_nginx_accepts_the_configuration_that_ships(tmp_path):
    checked = subprocess.run(
        [*configured(tmp_path, 8080, "localhost:8501"), "-t"], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stderr
    assert "warn" not in checked.stderr


@pytest.mark.slow
def test_a_page_and_a_health_check_come_through_nginx(behind):
    page, body = ask(behind, "/train", accept="text/html")
    assert page.status == 200
    assert b'<div id="root">' in body
    assert ask(behind, "/_stcore/health")[1] == b"ok"


@pytest.mark.slow
def test_nginx_compresses_the_frontend(behind):
    script = re.search(rb'src="\./(static/[^"]+\.js)"', ask(behind, "/", accept="text/html")[1])
    assert script is not None
    path = f"/{script[1].decode()}"
    plain, whole = ask(behind, path)
    packed, small = ask(behind, path, accept_encoding="gzip")
    assert plain.headers["content-encoding"] is None
    assert packed.headers["content-encoding"] == "gzip"
    assert gzip.decompress(small) == whole
    assert len(small) < len(whole) / 2


@pytest.mark.slow
def test_a_websocket_comes_through_nginx_from_its_own_pages_alone(behind):
    def status(origin: str) -> int:
        key = "dGhlIHNhbXBsZSBub25jZQ=="
        upgrade = {"connection": "Upgrade", "upgrade": "websocket", "sec_websocket_version": "13"}
        return ask(behind, "/_stcore/stream", origin=origin, sec_websocket_key=key, **upgrade)[0].status

    assert status(behind) == 101
    assert status("http://elsewhere.example") == 403


@pytest.mark.slow
def test_the_cookie_that_names_a_visitor_comes_through_nginx(behind):
    given = ask(behind, "/", accept="text/html")[0].headers["set-cookie"]
    assert "HttpOnly" in given
    known = ask(behind, "/", accept="text/html", cookie=given.split(";")[0])[0]
    assert known.headers["set-cookie"] is None


@pytest.mark.slow
def test_nginx_refuses_a_body_that_no_upload_has_before_it_comes(behind):
    path = "/_stcore/upload_file/session/file"
    assert ask(behind, path, "PUT", content_length=str(26 * 1024**2))[0].status == 413


@pytest.mark.slow
@pytest.mark.skipif(stage.CHROMIUM is None, reason="needs Chromium; .ci/run installs it")
def test_a_browser_opens_the_pages_through_nginx(behind):
    """It draws what comes over the WebSocket, and a click is answered over it."""
    with stage.browsing() as browser:
        page: Page = stage.visitor(browser)
        faults: list[str] = []
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.goto(behind)
        page.get_by_role("link", name="Network").first.click()
        page.get_by_role("heading", name="Network").first.wait_for()
        assert not faults


class Recording(BaseHTTPRequestHandler):
    """Answers everything, and keeps the headers of what it was asked."""

    asked: list[dict[str, str]] = []  # noqa: RUF012 - of the one server

    def do_GET(self) -> None:
        """Answer."""
        self.asked.append({name.lower(): value for name, value in self.headers.items()})
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def test_nginx_says_who_asks_whatever_a_visitor_claims_closes_the_metrics_and_logs_no_secret(tmp_path):
    server = HTTPServer(("127.0.0.1", 0), Recording)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        with fronted(tmp_path / "nginx", f"127.0.0.1:{server.server_port}") as address:
            claims = {
                "x_forwarded_for": "203.0.113.9",
                "x_forwarded_proto": "https",
                "referer": f"{address}/?who=s3cret",
            }
            assert ask(address, "/?who=s3cret", cookie="visitor=v1", **claims)[1] == b"ok"
            assert ask(address, "/_stcore/metrics")[0].status == 404
    finally:
        server.shutdown()
        server.server_close()
    (seen,) = Recording.asked
    assert (seen["x-forwarded-for"], seen["x-forwarded-proto"]) == ("127.0.0.1", "http")
    assert (seen["cookie"], seen["host"]) == ("visitor=v1", urlsplit(address).netloc)
    logged = (tmp_path / "nginx/access.log").read_text()
    assert '"GET /" 200' in logged
    assert "s3cret" not in logged + (tmp_path / "nginx/nginx.log").read_text()


def test_while_the_server_is_away_nginx_says_that_it_comes_back(tmp_path):
    with fronted(tmp_path / "nginx", f"127.0.0.1:{free_port()}") as address:
        answer, body = ask(address, "/train")
    assert answer.status == 503
    assert answer.headers["retry-after"] == "10"
    assert b"Runs are kept." in body
