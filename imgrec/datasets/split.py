"""Splits the training images into those that are learnt from and those that choose the best epoch."""

import numpy as np
from numpy.typing import NDArray

from imgrec.errors import DatasetError

WATCHED = 16
"""Validation images whose answers are kept with each epoch, for people to watch."""


def split(
    labels: NDArray[np.uint8], validation_share: float, train_share: float, seed: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return (training, validation) places in labels: sorted, disjoint, with the same share of every class.

    Validation takes validation_share of all images; training takes train_share of the rest. So a smaller
    train_share keeps the validation images, and its training images are among those of a larger one. Both hold at
    least one image of each class. Raises DatasetError where a class has fewer than two images.
    """
    rng = np.random.default_rng(seed)
    training, validation = [], []
    for label in np.unique(labels):
        places = rng.permutation(np.flatnonzero(labels == label))
        if len(places) < 2:
            raise DatasetError(
                f"Each class needs at least 2 training images, one to learn from and one to validate with. "
                f"Received: {len(places)} of class {label}. Add images of it, or leave the class out."
            )
        kept_back = min(max(round(validation_share * len(places)), 1), len(places) - 1)
        rest = places[kept_back:]
        validation.append(places[:kept_back])
        training.append(rest[: min(max(round(train_share * len(rest)), 1), len(rest))])
    return np.sort(np.concatenate(training)), np.sort(np.concatenate(validation))


def watched(validation: NDArray[np.int64], labels: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Return places in validation of up to WATCHED images, of all classes in turn: the same for the same split."""
    own = labels[validation]
    rank = np.empty(len(own), np.int64)  # the how-manieth of its class each image is
    for label in np.unique(own):
        places = np.flatnonzero(own == label)
        rank[places] = np.arange(len(places))
    return np.lexsort((own, rank))[:WATCHED]
