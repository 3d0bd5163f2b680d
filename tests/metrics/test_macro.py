"""Scores in which each class counts as much agree with scikit-learn; and which classes are uneven, or many."""

import numpy as np
import pytest
from sklearn import metrics as referee

from imgrec.metrics import accuracy, balanced_accuracy, confusion_matrix, is_uneven, macro_f1, top, top_k_correct


def test_macro_scores_of_prediction_sets_agree_with_scikit_learn(prediction_sets):
    for probabilities, labels in prediction_sets[::10]:
        predicted = probabilities.argmax(axis=1)
        matrix = confusion_matrix(labels, predicted, probabilities.shape[1])
        every = np.unique(labels)  # a class without images has no recall, which scikit-learn warns of
        expected = referee.recall_score(labels, predicted, labels=every, average="macro", zero_division=0)
        assert balanced_accuracy(matrix) == pytest.approx(expected, rel=1e-12)
        f1 = referee.f1_score(labels, predicted, average="macro", zero_division=0)
        assert macro_f1(matrix) == pytest.approx(f1, rel=1e-12)


def test_balanced_accuracy_is_accuracy_where_classes_are_even_and_tells_a_network_that_knows_the_largest_alone():
    assert balanced_accuracy(np.array([[8, 2], [4, 6]])) == accuracy(np.array([[8, 2], [4, 6]]))
    lazy = np.array([[90, 0], [10, 0]])
    assert (accuracy(lazy), balanced_accuracy(lazy)) == (0.9, 0.5)
    assert macro_f1(lazy) == pytest.approx(0.9 / 1.9)


@pytest.mark.parametrize("of", [balanced_accuracy, macro_f1])
def test_macro_scores_of_no_images_are_refused(of):
    with pytest.raises(ValueError, match="at least one image"):
        of(np.zeros((3, 3), np.int64))


@pytest.mark.parametrize(
    ("images", "uneven"),
    [([10, 10], False), ([15, 10], False), ([16, 10], True), ([10, 0, 10], False), ([0, 0], False), ([1, 9], True)],
)
def test_classes_are_uneven_where_the_largest_is_more_than_half_as_large_again(images, uneven):
    assert is_uneven(images) is uneven


def test_a_top_k_accuracy_looks_at_fewer_classes_than_there_are():
    assert [top(classes) for classes in (2, 3, 4, 10, 19, 20, 1000)] == [None, None, 3, 3, 3, 5, 5]


def test_scores_of_a_thousand_classes_agree_with_scikit_learn():
    random = np.random.default_rng(0)
    labels = random.permutation(np.repeat(np.arange(1000, dtype=np.uint16), random.integers(1, 4, 1000)))
    probabilities = random.random((len(labels), 1000)).astype(np.float32) ** 8
    probabilities[np.arange(len(labels)), labels] += random.random(len(labels)) > 0.5
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    predicted, every = probabilities.argmax(axis=1), np.arange(1000)
    matrix = confusion_matrix(labels, predicted, 1000)
    np.testing.assert_array_equal(matrix, referee.confusion_matrix(labels, predicted, labels=every))
    assert balanced_accuracy(matrix) == pytest.approx(referee.balanced_accuracy_score(labels, predicted))
    assert macro_f1(matrix) == pytest.approx(referee.f1_score(labels, predicted, average="macro"))
    theirs = referee.top_k_accuracy_score(labels, probabilities, k=5, labels=every, normalize=False)
    assert top_k_correct(probabilities, labels, 5) == theirs
