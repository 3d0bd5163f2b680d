"""Matrices show every cell's count, say in words what it means, and can be clicked."""

import numpy as np
import plotly.graph_objects as go
import pytest

from imgrec import charts
from tests.charts.test_theme import DARK, LIGHT, MATRIX, NAMES, contrast


def cell_texts(figure: go.Figure) -> dict[tuple[int, int], str]:
    return {
        (true, guess): text
        for trace in figure.data
        if trace.type == "scatter" and trace.mode == "text"
        for true, guess, text in zip(trace.y, trace.x, trace.text, strict=True)
        if text
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
    np.testing.assert_allclose(figure.data[0].z, np.array([[0.9, 0.089, 0.011], [0, 1, 0], [0, 0, 0]]))
    assert (figure.data[0].zmin, figure.data[0].zmax) == (0, 1)


def test_confusion_has_the_true_class_from_top_to_bottom():
    layout = charts.confusion(MATRIX, NAMES, normalise=False).layout
    assert layout.yaxis.range == (2.5, -0.5)
    assert layout.xaxis.range == (-0.5, 2.5)
    assert layout.yaxis.title.text == "true class"
    assert layout.xaxis.title.text == "predicted class"
    assert list(layout.yaxis.ticktext) == list(layout.xaxis.ticktext) == NAMES


def test_confusion_says_in_a_sentence_what_a_cell_means():
    sentences = charts.confusion(MATRIX, NAMES, normalise=True).data[-1].text
    assert sentences[1] == "cat taken for dog: 89 of 1,000 (8.9 %)"
    assert sentences[0] == "cat recognised: 900 of 1,000 (90.0 %)"
    assert sentences[6] == "ship taken for cat: 0 of 0"


@pytest.mark.parametrize("dark", [False, True])
def test_cell_texts_stand_out_from_their_cells(dark):
    """WCAG 2.2, 1.4.3: text needs a contrast of 4.5 to 1."""
    for step in range(50, 951, 20):
        matrix = np.array([[step, 1000 - step], [0, 0]])
        figure = charts.confusion(matrix, ["a", "b"], True, dark=dark)
        stops, colours = zip(*figure.data[0].colorscale, strict=True)
        channels = [[int(colour[place : place + 2], 16) for colour in colours] for place in (1, 3, 5)]
        cell = "#" + "".join(f"{round(np.interp(step / 1000, stops, channel)):02X}" for channel in channels)
        ink = {"white": "#FFFFFF", "black": "#000000"}[figure.data[1].textfont.color[0]]
        assert contrast(cell, ink) >= 4.5


@pytest.mark.parametrize(("dark", "background"), [(False, LIGHT), (True, DARK)])
def test_an_empty_cell_is_nearly_the_colour_of_the_page(dark, background):
    stop, colour = charts.confusion(MATRIX, NAMES, False, dark=dark).data[0].colorscale[0]
    assert stop == 0
    assert contrast(colour, background) < 1.2


def test_confusion_of_many_classes_leaves_the_cells_empty():
    names = [f"class {number}" for number in range(100)]
    assert cell_texts(charts.confusion(np.eye(100, dtype=int), names, normalise=False)) == {}


def test_long_names_are_shortened_on_axes_and_whole_on_hover():
    names = ["a most particular kind of bird", "dog", "ship"]
    figure = charts.confusion(MATRIX, names, normalise=False)
    assert figure.layout.yaxis.ticktext[0] == "a most partic…"
    assert figure.data[-1].text[0].startswith(names[0])


def test_names_are_shown_as_they_are_written_never_as_html():
    names = ["<b>a</b>", "x & y", "plain"]
    for matrix in (charts.confusion(MATRIX, names, normalise=False), charts.difference(MATRIX, MATRIX, names)):
        assert matrix.layout.xaxis.ticktext[:2] == ("&lt;b&gt;a&lt;/b&gt;", "x &amp; y")
        assert matrix.data[-1].text[1].startswith("&lt;b&gt;a&lt;/b&gt; taken for x &amp; y")


@pytest.mark.parametrize("figure", [charts.confusion(MATRIX, NAMES, False), charts.difference(MATRIX, MATRIX, NAMES)])
def test_the_points_that_a_click_selects_are_all_cells_row_by_row(figure):
    points = figure.data[-1]
    assert points.mode == "markers"
    assert points.hoverinfo != "skip", "Plotly reports no click on what it does not hover"
    assert [divmod(place, 3) for place in range(9)] == list(zip(points.y, points.x, strict=True))
    assert figure.layout.hoverdistance == -1, "a cell answers as a whole, also far from its point"
    assert points.marker.size < 8, "where markers overlap, Plotly takes any of them"


def test_without_the_diagonal_the_colours_reach_to_the_largest_confusion():
    figure = charts.confusion(MATRIX, NAMES, normalise=False, diagonal=False)
    np.testing.assert_allclose(figure.data[0].z, np.array([[0, 1, 11 / 89], [0, 0, 0], [0, 0, 0]]))
    assert cell_texts(figure) == {(0, 1): "89", (0, 2): "11"}


def test_the_chosen_cell_is_framed():
    assert not charts.confusion(MATRIX, NAMES, False).layout.shapes
    (frame,) = charts.confusion(MATRIX, NAMES, False, chosen=(0, 2)).layout.shapes
    assert (frame.x0, frame.x1, frame.y0, frame.y1) == (1.5, 2.5, -0.5, 0.5)


def test_a_difference_is_signed_and_white_where_there_is_none():
    after = np.array([[905, 80, 15], [0, 1000, 0], [0, 0, 0]])
    figure = charts.difference(MATRIX, after, NAMES)
    assert cell_texts(figure) == {(0, 0): "+5", (0, 1): "−9", (0, 2): "+4"}
    assert (figure.data[0].zmin, figure.data[0].zmax) == (-9, 9)
    stops = dict(figure.data[0].colorscale)
    assert stops[0.5] == "#FFFFFF"
    assert figure.data[-1].text[1] == "cat taken for dog: 89 → 80"


def test_blue_is_better_and_orange_worse_in_every_cell():
    figure = charts.difference(MATRIX, np.array([[905, 80, 15], [0, 1000, 0], [0, 0, 0]]), NAMES)
    assert figure.data[0].z[0].tolist() == [5, 9, -4]  # 5 more right, 9 confusions fewer, 4 more
    stops = dict(figure.data[0].colorscale)
    assert (stops[0], stops[1]) == ("#C2570C", "#14609E")


def test_two_equal_matrices_have_no_difference_and_can_be_drawn():
    figure = charts.difference(MATRIX.astype(np.uint8), MATRIX.astype(np.uint8), NAMES)
    assert cell_texts(figure) == {}
    assert not np.any(figure.data[0].z)


def test_a_matrix_of_some_classes_counts_the_images_of_all():
    figure = charts.confusion(MATRIX, NAMES, normalise=True, shown=[0, 2], chosen=(0, 2))
    assert cell_texts(figure) == {(0, 0): "90", (0, 1): "1.1"}
    assert list(figure.layout.xaxis.ticktext) == ["cat", "ship"]
    assert figure.data[-1].text[1] == "cat taken for ship: 11 of 1,000 (1.1 %)"
    assert (figure.layout.shapes[0].x0, figure.layout.shapes[0].y0) == (0.5, -0.5)
    assert charts.points(MATRIX, [0, 2]) == [(0, 0), (0, 2), (2, 0), (2, 2)]


def test_a_cell_of_a_class_that_is_not_shown_is_not_framed():
    assert not charts.confusion(MATRIX, NAMES, False, shown=[0, 2], chosen=(0, 1)).layout.shapes


def test_of_many_classes_only_cells_that_count_an_image_can_be_selected():
    names = [f"class {number}" for number in range(100)]
    before = np.eye(100, dtype=int)
    after = before.copy()
    after[3, 99] = 2
    assert charts.points(after)[:5] == [(0, 0), (1, 1), (2, 2), (3, 3), (3, 99)]
    for figure, count in (
        (charts.confusion(before, names, False), 100),
        (charts.difference(before, after, names), 101),
    ):
        assert len(figure.data[-1].text) == count
        assert len(figure.to_json()) < 100_000
    assert figure.data[-1].text[4] == "class 3 taken for class 99: 0 → 2"
    assert (figure.data[-1].x[4], figure.data[-1].y[4]) == (99, 3)


def test_of_many_classes_the_axes_name_as_many_as_there_is_room_for():
    names = [f"class {number}" for number in range(100)]
    axes = charts.confusion(np.eye(100, dtype=int), names, False).layout
    assert (axes.xaxis.dtick, axes.yaxis.dtick) == (10, 5)
    assert axes.xaxis.labelalias[10] == axes.yaxis.labelalias[10] == "class 10"
