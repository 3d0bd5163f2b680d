"""What the outer world says about which store is meant: the only place that reads IMGREC_HOME."""

import hashlib
import os
from pathlib import Path

from imgrec import datasets, files
from imgrec.datasets import Location
from imgrec.runs import VISITORS, Store


def home() -> Path:
    """Return the folder of everything that imgrec keeps: IMGREC_HOME, or ~/.imgrec."""
    return files.absolute(os.environ.get("IMGREC_HOME") or "~/.imgrec")


def store() -> Store:
    """Return the store of this computer."""
    return Store(home())


def visitor(secret: str) -> Store:
    """Return the store of the visitor who has this secret. Its folder's name does not tell the secret."""
    return Store(home() / VISITORS / hashlib.sha256(secret.encode()).hexdigest()[:32])


def refused() -> Path:
    """Return the file in which a server counts what it has refused since its start."""
    return home() / "refused.json"


def location(dataset: str) -> Location:
    """Return where a built-in dataset's files are: where the environment says, or beside the stores that share them."""
    return datasets.location(dataset, home())
