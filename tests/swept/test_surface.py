"""Accuracy over two settings: cells with their mean, their runs and how certain they are."""

import numpy as np
import pytest

from imgrec.metrics import wilson_interval
from imgrec.swept import Point, Setting, smooth, surface
from imgrec.swept.surface import FINE

RATE = Setting("rate", "Learning rate", "number", log=True)
FILTERS = Setting("filters", "Filters", "number")
KIND = Setting("kind", "Kind", "choice")
ALL = (RATE, FILTERS, KIND)


def point(rate: float, filters: int, kind: str, *validation: float) -> Point:
    runs = tuple(f"{rate}-{filters}-{kind}-{seed}" for seed in range(len(validation)))
    return Point((rate, filters, kind), validation, 1_000, None, 60.0, runs)


def test_points_that_share_two_values_are_one_cell_with_the_mean_of_their_runs():
    points = [point(0.1, 32, "a", 0.8, 0.9), point(0.01, 32, "a", 0.5, 0.5), point(0.1, 32, "b", 0.6, 0.7)]
    found = surface(ALL, points, "rate", "filters")
    assert (found.xs, found.ys) == ((0.01, 0.1), (32,))
    assert [(cell.x, cell.y, len(cell.runs)) for cell in found.cells] == [(0.01, 32, 2), (0.1, 32, 4)]
    assert found.cells[1].mean == pytest.approx(0.75)
    assert found.cells[1].runs == ("0.1-32-a-0", "0.1-32-a-1", "0.1-32-b-0", "0.1-32-b-1")
    assert found.best == 1


def test_a_cell_of_one_run_is_as_certain_as_its_images():
    (cell,) = surface(ALL, [point(0.1, 32, "a", 0.8)], "rate", "filters").cells
    assert (cell.low, cell.high) == pytest.approx(wilson_interval(800, 1_000))


def test_seeds_that_differ_widen_the_intervals_of_all_cells():
    alike, apart = (
        surface(ALL, [point(0.1, 32, "a", 0.8, other), point(0.01, 32, "a", 0.7, 0.7)], "rate", "filters")
        for other in (0.801, 0.9)
    )
    assert apart.cells[0].low < alike.cells[0].low
    assert apart.cells[0].high > alike.cells[0].high


def test_numbers_ascend_and_choices_stay_in_the_order_in_which_they_came():
    points = [point(0.1, 64, "z", 0.5), point(0.1, 8, "a", 0.5), point(0.1, 16, "m", 0.5)]
    found = surface(ALL, points, "kind", "filters")
    assert (found.xs, found.ys) == (("z", "a", "m"), (8, 16, 64))
    assert [(cell.x, cell.y) for cell in found.cells] == [("a", 8), ("m", 16), ("z", 64)]


def test_a_grid_is_a_table_and_random_numbers_are_not():
    grid = [point(rate, filters, "a", 0.5) for rate in (0.1, 0.01, 0.001) for filters in (16, 32)]
    assert surface(ALL, grid, "rate", "filters").is_table
    assert surface(ALL, grid[1:], "rate", "filters").is_table
    drawn = [point(float(rate), 16 + at, "a", 0.5) for at, rate in enumerate(np.linspace(0.01, 0.1, 12))]
    assert not surface(ALL, drawn, "rate", "filters").is_table


def test_between_points_the_surface_stays_within_what_was_measured_and_says_nothing_far_away():
    rng = np.random.default_rng(0)
    drawn = 10 ** (-3 * rng.random(24))
    points = [
        point(float(rate), int(rng.integers(8, 40)), "a", 0.8 - 0.1 * (np.log10(rate) + 1.5) ** 2) for rate in drawn
    ]
    points.append(point(1.0, 400, "a", 0.5))
    found = surface(ALL, points, "rate", "filters")
    between = smooth(found)
    assert between is not None
    assert between.accuracy.shape == (FINE, FINE)
    known = between.accuracy[~np.isnan(between.accuracy)]
    assert 0 < len(known) < FINE * FINE
    means = [cell.mean for cell in found.cells]
    assert min(means) <= known.min() <= known.max() <= max(means)
    assert between.x[np.nanargmax(between.accuracy[0])] == pytest.approx(-1.5, abs=0.3)


def test_there_is_nothing_between_choices_few_points_or_equal_values():
    points = [point(10.0**-at, 16, "a", 0.5) for at in range(8)]
    assert smooth(surface(ALL, points, "rate", "kind")) is None
    assert smooth(surface(ALL, points, "rate", "filters")) is None
    assert smooth(surface(ALL, [point(0.1, 1, "a", 0.5), point(0.2, 2, "a", 0.5)], "rate", "filters")) is None


def test_a_sweep_without_points_has_no_cells():
    found = surface(ALL, [], "rate", "filters")
    assert (found.cells, found.best) == ((), None)


@pytest.mark.parametrize(("x", "y"), [("rate", "rate"), ("rate", "depth")])
def test_a_surface_of_other_settings_is_refused(x, y):
    with pytest.raises(ValueError, match="needs two of rate, filters, kind"):
        surface(ALL, [], x, y)
