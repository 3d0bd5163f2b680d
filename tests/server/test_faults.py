"""What strangers get of a bug is a number; the log has the rest, and nothing of the visitor but what the error says."""

import asyncio
import json
import logging
from logging.handlers import RotatingFileHandler

import pytest
from starlette.requests import ClientDisconnect

from imgrec import server
from imgrec.profiles import PROFILES, Profile
from imgrec.server import log
from imgrec.server.faults import CatchFaults, noted
from imgrec.server.paths import shown
from imgrec.server.replies import refuse
from tests.server.asking import HTML, ask, http, silence, socket


@pytest.fixture
def lines(home):
    """Open the log, and return a function that reads it."""
    log.begin(home)
    yield lambda: [json.loads(line) for line in (home / "logs" / "server.log").read_text("ascii").splitlines()]
    log.end()
    logging.getLogger("streamlit.error_util").filters.clear()
    logging.getLogger("uvicorn.error").setLevel(logging.NOTSET)


async def broken(_scope, _receive, _send):
    raise ValueError("the cause\n\x1b[31m")


def test_a_route_that_raises_answers_with_a_number_which_the_log_has(lines):
    for headers in ({}, HTML):
        answer = ask(CatchFaults(broken), http("/results/a-name/more?secret", headers=headers))
        assert answer.status == 500
        line = lines()[-1]
        assert f"error {line['error']}." in answer.body.decode()
        assert b"cause" not in answer.body
        assert {key: line[key] for key in ("level", "event", "path", "status")} == {
            "level": "error",
            "event": "a route failed",
            "path": "/results/a-name",
            "status": 500,
        }
        assert "ValueError: the cause" in line["traceback"]


def test_the_log_has_no_names_of_sessions_and_files():
    assert shown("/results/a-name") == "/results/a-name"
    assert shown("/deep/base/_stcore/upload_file/session/file") == "/_stcore/upload_file"


def test_a_socket_that_raises_is_closed_and_one_that_its_visitor_left_is_no_fault(lines):
    assert ask(CatchFaults(broken), socket()).status is None

    async def begun(_scope, _receive, send):
        await send({"type": "websocket.accept"})
        raise ValueError

    sent = []

    async def send(message):
        sent.append(message)

    asyncio.run(CatchFaults(begun)(socket(), silence, send))
    assert sent == [{"type": "websocket.accept"}, {"type": "websocket.close", "code": 1011}]
    assert len(lines()) == 2

    async def left(_scope, _receive, _send):
        raise ClientDisconnect

    asyncio.run(CatchFaults(left)(http(), silence, send))
    assert len(lines()) == 2


def test_a_line_of_the_log_has_no_control_characters_and_no_address(home, lines):
    noted(ValueError("first\nsecond\x1b[31m\u202e"))
    raw = (home / "logs" / "server.log").read_text("ascii")
    assert raw.count("\n") == 1
    assert raw.rstrip("\n").isprintable()
    log.say("warning", "refused", address=log.hashed("203.0.113.7"))
    assert "203.0.113.7" not in (home / "logs" / "server.log").read_text()
    assert log.hashed("203.0.113.7") == log.hashed("203.0.113.7") != log.hashed("203.0.113.8")
    assert set(lines()[1]) == {"time", "level", "event", "address"}


def test_the_log_takes_thirty_megabytes_at_most(home, lines, monkeypatch):
    [handler] = [found for found in log._logger.handlers if isinstance(found, RotatingFileHandler)]
    assert (handler.maxBytes, handler.backupCount + 1) == (10_000_000, 3)
    monkeypatch.setattr(handler, "maxBytes", 1000)
    for _ in range(100):
        log.say("info", "x" * 200)
    names = sorted(path.name for path in (home / "logs").iterdir())
    assert names == ["server.log", "server.log.1", "server.log.2"]
    assert lines()


def test_without_strangers_nothing_is_written_and_bugs_stay_bugs(home, monkeypatch):
    monkeypatch.delenv("IMGREC_PROFILE", raising=False)
    profile = server.start()
    noted(ValueError())
    assert [vars(part.cls)["__module__"] for part in server.middleware(profile)] == [
        "imgrec.server.headers",
        "imgrec.server.paths",
    ]
    assert list(home.iterdir()) == []


def test_a_server_for_strangers_says_what_they_may_do(lines, monkeypatch, capsys):
    monkeypatch.setenv("IMGREC_PROFILE", "hosted")
    server.start()
    said = capsys.readouterr().out
    assert "Open pages per address" in said
    assert "3,000,000" in said
    assert lines()[0]["profile"]["epochs"] == PROFILES["hosted"].epochs


def test_a_wrong_profile_ends_the_start_in_one_sentence(monkeypatch):
    monkeypatch.setenv("IMGREC_PROFILE", "hostd")
    with pytest.raises(SystemExit, match="IMGREC_PROFILE needs local or hosted"):
        server.start()


def stacked(app, profile):
    """Return an application behind all that stands before the pages."""
    for part in reversed(server.middleware(profile)):
        app = part.cls(app, *part.args, **part.kwargs)
    return app


@pytest.mark.parametrize(
    ("ancestors", "frame_options"),
    [("'self'", "SAMEORIGIN"), ("'none'", "DENY"), ("'self' https://example.org", None)],
)
@pytest.mark.parametrize("path", ["/", "/_stcore/metrics", "/broken"])
@pytest.mark.usefixtures("lines")
def test_every_answer_carries_the_headers(path, ancestors, frame_options):
    async def app(scope, receive, send):
        if scope["path"] == "/broken":
            raise ValueError
        await refuse(scope, receive, send, 200, "Fine", "Fine.")

    profile = PROFILES["hosted"].replace(frame_ancestors=ancestors)
    headers = ask(stacked(app, profile), http(path)).headers
    policy = headers["content-security-policy"].split("; ")
    assert {"default-src 'self'", "object-src 'none'", "base-uri 'self'", "form-action 'self'"} <= set(policy)
    assert f"frame-ancestors {ancestors}" in policy
    assert not any("http" in part or "*" in part or " 'unsafe-eval'" in part for part in policy[:-1])
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["permissions-policy"].startswith("camera=(self), ")
    assert headers.get("x-frame-options") == frame_options


@pytest.mark.parametrize("profile", [PROFILES["hosted"], Profile()], ids=["hosted", "local"])
def test_the_start_of_the_server_passes_through_all(profile):
    """The pages would otherwise start without it, which Streamlit says on the console alone."""
    passed = []

    async def app(scope, _receive, _send):
        passed.append(scope["type"])

    async def nothing(_message=None):
        raise AssertionError

    asyncio.run(stacked(app, profile)({"type": "lifespan"}, nothing, nothing))
    assert passed == ["lifespan"]
