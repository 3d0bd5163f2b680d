"""The CIFAR datasets: records become images, and what comes out of an archive is what was asked for."""

from pathlib import Path

import numpy as np
import pytest

from imgrec import datasets, edge
from imgrec.datasets import cifar, cifar10, cifar100
from imgrec.datasets.cifar import CifarFiles
from imgrec.datasets.download import Downloaded
from imgrec.errors import DatasetError
from tests.datasets import small
from tests.datasets.conftest import Small
from tests.datasets.served import Server, pack


@pytest.fixture(params=["cifar10", "cifar100"])
def made(request: pytest.FixtureRequest, made_small: Small) -> tuple[CifarFiles, Path]:
    """Return a small dataset and a folder with a copy of its files."""
    files, folder = made_small(request.param)
    assert isinstance(files, CifarFiles)
    return files, folder


@pytest.fixture
def own(made: tuple[CifarFiles, Path], monkeypatch: pytest.MonkeyPatch) -> tuple[CifarFiles, Path]:
    """Return the same, with the environment naming the folder."""
    files, folder = made
    monkeypatch.setenv(files.variable, str(folder))
    return files, folder


def publish(server: Server, files: CifarFiles, archive: bytes, monkeypatch: pytest.MonkeyPatch) -> Downloaded:
    """Make an archive the one that the server gives and that is expected."""
    online = server.publish(files, {files.remotes[0].url.rpartition("/")[2]: archive})
    small.expect(online, monkeypatch)
    return online


@pytest.mark.parametrize("module", [cifar10, cifar100])
def test_an_entry_promises_as_many_images_as_its_files_hold(module) -> None:
    files, entry = module.FILES, module.DATASET
    assert (sum(files.train.values()), sum(files.test.values())) == (entry.train_images, entry.test_images)
    assert files.classes == len(entry.class_names)


def test_the_files_have_the_sizes_of_the_published_ones() -> None:
    """The dataset's page states 30730000 bytes for those of CIFAR-10, and 3,074 bytes a record for CIFAR-100."""
    assert set(cifar10.FILES.sizes.values()) == {30_730_000}
    assert cifar100.FILES.sizes == {"train.bin": 153_700_000, "test.bin": 30_740_000}


def test_the_planes_become_rgb_pixels(own: tuple[CifarFiles, Path]) -> None:
    files, _ = own
    train, test = datasets.load(files.name, edge.location(files.name))
    file, image, images = len(files.train) - 1, 13, next(iter(files.train.values()))
    assert train.pixels.shape == (images * len(files.train), 32, 32, 3)
    assert train.pixels[images * file + image, 5, 9].tolist() == [file, 100, image]
    assert test.pixels[19, 31, 31].tolist() == [len(files.train), 100, 19]


def test_the_last_label_of_a_record_is_its_class(own: tuple[CifarFiles, Path]) -> None:
    files, _ = own
    train, test = datasets.load(files.name, edge.location(files.name))
    assert train.labels.dtype == np.uint8
    for images in (train, test):
        assert images.labels.tolist() == [place % files.classes for place in range(len(images.labels))]


def test_a_row_of_a_plane_is_a_row_of_the_image(own: tuple[CifarFiles, Path]) -> None:
    files, folder = own
    path = folder / next(iter(files.test))
    data = bytearray(path.read_bytes())
    data[files.label_bytes + 1024 + 32 * 4 + 7] = 255  # green, row 4, column 7
    path.write_bytes(data)
    _, test = datasets.load(files.name, edge.location(files.name))
    assert np.argwhere(test.pixels[0] == 255).tolist() == [[4, 7, 1]]


def test_files_are_read_the_same_in_parts(own: tuple[CifarFiles, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    files, _ = own
    whole = datasets.fingerprint(*datasets.load(files.name, edge.location(files.name)))
    monkeypatch.setattr(cifar, "PART", 7)
    assert datasets.fingerprint(*datasets.load(files.name, edge.location(files.name))) == whole


def test_a_label_of_no_class_is_refused(own: tuple[CifarFiles, Path]) -> None:
    files, folder = own
    path = folder / list(files.train)[-1]
    data = bytearray(path.read_bytes())
    data[files.label_bytes - 1 + 3 * files.record_bytes] = files.classes
    path.write_bytes(data)
    with pytest.raises(
        DatasetError,
        match=f"labels from 0 to {files.classes - 1} in .*{path.name}. Received: {files.classes}. Put an undamaged",
    ):
        datasets.load(files.name, edge.location(files.name))
    assert datasets.is_ready(files.name, edge.location(files.name))  # only reading the images can tell


def test_a_file_that_shrinks_while_it_is_read_is_refused(own: tuple[CifarFiles, Path]) -> None:
    files, folder = own
    path = folder / next(iter(files.test))
    path.write_bytes(path.read_bytes()[:-5])
    with pytest.raises(DatasetError, match=r"needs (6\d+),\d+0 bytes in .* Received: \1,\d+5. Put an undamaged"):
        files.read(edge.location(files.name))


@pytest.mark.parametrize("prefix", ["../../", "/tmp/", ""])
def test_paths_in_the_archive_decide_nothing(
    made: tuple[CifarFiles, Path], server: Server, home: Path, monkeypatch: pytest.MonkeyPatch, prefix: str
) -> None:
    files, copy = made
    (copy / "evil.bin").write_bytes((copy / next(iter(files.test))).read_bytes())
    publish(server, files, pack(copy, prefix), monkeypatch)
    datasets.prepare(files.name, edge.location(files.name))
    kept = {path.relative_to(home).as_posix() for path in home.rglob("*.bin")}
    assert kept == {f"datasets/{files.name}/{name}" for name in files.sizes}


def test_an_archive_that_lacks_a_file_is_refused(
    made: tuple[CifarFiles, Path], server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    files, copy = made
    one, *_, other = files.sizes
    (copy / other).unlink()
    (copy / other).symlink_to(copy / one)
    publish(server, files, pack(copy), monkeypatch)
    with pytest.raises(DatasetError, match=f"archive needs {files.contents}. It lacks {other}"):
        datasets.prepare(files.name, edge.location(files.name))
    assert not datasets.is_ready(files.name, edge.location(files.name))
