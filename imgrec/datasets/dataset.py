"""What a dataset is: an entry of the table DATASETS, and the images it gives."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from imgrec.errors import DatasetError
from imgrec.records import DatasetInfo

OnProgress = Callable[[int, int], None]
"""Told (done, total), in bytes for a download and in images for a drawn dataset."""


MOST_CLASSES = 256
"""As many as a label of one byte tells apart."""


@dataclass(frozen=True)
class Images:
    """The images of one split and what they show."""

    pixels: NDArray[np.uint8]  # (N, H, W, C), RGB or grey
    labels: NDArray[np.uint8]  # (N,), places in class_names


@dataclass(frozen=True)
class Location:
    """The folder of a dataset's files. own: a person's own copy, which is read and never changed."""

    folder: Path
    own: bool = False


@dataclass(frozen=True)
class Dataset:
    """A dataset: what it promises, and how it gets to a location. download_bytes is 0 where nothing is downloaded.

    variable is the environment variable that names a folder with a copy of the files, where there is one.
    """

    name: str
    title: str
    description: str
    image_shape: tuple[int, int, int]
    class_names: tuple[str, ...]
    train_images: int
    test_images: int
    source: str
    licence: str
    download_bytes: int
    is_ready: Callable[[Location], bool] = field(repr=False)  # cheap: looks at names and sizes only
    prepare: Callable[[Location, OnProgress | None], None] = field(repr=False)  # to disk, unless it is there
    read: Callable[[Location], tuple[Images, Images]] = field(repr=False)  # (train, test), from disk
    variable: str = ""

    @property
    def info(self) -> DatasetInfo:
        """What a run writes down of it."""
        return DatasetInfo(
            name=self.name,
            title=self.title,
            class_names=self.class_names,
            image_shape=self.image_shape,
            train_images=self.train_images,
            test_images=self.test_images,
        )

    def __post_init__(self) -> None:
        classes, channels = len(self.class_names), self.image_shape[2]
        if not 2 <= classes <= MOST_CLASSES or channels not in {1, 3}:
            raise DatasetError(
                f"A dataset needs 2 to {MOST_CLASSES} classes, and images of 1 channel (grey) or 3 (RGB). Received: "
                f"{classes} and {channels} in {self.name}."
            )


def fingerprint(train: Images, test: Images) -> str:
    """Return the SHA-256, in hex, of the shapes, pixels and labels of both splits."""
    digest = hashlib.sha256()
    for array in (train.pixels, train.labels, test.pixels, test.labels):
        digest.update(f"{array.shape} {array.dtype.str}\n".encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()
