"""The Start page leads to a first network and back to every run."""

from pathlib import Path

import pytest

from imgrec import edge, examples, jobs
from imgrec.config import RunConfig
from imgrec.presets import PRESETS
from imgrec.runs import Run, Store
from imgrec.ui import PAGES
from imgrec.ui.start import overview
from tests.conftest import start_nothing
from tests.pages.conftest import OpenPage
from tests.pages.test_train import said


def test_an_empty_store_offers_the_presets_and_says_what_a_run_is(open_page: OpenPage) -> None:
    app = open_page("start")
    for preset in PRESETS.values():
        assert preset.title in said(app)
    assert "A run is one training" in said(app)


def test_every_example_opens_with_why_it_learns_or_does_not(open_page: OpenPage) -> None:
    for example, run in examples.runs():
        app = open_page("start")
        assert example.why in said(app)
        app.button(key=f"example-{run.id}").click().run()
        assert not app.exception
        assert app.query_params["run"] == run.id
        assert example.why in said(app)
        assert "More" not in [popover.proto.popover.label for popover in app.get("popover")], "it is only read"


def test_a_copy_of_an_example_becomes_the_draft_and_nothing_of_it_is_shown_as_trained(open_page: OpenPage) -> None:
    app = open_page("start")
    example, run = examples.runs()[0]
    app.button(key=f"edit-{run.id}").click().run()
    history = app.session_state["draft"]
    assert history.versions[history.current].config == example.config
    app = open_page("results", run=run.id)
    app.query_params.clear()  # as the menu of pages does
    app.switch_page(str(PAGES / "train.py")).run()
    assert "run" not in app.query_params


def test_what_is_empty_leads_to_an_example(open_page: OpenPage) -> None:
    for page, sentence in (("results", "No run is finished"), ("compare", "two")):
        assert sentence in said(open_page(page))
    app = open_page("compare", runs=",".join(examples.pair()))
    assert "+14.5 points" in said(app)


def test_runs_under_way_come_first(home: Path, tiny: RunConfig, open_page: OpenPage) -> None:
    store = Store(home)
    waiting, *others = [store.create(tiny, f"Run {number}") for number in range(overview.MOST_RUNS + 1)]
    for run in others:
        run.ask("stop")
    assert overview.newest(store, jobs.active(store)) == [waiting, *reversed(others[1:])]
    assert waiting.name in said(open_page("start"))


def test_one_click_trains_a_first_network(open_page: OpenPage, monkeypatch: pytest.MonkeyPatch) -> None:
    start_nothing(monkeypatch)  # it waits for ever
    app = open_page("start")
    next(button for button in app.button if button.label == "Train your first network").click().run()
    assert not app.exception
    (run,) = edge.store().all()
    assert run.config == PRESETS["quick"].config
    assert app.query_params["run"] == run.id
    assert run.name in said(app)


@pytest.mark.slow
def test_a_run_leads_to_its_results(open_page: OpenPage, trained_run: Run) -> None:
    app = open_page("start")
    assert trained_run.name in said(app)
    app.button(key=f"run-{trained_run.id}").click().run()
    assert not app.exception
    assert "of 4,000 test images are right" in said(app)
