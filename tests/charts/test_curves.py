"""Curves of one run and of several show the numbers they were given, on axes that do not jump."""

import pytest

from imgrec import charts


def history(epochs: int) -> list[dict[str, float | None]]:
    return [
        {
            "epoch": epoch,
            "loss": 1 / epoch,
            "accuracy": 1 - 0.5 / epoch,
            "validation_loss": 2 / epoch,
            "validation_accuracy": 1 - 0.6 / epoch,
        }
        for epoch in range(1, epochs + 1)
    ]


def test_curves_show_training_and_validation_in_their_colours():
    training, validation = charts.curves(history(4), "loss", 10).data
    assert (training.name, training.line.color) == ("training", charts.TRAINING)
    assert (validation.name, validation.line.color) == ("validation", charts.VALIDATION)
    assert list(training.x) == [1, 2, 3, 4]
    assert list(training.y) == [1, 1 / 2, 1 / 3, 1 / 4]
    assert list(validation.y) == [2, 1, 2 / 3, 1 / 2]


def test_accuracy_is_drawn_in_percent_up_to_100():
    figure = charts.curves(history(2), "accuracy", 10)
    assert list(figure.data[0].y) == [50, 75]
    assert figure.layout.yaxis.range == (0, 100)
    assert figure.layout.yaxis.ticksuffix == " %"


@pytest.mark.parametrize("done", [0, 1, 7])
def test_axis_reaches_to_the_last_planned_epoch_from_the_start(done):
    assert charts.curves(history(done), "loss", 7).layout.xaxis.range == (0, 7.5)


@pytest.mark.parametrize(("metric", "values"), [("loss", [2.0, 1.5]), ("accuracy", [25, 50])])
def test_the_epoch_under_way_goes_on_where_the_complete_ones_end(metric, values):
    within = [{"epoch": 2.1, "loss": 2.0, "accuracy": 0.25}, {"epoch": 2.9, "loss": 1.5, "accuracy": 0.5}]
    figure = charts.curves(history(2), metric, 7, within=within)
    assert (list(figure.data[2].x), list(figure.data[2].y)) == ([2.1, 2.9], values)
    assert figure.data[2].line.color == charts.TRAINING


@pytest.mark.parametrize("epochs", [1, 2, 5, 8, 9, 10, 17, 40, 100, 500, 12_345])
def test_axis_names_a_few_whole_epochs(epochs):
    step = charts.curves([], "loss", epochs).layout.xaxis.dtick
    assert isinstance(step, int)
    assert 1 <= epochs / step <= 8


@pytest.mark.parametrize(
    ("metric", "best", "value", "text"),
    [
        ("accuracy", 7, 100 * (1 - 0.6 / 7), "best: epoch 7, 91.4 %"),
        ("accuracy", 1, 40, "best: epoch 1, 40.0 %"),
        ("loss", 8, 0.25, "best: epoch 8, 0.250"),
    ],
)
def test_best_epoch_is_marked_on_the_validation_curve(metric, best, value, text):
    figure = charts.curves(history(8), metric, 8, best)
    assert (figure.data[2].x, figure.data[2].y) == ((best,), (pytest.approx(value),))
    assert figure.layout.annotations[0].text == text
    assert figure.layout.annotations[0].xanchor == ("left" if best < 4 else "right")
    assert figure.layout.shapes[0].x0 == best


@pytest.mark.parametrize("best", [None, 5])
def test_no_epoch_is_marked_before_it_is_known(best):
    figure = charts.curves(history(3), "loss", 8, best)
    assert len(figure.data) == 2
    assert not figure.layout.annotations


@pytest.mark.parametrize("metric", ["loss", "accuracy"])
def test_a_run_that_diverged_leaves_a_gap(metric):
    rows = history(3)
    rows[1] = rows[1] | {metric: None, f"validation_{metric}": None}
    figure = charts.curves(rows, metric, 3, best_epoch=2)
    assert figure.data[0].y[1] is None
    assert not figure.layout.annotations


def test_runs_lie_over_one_another_in_their_own_colours_and_dashes():
    figure = charts.overlaid(
        [
            charts.Curve("A", "#0072B2", [1, 2, 3], [0.1, 0.2, 0.3]),
            charts.Curve("B", "#0072B2", [1, 2], [0.2, 0.4], dash="dash"),
        ],
        "accuracy",
        "epoch",
    )
    assert [list(trace.y) for trace in figure.data] == [[10, 20, 30], [20, 40]]
    assert [trace.line.dash for trace in figure.data] == ["solid", "dash"]
    assert [trace.name for trace in figure.data] == ["A", "B"]
    assert figure.layout.xaxis.range == (0.5, 3.5)
    assert figure.layout.yaxis.title.text == "validation accuracy"


def test_a_group_has_a_band_from_its_lowest_to_its_highest():
    group = charts.Curve("A", "#0072B2", [1, 2], [0.2, 0.3], low=[0.1, 0.25], high=[0.3, 0.4])
    band, mean = charts.overlaid([group], "loss", "epoch").data
    assert list(band.x) == [1, 2, 2, 1]
    assert list(band.y) == [0.3, 0.4, 0.25, 0.1]
    assert band.fill == "toself"
    assert list(mean.y) == [0.2, 0.3]


def test_over_seconds_the_axis_begins_at_zero():
    figure = charts.overlaid([charts.Curve("A", "#0072B2", [8.5, 17.0], [0.1, 0.2])], "accuracy", "seconds")
    assert list(figure.data[0].x) == [8.5, 17.0]
    assert figure.layout.xaxis.rangemode == "tozero"
    assert figure.layout.xaxis.title.text == "seconds of training"
