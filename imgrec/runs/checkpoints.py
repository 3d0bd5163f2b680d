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
from imgrec.records import TrainingState

GENERATIONS = 2
"""The older one is there for when the disk has damaged the newer."""

MAGIC = b"imgrec checkpoint 1 "
TRAINING_STATE = "standing"
"""The name of the member of the .npz that holds the training state as JSON; the one that it has had from the first."""

FINGERPRINT = "data"
"""The key of that JSON under which the fingerprint of the images stands."""


@dataclass(frozen=True, order=True)
class Place:
    """How far a checkpoint is: complete epochs, and steps of the next one."""

    epoch: int
    step: int


@dataclass(frozen=True)
class Saved:
    """What a training can go on from: where it stood, its arrays by name, and the fingerprint of its images."""

    training_state: TrainingState
    arrays: dict[str, np.ndarray]
    fingerprint: str


def places(folder: Path) -> list[tuple[Place, Path]]:
    """List the checkpoints of a folder, the farthest first, without looking into them."""
    found = []
    for path in folder.glob("*.checkpoint"):
        epoch, _, step = path.stem.partition("-")
        if epoch.isdecimal() and step.isdecimal():
            found.append((Place(int(epoch), int(step)), path))
    return sorted(found, reverse=True)


def write(folder: Path, place: Place, saved: Saved) -> None:
    """Add a checkpoint, on the disk when this returns, and remove all but the newest ones."""
    content = io.BytesIO()
    state = {**saved.training_state.model_dump(mode="json"), FINGERPRINT: saved.fingerprint}
    member = np.frombuffer(json.dumps(state, allow_nan=False).encode(), np.uint8)
    everything: dict[str, Any] = {**saved.arrays, TRAINING_STATE: member}
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
    """Read a checkpoint. Raises RunError where a single bit of it is not what was written, OSError where it cannot."""
    head, _, data = path.read_bytes().partition(b"\n")
    if head != MAGIC + hashlib.sha256(data).hexdigest().encode():
        raise RunError(f"The checkpoint {path.name} is damaged: its content does not have its checksum.")
    with np.load(io.BytesIO(data), allow_pickle=False) as content:
        arrays = dict(content)
    state = json.loads(arrays.pop(TRAINING_STATE).tobytes())
    return Saved(TrainingState.model_validate(state), arrays, state[FINGERPRINT])


def newest(folder: Path) -> tuple[Saved | None, list[Path]]:
    """Read the farthest checkpoint that is intact, or None where there is none; and list those farther, damaged."""
    damaged: list[Path] = []
    for _, path in places(folder):
        try:
            return read(path), damaged
        except RunError:
            damaged.append(path)
    return None, damaged
