"""The Runs page finds runs, keeps them in order, and leads to what is done with them."""

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.typing import ButtonColumnClickState

from benchmarks.scored import scored
from imgrec import datasets, edge
from imgrec.config import RunConfig
from imgrec.layers import Dense, Flatten
from imgrec.runs import Run, RunWriter, library
from tests.pages.conftest import OpenPage
from tests.pages.test_train import said

CONFIG = RunConfig(dataset="shapes", layers=(Flatten(), Dense(units=8)))


@pytest.fixture
def three(shapes: None) -> list[Run]:  # noqa: ARG001 - its images are ready
    """Return two finished runs, the first of them starred and tagged, and one that waits."""
    found = [scored(CONFIG, "First", seed=1), scored(CONFIG, "Second", seed=2), edge.store().create(CONFIG, "Waiting")]
    library.star(found[0], True)
    library.tag(found[0], ["wide"])
    return found


def names(app: AppTest) -> list[str]:
    found: list[str] = app.dataframe[0].value["Name"].tolist()
    return found


def test_without_a_run_it_says_what_to_do(open_page: OpenPage) -> None:
    assert "No run yet" in said(open_page("runs"))


def test_every_run_has_its_row_with_its_interval(open_page: OpenPage, three: list[Run]) -> None:
    table = open_page("runs").dataframe[0].value
    assert table["Name"].tolist() == ["Waiting", "Second", "First"]
    assert table["★"].tolist() == ["", "", "★"]
    evaluation = three[0].evaluation()
    assert evaluation is not None
    assert table["Test accuracy"][2] == pytest.approx(100 * evaluation.test_accuracy)
    assert 1 < table["±"][2] < 2


@pytest.mark.usefixtures("three")
def test_rows_are_found_by_words_star_and_state(open_page: OpenPage) -> None:
    app = open_page("runs")
    app.text_input(key="search").set_value("WIDE").run()
    assert names(app) == ["First"]
    app.text_input(key="search").set_value("nowhere").run()
    assert "No run matches" in said(app)
    app.text_input(key="search").set_value("").run()
    app.toggle(key="starred").set_value(True).run()
    assert names(app) == ["First"]


def selected(app: AppTest, *rows: int) -> AppTest:
    """Select rows of the table, as a click on their boxes does."""
    key = f"runs-{hash(tuple(run.id for run in edge.store().all()))}"
    app.session_state[key] = {"selection": {"rows": list(rows), "columns": [], "cells": []}}
    return app.run()


def test_one_row_can_be_opened_starred_and_cloned(open_page: OpenPage, three: list[Run]) -> None:
    app = selected(open_page("runs"), 1)
    labels = {button.label: button for button in app.button}
    assert {"Open", "Edit a copy", "Star"} <= labels.keys()
    labels["Star"].click().run()
    assert three[1].annotations.starred


def test_a_name_is_a_button_that_opens_the_run(open_page: OpenPage, three: list[Run]) -> None:
    app = open_page("runs")
    key = f"open-runs-{hash(tuple(run.id for run in edge.store().all()))}"
    app.session_state[key] = ButtonColumnClickState(row=2, label="First")
    app.run()
    assert not app.exception
    assert app.query_params["run"] == three[0].id


def test_a_name_does_not_become_an_icon(open_page: OpenPage, three: list[Run]) -> None:
    library.rename(three[0], ":material/home:")
    assert ":material/home:" not in names(open_page("runs"))
    assert names(open_page("runs"))[2].replace("\N{WORD JOINER}", "") == ":material/home:"


def test_several_rows_are_tagged_and_deleted_at_once(open_page: OpenPage, three: list[Run]) -> None:
    app = selected(open_page("runs"), 1, 2)
    app.text_input(key="tag-several").set_value("kept").run()
    assert [run.annotations.tags for run in three] == [("wide", "kept"), ("kept",), ()]
    assert app.text_input(key="tag-several").value == ""
    selected(app, 0, 1, 2)
    with RunWriter(three[1].folder).lock():  # a run that is under way stays, and the others go
        app.button(key="delete-several").click().run()
    assert not app.exception
    assert "is running" in app.toast[0].value
    assert names(app) == ["Second"]
    assert "Trash: 2 runs" in app.expander[0].label


def test_a_row_says_what_was_set(open_page: OpenPage, three: list[Run]) -> None:
    row = open_page("runs").dataframe[0].value.iloc[-1]
    settings = three[0].config.training
    assert (row["Optimizer"], row["Learning rate"], row["Batch size"]) == ("Adam", 0.001, 64)
    assert row["Seed"] == settings.seed


@pytest.mark.usefixtures("three")
def test_two_finished_rows_can_be_compared(open_page: OpenPage) -> None:
    app = open_page("runs")
    assert next(button for button in app.button if button.label == "Compare").disabled
    app = selected(app, 1, 2)
    next(button for button in app.button if button.label == "Compare 2 runs").click().run()
    assert not app.exception
    assert "No evidence of a difference" in said(app)


def test_a_damaged_run_hides_no_other(open_page: OpenPage, three: list[Run]) -> None:
    (three[1].folder / "config.json").write_text("{")
    app = open_page("runs")
    assert names(app) == ["Waiting", "First"]
    assert three[1].id in "".join(warning.value for warning in app.warning)


@pytest.mark.usefixtures("shapes")
def test_where_all_runs_are_damaged_that_is_said(open_page: OpenPage) -> None:
    run = scored(CONFIG, "Only", seed=1)
    (run.folder / "config.json").write_text("{")
    app = open_page("runs")
    assert run.id in "".join(warning.value for warning in app.warning)
    assert "No run matches" not in said(app)


def test_a_run_of_a_dataset_that_is_gone_takes_no_other_away(
    open_page: OpenPage, three: list[Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setitem(datasets.DATASETS, "gone", datasets.get("shapes"))
        run = edge.store().create(CONFIG.replace(dataset="gone"), "Of a dataset that is gone")
    app = open_page("runs")
    assert not app.error
    assert names(app)[0] == run.name
    assert len(names(app)) == 1 + len(three)


def test_a_filter_goes_with_the_last_run_that_suits_it(open_page: OpenPage, three: list[Run]) -> None:
    app = open_page("runs")
    app.button_group(key="state").set_value(["queued"]).run()
    assert names(app) == ["Waiting"]
    library.delete(three[2])
    app.run()
    assert not app.exception
    assert names(app) == ["Second", "First"]
