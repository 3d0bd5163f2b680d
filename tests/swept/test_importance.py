"""Which setting mattered: claimed where one does, not where none does, and the same each time."""

import dataclasses
import itertools

import numpy as np
import pytest

from benchmarks import importance as benchmark
from imgrec.swept import FEWEST_POINTS, Point, Setting, importance, said
from imgrec.swept.shares import share_interval

RATE, FILTERS, KIND = (
    Setting("training.learning_rate", "Learning rate", "number", log=True),
    Setting("layers.0.filters", "Filters", "number"),
    Setting("layers.0.activation", "Activation", "choice"),
)


def point(values, *validation: float) -> Point:
    return Point(tuple(values), validation, 5_000, None, 60.0, tuple(f"run{at}" for at in range(len(validation))))


def grid(accuracy) -> list[Point]:
    """Return a grid of 18 points whose accuracies are a function of the three values."""
    every = itertools.product((0.001, 0.01, 0.1), (16, 32, 64), ("relu", "gelu"))
    rng = np.random.default_rng(5)
    return [point(values, accuracy(*values) + rng.normal(0, 0.002)) for values in every]


def claimed(points: list[Point]) -> list[str]:
    return [each.setting.title for each in importance((RATE, FILTERS, KIND), points) if each.claimed]


@pytest.mark.parametrize("what", ["line", "peak", "plateau", "choice"])
def test_of_100_random_sweeps_in_which_one_setting_matters_95_name_it_alone(what):
    right = [benchmark.rate(what, "random", points, 1.0, 25) for points in (12, 15, 20, 24)]
    assert np.mean(right) >= 0.95


def test_of_100_random_sweeps_in_which_none_matters_95_claim_nothing():
    right = [benchmark.rate("none", "random", points, 1.0, 25) for points in (12, 15, 20, 24)]
    assert np.mean(right) >= 0.95


def test_a_peak_over_the_logarithm_is_found_and_its_share_lies_in_its_interval():
    found = importance((RATE, FILTERS, KIND), grid(lambda rate, _, __: 0.8 - 0.1 * (np.log10(rate) + 2) ** 2))
    assert [each.claimed for each in found] == [True, False, False]
    assert found[0].share > 0.98
    assert all(0 <= each.low <= each.share <= each.high <= 1 for each in found)
    assert found[1].share < 0.02


def test_a_weaker_setting_is_seen_behind_a_strong_one():
    points = grid(lambda rate, _, kind: 0.7 + 0.1 * np.log10(rate) + 0.02 * (kind == "gelu"))
    assert claimed(points) == ["Learning rate", "Activation"]
    _, _, kind = importance((RATE, FILTERS, KIND), points)
    assert 0 < kind.low < kind.share < kind.high < 0.2


def test_a_setting_that_only_goes_along_with_the_one_that_matters_is_not_claimed_beside_it():
    rng = np.random.default_rng(1)
    places = rng.random(16)
    # Filters follow the learning rate but for a little.
    points = [point((10 ** (-3 * p), 16 + 48 * p + rng.normal(0, 4), "relu"), 0.5 + 0.3 * p) for p in places.tolist()]
    assert claimed(points) == ["Learning rate"]


def test_a_setting_that_counts_in_ratios_may_be_off():
    points = [
        point((rate, 16, "relu"), 0.6 + 0.1 * (rate > 0) + at / 1_000) for rate in (0, 0.001, 0.01) for at in range(4)
    ]
    assert claimed(points) == ["Learning rate"]


def test_the_same_points_give_the_same_answer():
    points = grid(lambda rate, filters, _: 0.7 + 0.01 * np.log10(rate) + filters / 10_000)
    assert importance((RATE, FILTERS, KIND), points) == importance((RATE, FILTERS, KIND), points)


def test_seeds_of_a_point_are_no_further_points():
    rng = np.random.default_rng(0)
    few = [point((10 ** -float(p), 16, "relu"), *(0.5 + p / 10 + rng.normal(0, 0.001, 9))) for p in rng.random(5)]
    assert importance((RATE, FILTERS, KIND), few) == ()
    once = grid(lambda rate, _, __: 0.5 - 0.01 * np.log10(rate))
    thrice = [dataclasses.replace(each, validation=each.validation * 3) for each in once]
    assert [each.p for each in importance((RATE, FILTERS, KIND), once)] == [
        each.p for each in importance((RATE, FILTERS, KIND), thrice)
    ]


