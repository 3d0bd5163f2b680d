"""Metrics agree with scikit-learn and with published intervals."""

import numpy as np
import pytest
from sklearn import metrics as referee

from imgrec.metrics import accuracy, class_scores, confusion_matrix, wilson_interval


def random_predictions(seed: int) -> tuple[np.ndarray, np.ndarray, int]:
    """Between 1 and 400 images of 2 to 12 classes, some of which never occur or are never predicted."""
    random = np.random.default_rng(seed)
    classes = int(random.integers(2, 13))
    n = int(random.integers(1, 401))
    labels = random.integers(0, random.integers(1, classes + 1), n)
    guesses = random.integers(0, random.integers(1, classes + 1), n)
    right = random.random(n) < random.random()
    return labels, np.where(right, labels, guesses), classes


@pytest.mark.parametrize("seed", range(60))
def test_matrix_and_scores_agree_with_scikit_learn(seed):
    labels, predicted, classes = random_predictions(seed)
    every = list(range(classes))
    matrix = confusion_matrix(labels, predicted, classes)
    assert matrix.dtype == np.int64
    np.testing.assert_array_equal(matrix, referee.confusion_matrix(labels, predicted, labels=every))
    scores = class_scores(matrix)
    precision, recall, f1, support = referee.precision_recall_fscore_support(
        labels, predicted, labels=every, zero_division=0
    )
    np.testing.assert_allclose(scores.precision, precision, rtol=1e-12)
    np.testing.assert_allclose(scores.recall, recall, rtol=1e-12)
    np.testing.assert_allclose(scores.f1, f1, rtol=1e-12)
    np.testing.assert_array_equal(scores.support, support)
    assert accuracy(matrix) == referee.accuracy_score(labels, predicted)


def test_rows_are_true_classes_and_columns_predicted_ones():
    assert confusion_matrix([0, 0, 1], [1, 1, 1], 3).tolist() == [[0, 2, 0], [0, 1, 0], [0, 0, 0]]


def test_labels_of_small_integer_types_do_not_overflow():
    labels = np.full(5, 200, np.uint8)
    assert confusion_matrix(labels, labels, 256)[200, 200] == 5


def test_no_images_give_a_matrix_of_zeros():
    assert confusion_matrix([], [], 3).tolist() == [[0] * 3] * 3


@pytest.mark.parametrize(
    ("labels", "predicted", "said"),
    [
        ([0, 1], [0], "2 labels, 1 predictions"),
        ([0, 3], [0, 1], "0 to 2. Received: 0 to 3"),
        ([0, 1], [-1, 1], "0 to 2. Received: -1 to 1"),
        ([0.0, 1.0], [0, 1], "integers. Received: float64"),
        ([[0], [1]], [0, 1], r"shape \(2, 1\)"),
    ],
)
def test_predictions_that_do_not_fit_the_labels_are_refused(labels, predicted, said):
    with pytest.raises(ValueError, match=said):
        confusion_matrix(labels, predicted, 3)


def test_accuracy_is_the_exact_quotient_of_trace_and_sum():
    value = accuracy(np.array([[6_871, 3_128], [1, 0]]))
    assert type(value) is float
    assert value == 6_871 / 10_000


def test_accuracy_of_no_images_is_refused():
    with pytest.raises(ValueError, match="at least one image"):
        accuracy(np.zeros((2, 2), np.int64))


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [
        # Newcombe 1998, "Two-sided confidence intervals for the single proportion", table I, method 3.
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
        (29, 29, 0.8830, 1.0),
    ],
)
def test_interval_agrees_with_published_ones(successes, n, low, high):
    assert wilson_interval(successes, n) == pytest.approx((low, high), abs=0.00005)


@pytest.mark.parametrize("n", [1, 2, 3, 7, 10, 33, 100, 1_000, 10_000, 10**9])
@pytest.mark.parametrize("confidence", [0.5, 0.95, 0.999])
def test_interval_lies_within_0_and_1_and_contains_the_share(n, confidence):
    for successes in {0, 1, n // 3, n // 2, n - 1, n}:
        low, high = wilson_interval(successes, n, confidence)
        assert 0 <= low <= successes / n <= high <= 1
        assert low < high


def test_interval_touches_0_and_1_exactly_at_the_ends():
    assert wilson_interval(0, 37)[0] == 0
    assert wilson_interval(37, 37)[1] == 1


def test_interval_narrows_with_more_images_and_widens_with_more_confidence():
    def width(*arguments):
        low, high = wilson_interval(*arguments)
        return high - low

    assert width(70, 100) > width(700, 1_000) > width(7_000, 10_000)
    assert width(70, 100, 0.9) < width(70, 100, 0.95) < width(70, 100, 0.99)


def test_interval_of_nothing_is_everything():
    assert wilson_interval(0, 0) == (0.0, 1.0)


@pytest.mark.parametrize("arguments", [(5, 4), (-1, 4), (1, 4, 0.0), (1, 4, 1.0)])
def test_interval_of_an_impossible_count_or_confidence_is_refused(arguments):
    with pytest.raises(ValueError, match="0 ≤ successes ≤ n"):
        wilson_interval(*arguments)
