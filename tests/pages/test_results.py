"""The Results page shows what was measured, and counts it from the predictions."""

import json

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from benchmarks.scored import scored
from imgrec import edge, examples, runs
from imgrec.config import RunConfig
from imgrec.layers import Dense, Flatten
from imgrec.runs import Run
from imgrec.ui import downloads
from tests.pages.conftest import OpenPage
from tests.pages.test_train import said


def test_without_a_finished_run_it_says_what_to_do(open_page: OpenPage) -> None:
    app = open_page("results")
    assert "No run is finished yet" in said(app)


@pytest.mark.parametrize("run", ["nonsense", "../../etc", "20260101-000000-00000000"])
def test_a_run_that_does_not_exist_is_said(open_page: OpenPage, run: str) -> None:
    assert "There is no run" in "".join(warning.value for warning in open_page("results", run=run).warning)


@pytest.mark.slow
def test_the_accuracy_is_the_matrix_trace_over_its_sum(open_page: OpenPage, trained_run: Run) -> None:
    app = open_page("results", run=trained_run.id)
    probabilities, labels = trained_run.predictions()
    right = int((probabilities.argmax(axis=1) == labels).sum())
    evaluation = trained_run.evaluation()
    assert evaluation is not None
    assert evaluation.test_accuracy == right / 4000
    shown = {metric.label: metric.value for metric in app.metric}
    assert shown["Test accuracy"] == f"{100 * (right / 4000):.2f} %"
    assert f"{right:,} of 4,000 test images are right" in said(app)
    chart = json.loads(app.get("plotly_chart")[0].proto.spec)
    cells = next(trace for trace in chart["data"] if trace.get("mode") == "text")
    counts = [int(text.replace(",", "") or 0) for text in cells["text"]]
    assert sum(counts) == 4000
    assert sum(count for count, x, y in zip(counts, cells["x"], cells["y"], strict=True) if x == y) == right


def test_the_cell_that_is_looked_at_stands_in_the_address(open_page: OpenPage) -> None:
    run = examples.runs()[0][1]
    app = open_page("results", run=run.id, cell="0-1")
    assert app.selectbox(key=f"true-{run.id}").value == 0
    assert app.selectbox(key=f"taken-{run.id}").value == 1
    assert app.query_params["cell"] == "0-1"
    app.selectbox(key=f"taken-{run.id}").set_value(6).run()
    assert app.query_params["cell"] == "0-6"
    app.session_state[f"look-{run.id}"] = "Worst mistakes"
    app.run()
    assert "cell" not in app.query_params


@pytest.mark.parametrize("cell", ["", "0-10", "a-b", "-1-0", "0-1-2", "9999-0"])
def test_a_cell_that_does_not_exist_is_not_looked_at(open_page: OpenPage, cell: str) -> None:
    run = examples.runs()[0][1]
    app = open_page("results", run=run.id, cell=cell)
    assert app.session_state[f"look-{run.id}"] == "Worst mistakes"


@pytest.mark.slow
def test_the_newest_finished_run_is_shown_without_an_address(open_page: OpenPage, trained_run: Run) -> None:
    app = open_page("results")
    assert app.selectbox(key="results-run").value == trained_run.id
    assert app.query_params["run"] == trained_run.id


@pytest.mark.slow
def test_the_table_of_predictions_has_a_row_for_each_test_image(trained_run: Run) -> None:
    header, lazy = downloads.predictions_table(trained_run)
    rows = list(lazy)
    probabilities, labels = trained_run.predictions()
    names = trained_run.dataset.class_names
    assert header[:4] == ["image", "class", "predicted", "correct"]
    assert len(rows) == 4000
    assert [row[0] for row in rows[:3]] == [0, 1, 2]
    assert [row[1] for row in rows] == [names[label] for label in labels]
    assert [row[2] for row in rows] == [names[place] for place in probabilities.argmax(axis=1)]
    assert sum(row[3] is True for row in rows) == (probabilities.argmax(axis=1) == labels).sum()
    np.testing.assert_allclose(np.array([row[4:] for row in rows], np.float64), probabilities, atol=1e-6)


