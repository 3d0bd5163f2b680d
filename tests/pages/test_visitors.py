"""On a server with visitors each has a store of their own, and finds no other one's runs."""

from pathlib import Path

import pytest

from imgrec import edge, jobs
from imgrec.config import RunConfig
from imgrec.presets import PRESETS
from imgrec.runs import Run, Store, library, sharing
from imgrec.ui import PAGES, browser
from tests.conftest import Allow, start_nothing
from tests.pages.conftest import OpenPage
from tests.pages.test_train import said

PAGES_OF_A_RUN = ("train", "results", "predict")
OWN = "0123456789abcdef" * 2


@pytest.fixture(autouse=True)
def no_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    start_nothing(monkeypatch)
    monkeypatch.setattr(browser, "address", lambda: None)  # AppTest has a mock for it


@pytest.fixture
def foreign(trained_run: Run, allow: Allow) -> Run:
    """Return a finished run of another visitor."""
    allow()
    store = edge.visitor("f" * 32)
    store.runs.mkdir(parents=True)
    trained_run.folder.rename(store.runs / trained_run.id)
    return store.get(trained_run.id)


def test_without_a_cookie_the_secret_stands_in_the_address_of_every_page(open_page: OpenPage, allow: Allow) -> None:
    allow()
    app = open_page("network")
    secret = app.query_params[browser.LINK]
    assert browser._checked(secret)
    app.switch_page(str(PAGES / "runs.py")).run()
    assert app.query_params[browser.LINK] == secret
    assert open_page("network").query_params[browser.LINK] != secret


def test_the_address_with_the_secret_finds_the_draft_and_the_runs_again(
    open_page: OpenPage, allow: Allow, tiny: RunConfig
) -> None:
    allow()
    run = jobs.launch(edge.visitor(OWN), tiny, "Mine")
    assert "Mine" in said(open_page("train", visitor=OWN, run=run.id))
    app = open_page("start", visitor=OWN)
    app.button(key="open-article").click().run()
    assert edge.visitor(OWN).drafts.joinpath("draft.json").exists()
    history = open_page("network", visitor=OWN).session_state["draft"]
    assert history.versions[history.current].config == PRESETS["article"].config


def test_a_wrong_secret_is_replaced(open_page: OpenPage, allow: Allow) -> None:
    allow()
    secret = open_page("start", visitor="../../etc").query_params[browser.LINK]
    assert browser._checked(secret)


def test_on_ones_own_computer_no_secret_is_made(open_page: OpenPage) -> None:
    assert browser.LINK not in open_page("start").query_params


@pytest.mark.parametrize("page", PAGES_OF_A_RUN)
def test_another_visitors_run_is_not_there(open_page: OpenPage, foreign: Run, page: str) -> None:
    app = open_page(page, run=foreign.id)
    assert f"There is no run '{foreign.id}'" in app.warning[0].value.replace(":color[&#39;]", "'")
    assert foreign.name not in str(app.main)


def test_another_visitors_runs_are_in_no_list(open_page: OpenPage, foreign: Run) -> None:
    for page in ("start", "runs", "results", "compare", "predict", "train"):
        assert foreign.id not in str(open_page(page).main), page


def test_nothing_is_written_for_a_visitor_who_only_looks(open_page: OpenPage, allow: Allow, home: Path) -> None:
    allow()
    for page in ("start", "data", "network", "results", "predict"):
        open_page(page)
    assert len(Store.below(home)) == 1


def test_a_refused_start_says_why_and_starts_nothing(open_page: OpenPage, allow: Allow, tiny: RunConfig) -> None:
    allow(launches=1)
    jobs.stop(jobs.launch(edge.visitor(OWN), tiny))
    app = open_page("train", visitor=OWN)
    next(button for button in app.button if button.label == "Start training").click().run()
    assert "each visitor starts at most 1 run within an hour" in app.error[0].value
    assert len(edge.visitor(OWN).all()) == 1


def test_a_network_beyond_a_budget_is_said_before_the_start(open_page: OpenPage, allow: Allow) -> None:
    allow(parameters=10)
    app = open_page("train", visitor=OWN)
    assert "a network has at most 10 parameters" in app.error[0].value
    assert next(button for button in app.button if button.label == "Start training").disabled


def test_a_shared_run_is_seen_by_whoever_has_its_link_and_changed_by_nobody(open_page: OpenPage, foreign: Run) -> None:
    copy = library.share(foreign)
    app = open_page("results", visitor=OWN, run=copy.id)
    assert "Somebody shares this run with you" in app.info[0].value
    assert "More" not in [popover.proto.popover.label for popover in app.get("popover")]
    next(button for button in app.button if button.label == "Compare").click().run()
    assert not [warning for warning in app.warning if "Not compared" in warning.value]
    assert copy.id in app.query_params["runs"]
    assert not open_page("train", visitor=OWN, run=copy.id).get("popover"), "no menu of the run"
    app = open_page("predict", visitor=OWN, run=copy.id)
    assert app.selectbox(key="predict-run").value == copy.id
    assert copy.id not in str(open_page("results", visitor=OWN).main), "it stands in no list"
    library.withdraw(foreign)
    assert "There is no run" in open_page("results", visitor=OWN, run=copy.id).warning[0].value


def test_the_owner_shares_and_withdraws_in_the_runs_menu(open_page: OpenPage, foreign: Run) -> None:
    app = open_page("results", visitor="f" * 32, run=foreign.id)
    app.session_state[f"menu-{foreign.id}"] = True
    app.run()
    app.button(key=f"share-{foreign.id}").click().run()
    copy = sharing.copy_of(foreign)
    assert copy is not None
    assert f"results?run={copy.id}" in app.code[0].value
    app.button(key=f"withdraw-{foreign.id}").click().run()
    assert sharing.copy_of(foreign) is None


def test_how_long_a_run_is_kept_stands_on_its_page(open_page: OpenPage, foreign: Run, allow: Allow) -> None:
    assert "keeps it for another" not in said(open_page("results", visitor="f" * 32, run=foreign.id))
    allow(hours_kept=24)
    app = open_page("results", visitor="f" * 32, run=foreign.id)
    assert "This server keeps it for another 24 hours if nothing is done with it." in said(app)


def test_the_about_page_says_what_the_server_allows_and_whose_key_the_address_is(
    open_page: OpenPage, allow: Allow
) -> None:
    allow(epochs=17, hours_kept=24)
    app = open_page("about")
    assert "17" in list(app.dataframe[0].value["Value"])
    assert "has rested for 24 hours is removed" in said(app)
    assert "the address of this page is your key" in app.warning[0].value
