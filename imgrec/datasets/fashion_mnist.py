"""Fashion-MNIST: downloaded once, or read from the folder that IMGREC_FASHION_MNIST names."""

import gzip
import struct
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from imgrec.datasets.dataset import Dataset, Images, Location
from imgrec.datasets.download import Downloaded, Remote

CLASS_NAMES = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)
SIDE = 28
UNSIGNED_BYTES = 8
"""What the header of an IDX file says of values of one byte. Source: http://yann.lecun.com/exdb/mnist/"""


@dataclass(frozen=True)
class FashionFiles(Downloaded):
    """Four files in IDX format, kept packed as they are published: gzip's own checksum tells where one is damaged.

    They stand in the order of remotes: the training images and their labels, the test images and theirs.
    """

    train_images: int
    test_images: int

    @property
    def sizes(self) -> Mapping[str, int]:
        """The names of the files, and how many bytes each has."""
        return {remote.url.rpartition("/")[2]: remote.bytes for remote in self.remotes}

    def unpack(self, fetched: Sequence[Path], folder: Path) -> None:
        """Give the files their names."""
        for path, name in zip(fetched, self.sizes, strict=True):
            path.rename(folder / name)

    def read(self, location: Location) -> tuple[Images, Images]:
        """Return the training and the test images, (N, 28, 28, 1). Raises DatasetError where a file is damaged."""
        train_pixels, train_labels, test_pixels, test_labels = self.sizes
        return (
            self._images(location, train_pixels, train_labels, self.train_images),
            self._images(location, test_pixels, test_labels, self.test_images),
        )

    def _images(self, location: Location, pixels: str, labels: str, count: int) -> Images:
        found = self._values(location, labels, count)
        if found.max() >= len(CLASS_NAMES):
            path = location.folder / labels
            raise self.damage(location, f"labels from 0 to {len(CLASS_NAMES) - 1} in {path}. Received: {found.max()}")
        return Images(self._values(location, pixels, count, SIDE, SIDE)[..., None], found)

    def _values(self, location: Location, name: str, *shape: int) -> NDArray[np.uint8]:
        """Return the values of a file, which needs to have this shape."""
        path, said = location.folder / name, "×".join(map(str, shape))
        header = struct.pack(f">4B{len(shape)}I", 0, 0, UNSIGNED_BYTES, len(shape), *shape)
        wanted = len(header) + prod(shape)
        try:
            with gzip.open(path) as file:
                data = bytearray(file.read(wanted + 1))  # of a file that unpacks to far more, no more than that
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise self.damage(location, f"{path} as it is published. It cannot be unpacked: {error}") from error
        except OSError as error:
            raise self.damage(location, f"{path}. It cannot be read: {error.strerror}") from error
        if len(data) != wanted or not data.startswith(header):
            raise self.damage(location, f"{said} values of one byte in {path}, in IDX format. It holds something else")
        return np.frombuffer(data, np.uint8, offset=len(header)).reshape(shape)


ORIGIN = "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/"
"""The authors' own repository; their other server, which the checksums were taken from, has no HTTPS."""

FILES = FashionFiles(
    name="fashion_mnist",
    title="Fashion-MNIST",
    variable="IMGREC_FASHION_MNIST",
    contents="four .gz files",
    megabytes=40,
    remotes=(
        # Sizes and checksums: tensorflow_datasets/url_checksums/fashion_mnist.txt of
        # https://github.com/tensorflow/datasets
        Remote(
            f"{ORIGIN}train-images-idx3-ubyte.gz",
            26_421_880,
            "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
        ),
        Remote(
            f"{ORIGIN}train-labels-idx1-ubyte.gz",
            29_515,
            "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
        ),
        Remote(
            f"{ORIGIN}t10k-images-idx3-ubyte.gz",
            4_422_102,
            "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
        ),
        Remote(
            f"{ORIGIN}t10k-labels-idx1-ubyte.gz",
            5_148,
            "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
        ),
    ),
    train_images=60_000,
    test_images=10_000,
)

DATASET = Dataset(
    name=FILES.name,
    title=FILES.title,
    description="Small grey pictures of ten kinds of clothes, shoes and bags on black: harder than digits, as quick.",
    image_shape=(SIDE, SIDE, 1),
    class_names=CLASS_NAMES,
    train_images=FILES.train_images,
    test_images=FILES.test_images,
    source="Xiao, Rasul and Vollgraf 2017, “Fashion-MNIST: a Novel Image Dataset for Benchmarking Machine Learning "
    "Algorithms”, https://github.com/zalandoresearch/fashion-mnist",
    licence="MIT, Zalando SE.",
    download_bytes=FILES.download_bytes,
    is_ready=FILES.is_ready,
    prepare=FILES.prepare,
    read=FILES.read,
    variable=FILES.variable,
)
