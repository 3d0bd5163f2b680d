"""Datasets of people's own pictures, as a store keeps them.

    own-datasets/NAME/
        dataset.json       what it is: title, image shape, where its pictures came from
        pixels.npy         its images, written once: uint8 (N, H, W, C)
        sources.jsonl      of each image the name and the SHA-256 of its file, and the size of the picture
        versions/ID/       each correction makes another version, and none of them ever changes
            version.json   class names, what was changed and when, the fingerprint of its images
            rows.npy       (2, N): of each image its label and its split

A config names a version as NAME@ID, so that a run keeps saying which one it was made with. The id is the beginning of a
SHA-256 over the images, their labels and splits, and the class names: the same pictures have the same id everywhere.
"""

import hashlib
import json
import re
import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from imgrec import files
from imgrec.datasets.dataset import Dataset, Images, Location, OnProgress, fingerprint
from imgrec.datasets.versions import (
    FEWEST,
    LEFT_OUT,
    MAX_CLASS_NAME,
    SPLITS,
    TEST,
    TRAIN,
    VALIDATION,
    Manifest,
    Source,
    Version,
    check,
    split_up,
)
from imgrec.errors import DatasetError
from imgrec.records import Record, misfit

__all__ = [
    "FEWEST",
    "FOLDER",
    "LEFT_OUT",
    "MAX_CLASS_NAME",
    "SPLITS",
    "TEST",
    "TRAIN",
    "VALIDATION",
    "Manifest",
    "OwnDataset",
    "Source",
    "Version",
    "every",
    "get",
    "is_name",
    "is_own",
    "name_of",
    "split_up",
]

FOLDER = "own-datasets"
"""In a store."""

ID_LETTERS = 12
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_OWN = re.compile(rf"({_NAME.pattern})@([0-9a-f]{{{ID_LETTERS}}})")

R = TypeVar("R", bound=Record)


def is_own(name: str) -> bool:
    """Return whether a config's dataset is one of a person's own pictures."""
    return "@" in name


def is_name(name: str) -> bool:
    """Return whether a dataset's folder can have this name."""
    return _NAME.fullmatch(name) is not None


def name_of(title: str) -> str:
    """Return the name of a dataset with this title: My Pets → my-pets."""
    letters = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    return re.sub("[^a-z0-9]+", "-", letters).strip("-")[:40].strip("-") or "pictures"


def get(folder: Path, name: str) -> Dataset:
    """Return the dataset NAME@ID of a store's folder of own datasets. Raises DatasetError where it is not there."""
    found = _OWN.fullmatch(name)
    if found is None:
        raise DatasetError(f"A dataset of your own is called NAME@VERSION. Received: {name[:60]!r}. Choose another.")
    kept = OwnDataset(folder / found[1])
    if not kept.exists or not kept.has(found[2]):
        raise DatasetError(
            f"The dataset {found[1]}, version {found[2]}, is not here. Add the same pictures on the Data page or with "
            f"`imgrec datasets add {found[1]} FOLDER`, or choose another dataset."
        )
    return kept.dataset(kept.version(found[2]))


def every(folder: Path) -> list["OwnDataset"]:
    """List the datasets of a store's folder of own datasets, by their names."""
    return [OwnDataset(entry) for entry in sorted(folder.glob("*/")) if is_name(entry.name) and entry.is_dir()]


