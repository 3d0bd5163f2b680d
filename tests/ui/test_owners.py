"""A connection is of use to the browser that it belongs to, and to no other one that knows its id."""

import asyncio
from typing import Any

import pytest

from imgrec.ui import browser, owners

OWN, OTHER = "a" * 32, "b" * 32
PATH = "/_stcore/upload_file/its-id/a-file"


@pytest.fixture(autouse=True)
def noted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let one connection be known, and none before and after."""
    monkeypatch.setattr(owners, "_owners", type(owners._owners)())
    owners.note("its-id", OWN)


def asked(scope: dict[str, Any], secret: str | None) -> tuple[list[dict[str, Any]], list[Any]]:
    """Ask as a browser with this cookie. Return the scopes that the app was given, and what was answered."""
    passed, sent = list[dict[str, Any]](), list[Any]()

    async def app(scope: Any, receive: Any, send: Any) -> None:  # noqa: ARG001
        passed.append(scope)

    async def receive() -> dict[str, Any]:
        return {"type": "http.request"}

    async def send(message: Any) -> None:
        sent.append(message)

    cookie = [(b"cookie", f"{browser.COOKIE}={secret}".encode())] if secret else []
    full = {"method": "PUT", "path": PATH, **scope, "headers": [*cookie, *scope.get("headers", [])]}
    asyncio.run(browser.NameBrowsers(app)(full, receive, send))
    return passed, sent


@pytest.mark.parametrize("method", ["PUT", "DELETE", "GET"])
@pytest.mark.parametrize(("secret", "answered"), [(OWN, None), (OTHER, 403), (None, 403), (OWN.upper(), 403)])
def test_pictures_are_put_and_deleted_by_the_connections_own_browser(
    method: str, secret: str | None, answered: int | None
) -> None:
    passed, sent = asked({"type": "http", "method": method}, secret)
    assert bool(passed) is (answered is None)
    assert (sent[0]["status"] if sent else None) == answered


def test_a_connection_that_nobody_has_noted_and_another_path_are_left_to_streamlit() -> None:
    assert asked({"type": "http", "path": PATH.replace("its", "another")}, None)[0]
    assert asked({"type": "http", "path": "/_stcore/health"}, OTHER)[0]
    assert asked({"type": "http", "method": "OPTIONS"}, None)[0]


def asked_again(secret: str | None) -> tuple[str, list[str]]:
    """Ask to go on with the connection. Return the header and the protocols that Streamlit is then given."""
    protocols = ["streamlit", "a-token", "its-id"]
    header = (b"sec-websocket-protocol", ", ".join(protocols).encode())
    scope = {"type": "websocket", "path": "/_stcore/stream", "headers": [header], "subprotocols": protocols}
    [passed], _ = asked(scope, secret)
    [found] = [value.decode() for name, value in passed["headers"] if name == b"sec-websocket-protocol"]
    return found, passed["subprotocols"]


def test_a_browser_goes_on_with_its_own_connection_and_another_one_gets_a_new_one() -> None:
    assert asked_again(OWN) == ("streamlit, a-token, its-id", ["streamlit", "a-token", "its-id"])
    for secret in (OTHER, None):
        assert asked_again(secret) == ("streamlit, a-token", ["streamlit", "a-token"])


def test_so_many_connections_are_remembered_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(owners, "MOST", 2)
    for number in range(4):
        owners.note(f"connection {number}", OWN)
    assert [*owners._owners] == ["connection 2", "connection 3"]