def test_nothing_is_said_from_few_points():
    points = grid(lambda rate, _, __: 0.5 - 0.1 * np.log10(rate))
    assert importance((RATE, FILTERS, KIND), points[: FEWEST_POINTS - 1]) == ()
    assert said((), 5) == "Which setting mattered cannot be said from 5 points: it takes at least 10."
    assert said((), 1).startswith("Which setting mattered cannot be said from 1 point:")


def test_what_was_found_is_said_in_words():
    found = importance((RATE, FILTERS, KIND), grid(lambda rate, _, __: 0.5 - 0.1 * np.log10(rate)))
    assert said(found, 18).startswith("Learning rate mattered: alone it explains about 100 % of the differences")
    none = tuple(dataclasses.replace(each, claimed=False) for each in found)
    assert said(none, 18).startswith("No setting stands out among these 18 points:")


@pytest.mark.parametrize("accuracy", [lambda *_: 0.5, lambda rate, *_: rate])
def test_equal_accuracies_and_settings_that_never_vary_are_no_error(accuracy):
    points = [point((0.01, at, "relu"), accuracy(0.01)) for at in range(12)]
    found = importance((RATE, FILTERS, KIND), points)
    assert [(each.share, each.claimed) for each in found] == [(0.0, False)] * 3


def test_a_choice_with_a_level_for_each_point_explains_nothing_for_certain():
    points = [point((0.01, 16, f"kind {at}"), 0.5 + at / 100) for at in range(12)]
    (_, _, kind) = importance((RATE, FILTERS, KIND), points)
    assert (kind.share, kind.low, kind.high, kind.claimed) == (0.0, 0.0, 1.0, False)


def test_the_interval_of_a_share_holds_the_true_one_in_about_95_of_100():
    rng = np.random.default_rng(3)
    place = np.linspace(-1, 1, 16)
    columns = np.linalg.qr(np.column_stack([place - place.mean(), place**2 - (place**2).mean()]))[0]
    signal = columns @ [3.0, 2.0]
    true = signal.var() / (signal.var() + 1)
    held, estimates = 0, []
    for _ in range(400):
        found = signal + rng.standard_normal(16)
        found -= found.mean()
        explained, total = ((columns.T @ found) ** 2).sum(), (found**2).sum()
        share, low, high = share_interval(explained, total, total - explained, 2, 13)
        estimates.append(share)
        held += low <= true <= high
    assert 0.92 <= held / 400 <= 0.98
    assert np.mean(estimates) == pytest.approx(true, abs=0.05)


def test_shares_and_their_intervals_hold_where_random_settings_go_along_with_each_other():
    rng = np.random.default_rng(7)
    held, off = [], []
    for _ in range(100):
        places = rng.random((24, 3))
        parts = np.array([-0.3 * (places[:, 0] - 0.6) ** 2, 0.06 * places[:, 1]])
        expected = 0.7 + parts.sum(axis=0)
        points = [
            point((float(10 ** (3 * x - 4)), float(y), "ab"[int(2 * z)]), float(mean + rng.normal(0, 0.01)))
            for (x, y, z), mean in zip(places, expected, strict=True)
        ]
        found = importance((RATE, FILTERS, KIND), points)[:2]
        true = parts.var(axis=1) / (expected.var() + 0.01**2)
        held += [each.low <= share <= each.high for each, share in zip(found, true, strict=True)]
        off.append([each.share - share for each, share in zip(found, true, strict=True)])
    assert np.mean(held) >= 0.92
    assert np.abs(np.mean(off, axis=0)).max() < 0.03


@pytest.mark.parametrize(
    ("bad", "said_of_it"),
    [
        (point((0.01, 16), 0.5), "one value for each of 3 settings"),
        (point((-0.1, 16, "relu"), 0.5), "Learning rate needs finite numbers from 0 on"),
        (point((0.1, "many", "relu"), 0.5), "Filters needs finite numbers"),
        (point((0.1, 16, "relu"), 1.5), "accuracies from 0 to 1"),
        (point((0.1, 16, "relu")), "accuracies from 0 to 1"),
    ],
)
def test_points_that_do_not_fit_are_refused(bad, said_of_it):
    with pytest.raises(ValueError, match=said_of_it):
        importance((RATE, FILTERS, KIND), [bad])
