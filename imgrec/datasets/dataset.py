"""What a dataset is: an entry of the table DATASETS, and the images it gives."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from imgrec.errors import DatasetError
from imgrec.records import DatasetInfo

OnProgress = Callable[[int, int], None]
"""Told (done, total), in bytes for a download and in images for a drawn dataset."""


MOST_CLASSES = 1000
"""As many as ImageNet has: probabilities, matrices and pages are made for so many."""

Labels = NDArray[np.uint8 | np.uint16]
"""The class of each image (N,), its place in class_names: two bytes each where there are more than 256 classes."""


AT_ONCE = 1024
"""Images that are read together where all of them are looked at, so that a large dataset takes little memory."""


class Pixels(Protocol):
    """Images (N, H, W, C), uint8, RGB or grey: an array, or what reads them from the disk as they are asked for."""

    @property
    def shape(self) -> tuple[int, ...]:
        """The number of images, and their height, width and channels."""

    def __len__(self) -> int:
        """Return the number of images."""

    def __iter__(self) -> Iterator[Any]:
        """Return the images one by one."""

    def __getitem__(self, index: Any, /) -> Any:
        """Return an image, or the images of a slice or of an array of places."""


class Rows:
    """Some images of a large array on the disk, in an order of their own. Each is read when it is asked for."""

    def __init__(self, pixels: Pixels, places: NDArray[np.int64]) -> None:
        """Take images (M, H, W, C), usually a memory-mapped array, and the places in it of N images."""
        self._pixels, self._places = pixels, places

    @property
    def shape(self) -> tuple[int, ...]:
        return (len(self._places), *self._pixels.shape[1:])

    def __len__(self) -> int:
        return len(self._places)

    def __iter__(self) -> Iterator[NDArray[np.uint8]]:
        return (self[place] for place in range(len(self)))

    def __getitem__(self, index: Any, /) -> NDArray[np.uint8]:
        found: NDArray[np.uint8] = np.asarray(self._pixels[self._places[index]])
        return found

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        """Read all of them, for what needs an array."""
        return np.array(self[:], dtype)


@dataclass(frozen=True)
class Images:
    """The images of one split and what they show."""

    pixels: Pixels
    labels: Labels
    validation: NDArray[np.bool_] | None = None
    """(N,): of training images, those that validate; None where a run's settings choose them."""


@dataclass(frozen=True)
class Location:
    """The folder of a dataset's files. own: a person's own copy, which is read and never changed."""

    folder: Path
    own: bool = False


@dataclass(frozen=True)
class Dataset:
    """A dataset: what it promises, and how it gets to a location. download_bytes is 0 where nothing is downloaded.

    variable is the environment variable that names a folder with a copy of the files, where there is one.
    fingerprint is that of its images, where it is known without reading them. caution is a sentence on what its test
    accuracy hides, or empty.
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
    fingerprint: str = ""
    caution: str = ""

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
                f"A dataset needs 2 to {MOST_CLASSES:,} classes, and images of 1 channel (grey) or 3 (RGB). Received: "
                f"{classes} and {channels} in {self.name}."
            )


def fingerprint(train: Images, test: Images) -> str:
    """Return the SHA-256, in hex, of the shapes, pixels and labels of both splits, and of a fixed validation split."""
    digest = hashlib.sha256()
    fixed = [] if train.validation is None else [train.validation]
    for array in (train.pixels, train.labels, test.pixels, test.labels, *fixed):
        digest.update(f"{array.shape} {array[:0].dtype.str}\n".encode())
        for first in range(0, len(array), AT_ONCE):
            digest.update(np.ascontiguousarray(array[first : first + AT_ONCE]).data)
    return digest.hexdigest()
