"""Test images and folds: the same share of every class, seeded, and no two twins on different sides."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from imgrec.datasets.own import FEWEST


def split_off(labels: NDArray[Any], groups: NDArray[Any], share: float, seed: int) -> NDArray[np.bool_]:
    """Return which of N images are to be test images.

    labels (N,): the class of each. groups (N,): the same number for images that are alike, as near duplicates; they
    stay on one side. share: of each class, from 0 to 1. A class with three images or more has at least one test image,
    unless all of them are alike, and keeps FEWEST to learn from. The same arguments always give the same images.
    """
    tested = np.zeros(len(labels), np.bool_)
    sizes = np.bincount(labels)
    spare = np.maximum(sizes - FEWEST, 0)
    left = np.clip(np.rint(sizes * share), np.minimum(1, spare), spare).astype(np.int64)
    every = _groups(groups)
    order = np.random.default_rng(seed).permutation(len(every))
    for members in (every[place] for place in order):
        needs = np.bincount(labels[members], minlength=len(sizes))
        if (needs <= left).all():  # a large group that would take more than the share is learnt from
            tested[members] = True
            left -= needs
    # A class whose groups are all larger than its share gives the smallest.
    for members in sorted((every[place] for place in order), key=len):
        needs = np.bincount(labels[members], minlength=len(sizes))
        untested = np.bincount(labels[tested], minlength=len(sizes)) == 0
        if untested[labels[members]].all() and (needs <= spare).all():
            tested[members] = True
    return tested


def folds(labels: NDArray[Any], count: int, seed: int, groups: NDArray[Any] | None = None) -> NDArray[np.int64]:
    """Return the fold, 0 to count - 1, of each image (N,): of every class about as many in each, and groups unparted.

    Raises ValueError for fewer than two folds.
    """
    if count < 2:
        raise ValueError(f"Cross-validation needs at least 2 folds. Received: {count}.")
    fold = np.zeros(len(labels), np.int64)
    total = np.zeros(count, np.int64)
    for members in _groups_of_classes(labels, groups, seed):
        filled = np.zeros(count, np.int64)
        for rows in members:  # to the fold with the fewest of the class; of those, with the fewest of all
            least = np.lexsort((total, filled))[0]
            fold[rows] = least
            filled[least] += len(rows)
            total[least] += len(rows)
    return fold


def _groups_of_classes(labels: NDArray[Any], groups: NDArray[Any] | None, seed: int) -> list[list[NDArray[np.int64]]]:
    """Return of each class its groups, as rows, in a random order. A group belongs to the class of its first image."""
    every = _groups(np.arange(len(labels)) if groups is None else groups)
    classes: dict[int, list[NDArray[np.int64]]] = {}
    for place in np.random.default_rng(seed).permutation(len(every)):
        classes.setdefault(int(labels[every[place][0]]), []).append(every[place])
    return [classes[label] for label in sorted(classes)]


def _groups(groups: NDArray[Any]) -> list[NDArray[np.int64]]:
    """Return the rows of each group, those with the same of N numbers."""
    order = np.argsort(groups, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(groups[order])) + 1) if len(order) else []
