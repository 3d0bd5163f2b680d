"""What the tests of the pages of a class share: a server with visitors, a pupil, and how a class is made and opened."""

import json

import pytest
from streamlit.testing.v1 import AppTest

from imgrec import classroom, edge
from imgrec.classroom import Classroom, Task
from imgrec.config import RunConfig
from imgrec.runs import Run, Store
from imgrec.ui import browser
from tests.conftest import Allow, start_nothing
from tests.pages.conftest import OpenPage

PUPIL, OTHER = "1" * 32, "2" * 32
HOSTILE = "**b** :smile: <b>$x$"


@pytest.fixture(autouse=True)
def hosted(allow: Allow, monkeypatch: pytest.MonkeyPatch, shapes: None) -> None:  # noqa: ARG001 - the dataset is there
    allow()
    start_nothing(monkeypatch)
    monkeypatch.setattr(browser, "address", lambda: None)  # AppTest has a mock for it


@pytest.fixture
def pupil() -> Store:
    return edge.visitor(PUPIL)


def made(config: RunConfig, **changes: object) -> tuple[Classroom, str]:
    task = Task.parse({"title": "Small", "text": "Be <b>small</b>", "config": config, **changes})
    return classroom.create(edge.home(), task)


def opened(open_page: OpenPage, page: str, secret: str = PUPIL, **query: str) -> AppTest:
    return open_page(page, visitor=secret, **query)


def buttons(app: AppTest) -> dict[str, bool]:
    """Return the labels of the buttons, and whether each is disabled."""
    return {button.label: button.disabled for button in app.button}


def links(app: AppTest) -> list[str]:
    return [link.proto.label for link in app.get("page_link")]


def draft_of(app: AppTest) -> RunConfig:
    history = app.session_state["draft"]
    config = history.versions[history.current].config
    assert isinstance(config, RunConfig)
    return config


def in_store(store: Store, run: Run) -> Run:
    """Move a finished run into a member's store, as if it had been made since they joined."""
    store.runs.mkdir(parents=True, exist_ok=True)
    run.folder.rename(store.runs / run.id)
    room = classroom.of(store)
    assert room is not None
    path = room.folder / "members" / f"{store.folder.name}.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "joined": "2000-01-01T00:00:00+00:00"}))
    return store.get(run.id)
