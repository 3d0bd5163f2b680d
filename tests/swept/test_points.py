"""How certain an accuracy is: by its images and its seeds."""

import numpy as np
import pytest

from imgrec.metrics import wilson_interval
from imgrec.swept import Point
from imgrec.swept.points import Spread, _t, interval, noise, spread


def point(*validation: float) -> Point:
    return Point((), validation, 5_000, None, 1.0, ())


@pytest.mark.parametrize(
    ("degrees", "quantile"), [(1, 12.706), (2, 4.303), (3, 3.182), (5, 2.571), (12, 2.179), (100, 1.984)]
)
def test_students_t_has_the_quantiles_of_the_tables(degrees, quantile):
    assert _t(0.975, degrees) == pytest.approx(quantile, rel=0.01)


def test_points_of_which_one_seed_diverged_are_not_pooled():
    others = [point(0.80, 0.82), point(0.60, 0.63), point(0.7, 0.71)]
    assert spread([*others, point(0.10, 0.81)]) == spread(others)
    assert spread([point(0.8, 0.8), point(0.6, 0.6), point(0.7, 0.9)]).deviation > 0.08, "a median of 0 tells nothing"


def test_the_spread_over_seeds_is_pooled_over_points():
    found = spread([point(0.80, 0.82), point(0.60, 0.62), point(0.3)])
    assert found.degrees == 2
    assert found.deviation == pytest.approx(0.0002**0.5)
    assert spread([point(0.8), point(0.6)]) == Spread(0.0, 0)


def test_with_one_seed_the_interval_is_that_of_the_images():
    assert interval(0.8, 1, 1_000, Spread(0.0, 0)) == pytest.approx(wilson_interval(800, 1_000))


def test_more_seeds_narrow_the_interval_but_not_below_that_of_the_images():
    few, many = (interval(0.8, runs, 1_000, Spread(0.01, 24)) for runs in (2, 200))
    low, high = wilson_interval(800, 1_000)
    assert few[0] < many[0] < low < high < many[1] < few[1]


def test_an_interval_holds_the_expected_accuracy_in_about_95_of_100():
    rng = np.random.default_rng(0)
    held = 0
    for _ in range(1_000):
        right = rng.binomial(2_000, 0.8) / 2_000 - 0.8  # the images are the same for all seeds
        points = [point(*(0.8 + right + rng.normal(0, 0.01, 2))) for _ in range(12)]
        low, high = interval(points[0].mean, 2, 2_000, spread(points))
        held += low <= 0.8 <= high
    assert 0.92 <= held / 1_000 <= 0.98


def test_noise_is_never_0_and_shrinks_with_seeds():
    assert noise(point(1.0), Spread(0.0, 0)) > 0
    assert noise(point(0.8, 0.8), Spread(0.01, 4)) < noise(point(0.8), Spread(0.01, 4))
