"""Scores agree with scikit-learn, their intervals with statsmodels and with published ones."""

import numpy as np
import pytest
from sklearn import metrics as referee
from statsmodels.stats.proportion import proportion_confint

from imgrec.metrics import (
    accuracy,
    class_intervals,
    class_scores,
    confusion_matrix,
    cross_entropy,
    half_interval,
    top_k_correct,
    wilson_interval,
)


def counts(labels, predicted, classes):
    """Right, predicted as it and of the class, for each class, counted one image at a time."""
    table = np.zeros((3, classes), np.int64)
    for true, guessed in zip(labels, predicted, strict=True):
        table[0, true] += true == guessed
        table[1, guessed] += 1
        table[2, true] += 1
    return table


def test_matrix_and_scores_of_1000_prediction_sets_agree_with_scikit_learn(prediction_sets):
    # scikit-learn takes 50 sets at once, as one with the classes of all of them: one by one they take half a minute.
    for first in range(0, len(prediction_sets), 50):
        some = prediction_sets[first : first + 50]
        matrices = [confusion_matrix(labels, scores.argmax(axis=1), scores.shape[1]) for scores, labels in some]
        assert all(matrix.dtype == np.int64 for matrix in matrices)
        starts = np.cumsum([0, *(len(matrix) for matrix in matrices)])
        labels = np.concatenate([start + labels for start, (_, labels) in zip(starts, some, strict=False)])
        predicted = np.concatenate(
            [start + scores.argmax(axis=1) for start, (scores, _) in zip(starts, some, strict=False)]
        )
        every = np.arange(starts[-1])
        theirs = referee.confusion_matrix(labels, predicted, labels=every)
        for matrix, start, end in zip(matrices, starts, starts[1:], strict=False):
            np.testing.assert_array_equal(matrix, theirs[start:end, start:end])
        ours = [class_scores(matrix) for matrix in matrices]
        asked = ("precision", "recall", "f1", "support")
        scored = referee.precision_recall_fscore_support(labels, predicted, labels=every, zero_division=0)
        for name, expected in zip(asked, scored, strict=True):
            np.testing.assert_allclose(np.concatenate([getattr(one, name) for one in ours]), expected, rtol=1e-12)
        for matrix, (scores, labels) in zip(matrices, some, strict=True):
            assert accuracy(matrix) == np.mean(scores.argmax(axis=1) == labels)


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


@pytest.mark.parametrize("confidence", [0.8, 0.95, 0.99])
def test_intervals_of_every_class_agree_with_statsmodels(prediction_sets, confidence):
    ours, right, n = [], [], []
    for probabilities, labels in prediction_sets[::5]:
        classes = probabilities.shape[1]
        right_of, as_class, of_class = counts(labels, probabilities.argmax(axis=1), classes)
        found = class_intervals(confusion_matrix(labels, probabilities.argmax(axis=1), classes), confidence)
        assert found.precision.shape == found.recall.shape == found.f1.shape == (classes, 2)
        # F1 / (2 - F1) is F*, the share of the right ones among all that are of the class or were predicted to be.
        ours += [found.precision, found.recall, found.f1 / (2 - found.f1)]
        right += [right_of] * 3
        n += [as_class, of_class, as_class + of_class - right_of]
    known, hits, totals = np.concatenate(ours), np.concatenate(right), np.concatenate(n)
    some = totals > 0
    theirs = proportion_confint(hits[some], totals[some], alpha=1 - confidence, method="wilson")
    np.testing.assert_allclose(known[some], np.transpose(theirs), atol=1e-12)
    assert (~some).sum() > 100
    assert np.all(known[~some] == (0, 1))


def test_intervals_contain_their_scores(prediction_sets):
    for probabilities, labels in prediction_sets[::5]:
        matrix = confusion_matrix(labels, probabilities.argmax(axis=1), probabilities.shape[1])
        scores, intervals = class_scores(matrix), class_intervals(matrix)
        for score in ("precision", "recall", "f1"):
            low, high = getattr(intervals, score).T
            assert np.all((low <= getattr(scores, score) + 1e-12) & (getattr(scores, score) <= high + 1e-12))


def test_95_of_100_intervals_of_f1_contain_the_true_one():
    random = np.random.default_rng(0)
    # Right, missed, falsely alarmed, and the rest; F1 = 2 · 0.08 / (2 · 0.08 + 0.03 + 0.05) = 2/3.
    drawn = random.multinomial(1_000, [0.08, 0.03, 0.05, 0.84], 1_000)
    found = np.array([class_intervals(np.array([[a, b], [c, d]])).f1[0] for a, b, c, d in drawn])
    assert np.mean((found[:, 0] <= 2 / 3) & (found[:, 1] >= 2 / 3)) == pytest.approx(0.95, abs=0.03)


