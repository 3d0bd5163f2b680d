"""Verifies the datasets of own pictures in a store: each version holds what it was made of, nothing is left over."""

import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np

from imgrec.datasets import own, staging
from imgrec.datasets.dataset import fingerprint
from imgrec.datasets.own import OwnDataset, Version
from imgrec.errors import DatasetError, ImgrecError

Found = tuple[str, str, str, Callable[[], None] | None]
"""Where, what, the remedy, and what does it, if it can be done by itself."""


def rules(folder: Path) -> Iterator[Found]:
    """Yield what breaks a rule in a store's folder of own datasets. What is being added is left to who adds it."""
    for path in staging.leftovers(folder):
        what = "It was being made, or removed, when the process that did it ended."
        yield f"{own.FOLDER}/{path.relative_to(folder)}", what, "It is removed.", partial(shutil.rmtree, path)
    for path in sorted(folder.glob("*/")):
        if not path.name.startswith(".") and not OwnDataset(path).exists:
            yield f"{own.FOLDER}/{path.name}", "This is no dataset.", "Move it elsewhere, or remove it.", None
    for kept in own.every(folder):
        if kept.exists:
            yield from _dataset(kept)


def _dataset(kept: OwnDataset) -> Iterator[Found]:
    where = f"dataset {kept.name}"
    try:
        _require_sources(kept)
        versions = [kept.newest, *kept.versions()[1:]]
    except ImgrecError as error:
        yield where, str(error), "Its runs keep their results.", None
        return
    for version in versions:
        try:
            _require_images(kept, version)
        except ImgrecError as error:
            yield f"{where}, version {version.id}", str(error), "Runs that were made with it keep their results.", None


def _require_sources(kept: OwnDataset) -> None:
    images, sources = len(kept.pixels()), len(kept.sources())
    if sources != images:
        raise DatasetError(f"It has {images} images, and sources.jsonl names {sources}. Add its pictures again.")


def _require_images(kept: OwnDataset, version: Version) -> None:
    """Raise DatasetError where a version's images, labels or splits are not those that it was made with."""
    labels, splits = kept.rows(version)
    known = np.isin(splits, list(own.SPLITS.values())).all() and (labels < len(version.class_names)).all()
    if labels.shape != (len(kept.pixels()),) or not known:
        raise DatasetError("Its labels or splits are damaged. Add its pictures again.")
    if fingerprint(*kept.images(version)) != version.fingerprint:
        raise DatasetError("Its images, labels or splits are not those that it was made with. Add its pictures again.")