class OwnDataset:
    """The folder of a dataset of own pictures, as everyone may look at it; only this module knows its files."""

    def __init__(self, folder: Path) -> None:
        """Take the dataset's folder, which need not be there."""
        self.folder = folder

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def exists(self) -> bool:
        return is_name(self.name) and (self.folder / "dataset.json").is_file()

    @property
    def manifest(self) -> Manifest:
        """What it is. Raises DatasetError where its file is damaged."""
        return _read(self.folder / "dataset.json", Manifest)

    def has(self, id: str) -> bool:
        """Return whether there is a version of this id."""
        return (self._versions / id / "version.json").is_file()

    def folder_of(self, version: Version) -> Path:
        """Return the folder of a version, in which also what was found in it is kept."""
        return self._versions / version.id

    def version(self, id: str) -> Version:
        """Return a version. Raises DatasetError where it is damaged."""
        return _read(self._versions / id / "version.json", Version)

    def versions(self) -> list[Version]:
        """List its versions, the newest first."""
        ids = [entry.name for entry in self._versions.glob("*/") if not entry.name.startswith(".")]
        return sorted((self.version(id) for id in ids), key=lambda version: -version.number)

    @property
    def newest(self) -> Version:
        """The version that was made last. Raises DatasetError where there is none."""
        found = self.versions()
        if not found:
            raise DatasetError(f"The dataset {self.name} needs a version. It has none: remove it and add it again.")
        return found[0]

    def pixels(self) -> NDArray[np.uint8]:
        """Return its images (N, H, W, C), memory-mapped. Raises DatasetError where the file is damaged."""
        path, manifest = self.folder / "pixels.npy", self.manifest
        try:
            found: NDArray[np.uint8] = np.load(path, mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError, EOFError) as error:
            raise _damaged(path, str(error)) from None
        if found.shape != (manifest.images, *manifest.image_shape) or found.dtype != np.uint8:
            raise _damaged(path, f"it holds {found.shape} {found.dtype}")
        return found

    def rows(self, version: Version) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the label and the split of each image in a version, (N,) each."""
        path = self._versions / version.id / "rows.npy"
        try:
            labels, splits = np.load(path, allow_pickle=False).astype(np.int64)
        except (OSError, ValueError, EOFError) as error:
            raise _damaged(path, str(error)) from None
        return labels, splits

    def sources(self) -> list[Source]:
        """Return what each image was made from, in the order of the images."""
        path = self.folder / "sources.jsonl"
        try:
            return [Source.model_validate_json(line) for line in path.read_bytes().splitlines()]
        except (OSError, ValidationError) as error:
            raise _damaged(path, str(error)) from None

    def dataset(self, version: Version) -> Dataset:
        """Return a version as what trainings and pages take: its Location is this folder."""
        manifest, trained = self.manifest, version.train + version.validation
        return Dataset(
            name=f"{manifest.name}@{version.id}",
            title=manifest.title if version.number == 1 else f"{manifest.title} v{version.number}",
            description="Your own pictures.",
            image_shape=manifest.image_shape,
            class_names=version.class_names,
            train_images=trained,
            test_images=version.test,
            source=manifest.source,
            licence="Yours to know.",
            download_bytes=0,
            is_ready=lambda location: OwnDataset(location.folder).has(version.id),
            prepare=_prepare,
            read=lambda location: OwnDataset(location.folder).images(version),
            fingerprint=version.fingerprint,
        )

    def images(self, version: Version) -> tuple[Images, Images]:
        """Return the training and the test images of a version: those of validation stand among the former."""
        return split_up(self.pixels(), *self.rows(version), len(version.class_names))

    def change(
        self,
        before: Version | None,
        class_names: Sequence[str],
        labels: NDArray[Any],
        splits: NDArray[Any],
        said: str,
    ) -> Version:
        """Make another version of the same images, and return it; where there is one that is the same, return that.

        before is the version that was changed, None for the first. Raises DatasetError where it cannot be written, or
        would not be a dataset.
        """
        counts = {name: int((splits == split).sum()) for name, split in SPLITS.items()}
        check(class_names, labels[splits == TRAIN], counts["test"])
        found = fingerprint(*split_up(self.pixels(), labels, splits, len(class_names)))
        id = hashlib.sha256(json.dumps([found, list(class_names)], ensure_ascii=False).encode()).hexdigest()[
            :ID_LETTERS
        ]
        if self.has(id):
            return self.version(id)
        version = Version(
            id=id,
            number=1 + max((each.number for each in self.versions()), default=0),
            made=datetime.now(UTC).isoformat(timespec="seconds"),
            change=said,
            before=before and before.id,
            class_names=tuple(class_names),
            fingerprint=found,
            **counts,
        )
        try:
            with files.new_folder(self._versions / id) as building:
                np.save(building / "rows.npy", np.stack([labels, splits]).astype(np.uint16))
                files.write_json(building / "version.json", version.model_dump(mode="json"))
        except OSError as error:
            raise DatasetError(f"A dataset needs room. {files.cannot_write(self.folder, error)}") from error
        return version

    def disk_bytes(self) -> int:
        """Return how much its files take."""
        return files.disk_bytes(self.folder)

    def remove(self) -> None:
        """Remove the dataset with all its versions. Raises DatasetError where that cannot be."""
        try:
            files.remove_folder(self.folder)
        except OSError as error:
            raise DatasetError(f"The dataset {self.name} stays. {files.cannot_write(self.folder, error)}") from error

    @property
    def _versions(self) -> Path:
        return self.folder / "versions"


def _prepare(location: Location, on_progress: OnProgress | None) -> None:  # noqa: ARG001 - as others need it
    if not (location.folder / "dataset.json").is_file():
        raise DatasetError(f"The dataset {location.folder.name} is no longer here. Add its pictures again.")


def _read(path: Path, kind: type[R]) -> R:
    try:
        return kind.model_validate_json(path.read_bytes())
    except OSError as error:
        raise _damaged(path, error.strerror or str(error)) from None
    except ValidationError as error:
        raise _damaged(path, misfit(error)) from None


def _damaged(path: Path, why: str) -> DatasetError:
    return DatasetError(
        f"The dataset {path.parent.name} needs {path}. It cannot be read: {why}. Remove the dataset and add its "
        "pictures again."
    )
