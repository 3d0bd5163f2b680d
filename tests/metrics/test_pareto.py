"""The Pareto front is what its definition says."""

import numpy as np
import pytest

from imgrec.metrics import pareto_front


def test_an_example_worked_out_by_hand():
    #                     cheapest, worth less than a cheaper one, worth more, costs more for the same, best
    assert pareto_front([1, 2, 3, 4, 9], [50, 40, 70, 70, 80]).tolist() == [True, False, True, False, True]


@pytest.mark.parametrize("seed", range(100))
def test_the_front_agrees_with_its_definition(seed):
    random = np.random.default_rng(seed)
    costs, values = random.integers(0, random.integers(1, 20), (2, random.integers(1, 40)))
    points = list(zip(costs.tolist(), values.tolist(), strict=True))
    beaten = [any(c <= cost and v >= value and (c, v) != (cost, value) for c, v in points) for cost, value in points]
    assert pareto_front(costs, values).tolist() == [not worse for worse in beaten]


def test_equal_points_are_both_on_the_front():
    assert pareto_front([2, 1, 2, 2], [5, 3, 5, 4]).tolist() == [True, True, True, False]


def test_one_point_is_a_front_and_none_is_an_empty_one():
    assert pareto_front([3], [-1]).tolist() == [True]
    assert pareto_front([], []).tolist() == []
    assert pareto_front([], []).dtype == np.bool_


@pytest.mark.parametrize(
    ("costs", "values", "said"),
    [
        ([1, 2], [1], r"Received: shapes \(2,\) and \(1,\)"),
        ([[1, 2]], [[1, 2]], r"shapes \(1, 2\)"),
        ([1, np.nan], [1, 2], "finite"),
        ([1, 2], [1, np.inf], "finite"),
    ],
)
def test_points_that_are_none_are_refused(costs, values, said):
    with pytest.raises(ValueError, match=said):
        pareto_front(costs, values)
