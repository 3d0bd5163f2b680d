"""A dataset of own pictures is written: its images into an array on the disk, then all that is known of them."""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imgrec import files
from imgrec.datasets.own import OwnDataset
from imgrec.datasets.versions import Manifest, Source, Version
from imgrec.errors import DatasetError


@contextmanager
def new(folder: Path) -> Iterator["Making"]:
    """Give what a new dataset is written with; it gets the name of this folder at the end.

    Where something fails before, nothing of it stays. Raises DatasetError where it cannot be written.
    """
    building = folder.with_name(f".{folder.name}")
    shutil.rmtree(building, ignore_errors=True)  # left by a process that was killed
    try:
        with files.new_folder(folder) as inside:
            yield Making(inside)
    except OSError as error:
        raise DatasetError(f"A dataset needs a folder of its own. {files.cannot_write(folder, error)}") from error


class Making:
    """A dataset that is being written."""

    def __init__(self, folder: Path) -> None:
        """Take the folder to write in."""
        self.folder = folder

    def pixels(self, count: int, shape: tuple[int, int, int]) -> NDArray[np.uint8]:
        """Return an array (count, H, W, C) on the disk, to be filled in."""
        path = self.folder / "pixels.npy"
        return np.lib.format.open_memmap(path, mode="w+", dtype=np.uint8, shape=(count, *shape))

    def finish(
        self,
        name: str,
        title: str,
        source: str,
        sources: Sequence[Source],
        class_names: Sequence[str],
        labels: NDArray[Any],
        splits: NDArray[Any],
        said: str,
    ) -> Version:
        """Write all but the pixels, which are on the disk already, and return the first version."""
        kept = OwnDataset(self.folder)
        shape = np.load(self.folder / "pixels.npy", mmap_mode="r").shape
        lines = b"".join(each.model_dump_json().encode() + b"\n" for each in sources)
        files.write_bytes(self.folder / "sources.jsonl", lines)
        manifest = Manifest(
            name=name,
            title=title,
            made=datetime.now(UTC).isoformat(timespec="seconds"),
            image_shape=shape[1:],
            images=shape[0],
            source=source,
        )
        files.write_json(self.folder / "dataset.json", manifest.model_dump(mode="json"))
        return kept.change(None, class_names, labels, splits, said)
