"""The Results page shows what was measured, and counts it from the predictions."""

import json

import pytest

from imgrec.runs import Run
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
    assert evaluation["test_accuracy"] == right / 4000
    shown = {metric.label: metric.value for metric in app.metric}
    assert shown["Test accuracy"] == f"{100 * (right / 4000):.2f} %"
    assert f"{right:,} of 4,000 test images are right" in said(app)
    chart = json.loads(app.get("plotly_chart")[0].proto.spec)
    cells = next(trace for trace in chart["data"] if trace["type"] == "scatter")
    counts = [int(text.replace(",", "")) for text in cells["text"]]
    assert sum(counts) == 4000
    assert sum(count for count, x, y in zip(counts, cells["x"], cells["y"], strict=True) if x == y) == right


@pytest.mark.slow
def test_the_newest_finished_run_is_shown_without_an_address(open_page: OpenPage, trained_run: Run) -> None:
    app = open_page("results")
    assert app.selectbox(key="results-run").value == trained_run.id
    assert app.query_params["run"] == trained_run.id


@pytest.mark.slow
def test_a_copy_can_be_edited(open_page: OpenPage, trained_run: Run) -> None:
    app = open_page("results", run=trained_run.id)
    next(button for button in app.button if button.label == "Edit a copy").click().run()
    assert not app.exception
    assert "3 layers" in said(app)
