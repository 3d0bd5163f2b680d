"""Splits the training images into those that are learnt from and those that choose the best epoch."""

import numpy as np
from numpy.typing import NDArray

from imgrec.config import Training
from imgrec.datasets.dataset import Images, Labels
from imgrec.errors import DatasetError

WATCHED = 16
"""Validation images whose answers are kept with each epoch, for people to watch."""


def split(images: Images, settings: Training) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return (training, validation) places in images: sorted, disjoint, with the same share of every class.

    Validation takes the settings' validation_share of all images, or those that the dataset fixes; training takes
    train_share of the rest. So a smaller train_share keeps the validation images, and its training images are among
    those of a larger one. Training holds at least one image of each class, and so does validation unless it is fixed.
    Raises DatasetError where there are too few images for that.
    """
    rng = np.random.default_rng(settings.seed)
    training, validation = [], []
    for label, places in _by_class(images.labels):
        places = rng.permutation(places)  # noqa: PLW2901
        kept_back = _kept_back(images, places, settings.validation_share)
        rest = places[~kept_back]
        if images.validation is None and len(places) < 2:
            raise DatasetError(
                f"Each class needs at least 2 training images, one to learn from and one to validate with. "
                f"Received: {len(places)} of class {label}. Add images of it, or leave the class out."
            )
        if not len(rest):
            raise DatasetError(
                f"Each class needs a training image beside those that validate. Class {label} has none: all of its "
                f"{len(places)} validate. Add images of it, or leave the class out."
            )
        validation.append(places[kept_back])
        training.append(rest[: min(max(round(settings.train_share * len(rest)), 1), len(rest))])
    chosen = np.sort(np.concatenate(validation))
    if not len(chosen):
        raise DatasetError(
            "A dataset with validation images of its own needs at least one. It has none: move some there."
        )
    return np.sort(np.concatenate(training)), chosen


def watched(validation: NDArray[np.int64], labels: Labels) -> NDArray[np.int64]:
    """Return places in validation of up to WATCHED images, of all classes in turn: the same for the same split."""
    own = labels[validation]
    rank = np.empty(len(own), np.int64)  # the how-manieth of its class each image is
    for _, places in _by_class(own):
        rank[places] = np.arange(len(places))
    return np.lexsort((own, rank))[:WATCHED]


def _by_class(labels: Labels) -> list[tuple[int, NDArray[np.int64]]]:
    """Return each class that there is with the places of its images, ascending."""
    found, starts = np.unique(np.sort(labels), return_index=True)
    # One sort: to look for each of a thousand classes among all images takes a hundred times as long.
    parts = np.split(np.argsort(labels, kind="stable"), starts[1:])
    return list(zip(found.tolist(), parts, strict=True))


def _kept_back(images: Images, places: NDArray[np.int64], share: float) -> NDArray[np.bool_]:
    """Tell which of the places of a class are validated with."""
    if images.validation is not None:
        return images.validation[places]
    return np.arange(len(places)) < min(max(round(share * len(places)), 1), len(places) - 1)
