"""Of many classes, those that are confused most are shown first."""

import numpy as np

from imgrec import metrics

MATRIX = np.array([[90, 5, 0, 0], [1, 80, 0, 7], [0, 0, 70, 0], [0, 7, 2, 60]])


def test_the_most_frequent_confusions_come_first_and_right_answers_are_none() -> None:
    assert metrics.largest_cells(MATRIX, 10) == [(1, 3), (3, 1), (0, 1), (3, 2), (1, 0)]
    assert metrics.largest_cells(MATRIX, 2) == [(1, 3), (3, 1)]
    assert metrics.largest_cells(np.eye(3, dtype=int), 10) == []


def test_right_answers_count_where_they_are_asked_for_and_fewer_as_much_as_more() -> None:
    change = np.array([[-8, 8], [3, 0]])
    assert metrics.largest_cells(change, 10, diagonal=True) == [(0, 0), (0, 1), (1, 0)]


def test_a_thousand_classes_are_ranked_as_few_are() -> None:
    matrix = np.zeros((1000, 1000), int)
    matrix[999, 0], matrix[500, 501] = 3, 4
    assert metrics.largest_cells(matrix, 100) == [(500, 501), (999, 0)]


def test_the_classes_of_the_first_pairs_are_shown_as_long_as_both_fit_in() -> None:
    assert metrics.classes_of([(5, 3), (3, 9), (1, 2), (9, 5)], 4) == [3, 5, 9]
    assert metrics.classes_of([(5, 3), (3, 9), (1, 1)], 4) == [1, 3, 5, 9]
    assert metrics.classes_of([], 4) == []


def test_a_class_stands_with_those_it_is_taken_for_and_that_are_taken_for_it() -> None:
    assert metrics.classes_around(MATRIX, 1, 3) == [0, 1, 3]
    assert metrics.classes_around(MATRIX, 1, 2) == [1, 3]
    assert metrics.classes_around(MATRIX, 2, 4) == [2, 3]
    assert metrics.classes_around(np.eye(3, dtype=int), 1, 3) == [1]
