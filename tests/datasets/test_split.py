"""The split of the training images: stratified, disjoint, the same for the same seed."""

import numpy as np
import pytest
from numpy.typing import NDArray

from imgrec.config import Training
from imgrec.datasets import Images, Labels, fingerprint, split, watched
from imgrec.datasets.split import WATCHED
from imgrec.errors import DatasetError

CLASS_SIZES = (200, 50, 10, 2)
FIFTH = Training(validation_share=0.2)


def images(labels: Labels, validation: NDArray[np.bool_] | None = None) -> Images:
    return Images(np.zeros((len(labels), 1, 1, 1), np.uint8), labels, validation)


@pytest.fixture
def labels() -> NDArray[np.uint8]:
    return np.random.default_rng(3).permutation(np.repeat(np.arange(4), CLASS_SIZES).astype(np.uint8))


@pytest.mark.parametrize("validation_share", [0.02, 0.1, 0.5])
@pytest.mark.parametrize("train_share", [0.01, 0.3, 1.0])
def test_every_class_gives_its_share_and_at_least_one_image(
    labels: NDArray[np.uint8], validation_share: float, train_share: float
) -> None:
    training, validation = split(images(labels), Training(validation_share=validation_share, train_share=train_share))
    for label, size in enumerate(CLASS_SIZES):
        kept_back = max(round(validation_share * size), 1)
        assert np.sum(labels[validation] == label) == kept_back
        assert np.sum(labels[training] == label) == max(round(train_share * (size - kept_back)), 1)


def test_no_image_is_in_both_or_twice(labels: NDArray[np.uint8]) -> None:
    training, validation = split(images(labels), FIFTH)
    assert sorted([*training, *validation]) == list(range(len(labels)))


def test_a_smaller_share_keeps_the_validation_images_and_learns_from_some_of_the_same(
    labels: NDArray[np.uint8],
) -> None:
    training, validation = split(images(labels), FIFTH)
    fewer, same = split(images(labels), FIFTH.replace(train_share=0.25))
    assert np.array_equal(same, validation)
    assert set(fewer) < set(training)


def test_the_same_seed_gives_the_same_split_and_another_seed_another(labels: NDArray[np.uint8]) -> None:
    one, again, other = (split(images(labels), FIFTH.replace(seed=seed)) for seed in (1, 1, 2))
    assert np.array_equal(one[0], again[0])
    assert np.array_equal(one[1], again[1])
    assert not np.array_equal(one[1], other[1])


def test_a_class_with_one_image_cannot_be_split() -> None:
    with pytest.raises(DatasetError, match=r"at least 2 training images.* Received: 1 of class 7"):
        split(images(np.array([3, 3, 7], np.uint8)), Training())


def test_the_watched_images_are_of_all_classes_in_turn() -> None:
    labels = np.random.default_rng(0).permutation(np.repeat(np.arange(10, dtype=np.uint8), 50))
    _, validation = split(images(labels), FIFTH)
    chosen = watched(validation, labels)
    own = labels[validation[chosen]]
    assert own.tolist() == [*range(10), *range(WATCHED - 10)]
    assert len(set(chosen.tolist())) == WATCHED
    assert sorted(watched(validation[:3], labels).tolist()) == [0, 1, 2]


def test_the_split_of_ten_classes_is_that_of_runs_made_before() -> None:
    labels = np.random.default_rng(1).integers(0, 10, 1000).astype(np.uint8)
    training, validation = split(images(labels), Training(seed=7, train_share=0.5))
    assert (len(training), len(validation)) == (448, 100)
    assert training[:8].tolist() == [0, 3, 4, 11, 16, 18, 19, 21]
    assert validation[:8].tolist() == [2, 5, 7, 9, 15, 20, 23, 30]


def test_a_thousand_classes_of_two_images_each_give_one_to_either_side() -> None:
    labels = np.random.default_rng(0).permutation(np.repeat(np.arange(1000, dtype=np.uint16), 2))
    training, validation = split(images(labels), Training())
    assert sorted(labels[training]) == sorted(labels[validation]) == list(range(1000))
    assert len(watched(validation, labels)) == WATCHED


def test_validation_images_that_the_dataset_fixes_are_taken_in_any_case(
    labels: NDArray[np.uint8],
) -> None:
    fixed = np.random.default_rng(5).random(len(labels)) < 0.3
    fixed[labels == 3] = False
    for settings in (Training(), Training(validation_share=0.5, seed=4)):
        training, validation = split(images(labels, fixed), settings)
        assert np.array_equal(validation, np.flatnonzero(fixed))
        assert np.array_equal(training, np.flatnonzero(~fixed))
    fewer, same = split(images(labels, fixed), Training(train_share=0.5))
    assert np.array_equal(same, np.flatnonzero(fixed))
    assert set(fewer) < set(np.flatnonzero(~fixed))
    assert np.bincount(labels[fewer]).tolist() == [
        max(round(int(count) * 0.5), 1) for count in np.bincount(labels[~fixed])
    ]


def test_fixed_validation_images_leave_something_to_learn_from_and_are_there(labels: NDArray[np.uint8]) -> None:
    with pytest.raises(DatasetError, match="Class 2 has none: all of its 10 validate"):
        split(images(labels, labels == 2), Training())
    with pytest.raises(DatasetError, match="at least one"):
        split(images(labels, np.zeros(len(labels), np.bool_)), Training())


def test_a_fixed_validation_split_is_part_of_the_fingerprint(labels: NDArray[np.uint8]) -> None:
    marks = {
        fingerprint(images(labels, fixed), images(labels))
        for fixed in (None, labels == 0, labels == 1, np.zeros(len(labels), np.bool_))
    }
    assert len(marks) == 4
