"""`check` finds what is wrong with datasets of own pictures, and removes what was left of one that was being made."""

import os
import time
from pathlib import Path

import numpy as np
import pytest
from filelock import FileLock

from imgrec import edge, jobs
from imgrec.config import RunConfig
from imgrec.datasets import making, own, staging
from imgrec.datasets.own import OwnDataset, Source
from imgrec.layers import Flatten
from imgrec.runs import Store, checking
from tests.conftest import Allow


def made(store: Store, name: str = "pets") -> OwnDataset:
    """Return a dataset of 12 random images of two classes."""
    pixels = np.random.default_rng(0).integers(0, 256, (12, 32, 32, 3), np.uint8)
    labels, splits = np.arange(12) % 2, np.array([own.TRAIN] * 8 + [own.TEST] * 4)
    sources = [Source(file=f"{place}.png", sha256="0" * 64, width=40, height=30) for place in range(12)]
    with making.new(store.own_datasets / name) as made:
        made.pixels(12, (32, 32, 3))[:] = pixels
        made.finish(name, "My pets", "pets.zip", sources, ("cat", "dog"), labels, splits, "Added 12 pictures.")
    return OwnDataset(store.own_datasets / name)


@pytest.fixture
def pets() -> OwnDataset:
    edge.store().own_datasets.mkdir()
    return made(edge.store())


def found() -> list[str]:
    return [finding.what for finding in checking.check(edge.store())]


def test_a_dataset_that_is_whole_breaks_no_rule(pets: OwnDataset) -> None:
    labels, splits = pets.rows(pets.newest)
    pets.change(pets.newest, ("cat", "wolf"), labels, splits, "Renamed dog to wolf.")
    assert found() == []


@pytest.mark.parametrize("name", ["dataset.json", "pixels.npy", "sources.jsonl", "version.json", "rows.npy"])
def test_a_damaged_file_is_found(pets: OwnDataset, name: str) -> None:
    [path] = pets.folder.rglob(name)
    path.write_bytes(path.read_bytes()[:-7])
    assert len(found()) == 1


def test_images_and_labels_that_are_not_those_of_the_version_are_found(pets: OwnDataset) -> None:
    [rows] = pets.folder.rglob("rows.npy")
    before = rows.read_bytes()
    for change in ((0, 0, 1), (1, 0, own.LEFT_OUT), (0, 0, 9), (1, 0, 9)):
        rows.write_bytes(before)
        table = np.load(rows)
        table[change[:2]] = change[2]
        np.save(rows, table)
        assert len(found()) == 1
    rows.write_bytes(before)
    pixels = bytearray((pets.folder / "pixels.npy").read_bytes())
    pixels[-5] ^= 1
    (pets.folder / "pixels.npy").write_bytes(pixels)
    [what] = found()
    assert what.startswith("Its images, labels or splits are not those that it was made with.")


def test_what_was_being_made_is_removed_once_nobody_makes_it(pets: OwnDataset) -> None:
    folder = pets.folder.parent
    (staging.folder(folder, "0" * 16) / "pets").mkdir(parents=True)
    with FileLock(staging.lock(folder)):
        assert found() == []
    for finding in list(checking.check(edge.store())):
        assert finding.repair is not None
        finding.repair()
    assert found() == []
    assert [path.name for path in folder.glob("*/")] == ["pets"]


def test_a_folder_that_is_no_dataset_is_said_and_left(pets: OwnDataset) -> None:
    (pets.folder.parent / "My pets").mkdir()
    assert found() == ["This is no dataset."]


def test_the_sweep_of_a_server_removes_what_is_left_in_every_store(home: Path) -> None:
    left = [staging.folder(store.own_datasets, "1" * 16) for store in (edge.store(), edge.visitor("a" * 32))]
    for path in left:
        path.mkdir(parents=True)
    jobs.sweep(home)
    assert not any(path.exists() for path in left)


def age(folder: Path) -> None:
    then = time.time() - 25 * 3600
    for path in (*folder.rglob("*"), folder):
        os.utime(path, (then, then))


def test_a_visitors_dataset_goes_after_its_time_unless_a_run_was_made_with_it(allow: Allow, home: Path) -> None:
    allow(hours_kept=24)
    store = edge.visitor("a" * 32)
    old, young, used = made(store, "old"), made(store, "young"), made(store, "used")
    mine = made(edge.store(), "mine")
    store.create(RunConfig(dataset=f"used@{used.newest.id}", layers=(Flatten(),)), "Made with it")
    for kept in (old, used, mine):
        age(kept.folder)
    jobs.sweep(home)
    assert [kept.exists for kept in (old, young, used, mine)] == [False, True, True, True]


def test_the_store_of_a_visitor_who_has_a_dataset_stays(allow: Allow, home: Path) -> None:
    allow(hours_kept=24)
    store = edge.visitor("b" * 32)
    kept = made(store)
    age(store.folder)
    (kept.folder / "versions").touch()
    os.utime(store.folder, (0, 0))
    jobs.sweep(home)
    assert kept.exists
