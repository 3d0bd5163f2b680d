"""The datasets that are downloaded, made small: files with few images, and a table DATASETS that expects just them."""

import gzip
import struct
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from imgrec.datasets import DATASETS, cifar10, cifar100, fashion_mnist
from imgrec.datasets.cifar import CifarFiles
from imgrec.datasets.download import Downloaded, Remote

IMAGES = 20
"""Images in a file of CIFAR-10, and test images of Fashion-MNIST, which has twice as many training images."""


def cifar(files: CifarFiles, folder: Path, images: int = IMAGES) -> CifarFiles:
    """Write files of so many images, and return what describes them.

    Image i of file f has class i, modulo how many there are; its red is f, its green 100, its blue i. Coarse: 19.
    """
    small = replace(files, train=dict.fromkeys(files.train, images), test=dict.fromkeys(files.test, images))
    for place, name in enumerate(small.sizes):
        rows = np.empty((images, small.record_bytes), np.uint8)
        rows[:, 0] = 19
        rows[:, small.label_bytes - 1] = np.arange(images) % small.classes
        planes = rows[:, small.label_bytes :].reshape(images, 3, -1)
        planes[:, 0], planes[:, 1], planes[:, 2] = place, 100, np.arange(images)[:, None]
        (folder / name).write_bytes(rows.tobytes())
    return small


def fashion(folder: Path) -> fashion_mnist.FashionFiles:
    """Write small files, and return what describes them. Image i has class i modulo 10, and is i in every pixel."""
    remotes = []
    for remote, name in zip(fashion_mnist.FILES.remotes, fashion_mnist.FILES.sizes, strict=True):
        count = 2 * IMAGES if name.startswith("train") else IMAGES
        numbers = np.arange(count, dtype=np.uint8)
        values = numbers % 10 if "labels" in name else np.broadcast_to(numbers[:, None, None], (count, 28, 28))
        (folder / name).write_bytes(idx(values))
        remotes.append(replace(remote, bytes=(folder / name).stat().st_size))
    return replace(fashion_mnist.FILES, remotes=tuple(remotes), train_images=2 * IMAGES, test_images=IMAGES)


def idx(values: np.ndarray) -> bytes:
    """Return values of one byte as a packed file in IDX format."""
    header = struct.pack(f">4B{values.ndim}I", 0, 0, 8, values.ndim, *values.shape)
    return gzip.compress(header + values.astype(np.uint8).tobytes(), mtime=0)


SMALL: dict[str, Callable[[Path], Downloaded]] = {
    "cifar10": lambda folder: cifar(cifar10.FILES, folder),
    "cifar100": lambda folder: cifar(cifar100.FILES, folder, 200),
    "fashion_mnist": fashion,
}
"""What writes the small files of each dataset into a folder."""


def expect(files: Downloaded, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let DATASETS expect these files; the environment names no folder with a copy of them."""
    monkeypatch.delenv(files.variable, raising=False)
    entry = replace(
        DATASETS[files.name],
        download_bytes=files.download_bytes,
        is_ready=files.is_ready,
        prepare=files.prepare,
        read=files.read,
    )
    monkeypatch.setitem(DATASETS, files.name, entry)


def elsewhere(files: Downloaded, url: str) -> Downloaded:
    """Return the same files at another address, to which the last part of each old one is appended."""
    moved = (Remote(url + remote.url.rpartition("/")[2], remote.bytes, remote.sha256) for remote in files.remotes)
    return replace(files, remotes=tuple(moved))
