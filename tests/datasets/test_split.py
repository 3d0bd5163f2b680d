"""The split of the training images: stratified, disjoint, the same for the same seed."""

import numpy as np
import pytest
from numpy.typing import NDArray

from imgrec.datasets import split, watched
from imgrec.datasets.split import WATCHED
from imgrec.errors import DatasetError

CLASS_SIZES = (200, 50, 10, 2)


@pytest.fixture
def labels() -> NDArray[np.uint8]:
    return np.random.default_rng(3).permutation(np.repeat(np.arange(4), CLASS_SIZES).astype(np.uint8))


@pytest.mark.parametrize("validation_share", [0.02, 0.1, 0.5])
@pytest.mark.parametrize("train_share", [0.01, 0.3, 1.0])
def test_every_class_gives_its_share_and_at_least_one_image(
    labels: NDArray[np.uint8], validation_share: float, train_share: float
) -> None:
    training, validation = split(labels, validation_share, train_share, seed=0)
    for label, size in enumerate(CLASS_SIZES):
        kept_back = max(round(validation_share * size), 1)
        assert np.sum(labels[validation] == label) == kept_back
        assert np.sum(labels[training] == label) == max(round(train_share * (size - kept_back)), 1)


def test_no_image_is_in_both_or_twice(labels: NDArray[np.uint8]) -> None:
    training, validation = split(labels, 0.2, 1.0, seed=0)
    assert sorted([*training, *validation]) == list(range(len(labels)))


def test_a_smaller_share_keeps_the_validation_images_and_learns_from_some_of_the_same(
    labels: NDArray[np.uint8],
) -> None:
    training, validation = split(labels, 0.2, 1.0, seed=0)
    fewer, same = split(labels, 0.2, 0.25, seed=0)
    assert np.array_equal(same, validation)
    assert set(fewer) < set(training)


def test_the_same_seed_gives_the_same_split_and_another_seed_another(labels: NDArray[np.uint8]) -> None:
    one, again, other = (split(labels, 0.2, 1.0, seed) for seed in (1, 1, 2))
    assert np.array_equal(one[0], again[0])
    assert np.array_equal(one[1], again[1])
    assert not np.array_equal(one[1], other[1])


def test_a_class_with_one_image_cannot_be_split() -> None:
    with pytest.raises(DatasetError, match=r"at least 2 training images.* Received: 1 of class 7"):
        split(np.array([3, 3, 7], np.uint8), 0.1, 1.0, seed=0)


def test_the_watched_images_are_of_all_classes_in_turn() -> None:
    labels = np.random.default_rng(0).permutation(np.repeat(np.arange(10, dtype=np.uint8), 50))
    _, validation = split(labels, 0.2, 1.0, 0)
    chosen = watched(validation, labels)
    own = labels[validation[chosen]]
    assert own.tolist() == [*range(10), *range(WATCHED - 10)]
    assert len(set(chosen.tolist())) == WATCHED
    assert sorted(watched(validation[:3], labels).tolist()) == [0, 1, 2]
