"""The Start page leads to a first network and back to every run."""

import pytest

from imgrec import edge, jobs
from imgrec.presets import PRESETS
from imgrec.runs import Run
from tests.pages.conftest import OpenPage
from tests.pages.test_train import said


def test_an_empty_store_offers_the_presets_and_says_what_a_run_is(open_page: OpenPage) -> None:
    app = open_page("start")
    for preset in PRESETS.values():
        assert preset.title in said(app)
    assert "None yet." in said(app)


def test_one_click_trains_a_first_network(open_page: OpenPage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "look_after", lambda _: None)  # it waits for ever
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
