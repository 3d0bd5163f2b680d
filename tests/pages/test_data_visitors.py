"""On a server with visitors nobody sees, uses or removes another one's own pictures, also of a dataset called alike."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from benchmarks import layouts
from benchmarks.layouts import write
from imgrec import edge, importing, jobs
from imgrec.config import RunConfig
from imgrec.datasets import own
from imgrec.datasets.own import OwnDataset
from imgrec.errors import BudgetError, DatasetError, ImgrecError
from imgrec.importing import Request
from imgrec.runs import State, library
from imgrec.ui import browser
from tests.conftest import Allow, start_nothing
from tests.datasets.test_own import make
from tests.pages.conftest import OpenPage
from tests.pages.test_train import said

ONE, OTHER = "0123456789abcdef" * 2, "f" * 32
PAGES = ("data", "network", "train")


@pytest.fixture(autouse=True)
def no_worker(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    monkeypatch.setattr(browser, "address", lambda: None)  # AppTest has a mock for it
    if not request.node.get_closest_marker("slow"):
        start_nothing(monkeypatch)


def pets(secret: str, seed: int) -> str:
    """Make a dataset called pets for a visitor, and return what a config calls it."""
    folder = edge.visitor(secret).own_datasets
    folder.mkdir(parents=True)
    return f"pets@{make(folder, seed=seed).id}"


def exists(secret: str) -> bool:
    return OwnDataset(edge.visitor(secret).own_datasets / "pets").exists


def pictures(app: AppTest) -> list[str]:
    """Return what is said of the pictures of cats and dogs, and of test images, that are shown."""
    said = [image.alt for each in app.get("image") for image in each.proto.imgs]
    return [text for text in said if "cat" in text or "dog" in text or text.startswith("Test image")]


@pytest.mark.parametrize("page", PAGES)
def test_a_link_that_names_anothers_dataset_shows_nothing_of_it(open_page: OpenPage, allow: Allow, page: str) -> None:
    allow()
    name = pets(OTHER, 0)
    app = open_page(page, visitor=ONE, c=RunConfig(dataset=name).to_link())
    assert not app.exception
    assert not pictures(app)
    shown = str(app.main)
    assert "My pets" not in shown
    assert "pets.zip" not in shown


def test_each_of_two_visitors_has_their_own_dataset_of_a_name(open_page: OpenPage, allow: Allow) -> None:
    allow()
    mine, others = pets(ONE, 0), pets(OTHER, 1)
    app = open_page("data", visitor=ONE, c=RunConfig(dataset=others).to_link())
    assert app.button(key="use-pets").label == "Use", "the link has not become the draft"
    app.button(key="use-pets").click().run()
    assert pictures(app)
    history = app.session_state["draft"]
    assert history.versions[history.current].config.dataset == mine
    app.button(key="remove-pets").click().run()
    app.button(key="remove").click().run()
    assert not app.exception
    assert not exists(ONE)
    assert exists(OTHER)


def test_nothing_is_trained_on_or_removed_in_another_visitors_store(allow: Allow, tiny: RunConfig) -> None:
    allow()
    name, store = pets(OTHER, 0), edge.visitor(ONE)
    for wanted in (name, f"../{edge.visitor(OTHER).folder.name}/own-datasets/{name}"):
        with pytest.raises(ImgrecError):
            jobs.launch(store, tiny.replace(dataset=wanted))
    with pytest.raises(DatasetError, match="There is no dataset"):
        jobs.remove_dataset(store, "pets")
    assert store.all() == []
    assert exists(OTHER)


@pytest.mark.slow
def test_a_shared_run_shows_its_results_and_none_of_the_pictures(
    open_page: OpenPage, allow: Allow, tiny: RunConfig
) -> None:
    allow()
    store, name = edge.visitor(OTHER), pets(OTHER, 0)
    training = tiny.training.replace(train_share=1.0, validation_share=0.25, batch_size=2)
    run = jobs.launch(store, tiny.replace(dataset=name, training=training))
    for child in jobs.processes._children:
        child.wait()
    assert run.state is State.FINISHED, run.log.read_text()
    assert pictures(open_page("results", visitor=OTHER, run=run.id)), "its owner sees them"
    copy = library.share(run)
    for page in ("results", "predict", "train"):
        assert not pictures(open_page(page, visitor=ONE, run=copy.id)), page
    assert "of 4 are wrong" in said(open_page("results", visitor=ONE, run=copy.id))


@pytest.mark.slow
def test_budgets_hold_for_who_skips_the_page(tmp_path: Path, allow: Allow) -> None:
    """What the process is asked for counts, not what the form has said of it."""
    source = importing.at(write(tmp_path / "pets", layouts.no_split(layouts.pets())))
    first, second = (edge.visitor(secret).folder for secret in (ONE, OTHER))
    allow(own_datasets_mb=1)
    with pytest.raises(DatasetError, match="may take 1 MB here"):
        importing.start(first, Request(name="large", size=128), source)
    importing.start(first, Request(name="small", size=32), source).wait()
    allow(own_datasets_mb=100, imports=1, import_files=5)
    adding = importing.start(first, Request(name="again", size=32), source)  # opened before there was such a limit
    with pytest.raises(BudgetError):
        importing.start(second, Request(name="pets", size=32), source)
    adding.wait()
    with pytest.raises(DatasetError, match=r"at most 5 files\. Received: more"):
        adding.result()
    assert [kept.name for kept in own.every(first / own.FOLDER)] == ["small"]
    assert own.every(second / own.FOLDER) == []
