"""Two networks on the same images: McNemar's test and the interval do what they promise."""

from math import comb

import numpy as np
import pytest
from statsmodels.stats.contingency_tables import mcnemar as referee

from imgrec.metrics import LEVEL, compare, mcnemar, verdict


def test_p_of_small_counts_is_the_fraction_counted_by_hand():
    assert mcnemar(0, 0) == 1
    # Two tails of one outcome each among 2^5.
    assert mcnemar(0, 5) == 2 / 32
    # 2 · (C(8, 0) + C(8, 1)) / 2^8, the example of Fagerland, Lydersen and Laake 2013.
    assert mcnemar(1, 7) == 2 * (1 + 8) / 256
    # More than half of all outcomes are in each tail.
    assert mcnemar(4, 4) == 1
    assert mcnemar(4, 5) == 1


def test_p_agrees_with_statsmodels_on_1000_pairs_of_predictions(prediction_sets):
    random = np.random.default_rng(0)
    below = 0
    for seed, (probabilities, labels) in enumerate(prediction_sets):
        a = probabilities.argmax(axis=1)
        b = np.where(random.random(len(labels)) < random.random() / 2, random.permutation(labels), a)
        right_a, right_b = a == labels, b == labels
        table = [
            [np.sum(right_a & right_b), np.sum(right_a & ~right_b)],
            [np.sum(~right_a & right_b), np.sum(~right_a & ~right_b)],
        ]
        p = referee(table, exact=True).pvalue
        assert compare(labels, a, b).p == pytest.approx(p, rel=1e-9), f"seed {seed}"
        below += p < LEVEL
    assert 100 < below < 900


