"""Every dataset, and the table DATASETS.

To add one: a module here that says what it promises and how it gets to disk, and its entry in DATASETS. The data page,
the command line, the training and the contract test follow.
"""

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
    "load",
    "prepare",
    "split",
    "title",
]

DATASETS: dict[str, Dataset] = {dataset.name: dataset for dataset in (cifar10.DATASET, shapes.DATASET)}


def get(name: str) -> Dataset:
    """Gives a dataset. Raises DatasetError where the name is not known."""
    if name not in DATASETS:
        raise DatasetError(unknown("dataset", name, DATASETS))
    return DATASETS[name]


def title(name: str) -> str:
    """Gives what people call a dataset; of one that is not known, its name."""
    return DATASETS[name].title if name in DATASETS else name


def is_ready(name: str) -> bool:
    """Tells, without reading the images, whether load would neither download nor draw them."""
    return get(name).is_ready()


def prepare(name: str, on_progress: OnProgress | None = None) -> None:
    """Brings a dataset to disk unless it is there. Raises DatasetError where that fails."""
    get(name).prepare(on_progress)


def load(name: str, on_progress: OnProgress | None = None) -> tuple[Images, Images]:
    """Gives the training and the test images, prepared first where needed. Raises DatasetError where that fails."""
    dataset = get(name)
    dataset.prepare(on_progress)
    return dataset.read()
