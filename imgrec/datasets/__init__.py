"""Every dataset, and the table DATASETS.

To add one: a module here that says what it promises and how it gets to disk, and its entry in DATASETS. The data page,
the command line, the training and the contract test follow.
"""

import os
from pathlib import Path

from imgrec import files
from imgrec.datasets import cifar10, shapes
from imgrec.datasets.dataset import Dataset, Images, OnProgress, fingerprint
from imgrec.datasets.split import split
from imgrec.errors import DatasetError
from imgrec.settings import unknown

__all__ = [
    "DATASETS",
    "Dataset",
    "Images",
    "OnProgress",
    "fingerprint",
    "get",
    "is_ready",
    "is_ready_in",
    "load",
    "load_from",
    "own_folder",
    "prepare",
    "split",
    "title",
]

DATASETS: dict[str, Dataset] = {dataset.name: dataset for dataset in (cifar10.DATASET, shapes.DATASET)}


def get(name: str) -> Dataset:
    """Return a dataset. Raises DatasetError where the name is not known."""
    if name not in DATASETS:
        raise DatasetError(unknown("dataset", name, DATASETS))
    return DATASETS[name]


def title(name: str) -> str:
    """Return what people call a dataset; of one that is not known, its name."""
    return DATASETS[name].title if name in DATASETS else name


def is_ready(name: str) -> bool:
    """Tell, without reading the images, whether load would neither download nor draw them."""
    return is_ready_in(name, own_folder(name))


def is_ready_in(name: str, folder: str | None) -> bool:
    """Tell the same of load_from."""
    return get(name).is_ready(_path(folder))


def own_folder(name: str) -> str | None:
    """Return the folder that the environment names for a copy of the dataset, or None for the ordinary place."""
    variable = DATASETS[name].variable if name in DATASETS else ""
    own = os.environ.get(variable, "").strip() if variable else ""
    return str(files.absolute(own)) if own else None


def prepare(name: str, on_progress: OnProgress | None = None) -> None:
    """Bring a dataset to disk unless it is there. Raises DatasetError where that fails."""
    get(name).prepare(on_progress, _path(own_folder(name)))


def load(name: str, on_progress: OnProgress | None = None) -> tuple[Images, Images]:
    """Return the training and the test images, prepared first where needed. Raises DatasetError where that fails."""
    return load_from(name, own_folder(name), on_progress)


def load_from(name: str, folder: str | None, on_progress: OnProgress | None = None) -> tuple[Images, Images]:
    """Return the same from a folder with a copy of the files, or the ordinary place, whatever the environment names."""
    dataset = get(name)
    dataset.prepare(on_progress, _path(folder))
    return dataset.read(_path(folder))


def _path(folder: str | None) -> Path | None:
    return None if folder is None else Path(folder)
