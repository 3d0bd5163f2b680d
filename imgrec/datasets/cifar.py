"""The binary version (no pickle) of the CIFAR datasets, whose records are labels and the planes of a 32×32 image."""

import shutil
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray

from imgrec.datasets.dataset import Images, Location
from imgrec.datasets.download import Downloaded
from imgrec.errors import DatasetError

SOURCE = (
    "Krizhevsky 2009, “Learning Multiple Layers of Features from Tiny Images”, "
    "https://www.cs.toronto.edu/~kriz/cifar.html"
)
LICENCE = "None stated by its authors; they ask to cite the report named as its source."

SIDE = 32
PLANES_BYTES = 3 * SIDE * SIDE
"""The red, the green and the blue plane of an image, row by row. Source: https://www.cs.toronto.edu/~kriz/cifar.html"""
PART = 10_000
"""Records read at once, which take 31 MB beside the images that they become."""


@dataclass(frozen=True)
class CifarFiles(Downloaded):
    """Files of records, in one archive.

    train and test name the files, with how many images each holds. A record begins with label_bytes labels, the last
    of which, below classes, is the image's class.
    """

    train: Mapping[str, int]
    test: Mapping[str, int]
    label_bytes: int
    classes: int

    @property
    def sizes(self) -> Mapping[str, int]:
        """The names of the files, and how many bytes each has."""
        return {name: images * self.record_bytes for name, images in {**self.train, **self.test}.items()}

    @property
    def record_bytes(self) -> int:
        """How many bytes an image takes with its labels."""
        return self.label_bytes + PLANES_BYTES

    def unpack(self, fetched: Sequence[Path], folder: Path) -> None:
        """Copy the files out of the archive. The paths in it decide nothing but which file is which."""
        (archive,) = fetched
        wanted = dict(self.sizes)
        with tarfile.open(archive, "r|gz") as members:
            for member in members:
                name = PurePosixPath(member.name).name
                content = members.extractfile(member) if member.isfile() and member.size == wanted.get(name) else None
                if content:
                    del wanted[name]
                    with (folder / name).open("xb") as file:
                        shutil.copyfileobj(content, file, 1 << 20)
        if wanted:
            raise DatasetError(f"{self.title}'s archive needs {self.contents}. It lacks {', '.join(sorted(wanted))}.")

    def read(self, location: Location) -> tuple[Images, Images]:
        """Return the training and the test images, (N, 32, 32, 3). Raises DatasetError where a file is damaged."""
        return self._read(self.train, location), self._read(self.test, location)

    def _read(self, images: Mapping[str, int], location: Location) -> Images:
        pixels = np.empty((sum(images.values()), SIDE, SIDE, 3), np.uint8)
        labels = np.empty(len(pixels), np.uint8)
        start = 0
        for name in images:
            for rows in self._rows(name, location):  # a part at a time keeps the peak of memory low
                part = slice(start, start := start + len(rows))
                labels[part] = rows[:, self.label_bytes - 1]
                pixels[part] = rows[:, self.label_bytes :].reshape(-1, 3, SIDE, SIDE).transpose(0, 2, 3, 1)
        return Images(pixels, labels)

    def _rows(self, name: str, location: Location) -> Iterator[NDArray[np.uint8]]:
        """Give the records of a file, (n, record_bytes), up to PART at once."""
        path, wanted = location.folder / name, self.sizes[name]
        read = 0
        try:
            with path.open("rb") as file:
                while read < wanted:
                    data = np.fromfile(file, np.uint8, min(wanted - read, PART * self.record_bytes))
                    read += data.size
                    if not data.size or data.size % self.record_bytes:
                        raise self.damage(location, f"{wanted:,} bytes in {path}. Received: {read:,}")
                    rows = data.reshape(-1, self.record_bytes)
                    highest = int(rows[:, self.label_bytes - 1].max())
                    if highest >= self.classes:
                        raise self.damage(
                            location, f"labels from 0 to {self.classes - 1} in {path}. Received: {highest}"
                        )
                    yield rows
        except OSError as error:
            raise self.damage(location, f"{path}. It cannot be read: {error.strerror}") from error
