"""Datasets of one's own pictures: what is kept of them, and what each version is."""

from pathlib import Path

import numpy as np
import pytest

from imgrec import datasets, edge
from imgrec.config import Training
from imgrec.datasets import making, own
from imgrec.datasets.own import LEFT_OUT, TEST, TRAIN, OwnDataset, Source, Version
from imgrec.errors import DatasetError

NAMES = ("cat", "dog")


def make(folder: Path, name: str = "pets", seed: int = 0) -> Version:
    """Make a dataset of 12 random images of two classes, 8 to learn from and 4 to test with."""
    pixels = np.random.default_rng(seed).integers(0, 256, (12, 32, 32, 3), dtype=np.uint8)
    labels, splits = np.arange(12) % 2, np.array([TRAIN] * 8 + [TEST] * 4)
    sources = [Source(file=f"{place}.png", sha256="0" * 64, width=40, height=30) for place in range(12)]
    with making.new(folder / name) as made:
        made.pixels(len(pixels), (32, 32, 3))[:] = pixels
        return made.finish(name, "My pets", "pets.zip", sources, NAMES, labels, splits, "Added 12 pictures.")


@pytest.fixture
def kept(home: Path) -> OwnDataset:
    folder = home / own.FOLDER
    folder.mkdir()
    make(folder)
    return OwnDataset(folder / "pets")


def test_a_store_finds_its_own_dataset_by_name_and_version(kept: OwnDataset) -> None:
    version = kept.newest
    name = f"pets@{version.id}"
    found = edge.store().dataset(name)
    assert (found.name, found.title, found.class_names) == (name, "My pets", NAMES)
    assert (found.train_images, found.test_images, found.image_shape) == (8, 4, (32, 32, 3))
    train, test = datasets.load(name, edge.store().location(name))
    assert datasets.fingerprint(train, test) == version.fingerprint
    assert train.labels.tolist() == [0, 1] * 4
    np.testing.assert_array_equal(test.pixels[2], kept.pixels()[10])
    np.testing.assert_array_equal(list(train.pixels), train.pixels[np.arange(8)])
    assert [source.file for source in kept.sources()][-1] == "11.png"


def test_another_store_does_not_have_it(kept: OwnDataset, tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"dataset pets, version \w+, is not here\. Add the same pictures"):
        datasets.get(f"pets@{kept.newest.id}", tmp_path / own.FOLDER)


@pytest.mark.parametrize(
    "name", ["pets@", "pets@../../../etc", "../pets@0123456789ab", "pets@0123456789AB", "@", "a@b"]
)
@pytest.mark.usefixtures("home")
def test_no_other_folder_is_looked_at(name: str) -> None:
    with pytest.raises(DatasetError, match=r"is called NAME@VERSION\. Received"):
        edge.store().dataset(name)


@pytest.mark.parametrize(
    ("title", "name"),
    [("My Pets", "my-pets"), ("Äpfel & Birnen (2)", "apfel-birnen-2"), ("猫", "pictures"), ("x" * 60, "x" * 40)],
)
def test_a_title_gives_a_name_that_folders_and_commands_can_have(title: str, name: str) -> None:
    assert own.name_of(title) == name
    assert own.is_name(name)


def test_the_same_images_and_class_names_are_the_same_version_anywhere(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    one, same, other = make(tmp_path / "a"), make(tmp_path / "b", "animals"), make(tmp_path / "b", seed=1)
    assert one.id == same.id != other.id


def test_a_correction_is_another_version_and_the_first_stays(kept: OwnDataset) -> None:
    first = kept.newest
    labels, splits = kept.rows(first)
    splits[0] = LEFT_OUT
    second = kept.change(first, NAMES, labels, splits, "Left out 1 image.")
    assert (second.number, second.before, second.train, second.left_out) == (2, first.id, 7, 1)
    assert [version.id for version in kept.versions()] == [second.id, first.id]
    assert edge.store().dataset(f"pets@{second.id}").title == "My pets v2"
    assert kept.dataset(first).train_images == 8
    named = kept.change(second, ("kitten", "dog"), labels, splits, "Renamed cat to kitten.")
    assert named.fingerprint == second.fingerprint
    assert named.id != second.id


def test_a_correction_back_to_what_was_is_that_version(kept: OwnDataset) -> None:
    first = kept.newest
    labels, splits = kept.rows(first)
    splits[0] = LEFT_OUT
    second = kept.change(first, NAMES, labels, splits, "Left out 1 image.")
    splits[0] = TRAIN
    assert kept.change(second, NAMES, labels, splits, "Took it back.") == first


@pytest.mark.parametrize(
    ("labels", "splits", "said"),
    [
        ([0, 1] * 6, [TRAIN] * 12, "at least one test image"),
        ([0] * 12, [TRAIN] * 8 + [TEST] * 4, r"needs 2 to 1,000 classes\. This one would have 1"),
        ([0] * 8 + [0, 1, 0, 1], [TRAIN] * 8 + [TEST] * 4, "at least 2 training images. Received fewer of: dog"),
    ],
)
def test_what_cannot_be_trained_is_no_version(
    kept: OwnDataset, labels: list[int], splits: list[int], said: str
) -> None:
    names = NAMES[: max(labels) + 1]
    with pytest.raises(DatasetError, match=said):
        kept.change(kept.newest, names, np.array(labels), np.array(splits), "")
    assert len(kept.versions()) == 1


@pytest.mark.parametrize("file", ["dataset.json", "pixels.npy", "rows.npy", "version.json"])
@pytest.mark.parametrize("content", [b"", b"{}", b"\x93NUMPY"])
def test_a_damaged_file_is_said_in_a_sentence(kept: OwnDataset, file: str, content: bytes) -> None:
    version = kept.newest
    [path] = kept.folder.rglob(file)
    path.write_bytes(content)
    with pytest.raises(DatasetError, match=r"It cannot be read: .*Remove the dataset"):
        kept.dataset(kept.version(version.id)).read(edge.store().location(f"pets@{version.id}"))


def test_a_dataset_that_could_not_be_made_leaves_nothing(tmp_path: Path) -> None:
    def fail() -> None:
        with making.new(tmp_path / "own" / "pets") as made:
            made.pixels(4, (32, 32, 3))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert not list((tmp_path / "own").iterdir())


def test_images_of_a_validation_folder_choose_the_best_epoch(kept: OwnDataset) -> None:
    labels, splits = kept.rows(kept.newest)
    splits[:2] = own.VALIDATION
    version = kept.change(kept.newest, NAMES, labels, splits, "Moved 2 images to validation.")
    assert (version.train, version.validation) == (6, 2)
    train, _ = kept.images(version)
    _, validation = datasets.split(train, Training())
    assert validation.tolist() == [0, 1]


def test_a_removed_dataset_is_gone(kept: OwnDataset) -> None:
    kept.remove()
    assert not kept.exists
    assert own.every(edge.store().own_datasets) == []
