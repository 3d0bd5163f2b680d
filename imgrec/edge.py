"""What the outer world says about which store is meant: the only place that reads IMGREC_HOME."""

import os
from pathlib import Path

from imgrec import datasets, files
from imgrec.datasets import Location
from imgrec.runs import Store


def home() -> Path:
    """Return the folder of everything that imgrec keeps: IMGREC_HOME, or ~/.imgrec."""
    return files.absolute(os.environ.get("IMGREC_HOME") or "~/.imgrec")


def store() -> Store:
    """Return the store of this computer."""
    return Store(home())


def location(dataset: str) -> Location:
    """Return where a built-in dataset's files are: where the environment says, or beside the stores that share them."""
    return datasets.location(dataset, home())