@pytest.mark.slow
def test_a_finished_run_offers_its_model_its_predictions_and_its_config(open_page: OpenPage, trained_run: Run) -> None:
    app = open_page("results", run=trained_run.id)
    app.session_state[f"download-{trained_run.id}"] = True
    app.run()
    assert not app.exception
    labels = [button.proto.label for button in app.get("link_button")]
    assert labels == ["Model (.keras)", "Predictions (.csv)", "Config (.json)"]


@pytest.mark.slow
def test_a_copy_can_be_edited(open_page: OpenPage, trained_run: Run) -> None:
    app = open_page("results", run=trained_run.id)
    next(button for button in app.button if button.label == "Edit a copy").click().run()
    assert not app.exception
    assert "3 layers" in said(app)


SCORED = RunConfig(dataset="shapes", layers=(Flatten(), Dense(units=8)))


def images(app: AppTest) -> list[str]:
    alts = (image.proto.imgs[0].alt for image in app.get("image"))
    return [alt for alt in alts if alt.startswith("Test image")]


@pytest.fixture
def app(open_page: OpenPage) -> AppTest:
    """Return the page of a run with made-up predictions."""
    return open_page("results", run=scored(SCORED, "Scored", seed=1).id)


def test_the_worst_mistakes_come_first(app: AppTest) -> None:
    run = edge.store().finished()[0]
    probabilities, labels = run.predictions()
    predicted = probabilities.argmax(axis=1)
    wrong = np.flatnonzero(predicted != labels)
    worst = wrong[np.argsort(-probabilities[wrong].max(axis=1), kind="stable")][:12]
    assert [int(alt.split(",")[0].removeprefix("Test image ")) for alt in images(app)] == worst.tolist()
    assert f"{len(wrong):,} of 4,000 are wrong" in said(app)


@pytest.mark.parametrize("look", ["Least certain", "Doubtful labels", "By class"])
def test_other_images_can_be_looked_at(app: AppTest, look: str) -> None:
    run = edge.store().finished()[0]
    before = images(app)
    app.button_group(key=f"look-{run.id}").set_value(look).run()
    assert not app.exception
    assert len(images(app)) == 12
    assert images(app) != before


def test_the_numbers_carry_their_intervals_and_how_the_test_images_were_used(app: AppTest) -> None:
    shown = {metric.label: metric.value for metric in app.metric}
    assert "±" in shown["Top-3 accuracy"]
    assert "No other run that is kept here has been scored on them" in said(app)
    scored(SCORED, "Another", seed=2)
    app.run()
    assert "2 runs that are kept here have been scored on them" in said(app)
    assert "over seeds" not in said(app)
    scored(SCORED.with_setting("training.seed", 1), "Other seed", seed=3)
    app.run()
    assert "Mean and standard deviation over seeds" in said(app)
    assert "(2 seeds)" in said(app)
    classes = app.dataframe[0].value
    assert classes["Recall, 95 %"].str.match(r"[\d.]+ to [\d.]+ %").all()


def test_every_figure_says_how_it_is_read(app: AppTest) -> None:
    shown = said(app)
    for beginning in ("Each row holds", "Under each image", "Precision: of the images", "Each point holds"):
        assert beginning in shown


def test_the_list_shows_the_most_frequent_confusions_first(app: AppTest) -> None:
    app.button_group(key="cells").set_value("List").run()
    table = app.dataframe[0].value
    assert table["Images"].tolist() == sorted(table["Images"], reverse=True)
    assert (table["True class"] != table["Taken for"]).all()


@pytest.mark.usefixtures("shapes")
def test_other_test_images_than_those_scored_are_not_shown(open_page: OpenPage) -> None:
    run = scored(SCORED, "Scored", seed=1)
    evaluation = run.evaluation()
    assert evaluation is not None
    runs.RunWriter(run.folder).finish(evaluation.replace(fingerprint="of other pixels with the same labels"))
    app = open_page("results", run=run.id)
    assert "are not those that Scored was scored on" in said(app)
    assert not images(app)
