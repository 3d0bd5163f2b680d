"""Test images and folds: even over classes, seeded, and no twins parted."""

import numpy as np
import pytest

from imgrec.findings import folds, split_off

LABELS = np.repeat([0, 1, 2], [100, 60, 11])
ALONE = np.arange(171)


def test_every_class_gives_the_same_share():
    tested = split_off(LABELS, ALONE, 0.2, seed=1)
    assert np.bincount(LABELS[tested]).tolist() == [20, 12, 2]


def test_the_same_seed_splits_alike_and_another_does_not():
    one, same, other = (split_off(LABELS, ALONE, 0.2, seed) for seed in (1, 1, 2))
    assert (one == same).all()
    assert (one != other).any()


@pytest.mark.parametrize("seed", range(20))
def test_twins_are_never_parted(seed):
    rng = np.random.default_rng(seed)
    groups = rng.integers(0, 60, len(LABELS))
    tested, fold = split_off(LABELS, groups, 0.25, seed), folds(LABELS, 5, seed, groups)
    for group in np.unique(groups):
        assert len(np.unique(tested[groups == group])) == 1
        assert len(np.unique(fold[groups == group])) == 1
    assert 0.1 < tested.mean() < 0.4


@pytest.mark.parametrize("images", [3, 4, 7])
def test_a_small_class_has_images_on_both_sides(images):
    assert split_off(np.zeros(images, np.int64), np.arange(images), 0.05, seed=0).sum() == 1


@pytest.mark.parametrize("images", [1, 2])
def test_a_class_of_two_images_keeps_them_to_learn_from(images):
    assert not split_off(np.zeros(images, np.int64), np.arange(images), 0.5, 0).any()


def test_a_single_group_stays_with_the_training_images():
    assert not split_off(np.zeros(4, np.int64), np.zeros(4, np.int64), 0.5, 0).any()


def test_where_all_groups_are_larger_than_the_share_the_smallest_is_tested():
    groups = np.repeat([0, 1, 2], [40, 30, 50])
    tested = split_off(np.zeros(120, np.int64), groups, 0.1, 0)
    assert np.unique(groups[tested]).tolist() == [1]


def test_folds_have_the_same_share_of_every_class():
    fold = folds(LABELS, 5, seed=3)
    for label in range(3):
        counts = np.bincount(fold[label == LABELS], minlength=5)
        assert counts.max() - counts.min() <= 1
    counts = np.bincount(fold)
    assert counts.max() - counts.min() <= 1


def test_one_fold_is_refused():
    with pytest.raises(ValueError, match="at least 2"):
        folds(LABELS, 1, 0)


def test_no_images_are_split_into_none():
    nothing = np.zeros(0, np.int64)
    assert len(split_off(nothing, nothing, 0.2, 0)) == len(folds(nothing, 2, 0)) == 0
