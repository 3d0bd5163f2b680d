"""Charts of a sweep show every point with its interval, mark the best, and know the runs behind each point."""

import numpy as np
import pytest

from imgrec import charts
from imgrec.charts.accuracies import DARK as DARK_SCALE
from imgrec.charts.accuracies import LIGHT as LIGHT_SCALE
from imgrec.charts.accuracies import reach, round_numbers, written
from imgrec.swept import Importance, Point, Setting, Timed, surface
from tests.charts.test_theme import DARK, LIGHT, contrast

RATE = Setting("rate", "Learning rate", "number", log=True)
FILTERS = Setting("filters", "Filters", "number")
KIND = Setting("kind", "<b>Kind</b>", "choice")
ALL = (RATE, FILTERS, KIND)


def point(rate: float, filters: int, kind: str, accuracy: float, seconds: float = 60.0) -> Point:
    return Point((rate, filters, kind), (accuracy,), 1_000, None, seconds, (f"run-{rate}-{filters}",))


GRID = [
    point(rate, filters, "a & b", 0.6 + 0.05 * at + filters / 1_000)
    for at, rate in enumerate((0.001, 0.01, 0.1))
    for filters in (16, 32)
]
DRAWN = [
    point(10 ** (-0.2 * at - 1), 8 + 7 * at % 50, "<i>" if at % 2 else "c", 0.9 - 0.03 * abs(at - 5))
    for at in range(12)
]


def sweep_figures(dark: bool = False):
    found = Importance(KIND, 0.5, 0.3, 0.7, 0.001, claimed=True)
    return {
        "table": charts.surface(surface(ALL, GRID, "rate", "filters"), dark=dark),
        "drawn": charts.surface(surface(ALL, DRAWN, "rate", "filters"), dark=dark),
        "choice": charts.surface(surface(ALL, DRAWN, "rate", "kind"), dark=dark),
        "parallel": charts.parallel(ALL, DRAWN, dark=dark),
        "importance": charts.importance([found]),
        "over_time": charts.over_time(ALL, [Timed((0.1, 8, "<i>"), 60, 0.8, 0.7, 0.9, on_front=True, runs=("a",))]),
    }


@pytest.mark.parametrize("name", sweep_figures())
@pytest.mark.parametrize("dark", [False, True])
def test_background_and_text_colour_are_left_to_the_page_and_names_are_no_markup(name, dark):
    figure = sweep_figures(dark)[name]
    assert figure.layout.paper_bgcolor == figure.layout.plot_bgcolor == "rgba(0,0,0,0)"
    assert figure.layout.font.color is None
    assert figure.layout.uirevision
    written_out = figure.to_json()
    assert "\\u003ci\\u003e" not in written_out
    assert "\\u003cb\\u003eKind" not in written_out
    assert "NaN" not in written_out


def test_a_table_has_a_cell_for_each_pair_and_its_accuracy_stands_in_it():
    cells, texts, points = charts.surface(surface(ALL, GRID, "rate", "filters")).data
    assert np.array(cells.z).shape == (2, 3)
    assert list(texts.text) == ["61.6", "66.6", "71.6", "63.2", "68.2", "★ 73.2"]
    assert list(points.customdata[-1]) == ["run-0.1-32"]
    assert points.text[-1].startswith(
        "Learning rate: 0.1<br>Filters: 32<br>validation accuracy 73.2 % (95 % interval 70"
    )
    assert points.hoverinfo != "skip", "Plotly reports no click on what it does not hover"


def test_the_best_cell_is_framed_and_the_chosen_one_too():
    (best,) = charts.surface(surface(ALL, GRID, "rate", "filters")).layout.shapes
    assert (best.x0, best.y0) == (1.5, 0.5)
    _, chosen = charts.surface(surface(ALL, GRID, "rate", "filters"), chosen=0).layout.shapes
    assert (chosen.x0, chosen.y0) == (-0.5, -0.5)


def test_many_columns_have_whole_percents_which_fit_on_a_telephone():
    points = [point(10 ** (-at / 4), filters, "a", 0.616) for at in range(12) for filters in (16, 32)]
    _, texts, _ = charts.surface(surface(ALL, points, "rate", "filters")).data
    assert set(texts.text) == {"62"}


def test_a_pair_that_was_not_tried_is_an_empty_cell():
    cells, _, points = charts.surface(surface(ALL, GRID[1:], "rate", "filters")).data
    assert cells.z[0][0] is None
    assert len(points.x) == 5


def test_points_that_lie_anywhere_stand_on_a_smooth_surface_and_the_best_has_a_star():
    figure = charts.surface(surface(ALL, DRAWN, "rate", "filters"))
    assert [trace.type for trace in figure.data] == ["contour", "scatter"]
    assert list(figure.layout.xaxis.ticktext) == ["0.001", "0.01", "0.1"]
    assert list(figure.layout.xaxis.tickvals) == pytest.approx([-3, -2, -1])
    points = figure.data[1]
    best = list(points.marker.symbol).index("star")
    assert points.marker.color[best] == max(points.marker.color) == 90
    assert f"Learning rate: {written(10 ** points.x[best])}<br>Filters: {points.y[best]:.0f}<br>" in points.text[best]
    assert points.customdata[best][0].endswith(f"-{points.y[best]:.0f}")


