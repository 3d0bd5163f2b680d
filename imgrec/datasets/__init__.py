"""Every dataset, and the table DATASETS.

To add one: a module here that says what it promises and how it gets to disk, and its entry in DATASETS. The data page,
the command line, the training and the contract test follow.
"""

import os
from pathlib import Path

from imgrec import files
from imgrec.datasets import cifar10, cifar100, fashion_mnist, own, shapes
from imgrec.datasets.dataset import Dataset, Images, Labels, Location, OnProgress, Pixels, Rows, fingerprint
from imgrec.datasets.split import split, watched
from imgrec.errors import DatasetError
from imgrec.settings import unknown

__all__ = [
    "DATASETS",
    "Dataset",
    "Images",
    "Labels",
    "Location",
    "OnProgress",
    "Pixels",
    "Rows",
    "built_in",
    "fingerprint",
    "get",
    "is_available",
    "is_ready",
    "load",
    "location",
    "own",
    "own_copy",
    "own_folder",
    "prepare",
    "split",
    "watched",
]

DATASETS: dict[str, Dataset] = {
    dataset.name: dataset for dataset in (cifar10.DATASET, shapes.DATASET, fashion_mnist.DATASET, cifar100.DATASET)
}


def get(name: str, own_datasets: Path | None = None) -> Dataset:
    """Return a dataset: a built-in one, or one of a person's own pictures (NAME@VERSION) in that folder of a store.

    Raises DatasetError where there is none of this name.
    """
    if own_datasets is not None and own.is_own(name):
        return own.get(own_datasets, name)
    if name not in DATASETS:
        raise DatasetError(unknown("dataset", name, DATASETS))
    return DATASETS[name]


def location(name: str, home: Path, own_datasets: Path | None = None) -> Location:
    """Return where a dataset's files are: in the folder that the environment names, or below home or a store."""
    if own_datasets is not None and own.is_own(name):
        return Location(own_datasets / name.partition("@")[0])
    folder = own_folder(name)
    return own_copy(folder) if folder else built_in(name, home)


def own_copy(folder: str) -> Location:
    """Return the location of a person's own copy of a dataset's files."""
    return Location(Path(folder), own=True)


def built_in(name: str, home: Path) -> Location:
    """Return where a dataset's files are kept, whatever the environment names; all stores below home share them."""
    return Location(home / "datasets" / name)


def own_folder(name: str) -> str | None:
    """Return the folder that the environment names for a copy of the dataset, or None."""
    variable = DATASETS[name].variable if name in DATASETS else ""
    own = os.environ.get(variable, "").strip() if variable else ""
    return str(files.absolute(own)) if own else None


def is_ready(name: str, location: Location) -> bool:
    """Return, without reading the images, whether load would neither download nor draw them."""
    return _at(name, location).is_ready(location)


def is_available(name: str, location: Location) -> bool:
    """Return whether load would download nothing: the images are there, or can be drawn."""
    return not _at(name, location).download_bytes or is_ready(name, location)


def prepare(name: str, location: Location, on_progress: OnProgress | None = None) -> None:
    """Bring a dataset to disk unless it is there. Raises DatasetError where that fails."""
    _at(name, location).prepare(location, on_progress)


def load(name: str, location: Location, on_progress: OnProgress | None = None) -> tuple[Images, Images]:
    """Return the training and the test images, prepared first where needed. Raises DatasetError where that fails."""
    dataset = _at(name, location)
    dataset.prepare(location, on_progress)
    return dataset.read(location)


def _at(name: str, location: Location) -> Dataset:
    return get(name, location.folder.parent)
