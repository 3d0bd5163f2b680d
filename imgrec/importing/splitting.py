"""Test images are set aside: of each class the same share, at random by a seed, and what is alike stays together."""

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
    left = np.where(sizes > FEWEST, np.clip(np.rint(sizes * share), 1, sizes - FEWEST), 0).astype(np.int64)
    _, groups = np.unique(groups, return_inverse=True)
    order = np.random.default_rng(seed).permutation(groups.max() + 1 if len(groups) else 0)
    by_group = np.split(np.argsort(groups, kind="stable"), np.cumsum(np.bincount(groups))[:-1]) if len(groups) else []
    for group in order:
        members = by_group[group]
        needs = np.bincount(labels[members], minlength=len(sizes))
        if (needs <= left).all():  # a large group that would take more than the share is learnt from
            tested[members] = True
            left -= needs
    return tested
