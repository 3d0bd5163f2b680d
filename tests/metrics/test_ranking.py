"""Which images are shown, and in which order."""

import numpy as np
import pytest

from imgrec.metrics import Order, doubtful_labels, ordered, places

# Largest − second largest: 0.5, 0.1, 0.8, 0.1. Label − likeliest other: 0.5, -0.1, -0.85, -0.4.
PROBABILITIES = np.array([[0.7, 0.2, 0.1], [0.45, 0.55, 0.0], [0.05, 0.05, 0.9], [0.45, 0.05, 0.5]])
LABELS = np.array([0, 0, 1, 1])
ALL = np.arange(4)


@pytest.mark.parametrize(
    ("order", "expected"),
    [(Order.CONFIDENT, [2, 0, 1, 3]), (Order.UNCERTAIN, [3, 1, 0, 2]), (Order.DOUBTFUL, [2, 3, 1, 0])],
)
def test_each_order_of_an_example_worked_out_by_hand(order, expected):
    assert ordered(PROBABILITIES, LABELS, ALL, order).tolist() == expected


@pytest.mark.parametrize("order", Order)
def test_250_prediction_sets_agree_with_a_plain_sort(prediction_sets, order):
    for seed, (probabilities, labels) in enumerate(prediction_sets[::4]):
        some = np.flatnonzero(np.arange(len(labels)) % 3 != seed % 3)

        def key(place, probabilities=probabilities, labels=labels):
            row, label = probabilities[place].tolist(), labels[place]
            *_, second, largest = sorted(row)
            others = [score for number, score in enumerate(row) if number != label]
            return {
                Order.CONFIDENT: -largest,
                Order.UNCERTAIN: largest - second,
                Order.DOUBTFUL: row[label] - max(others),
            }[order], place

        assert ordered(probabilities, labels, some, order).tolist() == sorted(some.tolist(), key=key), f"seed {seed}"


@pytest.mark.parametrize("order", Order)
def test_equal_images_are_sorted_by_place_however_they_came(order):
    probabilities = np.tile([0.2, 0.5, 0.3], (30, 1))
    mixed = np.random.default_rng(0).permutation(30)[:20]
    assert ordered(probabilities, np.zeros(30, np.uint8), mixed, order).tolist() == sorted(mixed)


def test_leads_that_float32_cannot_tell_apart_are_told_apart():
    probabilities = np.array([[0.75, 2.0**-27], [0.75, 2.0**-26]], np.float32)
    assert np.ptp(probabilities[:, 0] - probabilities[:, 1]) == 0
    assert ordered(probabilities, [0, 0], np.arange(2), Order.UNCERTAIN).tolist() == [1, 0]


@pytest.mark.parametrize("order", Order)
def test_nothing_stays_nothing(order):
    assert ordered(PROBABILITIES, LABELS, np.zeros(0, np.int64), order).tolist() == []


@pytest.mark.parametrize("place", [-1, 4])
def test_a_place_past_the_images_is_refused(place):
    with pytest.raises(IndexError, match=str(place)):
        ordered(PROBABILITIES, LABELS, np.array([0, place]), Order.CONFIDENT)


@pytest.mark.parametrize("order", Order)
def test_probabilities_that_do_not_fit_the_labels_are_not_sorted(order):
    with pytest.raises(ValueError, match="3 labels, 4 rows"):
        ordered(PROBABILITIES, LABELS[:3], ALL[:3], order)


def test_an_order_is_what_a_menu_says():
    assert [*Order] == ["most confident first", "least certain first", "most doubtful label first"]


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        ({}, [0, 1, 2, 3, 4, 5]),
        ({"true": 0}, [0, 1, 4]),
        ({"taken_for": 0}, [0, 2, 4]),
        ({"true": 0, "taken_for": 0}, [0, 4]),
        ({"true": 0, "taken_for": 1}, [1]),
        ({"wrong": True}, [1, 2, 5]),
        ({"true": 1, "wrong": True}, [2, 5]),
        ({"taken_for": 2, "wrong": True}, [5]),
        ({"true": 0, "taken_for": 0, "wrong": True}, []),
        ({"true": 7}, []),
    ],
)
def test_places_are_those_of_the_classes_that_were_asked_for(chosen, expected):
    found = places(labels=[0, 0, 1, 1, 0, 1], predicted=[0, 1, 0, 1, 0, 2], **chosen)
    assert found.tolist() == expected
    assert found.dtype == np.int64


