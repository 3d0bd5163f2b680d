"""The files of a finished run go to whoever may see the run, and to nobody else."""

import asyncio
import json
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from starlette.applications import Starlette

from imgrec import edge, examples
from imgrec.runs import Run, library
from imgrec.ui import browser, downloads
from tests.conftest import Allow

OWN, OTHER = "a" * 32, "b" * 32


@pytest.fixture
def own(trained_run: Run, allow: Allow) -> Run:
    allow()
    store = edge.visitor(OWN)
    store.runs.mkdir(parents=True)
    trained_run.folder.rename(store.runs / trained_run.id)
    return store.get(trained_run.id)


def get(path: str, secret: str | None = None, query: str = "") -> tuple[int, bytes, dict[str, str]]:
    """Ask for a file as a browser does. Return the status, the content and the headers of the answer."""
    app, sent = Starlette(routes=[downloads.ROUTE]), list[dict[str, Any]]()

    async def receive() -> dict[str, Any]:
        return await asyncio.Future[dict[str, Any]]()  # a browser that says no more

    async def send(message: Any) -> None:
        sent.append(message)

    headers = [(b"cookie", f"{browser.COOKIE}={secret}".encode())] if secret else []
    scope = {"type": "http", "method": "GET", "path": unquote(path), "query_string": query.encode(), "headers": headers}
    asyncio.run(app(scope, receive, send))
    found = {key.decode(): value.decode() for key, value in sent[0]["headers"]}
    return sent[0]["status"], b"".join(message["body"] for message in sent[1:]), found


def asked(run: Run, name: str, secret: str | None) -> tuple[int, bytes, dict[str, str]]:
    return get(f"/{downloads.FOLDER}/{run.id}/{name}", secret)


@pytest.mark.slow
@pytest.mark.parametrize("name", downloads.FILES)
def test_the_owner_gets_every_file_and_another_visitor_none(own: Run, name: str) -> None:
    status, content, headers = asked(own, name, OWN)
    assert status == 200
    assert content
    assert headers["content-disposition"] == f'attachment; filename="{own.id}-{name}"'
    assert headers["cache-control"] == "private, no-store"
    for secret in (OTHER, None, "../../" + OWN, OWN.upper()):
        status, content, _ = asked(own, name, secret)
        assert status == 404
        assert own.name.encode() not in content


@pytest.mark.slow
def test_the_model_is_sent_byte_for_byte_and_the_config_trains_again(own: Run) -> None:
    assert asked(own, "model.keras", OWN)[1] == own.model.read_bytes()
    assert json.loads(asked(own, "config.json", OWN)[1]) == own.config.model_dump(mode="json")


@pytest.mark.slow
def test_a_secret_in_the_link_opens_what_a_cookie_does(own: Run) -> None:
    address = f"/{downloads.FOLDER}/{own.id}/config.json"
    assert get(address, query=f"{browser.LINK}={OWN}")[0] == 200
    assert get(address, query=f"{browser.LINK}={OTHER}")[0] == 404


@pytest.mark.slow
def test_a_shared_run_and_an_example_are_for_all_and_a_withdrawn_one_for_nobody(own: Run) -> None:
    copy = library.share(own)
    assert asked(copy, "model.keras", OTHER)[0] == 200
    assert asked(examples.runs()[0][1], "model.keras", OTHER)[0] == 200
    library.withdraw(own)
    assert asked(copy, "model.keras", OTHER)[0] == 404


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("20260101-000000-00000000/model.keras", "There is no run"),
        ("..%2f..%2fetc/passwd", "There is no such file"),
        ("%2e%2e/model.keras", "There is no run"),
        ("20260101-000000-00000000/log.txt", "There is no such file"),
    ],
)
def test_what_is_not_there_is_said_to_be_so(home: Path, path: str, said: str) -> None:
    (home / "model.keras").write_text("canary")
    status, content, _ = get(f"/{downloads.FOLDER}/{path}")
    assert status == 404
    assert said in content.decode() or content == b"Not Found"
    assert b"canary" not in content
