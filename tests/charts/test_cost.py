"""Accuracy against cost: runs with their intervals, and the front of those that none beats."""

import pytest

from imgrec import charts

RUNS = [
    charts.Priced("small", "#0072B2", 1e4, 0.70, 0.69, 0.71, on_front=True),
    charts.Priced("large", "#E69F00", 1e6, 0.90, 0.89, 0.905, on_front=True),
    charts.Priced("waste", "#009E73", 2e6, 0.80, 0.79, 0.81, on_front=False),
]


def test_the_front_goes_through_the_runs_that_none_beats_from_cheap_to_dear():
    front, runs = charts.cost(RUNS[::-1], "parameters").data
    assert list(front.x) == [1e4, 1e6]
    assert list(front.y) == pytest.approx([70, 90])
    assert [text.strip() for text in runs.text] == ["waste", "large", "small"]


def test_each_run_has_its_colour_and_its_interval():
    _, runs = charts.cost(RUNS, "parameters").data
    assert list(runs.marker.color) == ["#0072B2", "#E69F00", "#009E73"]
    assert list(runs.error_y.array) == pytest.approx([1, 0.5, 1])
    assert list(runs.error_y.arrayminus) == pytest.approx([1, 1, 1])


def test_the_names_of_dear_runs_stand_left_of_their_points_where_there_is_room():
    _, runs = charts.cost(RUNS, "parameters").data
    assert list(runs.textposition) == ["middle right", "middle right", "middle left"]