@pytest.mark.parametrize("n", [1, 2, 9, 100, 1_001, 2_000])
def test_p_is_the_whole_sum_of_integers_rounded_once(n):
    tail = 0
    for fewer in range((n + 1) // 2):
        tail += comb(n, fewer)
        assert mcnemar(fewer, n - fewer) == mcnemar(n - fewer, fewer) == 2 * tail / 2**n


def test_p_of_all_test_images_agrees_with_statsmodels():
    # statsmodels counts in float64; its own error at this size is about 1e-11.
    for fixed, broken in [(4_999, 5_000), (4_800, 5_200), (4_500, 5_500), (300, 420)]:
        theirs = referee([[0, broken], [fixed, 0]], exact=True).pvalue
        assert mcnemar(fixed, broken) == pytest.approx(theirs, rel=1e-9)


def test_p_is_0_only_where_no_float_is_as_small():
    assert mcnemar(0, 1_074) == 2.0**-1_073
    assert mcnemar(0, 1_075) == 2.0**-1_074
    assert mcnemar(0, 1_077) == 0
    assert mcnemar(1, 10_000) == 0


def test_counts_of_numpy_do_not_overflow():
    assert mcnemar(np.int64(4_800), np.int64(5_200)) == mcnemar(4_800, 5_200)
    assert mcnemar(np.uint8(200), np.uint8(100)) == mcnemar(200, 100)


@pytest.mark.parametrize("counts", [(-1, 3), (3, -1), (-2, -2)])
def test_counts_below_0_are_refused(counts):
    with pytest.raises(ValueError, match=f"Received: {counts[0]} fixed, {counts[1]} broken"):
        mcnemar(*counts)


def test_a_comparison_says_which_images_were_fixed_and_which_broken():
    found = compare([0, 1, 2, 3, 4, 5], a=[0, 0, 2, 0, 0, 0], b=[0, 1, 0, 3, 1, 5])
    assert found.images == 6
    assert found.fixed.tolist() == [1, 3, 5]
    assert found.broken.tolist() == [2]
    assert found.fixed.dtype == found.broken.dtype == np.int64
    assert found.difference == (3 - 1) / 6
    assert found.p == mcnemar(3, 1)


def test_the_interval_of_an_example_counted_by_hand():
    # 1 fixed and 7 broken of 21: 2/23 - 8/23 = -0.26087, and 1.95996 · √((10/23 - (6/23)²) / 23) = 0.24749.
    labels = np.zeros(21, np.int64)
    a, b = labels.copy(), labels.copy()
    a[0], b[1:8] = 1, 1
    found = compare(labels, a, b)
    assert (found.low, found.high) == pytest.approx((-0.50836, -0.01338), abs=0.00001)
    assert found.difference == pytest.approx(-6 / 21)


@pytest.mark.parametrize("n", [1, 2, 3, 10, 40])
def test_the_interval_contains_the_difference_and_lies_within_1(n):
    for fixed in range(n + 1):
        for broken in range(n + 1 - fixed):
            a, b = np.zeros(n, np.int64), np.zeros(n, np.int64)
            a[:fixed] = 1
            b[fixed : fixed + broken] = 1
            found = compare(np.zeros(n, np.int64), a, b)
            assert -1 <= found.low <= found.difference <= found.high <= 1
            assert found.low < found.high


def test_changing_sides_turns_the_comparison_round():
    random = np.random.default_rng(0)
    labels, a, b = random.integers(0, 3, (3, 200))
    one, other = compare(labels, a, b), compare(labels, b, a)
    assert one.difference == -other.difference != 0
    assert (one.low, one.high) == pytest.approx((-other.high, -other.low))
    assert one.p == other.p
    assert np.array_equal(one.fixed, other.broken)


def test_networks_that_say_the_same_do_not_differ():
    found = compare([0, 1, 1], [0, 1, 0], [0, 1, 0])
    assert (found.p, found.difference, found.differs) == (1, 0, False)
    assert found.low == pytest.approx(-found.high)
    assert found.high > 0


def test_two_wrong_answers_are_no_difference():
    assert compare([0, 0], [1, 0], [2, 0]).p == 1


@pytest.mark.parametrize(("broken", "differs"), [(5, False), (6, True)])
def test_networks_differ_where_p_is_below_the_level(broken, differs):
    labels = np.zeros(50, np.uint8)
    # p is 2/2^5 = 0.0625 and 2/2^6 = 0.03125.
    assert compare(labels, labels, (np.arange(50) < broken).astype(np.uint8)).differs is differs


@pytest.mark.parametrize(
    ("labels", "a", "b", "said"),
    [
        ([], [], [], "at least one image"),
        ([0, 1], [0], [0, 1], "2 labels, 1 predictions"),
        ([0, 1], [0, 1], [0, 1, 1], "2 labels, 3 predictions"),
        ([0, 1], [0, -1], [0, 1], "0 or more. Received: -1 to 0"),
        ([0, 1], [[0.1, 0.9]] * 2, [0, 1], "integers. Received: float64"),
    ],
)
def test_predictions_that_do_not_fit_the_labels_are_refused(labels, a, b, said):
    with pytest.raises(ValueError, match=said):
        compare(labels, a, b)


def test_at_most_8_of_100_pairs_of_equally_good_networks_are_called_different(right_or_wrong):
    random = np.random.default_rng(11)
    different = 0
    for _ in range(100):
        labels = random.integers(0, 10, 10_000)
        chance = random.beta(4, 1, 10_000)
        different += compare(
            labels, right_or_wrong(random, labels, chance), right_or_wrong(random, labels, chance)
        ).differs
    assert 1 <= different <= 8


def test_pairs_that_differ_by_3_points_are_nearly_always_called_different(right_or_wrong):
    random = np.random.default_rng(12)
    found = []
    for _ in range(100):
        labels = random.integers(0, 10, 10_000)
        chance = 0.96 * random.beta(4, 1, 10_000)
        a = right_or_wrong(random, labels, chance)
        found.append(compare(labels, a, right_or_wrong(random, labels, chance + 0.03)))
    assert sum(comparison.differs for comparison in found) >= 98
    assert np.mean([comparison.difference for comparison in found]) == pytest.approx(0.03, abs=0.002)


@pytest.mark.parametrize("n", [100, 1_000])
@pytest.mark.parametrize("difference", [0.0, 0.03, 0.1])
def test_95_of_100_intervals_contain_the_true_difference(right_or_wrong, n, difference):
    random = np.random.default_rng(13)
    inside = 0
    for _ in range(500):
        labels = random.integers(0, 10, n)
        # Images are drawn anew each time: the interval is about all images, not about these.
        chance = 0.9 * random.beta(4, 1, n)
        found = compare(
            labels, right_or_wrong(random, labels, chance), right_or_wrong(random, labels, chance + difference)
        )
        inside += found.low <= difference <= found.high
    assert inside / 500 == pytest.approx(0.95, abs=0.03)


def answers(fixed: int, broken: int, n: int = 1000) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return labels and the answers of two networks, of which B fixes and breaks so many."""
    labels = np.zeros(n, int)
    a, b = labels.copy(), labels.copy()
    a[:fixed] = 1
    b[fixed : fixed + broken] = 1
    return labels, a, b


def test_the_verdict_names_the_better_network_whichever_comes_first():
    labels, a, b = answers(60, 20)
    sentence = "B is better than A: +4.0 points (95 % interval 2.2 to 5.7), p < 0.001"
    assert verdict(compare(labels, a, b), "A", "B") == sentence
    assert verdict(compare(labels, b, a), "B", "A") == sentence


def test_the_verdict_calls_a_small_difference_no_evidence():
    found = compare(*answers(31, 25))
    assert verdict(found, "A", "B") == (
        "No evidence of a difference between A and B: B has +0.6 points (95 % interval −0.9 to 2.1), p = 0.50"
    )


def test_the_verdict_of_equal_networks_names_none():
    assert verdict(compare(*answers(20, 20)), "A", "B") == (
        "No evidence of a difference between A and B: "
        "both have equally many right (95 % interval −1.3 to 1.3), p = 1.00"
    )
    assert "−0.0" not in verdict(compare(*answers(0, 0, n=10_000)), "A", "B")


def test_the_verdict_says_where_the_interval_leaves_out_what_the_test_does_not():
    found = compare(*answers(1, 7, n=21))
    assert found.high < 0 < LEVEL < found.p
    assert verdict(found, "A", "B").endswith("p = 0.070, a borderline case")
