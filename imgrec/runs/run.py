"""The run folder: one folder a run, and the only module that knows the names of the files in it.

| file | written by | meaning |
|---|---|---|
| config.json | web or command line, once | the RunConfig, its name, when it was made, library versions |
| worker.lock | worker, held while it lives | locked = alive; there is no status field that could go stale |
| progress.json | worker, at most 4 a second | where it is: phase, epoch, step, loss, accuracy, images/s, seconds left |
| history.jsonl | worker, one line an epoch | training and validation metrics; a last line without newline is not read |
| request.json | web or command line | stop |
| model.keras | worker | the best epoch's model, loadable by plain keras.saving.load_model |
| predictions.npz | worker | test probabilities (N, classes) float32 and labels (N,) uint8 |
| evaluation.json | worker, last | what was measured on the test images; its presence means finished |
| error.json | worker, or who started it in vain | what went wrong, and the traceback; its presence means failed |
| log.txt | worker | its output |
"""

import io
import json
import os
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from filelock import FileLock, Timeout

from imgrec import files
from imgrec.config import RunConfig
from imgrec.errors import RunError

SCHEMA = 1
"""Raised when the meaning of a file changes; a newer folder than this code is refused in words."""

CONFIG = "config.json"
"""The one file that a run is created with."""


class State(StrEnum):
    """What a run is doing; derived from its files, never stored."""

    QUEUED = "queued"
    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"
    INTERRUPTED = "interrupted"
    CANCELLED = "cancelled"