def test_places_of_labels_and_predictions_of_different_length_are_refused():
    with pytest.raises(ValueError, match="2 labels, 3 predictions"):
        places([0, 1], [0, 1, 1])


def test_doubtful_labels_of_an_example_worked_out_by_hand():
    # Mean probability of class 0 over the images labelled 0: (0.9 + 0.5 + 0.1) / 3 = 0.5.
    # Mean probability of class 1 over the images labelled 1: (0.8 + 0.7 + 0.3) / 3 = 0.6. No image is labelled 2.
    probabilities = np.array(
        [
            [0.9, 0.1, 0.0],  # 0 believed
            [0.5, 0.5, 0.0],  # 0 reaches its threshold, 1 does not
            [0.1, 0.9, 0.0],  # 1 believed: doubtful, by 0.1 - 0.9
            [0.2, 0.8, 0.0],  # 1 believed
            [0.3, 0.7, 0.0],  # 1 believed
            [0.6, 0.3, 0.1],  # 0 believed: doubtful, by 0.3 - 0.6
        ]
    )
    assert doubtful_labels(probabilities, [0, 0, 0, 1, 1, 1]).tolist() == [2, 5]
    assert doubtful_labels(probabilities, [0, 0, 0, 1, 1, 1]).dtype == np.int64


def test_a_wrong_prediction_below_its_threshold_does_not_make_a_label_doubtful():
    # Class 1 is usually recognised with 0.9; 0.6 is not enough to believe in it.
    probabilities = np.array([[0.4, 0.6], [0.1, 0.9], [0.1, 0.9]])
    assert doubtful_labels(probabilities, [0, 1, 1]).tolist() == []


def test_a_class_without_images_is_never_believed():
    assert doubtful_labels(np.array([[0.0, 1.0], [0.1, 0.9]]), [0, 0]).tolist() == []


def test_of_two_classes_that_reach_their_thresholds_the_likelier_is_believed():
    # The thresholds are 0.35, 0.5 and 0.1; the second image reaches those of 1 and 2.
    probabilities = np.array([[0.6, 0.2, 0.2], [0.1, 0.5, 0.4], [0.4, 0.5, 0.1], [0.4, 0.5, 0.1]])
    assert doubtful_labels(probabilities, [0, 0, 1, 2]).tolist() == [1, 3]


def test_images_that_are_all_alike_reach_the_mean_of_their_class():
    # In floating point the mean of three times 0.72 is more than 0.72. Class 1 has a threshold of 0.28.
    alike = [0.72, 0.28, 0.0]
    assert np.mean([0.72, 0.72, 0.72]) > 0.72
    assert doubtful_labels(np.array([alike, alike, alike, [0.6, 0.28, 0.12]]), [0, 0, 0, 1]).tolist() == []


def test_250_prediction_sets_agree_with_confident_learning_one_image_at_a_time(prediction_sets):
    doubted = 0
    for seed, (probabilities, labels) in enumerate(prediction_sets[::4]):
        thresholds = {label: probabilities[labels == label, label].mean() for label in set(labels.tolist())}
        expected = {}
        for place, (row, label) in enumerate(zip(probabilities, labels, strict=True)):
            believed = [k for k in sorted(thresholds) if row[k] >= thresholds[k] - 1e-12]
            if believed and max(believed, key=lambda k: row[k]) != label:
                expected[place] = row[label] - max(row[k] for k in range(len(row)) if k != label)
        found = doubtful_labels(probabilities, labels).tolist()
        assert found == sorted(expected, key=expected.__getitem__), f"seed {seed}"
        doubted += len(found)
    assert doubted > 1_000


def test_labels_that_were_changed_are_found_and_few_others():
    random = np.random.default_rng(3)
    true = random.integers(0, 10, 5_000)
    weights = random.random((5_000, 10)) * 0.3
    weights[np.arange(5_000), true] += random.beta(5, 1, 5_000) * 4
    changed = random.random(5_000) < 0.05
    labels = np.where(changed, (true + random.integers(1, 10, 5_000)) % 10, true)
    found = doubtful_labels(weights / weights.sum(axis=1, keepdims=True), labels)
    assert changed[found].mean() > 0.95
    assert changed[found].sum() / changed.sum() > 0.5
