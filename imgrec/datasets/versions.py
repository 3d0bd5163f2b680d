"""The records of a dataset of own pictures, and what a version makes of its images."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imgrec.datasets.dataset import MOST_CLASSES, Images, Rows
from imgrec.errors import DatasetError
from imgrec.records import Record

TRAIN, VALIDATION, TEST, LEFT_OUT = 0, 1, 2, 3
SPLITS = {"train": TRAIN, "validation": VALIDATION, "test": TEST, "left_out": LEFT_OUT}
"""What an image is used for, as a number in rows.npy."""

FORMAT = 1
MAX_CLASS_NAME = 40
"""Letters of a class name."""
FEWEST = 2
"""Training images that a class must have: one to learn from, and one that may choose the best epoch."""


class Manifest(Record):
    """What all versions of a dataset have in common."""

    format: int = FORMAT
    name: str
    title: str
    made: str
    image_shape: tuple[int, int, int]
    images: int
    source: str
    """The name of the folder, archive or manifest that the pictures came from, without its path."""


class Version(Record):
    """One state of a dataset. before is the id of the version that it was made from, and change says how."""

    id: str
    number: int
    made: str
    change: str
    before: str | None = None
    class_names: tuple[str, ...]
    fingerprint: str
    train: int
    validation: int
    test: int
    left_out: int = 0


class Source(Record):
    """The file that an image was made from, and the width and height of its picture in pixels."""

    file: str
    sha256: str
    width: int
    height: int


def split_up(
    pixels: NDArray[np.uint8], labels: NDArray[Any], splits: NDArray[Any], classes: int
) -> tuple[Images, Images]:
    """Return the training and test images of a dataset, which are read from the disk as they are asked for."""
    kind = np.uint8 if classes <= 1 << 8 else np.uint16
    train, test = np.flatnonzero(splits <= VALIDATION), np.flatnonzero(splits == TEST)
    fixed = splits[train] == VALIDATION
    return (
        Images(Rows(pixels, train), labels[train].astype(kind), fixed if fixed.any() else None),
        Images(Rows(pixels, test), labels[test].astype(kind)),
    )


def check(class_names: Sequence[str], learnt: NDArray[Any], test_images: int) -> None:
    """Refuse what cannot be trained and scored."""
    if not 2 <= len(class_names) <= MOST_CLASSES:
        raise DatasetError(f"A dataset needs 2 to {MOST_CLASSES:,} classes. This one would have {len(class_names)}.")
    if not test_images:
        raise DatasetError("A dataset needs at least one test image. This one would have none: move some there.")
    counts = np.bincount(learnt, minlength=len(class_names))
    if few := [name for name, count in zip(class_names, counts, strict=True) if count < FEWEST]:
        raise DatasetError(
            f"Each class needs at least {FEWEST} training images. Received fewer of: {', '.join(few[:5])}"
            f"{' …' if len(few) > 5 else ''}. Add images of it, or leave the class out."
        )
