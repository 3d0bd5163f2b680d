"""Runs are kept in order on the pages: renamed, tagged, deleted, brought back, moved, and trained further."""

import pytest
from streamlit.testing.v1 import AppTest

from imgrec import edge, jobs, runs
from imgrec.config import RunConfig
from imgrec.runs import Run, State, library
from imgrec.ui import trash
from imgrec.ui.train import other_runs
from tests.conftest import start_nothing
from tests.pages.conftest import OpenPage
from tests.pages.test_train import button, put, said


@pytest.fixture
def waiting(tiny: RunConfig, monkeypatch: pytest.MonkeyPatch) -> list[Run]:
    """Return runs that wait for ever."""
    start_nothing(monkeypatch)
    return [edge.store().create(tiny.with_setting("training.seed", seed), name) for seed, name in enumerate("abc")]


def opened(app: AppTest, key: str) -> AppTest:
    """Open a popover, as a click on it does."""
    app.session_state[key] = True
    return app.run()


def test_a_waiting_run_is_let_forward(open_page: OpenPage, waiting: list[Run]) -> None:
    app = open_page("train", run=waiting[0].id)
    assert app.button(key=f"later-{waiting[2].id}").disabled
    app.button(key=f"earlier-{waiting[2].id}").click().run()
    assert not app.exception
    assert [run.name for run in jobs.queue(edge.store())] == ["a", "c", "b"]
    assert said(app).index("**c**") < said(app).index("**b**")


def test_a_run_is_renamed_tagged_and_deleted(open_page: OpenPage, waiting: list[Run]) -> None:
    run = waiting[1]
    app = opened(open_page("train", run=run.id), f"menu-{run.id}")
    app.text_input(key=f"name-{run.id}").set_value("Better").run()
    assert "Better" in said(app)
    app.multiselect(key=f"tags-{run.id}").set_value(["wide"]).run()
    assert run.annotations == runs.Annotations("Better", ("wide",))
    assert "#wide" in said(app)
    app.button(key=f"delete-{run.id}").click().run()
    assert not app.exception
    assert [found.name for found in edge.store().all()] == ["c", "a"]
    assert "Trash: 1 run" in app.expander[0].label
    assert "Better is in the trash" in app.toast[0].value
    app.button(key=f"restore-{run.id}").click().run()
    assert len(edge.store().all()) == 3
    assert edge.store().deleted() == []


def test_an_unusable_name_is_said_and_the_old_one_stays(open_page: OpenPage, waiting: list[Run]) -> None:
    run = waiting[1]
    app = opened(open_page("train", run=run.id), f"menu-{run.id}")
    app.text_input(key=f"name-{run.id}").set_value("   ").run()
    assert "A run's name needs" in app.toast[0].value
    assert run.name == "b"


def test_of_a_long_queue_the_first_are_shown_and_the_run_of_the_page(
    open_page: OpenPage, tiny: RunConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    start_nothing(monkeypatch)
    monkeypatch.setattr(other_runs, "MOST_SHOWN", 2)
    queued = [edge.store().create(tiny.with_setting("training.seed", seed), f"Run {seed}") for seed in range(6)]
    app = open_page("train", run=queued[4].id)
    text = said(app)
    assert [number for number in range(6) if f"**Run {number}** · queued" in text] == [0, 1, 4]
    assert "5\\. ![" in text, "with its place"
    labels = [link.proto.label for link in app.get("page_link")]
    assert "3 more runs in the queue: see the Runs page" in labels


def test_of_a_full_trash_the_newest_are_shown_and_all_are_counted(
    open_page: OpenPage, waiting: list[Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trash, "MOST_SHOWN", 2)
    for run in waiting:
        library.delete(run)
    app = open_page("start")
    assert "Trash: 3 runs" in app.expander[0].label
    assert [key for run in waiting if (key := f"restore-{run.id}") in {button.key for button in app.button}] == [
        f"restore-{run.id}" for run in waiting[1:]
    ]
    assert "And 1 older run, " in said(app)


def test_the_trash_is_emptied(open_page: OpenPage, waiting: list[Run]) -> None:
    for run in waiting:
        library.delete(run)
    app = open_page("start")
    assert "Trash: 3 runs" in app.expander[0].label
    button(app, "Empty the trash").click().run()  # type: ignore[attr-defined]
    assert "3 runs will be deleted for good" in said(app)
    assert len(edge.store().deleted()) == 3, "it asks first"
    button(app, "Delete 3 runs").click().run()  # type: ignore[attr-defined]
    assert not app.exception
    assert edge.store().deleted() == []
    assert not app.expander


def test_a_draft_that_is_under_way_cannot_be_started_again(
    open_page: OpenPage, tiny: RunConfig, waiting: list[Run]
) -> None:
    app = open_page("train")
    put(app, tiny.with_setting("training.seed", 9))
    button(app, "Start training").click().run()  # type: ignore[attr-defined]
    assert len(edge.store().all()) == len(waiting) + 1
    start = button(app, "Start training")
    assert start.disabled  # type: ignore[attr-defined]
    assert "Change the seed" in start.help  # type: ignore[attr-defined]


def test_two_tabs_that_start_the_same_draft_make_one_run(
    open_page: OpenPage, tiny: RunConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    start_nothing(monkeypatch)
    tabs = [open_page("train"), open_page("train")]
    for tab in tabs:
        put(tab, tiny)
    for tab in tabs:
        button(tab, "Start training").click().run()  # type: ignore[attr-defined]
        assert not tab.exception
    assert len(edge.store().all()) == 1
    assert {tab.query_params["run"] for tab in tabs} == {edge.store().all()[0].id}


def test_a_damaged_run_is_said_and_hides_no_other(open_page: OpenPage, waiting: list[Run]) -> None:
    (waiting[1].folder / "config.json").write_text("{")
    app = open_page("start")
    assert "1 run cannot be read" in said(app)
    assert "**a**" in said(app)
    assert "**c**" in said(app)


@pytest.mark.slow
def test_a_finished_run_is_trained_further(
    open_page: OpenPage, trained_run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    start_nothing(monkeypatch)
    app = opened(open_page("results", run=trained_run.id), f"further-{trained_run.id}")
    app.number_input(key=f"further-{trained_run.id}-training.epochs").set_value(7).run()
    app.button(key=f"start-further-{trained_run.id}").click().run()
    assert not app.exception
    (child,) = jobs.queue(edge.store())
    assert (child.parent, child.config.training.epochs) == (trained_run.id, 7)
    assert child.state is State.QUEUED
    assert child.name in said(app)
