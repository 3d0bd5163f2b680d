"""Checkpoints on the disk: each one file with a checksum, the two newest of a run kept.

A file is a line with the SHA-256 of what follows, and a .npz of the arrays and of where the training stood.
"""

import hashlib
import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from imgrec import files
from imgrec.errors import RunError

GENERATIONS = 2
"""The older one is there for when the disk has damaged the newer."""

MAGIC = b"imgrec checkpoint 1 "
STANDING = "standing"


@dataclass(frozen=True, order=True)
class Place:
    """How far a checkpoint is: complete epochs, and steps of the next one."""

    epoch: int
    step: int


@dataclass(frozen=True)
class Saved:
    """What a training can go on from: where it stood, and its arrays by name."""

    standing: dict[str, Any]
    arrays: dict[str, np.ndarray]


def places(folder: Path) -> list[tuple[Place, Path]]:
    """Lists the checkpoints of a folder, the farthest first, without looking into them."""
    found = []
    for path in folder.glob("*.checkpoint"):
        epoch, _, step = path.stem.partition("-")
        if epoch.isdecimal() and step.isdecimal():
            found.append((Place(int(epoch), int(step)), path))
    return sorted(found, reverse=True)


def write(folder: Path, place: Place, saved: Saved) -> None:
    """Adds a checkpoint, on the disk when this returns, and removes all but the newest ones."""
    content = io.BytesIO()
    standing = np.frombuffer(json.dumps(saved.standing, allow_nan=False).encode(), np.uint8)
    everything: dict[str, Any] = {**saved.arrays, STANDING: standing}
    np.savez(content, **everything)
    data = content.getbuffer()
    if not folder.exists():
        folder.mkdir()
        files.sync_folder(folder.parent)
    files.write_bytes(
        folder / f"{place.epoch:04d}-{place.step:07d}.checkpoint",
        MAGIC + hashlib.sha256(data).hexdigest().encode() + b"\n",
        data,
    )
    for _, path in places(folder)[GENERATIONS:]:
        path.unlink(missing_ok=True)


def read(path: Path) -> Saved:
    """Reads a checkpoint. Raises RunError where a single bit of it is not what was written, OSError where it cannot."""
    head, _, data = path.read_bytes().partition(b"\n")
    if head != MAGIC + hashlib.sha256(data).hexdigest().encode():
        raise RunError(f"The checkpoint {path.name} is damaged: its content does not have its checksum.")
    with np.load(io.BytesIO(data), allow_pickle=False) as content:
        arrays = dict(content)
    standing = json.loads(arrays.pop(STANDING).tobytes())
    return Saved(standing, arrays)


def newest(folder: Path) -> tuple[Saved | None, list[Path]]:
    """Reads the farthest checkpoint that is intact, or None where there is none; and lists those farther, damaged."""
    damaged: list[Path] = []
    for _, path in places(folder):
        try:
            return read(path), damaged
        except RunError:
            damaged.append(path)
    return None, damaged
