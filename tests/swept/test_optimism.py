"""The best of many is too good: by about how much, against simulated sweeps whose truth is known."""

import dataclasses

import numpy as np
import pytest

from imgrec.swept import Point, front, optimism

IMAGES = 5_000


def point(validation: tuple[float, ...], test: tuple[float, ...] | None = None, seconds: float = 60.0) -> Point:
    return Point((), validation, IMAGES, test, seconds, tuple(f"run-{seconds}" for _ in validation))


def equal(_: np.random.Generator, n: int) -> np.ndarray:
    return np.full(n, 0.85)


def near(rng: np.random.Generator, n: int) -> np.ndarray:
    return 0.85 + 0.005 * rng.standard_normal(n)


def apart(rng: np.random.Generator, n: int) -> np.ndarray:
    return 0.75 + 0.04 * rng.standard_normal(n)


def failed(rng: np.random.Generator, n: int) -> np.ndarray:
    return np.where(rng.random(n) < 0.3, 0.1, 0.86 + 0.004 * rng.standard_normal(n))


@pytest.mark.parametrize("truths", [equal, near, apart, failed])
@pytest.mark.parametrize("n", [6, 24])
def test_the_estimate_is_what_the_best_is_too_good_by_on_average(truths, n):
    """In points: within 0.15, where the best of 24 equal ones is too good by 1.1."""
    rng = np.random.default_rng(2)
    true, estimated = [], []
    for _ in range(150):
        expected = truths(rng, n)
        by_images = rng.binomial(IMAGES, expected) / IMAGES - expected
        runs = expected + by_images + rng.normal(0, 0.004, (2, n))
        found = optimism([point(tuple(each)) for each in runs.T.tolist()])
        true.append(found.validation - expected[found.best])
        estimated.append(found.by)
    assert 100 * np.mean(estimated) == pytest.approx(100 * np.mean(true), abs=0.15)


def test_one_that_leads_by_far_is_hardly_too_good():
    found = optimism([point((0.9,)), *[point((0.5,))] * 20])
    assert found.best == 0
    assert found.by < 0.0005
    assert "Its lead is so large" in found.sentence


def test_a_choice_among_more_equal_points_is_more_optimistic():
    rng = np.random.default_rng(0)
    drawn = (0.85 + 0.005 * rng.standard_normal(60)).tolist()
    few, many = (optimism([point((each,)) for each in drawn[:n]]).by for n in (4, 60))
    assert 0 < few < many < 0.02


def test_the_sentence_says_by_how_much_and_has_the_test_accuracy_of_the_chosen_one_beside_it():
    points = [point((0.85, 0.87), (0.84, 0.85)), *[point((0.855, 0.859), (0.9, 0.9))] * 11]
    found = dataclasses.replace(optimism(points), by=0.008)
    assert found.test == pytest.approx(0.845)
    assert found.sentence == (
        "This is the best of 12 points on the validation images. Part of that was luck: its validation accuracy of "
        "86.0 % is probably about 0.8 points too high, so expect about 85.2 % on new images of the same kind. Its test "
        "accuracy, by which nothing was chosen, is 84.5 %."
    )
    assert dataclasses.replace(found, test=None).sentence.endswith("Its test accuracy has not been measured.")


def test_of_one_point_nothing_was_chosen():
    found = optimism([point((0.8,), (0.79,))])
    assert found.by == 0
    assert found.sentence == (
        "There is one point so far, with a validation accuracy of 80.0 %: nothing was chosen. "
        "Its test accuracy is 79.0 %."
    )


def test_the_same_points_give_the_same_estimate():
    points = [point((0.8 + at / 1_000,)) for at in range(8)]
    assert optimism(points) == optimism(points)


@pytest.mark.parametrize("points", [[], [point((1.2,))], [point(())]])
def test_what_has_no_accuracy_is_refused(points):
    with pytest.raises(ValueError, match="needs"):
        optimism(points)


def test_the_front_holds_the_points_that_no_other_beats():
    points = [
        point((0.7,), seconds=10),
        point((0.9,), seconds=60),
        point((0.8,), seconds=90),
        point((0.8,), seconds=30),
    ]
    found = front(points)
    assert [each.on_front for each in found] == [True, True, False, True]
    assert found[1].runs == ("run-60",)
    assert all(each.low < each.accuracy < each.high for each in found)


def test_a_point_of_which_one_seed_diverged_makes_the_best_no_luckier() -> None:
    """The figures of a sweep of learning rates and filters, of two seeds each."""
    found = [(0.974, 0.980), (0.966, 0.970), (0.963, 0.967), (0.950, 0.973), (0.951, 0.955), (0.939, 0.953)]
    rest = [(0.898, 0.960), (0.919, 0.937), (0.9, 0.901), (0.88, 0.88), (0.780, 0.948)]
    diverged = (0.104, 0.810)
    of = [dataclasses.replace(point(accuracies), validation_images=2_000) for accuracies in (*found, *rest, diverged)]
    assert optimism(of).by == pytest.approx(optimism(of[:-1]).by, abs=0.002)
    assert optimism(of).by < 0.01