def test_0_has_a_place_below_all_other_numbers_where_ratios_count():
    points = [*DRAWN, point(0.0, 30, "c", 0.5)]
    figure = charts.surface(surface(ALL, points, "rate", "filters"))
    smallest = min(one.values[0] for one in DRAWN)
    assert min(figure.data[-1].x) == pytest.approx(np.log10(smallest) - 1)
    assert list(figure.layout.xaxis.ticktext) == ["0", "0.001", "0.01", "0.1"]
    assert list(figure.layout.xaxis.tickvals) == sorted(figure.layout.xaxis.tickvals)
    parallel = charts.parallel(ALL, points)
    assert [note.y for note in parallel.layout.annotations if note.x == 0 and note.text == "0"] == [0]


def test_points_with_one_value_of_a_number_can_be_drawn():
    points = [point(10.0 ** (-at / 5), 16, "c", 0.5) for at in range(14)]
    assert list(charts.surface(surface(ALL, points, "rate", "filters")).layout.yaxis.ticktext) == ["16"]


def test_where_a_setting_is_a_choice_its_points_stand_in_rows():
    (points,) = charts.surface(surface(ALL, DRAWN, "rate", "kind")).data
    assert set(points.y) == {0, 1}


def test_a_sweep_without_points_can_be_drawn():
    assert not charts.surface(surface(ALL, [], "rate", "filters")).data
    assert not charts.parallel(ALL, []).data
    assert len(charts.over_time(ALL, []).data) == 2


@pytest.mark.parametrize(("scale", "background"), [(LIGHT_SCALE, LIGHT), (DARK_SCALE, DARK)])
def test_high_accuracies_stand_out_from_the_page(scale, background):
    assert contrast(scale[0][1], background) < contrast(scale[1][1], background) < contrast(scale[2][1], background)
    assert contrast(scale[2][1], background) >= 4.5


def test_points_that_failed_leave_the_colours_to_the_others():
    low, high = reach([0.1, 0.1, 0.82, 0.84, 0.85, 0.86])
    assert low == pytest.approx(0.74)
    assert high == 0.86
    assert reach([0.5, 0.5]) == (0.49, 0.51)


def test_every_point_is_a_line_over_all_axes_and_answers_on_each():
    figure = charts.parallel(ALL, DRAWN)
    *lines, best, markers = figure.data
    assert sum(list(line.y).count(None) for line in lines) == len(DRAWN)
    assert list(best.y)[3] == 1, "the accuracy of the best is the highest"
    assert len(markers.x) == 4 * len(DRAWN)
    assert list(markers.customdata[len(DRAWN) + 3]) == [f"run-{DRAWN[3].values[0]}-{DRAWN[3].values[1]}"]


def test_a_logarithmic_axis_has_round_numbers_at_even_distances_of_their_ratios():
    figure = charts.parallel(ALL, DRAWN)
    ticks = {note.text: note.y for note in figure.layout.annotations if note.x == 0 and note.font.size == 10}
    assert list(ticks) == ["0.001", "0.01", "0.1"]
    assert ticks["0.01"] - ticks["0.001"] == pytest.approx(ticks["0.1"] - ticks["0.01"])


@pytest.mark.parametrize(
    ("log", "low", "high", "numbers"),
    [
        (True, 1e-4, 1e-1, [1e-4, 1e-3, 1e-2, 1e-1]),
        (True, 0.012, 0.07, [0.02, 0.05]),
        (False, 8, 128, [50, 100]),
        (False, 0.0, 0.1, [0, 0.05, 0.1]),
    ],
)
def test_axes_have_round_numbers(log, low, high, numbers):
    assert round_numbers(Setting("a", "A", "number", log), low, high) == pytest.approx(numbers)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1e-05, "0.00001"),
        (0.0047312, "0.00473"),
        (64, "64"),
        (True, "on"),
        (0.0, "0"),
        (300.0, "300"),
        ("a<b", "a&lt;b"),
    ],
)
def test_values_are_written_for_people(value, text):
    assert written(value) == text


def test_a_bar_says_how_much_a_setting_mattered_and_how_certain_that_is():
    found = [
        Importance(RATE, 0.6, 0.3, 0.8, 0.0005, claimed=True),
        Importance(FILTERS, 0.7, 0.0, 0.9, 0.2, claimed=False),
    ]
    figure = charts.importance(found)
    (bars,) = figure.data
    assert list(bars.x) == pytest.approx([70, 60])  # from below: those that may be claimed stand on top
    assert list(bars.error_x.array) == pytest.approx([20, 20])
    assert list(bars.error_x.arrayminus) == pytest.approx([70, 30])
    assert [note.text for note in figure.layout.annotations] == ["may be chance", "<b>mattered</b>"]
    assert bars.customdata[1].endswith("more than chance, p < 0.001")


def test_over_time_the_front_goes_through_the_points_that_none_beats():
    points = [
        Timed((0.1, 30, "c"), 30, 0.7, 0.6, 0.8, on_front=True, runs=("a",)),
        Timed((0.1, 900, "c"), 900, 0.9, 0.85, 0.95, on_front=True, runs=("b", "c")),
        Timed((0.1, 600, "c"), 600, 0.6, 0.5, 0.7, on_front=False, runs=("d",)),
    ]
    figure = charts.over_time(ALL, points)
    line, marks = figure.data
    assert (list(line.x), list(line.y)) == ([0.5, 15], [70, 90])
    assert list(marks.marker.symbol) == ["circle", "star", "circle-open"]
    assert [list(runs) for runs in marks.customdata] == [["a"], ["b", "c"], ["d"]]
    assert marks.text[1].startswith("Learning rate: 0.1<br>Filters: 900<br>&lt;b&gt;Kind&lt;/b&gt;: c<br>validation")
    assert marks.text[1].endswith("2 runs, 15 min each")
    assert figure.layout.xaxis.title.text == "minutes of training, one run"
