"""Charts show the numbers they were given, in colours and words that every visitor can read."""

import numpy as np
import plotly.graph_objects as go
import pytest

from imgrec import charts

NAMES = ["cat", "dog", "ship"]
MATRIX = np.array([[900, 89, 11], [0, 1000, 0], [0, 0, 0]])
LIGHT, DARK = "#FFFFFF", "#0E1117"


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


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.2 defines it."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return float(np.dot(linear, [0.2126, 0.7152, 0.0722]))


def contrast(one: str, other: str) -> float:
    low, high = sorted([luminance(one), luminance(other)])
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("background", [LIGHT, DARK])
@pytest.mark.parametrize("name", ["TRAINING", "VALIDATION", "ACCENT", "QUIET"])
def test_colours_stand_out_from_light_and_dark_pages(name, background):
    """WCAG 2.2, 1.4.11: graphics need a contrast of 3 to 1."""
    assert contrast(getattr(charts, name), background) >= 3


@pytest.mark.parametrize(
    "figure",
    [
        charts.curves(history(3), "loss", 5),
        charts.confusion(MATRIX, NAMES, normalise=False),
        charts.probabilities(NAMES, [0.2, 0.7, 0.1]),
    ],
    ids=["curves", "confusion", "probabilities"],
)
def test_background_and_text_colour_are_left_to_the_page(figure):
    assert figure.layout.paper_bgcolor == figure.layout.plot_bgcolor == "rgba(0,0,0,0)"
    assert figure.layout.font.color is None
    assert figure.layout.uirevision


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
    assert charts.curves(history(done), "loss", 7).layout.xaxis.range == (0.5, 7.5)


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


def cell_texts(figure: go.Figure) -> dict[tuple[int, int], str]:
    return {
        (true, guess): text
        for trace in figure.data
        if trace.type == "scatter"
        for true, guess, text in zip(trace.y, trace.x, trace.text, strict=True)
    }


def test_confusion_writes_counts_and_leaves_zeros_empty():
    texts = cell_texts(charts.confusion(MATRIX, NAMES, normalise=False))
    assert texts == {(0, 0): "900", (0, 1): "89", (0, 2): "11", (1, 1): "1,000"}


def test_confusion_writes_row_percents_in_three_characters():
    texts = cell_texts(charts.confusion(MATRIX, NAMES, normalise=True))
    assert texts == {(0, 0): "90", (0, 1): "8.9", (0, 2): "1.1", (1, 1): "100"}


@pytest.mark.parametrize("normalise", [True, False])
def test_confusion_is_coloured_by_the_share_of_the_row(normalise):
    figure = charts.confusion(MATRIX, NAMES, normalise)
    np.testing.assert_allclose(figure.data[0].z, [[0.9, 0.089, 0.011], [0, 1, 0], [0, 0, 0]])
    assert (figure.data[0].zmin, figure.data[0].zmax) == (0, 1)


def test_confusion_has_the_true_class_from_top_to_bottom_and_square_cells():
    layout = charts.confusion(MATRIX, NAMES, normalise=False).layout
    assert layout.yaxis.range == (2.5, -0.5)
    assert layout.xaxis.range == (-0.5, 2.5)
    assert layout.yaxis.scaleanchor == "x"
    assert layout.yaxis.title.text == "true class"
    assert layout.xaxis.title.text == "predicted class"
    assert list(layout.yaxis.ticktext) == list(layout.xaxis.ticktext) == NAMES


def test_confusion_says_in_a_sentence_what_a_cell_means():
    sentences = charts.confusion(MATRIX, NAMES, normalise=True).data[0].hovertext
    assert sentences[0][1] == "cat taken for dog: 89 of 1,000 (8.9 %)"
    assert sentences[0][0] == "cat recognised: 900 of 1,000 (90.0 %)"
    assert sentences[2][0] == "ship taken for cat: 0 of 0"


@pytest.mark.parametrize("dark", [False, True])
def test_cell_texts_stand_out_from_their_cells(dark):
    """WCAG 2.2, 1.4.3: text needs a contrast of 4.5 to 1."""
    for step in range(50, 951, 20):
        matrix = np.array([[step, 1000 - step], [0, 0]])
        figure = charts.confusion(matrix, ["a", "b"], True, dark)
        stops, colours = zip(*figure.data[0].colorscale, strict=True)
        channels = [[int(colour[place : place + 2], 16) for colour in colours] for place in (1, 3, 5)]
        cell = "#" + "".join(f"{round(np.interp(step / 1000, stops, channel)):02X}" for channel in channels)
        ink = {"white": "#FFFFFF", "black": "#000000"}[figure.data[1].textfont.color[0]]
        assert contrast(cell, ink) >= 4.5


@pytest.mark.parametrize(("dark", "background"), [(False, LIGHT), (True, DARK)])
def test_an_empty_cell_is_nearly_the_colour_of_the_page(dark, background):
    stop, colour = charts.confusion(MATRIX, NAMES, False, dark).data[0].colorscale[0]
    assert stop == 0
    assert contrast(colour, background) < 1.2


def test_confusion_of_many_classes_leaves_the_cells_empty():
    names = [f"class {number}" for number in range(100)]
    assert cell_texts(charts.confusion(np.eye(100, dtype=int), names, normalise=False)) == {}


def test_probabilities_stand_in_order_with_the_likeliest_highlighted():
    bars = charts.probabilities(NAMES, [0.2, 0.7, 0.1])
    assert list(bars.data[0].x) == pytest.approx([70, 20, 10])
    assert list(bars.layout.yaxis.ticktext) == ["dog", "cat", "ship"]
    assert bars.layout.yaxis.range == (2.5, -0.5)
    assert list(bars.data[0].marker.color) == [charts.ACCENT, charts.QUIET, charts.QUIET]
    assert bars.layout.xaxis.range == (0, 100)


def test_names_are_shown_as_they_are_written_never_as_html():
    names = ["<b>a</b>", "x & y", "plain"]
    matrix = charts.confusion(MATRIX, names, normalise=False)
    assert matrix.layout.xaxis.ticktext[:2] == ("&lt;b&gt;a&lt;/b&gt;", "x &amp; y")
    assert matrix.data[0].hovertext[0][1].startswith("&lt;b&gt;a&lt;/b&gt; taken for x &amp; y")
    bars = charts.probabilities(names, [0.3, 0.2, 0.1])
    assert bars.layout.yaxis.ticktext[0] == bars.data[0].customdata[0] == "&lt;b&gt;a&lt;/b&gt;"


def test_long_names_are_shortened_on_axes_and_whole_on_hover():
    names = ["a most particular kind of bird", "dog", "ship"]
    figure = charts.confusion(MATRIX, names, normalise=False)
    assert figure.layout.yaxis.ticktext[0] == "a most partic…"
    assert figure.data[0].hovertext[0][0].startswith(names[0])