def test_intervals_of_an_impossible_confidence_are_refused():
    with pytest.raises(ValueError, match=r"confidence between 0 and 1\. Received: 1 of 1, confidence 1"):
        class_intervals(np.eye(2, dtype=np.int64), 1.0)


def test_labels_among_the_k_likeliest_classes_agree_with_scikit_learn(prediction_sets):
    for seed, (probabilities, labels) in enumerate(prediction_sets):
        classes = probabilities.shape[1]
        k = 1 + seed % (classes - 1)
        # Of two classes scikit-learn wants the probability of the second alone.
        theirs = referee.top_k_accuracy_score(
            labels, probabilities[:, 1] if classes == 2 else probabilities, k=k, labels=range(classes), normalize=False
        )
        assert top_k_correct(probabilities, labels, k) == theirs, f"seed {seed}"


def test_the_likeliest_class_alone_is_what_argmax_predicts_also_where_all_are_equal():
    probabilities = np.random.default_rng(1).integers(0, 3, (500, 6)).astype(np.float32) / 4
    labels = np.random.default_rng(2).integers(0, 6, 500)
    assert np.mean(probabilities.max(axis=1) == np.sort(probabilities, axis=1)[:, -2]) > 0.5
    assert top_k_correct(probabilities, labels, 1) == np.sum(probabilities.argmax(axis=1) == labels)


def test_of_equally_likely_classes_the_lower_numbers_are_among_the_k_likeliest():
    probabilities = np.array([[0.25, 0.25, 0.25, 0.25]] * 4)
    assert [top_k_correct(probabilities, [0, 1, 2, 3], k) for k in (1, 2, 3, 4)] == [1, 2, 3, 4]
    assert [top_k_correct(probabilities, [1, 1, 1, 1], k) for k in (1, 2)] == [0, 4]


def test_labels_among_the_likeliest_are_counted_as_a_plain_number():
    assert type(top_k_correct(np.array([[0.1, 0.9]]), np.array([1], np.uint8), 1)) is int
    assert top_k_correct(np.zeros((0, 3)), [], 2) == 0


@pytest.mark.parametrize(
    ("probabilities", "labels", "k", "said"),
    [
        ([[0.4, 0.6]], [0], 0, "1 to 2, the number of classes. Received: 0"),
        ([[0.4, 0.6]], [0], 3, "1 to 2, the number of classes. Received: 3"),
        ([[0.4, 0.6]], [0, 1], 1, "2 labels, 1 rows"),
        ([[0.4, 0.6]], [2], 1, "0 to 1. Received: 2 to 2"),
        ([0.4, 0.6], [0, 1], 1, r"Received: \(2,\)"),
        ([[1.0], [1.0]], [0, 0], 1, r"Received: \(2, 1\)"),
        ([[-2.0, 3.0]], [0], 1, r"\[0, 1\]. Received: -2 to 3"),
        ([[0.5, 1.01]], [0], 1, r"\[0, 1\]. Received: 0.5 to 1.01"),
        ([[0.5, np.nan]], [0], 1, r"\[0, 1\]. Received: nan to nan"),
    ],
)
def test_probabilities_that_do_not_fit_are_refused(probabilities, labels, k, said):
    with pytest.raises(ValueError, match=said):
        top_k_correct(np.array(probabilities), labels, k)


def test_half_an_interval_is_half_of_its_width():
    low, high = wilson_interval(8640, 10_000)
    assert half_interval(8640, 10_000) == pytest.approx((high - low) / 2)
    assert half_interval(0, 0) == 0.5


def test_cross_entropy_of_prediction_sets_agrees_with_scikit_learn(prediction_sets):
    for drawn, labels in prediction_sets[:100]:
        probabilities = 0.99 * drawn + 0.01 / drawn.shape[1]  # scikit-learn clips elsewhere
        expected = referee.log_loss(labels, probabilities, labels=np.arange(probabilities.shape[1]))
        assert cross_entropy(probabilities.astype(np.float32), labels) == pytest.approx(expected, rel=1e-4)


def test_cross_entropy_is_clipped_as_in_keras():
    """Keras 3.15: keras.losses.CategoricalCrossentropy()([[1, 0]], [[0, 1]]) is 16.118."""
    assert cross_entropy(np.array([[0.0, 1.0]]), [0]) == pytest.approx(16.118, abs=1e-3)
    assert cross_entropy(np.array([[0.0, 1.0]]), [1]) == pytest.approx(0, abs=1e-6)
    assert np.isnan(cross_entropy(np.zeros((0, 2)), []))
