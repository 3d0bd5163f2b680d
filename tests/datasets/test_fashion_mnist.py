"""Fashion-MNIST: packed files in IDX format become grey images, and damage is said in words."""

import gzip
from pathlib import Path

import numpy as np
import pytest

from imgrec import edge
from imgrec.datasets import fashion_mnist
from imgrec.datasets.fashion_mnist import FashionFiles
from imgrec.errors import DatasetError
from tests.datasets import small
from tests.datasets.conftest import Small

PIXELS, LABELS = "t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"


@pytest.fixture
def own(made_small: Small, monkeypatch: pytest.MonkeyPatch) -> tuple[FashionFiles, Path]:
    """Return the small dataset and the folder that the environment names, with a copy of its files."""
    files, folder = made_small("fashion_mnist")
    monkeypatch.setenv("IMGREC_FASHION_MNIST", str(folder))
    assert isinstance(files, FashionFiles)
    return files, folder


def values(count: int = 20) -> np.ndarray:
    return np.zeros((count, 28, 28), np.uint8)


SIGNED = gzip.compress(gzip.decompress(small.idx(np.zeros(20))).replace(b"\x08", b"\x09"))


def test_the_values_become_grey_images(own: tuple[FashionFiles, Path]) -> None:
    files, folder = own
    pixels = values()
    pixels[3, 4, 7] = 255  # row 4, column 7
    (folder / PIXELS).write_bytes(small.idx(pixels))
    train, test = files.read(edge.location("fashion_mnist"))
    assert (train.pixels.shape, test.pixels.shape) == ((40, 28, 28, 1), (20, 28, 28, 1))
    assert np.argwhere(np.asarray(test.pixels) == 255).tolist() == [[3, 4, 7, 0]]
    assert train.labels.tolist() == [place % 10 for place in range(40)]
    assert train.pixels[39].min() == train.pixels[39].max() == 39


def test_an_entry_promises_as_many_images_as_its_files_hold() -> None:
    """Packed, the files have no size that follows from what they hold; a name of each says which it is."""
    files, entry = fashion_mnist.FILES, fashion_mnist.DATASET
    assert list(files.sizes) == ["train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz", PIXELS, LABELS]
    assert (files.train_images, files.test_images) == (entry.train_images, entry.test_images)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        pytest.param(PIXELS, b"not packed", "cannot be unpacked: Not a gzipped file", id="not packed"),
        pytest.param(PIXELS, small.idx(values())[:-9], "cannot be unpacked: Compressed file ended", id="cut"),
        pytest.param(PIXELS, small.idx(values())[:-8] + bytes(8), "cannot be unpacked: CRC check", id="wrong checksum"),
        pytest.param(PIXELS, small.idx(values())[:20] + b"\xff" * 40, "cannot be unpacked: Error -3", id="garbled"),
        pytest.param(PIXELS, small.idx(values(19)), "20×28×28 values .* It holds something else", id="fewer"),
        pytest.param(PIXELS, small.idx(values(21)), "20×28×28 values .* It holds something else", id="more"),
        pytest.param(PIXELS, gzip.compress(bytes(10**7)), "20×28×28 values of one byte in", id="far more"),
        pytest.param(LABELS, small.idx(values()), "20 values of one byte in .*, in IDX format", id="images for labels"),
        pytest.param(LABELS, SIGNED, "20 values of one byte in .*, in IDX format", id="signed values"),
        pytest.param(LABELS, small.idx(np.full(20, 10)), "labels from 0 to 9 in .*. Received: 10", id="unknown label"),
    ],
)
def test_a_damaged_file_is_refused(own: tuple[FashionFiles, Path], name: str, content: bytes, said: str) -> None:
    files, folder = own
    (folder / name).write_bytes(content)
    with pytest.raises(DatasetError, match=f"{said}.* Put an undamaged copy there") as caught:
        files.read(edge.location("fashion_mnist"))
    assert "Fashion-MNIST needs " in str(caught.value)
    assert name in str(caught.value)


def test_a_file_that_cannot_be_read_is_said_in_words(own: tuple[FashionFiles, Path]) -> None:
    files, folder = own
    (folder / LABELS).unlink()
    with pytest.raises(DatasetError, match=f"needs .*{LABELS}. It cannot be read: No such file"):
        files.read(edge.location("fashion_mnist"))