@dataclass(frozen=True)
class Run:
    """One execution of a RunConfig and its folder."""

    folder: Path

    @property
    def id(self) -> str:
        """The folder's name; sorts by time of creation."""
        return self.folder.name

    @cached_property
    def record(self) -> dict[str, Any]:
        """What was written at creation: name, created, config, versions. Raises RunError where it is damaged."""
        record: dict[str, Any] = _read_json(self.folder / CONFIG)
        if not _is_record(record):
            raise RunError(f"Run {self.id} has no readable config.json. It is damaged and can only be deleted.")
        if record["schema"] > SCHEMA:
            raise RunError(
                f"Run {self.id} was written by a newer imgrec (schema {record['schema']}, known up to {SCHEMA}). "
                "Update imgrec to open it."
            )
        return record

    @property
    def name(self) -> str:
        return str(self.record["name"])

    @property
    def created(self) -> datetime:
        """When the run was made, in UTC."""
        return datetime.fromisoformat(self.record["created"])

    @cached_property
    def config(self) -> RunConfig:
        return RunConfig.parse(self.record["config"])

    @property
    def state(self) -> State:
        """Derives what the run is doing from its files and its lock."""
        return self._ended() or (State.RUNNING if self.alive() else self._ended() or self._waiting())

    @property
    def stop_requested(self) -> bool:
        return (self.folder / "request.json").exists()

    @property
    def log(self) -> Path:
        return self.folder / "log.txt"

    @property
    def model(self) -> Path:
        return self.folder / "model.keras"

    def alive(self) -> bool:
        """Says whether a worker holds the run's lock."""
        path = self.folder / "worker.lock"
        if not path.exists():
            return False
        if sys.platform == "win32":
            try:
                with FileLock(path, timeout=0):
                    return False
            except Timeout:
                return True
        import fcntl  # noqa: PLC0415 - not on Windows

        with path.open("rb") as file, suppress(BlockingIOError):
            # Shared, so that those who look never take one another for a worker, and need no right to write.
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            return False
        return True

    def progress(self) -> dict[str, Any] | None:
        """Reads where the worker is, or None before it began."""
        progress: dict[str, Any] | None = _read_json(self.folder / "progress.json")
        return progress

    def history(self) -> list[dict[str, float]]:
        """Reads the metrics of every complete epoch."""
        try:
            text = (self.folder / "history.jsonl").read_text(encoding="utf-8")
        except FileNotFoundError:
            return []
        try:
            return [json.loads(line) for line in text.split("\n")[:-1]]
        except ValueError as error:
            raise RunError(f"history.jsonl of run {self.id} is damaged: {error}.") from None

    def evaluation(self) -> dict[str, Any] | None:
        """Reads what was measured on the test images, or None before the run is finished."""
        evaluation: dict[str, Any] | None = _read_json(self.folder / "evaluation.json")
        return evaluation

    def predictions(self) -> tuple[np.ndarray, np.ndarray]:
        """Reads the test probabilities (N, classes) float32 and the labels (N,) of a finished run."""
        try:
            # Opened here, as np.load leaves a damaged file open.
            with (self.folder / "predictions.npz").open("rb") as file, np.load(file, allow_pickle=False) as arrays:
                return arrays["probabilities"], arrays["labels"]
        except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
            raise RunError(f"The predictions of run {self.id} cannot be read: {error}.") from None

    def error(self) -> dict[str, str] | None:
        """Reads what went wrong: sentence and traceback, or None."""
        error: dict[str, str] | None = _read_json(self.folder / "error.json")
        return error

    def request_stop(self) -> None:
        """Asks the run to stop; asking twice is the same as asking once."""
        try:
            files.write_json(self.folder / "request.json", {"request": "stop"})
        except OSError as error:
            raise RunError(
                f"Stopping a run needs to write in its folder, {self.folder}. It cannot be written: {error.strerror}. "
                "Make room there."
            ) from error

    def lock(self) -> FileLock:
        """Gives the lock of the one writer of this folder. Waits 5 s, as an observer may hold it for an instant."""
        return FileLock(self.folder / "worker.lock", timeout=5)

    def write_progress(self, progress: Mapping[str, Any]) -> None:
        """Replaces what the worker is doing. Not fsynced: it is worth nothing after a crash."""
        temporary = self.folder / ".progress.tmp"
        temporary.write_text(json.dumps(progress, allow_nan=False), encoding="utf-8")
        temporary.replace(self.folder / "progress.json")

    def append_history(self, row: Mapping[str, float]) -> None:
        """Adds one complete epoch, on the disk when this returns."""
        with (self.folder / "history.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(row, allow_nan=False) + "\n")
            file.flush()
            os.fsync(file.fileno())

    def write_model(self, save: Callable[[Path], None]) -> None:
        """Replaces the model by the file that save writes to the path it is given."""
        temporary = self.folder / ".model.tmp.keras"
        try:
            save(temporary)
            with temporary.open("rb") as file:
                os.fsync(file.fileno())
            temporary.replace(self.model)
        finally:
            temporary.unlink(missing_ok=True)  # where the disk is full, what is half written goes
        files.sync_folder(self.folder)

    def write_predictions(self, probabilities: np.ndarray, labels: np.ndarray) -> None:
        """Replaces the test predictions: (N, classes) float32 and (N,) uint8."""
        content = io.BytesIO()
        np.savez(content, probabilities=probabilities, labels=labels)
        files.write_bytes(self.folder / "predictions.npz", content.getvalue())

    def finish(self, evaluation: Mapping[str, Any]) -> None:
        """Writes the evaluation, which makes the run finished. The last thing a worker does."""
        files.write_json(self.folder / "evaluation.json", {"schema": SCHEMA, **evaluation})

    def fail(self, sentence: str, traceback: str) -> None:
        """Writes what went wrong, which makes the run failed."""
        files.write_json(self.folder / "error.json", {"sentence": sentence, "traceback": traceback})

    def _ended(self) -> State | None:
        if (self.folder / "evaluation.json").exists():
            return State.FINISHED
        return State.FAILED if (self.folder / "error.json").exists() else None

    def _waiting(self) -> State:
        if not (self.folder / CONFIG).exists():
            return State.INTERRUPTED  # its folder was deleted, and whoever watches it shall not wait for ever
        if self.stop_requested and not (self.folder / "history.jsonl").exists():
            return State.CANCELLED  # before it learnt anything
        return State.INTERRUPTED if (self.folder / "progress.json").exists() else State.QUEUED


def _is_record(record: Any) -> bool:
    if not isinstance(record, dict) or not {"schema", "name", "created", "config"} <= record.keys():
        return False
    if not isinstance(record["schema"], int) or not isinstance(record["config"], dict):
        return False
    try:
        return datetime.fromisoformat(record["created"]).tzinfo is not None
    except (TypeError, ValueError):
        return False


def _read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise RunError(f"{path.name} of run {path.parent.name} is damaged: {error}.") from None
