"""Every dataset, and the table DATASETS.

To add one: a module here that says what it promises and how it gets to disk, and its entry in DATASETS. The data page,
the command line, the training and the contract test follow.
"""

import os
from pathlib import Path

from imgrec import files
from imgrec.datasets import cifar10, shapes
from imgrec.datasets.dataset import Dataset, Images, Location, OnProgress, fingerprint
from imgrec.datasets.split import split, watched
from imgrec.errors import DatasetError
from imgrec.settings import unknown

__all__ = [
    "DATASETS",
    "Dataset",
    "Images",
    "Location",
    "OnProgress",
    "built_in",
    "fingerprint",
    "get",
    "is_available",
    "is_ready",
    "load",
    "location",
    "own_copy",
    "own_folder",
    "prepare",
    "split",
    "watched",
]

DATASETS: dict[str, Dataset] = {dataset.name: dataset for dataset in (cifar10.DATASET, shapes.DATASET)}


def get(name: str) -> Dataset:
    """Return a dataset. Raises DatasetError where the name is not known."""
    if name not in DATASETS:
        raise DatasetError(unknown("dataset", name, DATASETS))
    return DATASETS[name]


def location(name: str, home: Path) -> Location:
    """Return where a dataset's files are: in the folder that the environment names, or below home."""
    own = own_folder(name)
    return own_copy(own) if own else built_in(name, home)


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
    return get(name).is_ready(location)


def is_available(name: str, location: Location) -> bool:
    """Return whether load would download nothing: the images are there, or can be drawn."""
    return not get(name).download_bytes or is_ready(name, location)


def prepare(name: str, location: Location, on_progress: OnProgress | None = None) -> None:
    """Bring a dataset to disk unless it is there. Raises DatasetError where that fails."""
    get(name).prepare(location, on_progress)


def load(name: str, location: Location, on_progress: OnProgress | None = None) -> tuple[Images, Images]:
    """Return the training and the test images, prepared first where needed. Raises DatasetError where that fails."""
    dataset = get(name)
    dataset.prepare(location, on_progress)
    return dataset.read(location)
