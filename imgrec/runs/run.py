"""The run folder: one folder a run. No room but this one knows the names of the files in it.

| file | written by | meaning |
|---|---|---|
| config.json | web or command line, once | the RunConfig, its name, when it was made, library versions |
| worker.lock | worker, held while it lives | locked = alive; there is no status field that could go stale |
| starts.jsonl | worker, a line each time it takes up the run | when, from where, at which request, its process |
| progress.json | worker, at most 4 a second | where it is: phase, epoch, step, loss, accuracy, images/s, seconds left |
| history.jsonl | worker, with each epoch | a line of training and validation metrics for each complete epoch |
| checkpoints/ | worker, two generations, with checksums | all that is needed to go on exactly, also within an epoch |
| request.json | web or command line | stop, pause or resume, and a number of its own; the last one counts |
| model.keras | worker | the best epoch's model, loadable by plain keras.saving.load_model |
| predictions.npz | worker | test probabilities (N, classes) float32 and labels (N,) uint8 |
| evaluation.json | worker, last | what was measured on the test images; its presence means finished |
| error.json | worker, or who started it in vain | what went wrong, and the traceback; its presence means failed |
| log.txt | worker | its output |
"""

import json
import secrets
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Any, Literal
from zipfile import BadZipFile

import numpy as np

from imgrec import files
from imgrec.config import RunConfig
from imgrec.errors import RunError
from imgrec.runs import checkpoints
from imgrec.runs.locks import is_locked

SCHEMA = 1
"""Raised when the meaning of a file changes; a newer folder than this code is refused in words."""

NOWHERE = checkpoints.Place(0, 0)

CONFIG = "config.json"
"""The one file that a run is created with."""


class State(StrEnum):
    """What a run is doing; derived from its files, never stored."""

    QUEUED = "queued"
    RUNNING = "running"
    PAUSED = "paused"
    FINISHED = "finished"
    FAILED = "failed"
    INTERRUPTED = "interrupted"
    CANCELLED = "cancelled"


@dataclass(frozen=True)
class Request:
    """What was asked of a run: stop, pause, resume or nothing; the number tells two requests apart."""

    what: str
    number: str


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
        return self._ended() or (State.RUNNING if self.alive() else self.unlocked_state)

    @property
    def unlocked_state(self) -> State:
        """What the run is doing as long as no worker holds its lock."""
        return self._ended() or self._waiting()

    @property
    def request(self) -> Request:
        """The last thing that was asked of the run."""
        found = _read_json(self.folder / "request.json")
        if found is None:
            return Request("", "")
        try:
            return Request(str(found["request"]), str(found.get("number", "")))
        except (TypeError, KeyError, AttributeError) as error:
            raise RunError(f"request.json of run {self.id} is damaged: it holds no request.") from error

    def starts(self) -> list[dict[str, Any]]:
        """Reads each time a worker took up the run: time, request, epoch, step, process."""
        return self._lines("starts.jsonl")

    @property
    def reached(self) -> checkpoints.Place:
        """How far its newest checkpoint is, read from its name alone."""
        found = checkpoints.places(self.checkpoints_folder)
        return found[0][0] if found else NOWHERE

    @property
    def has_checkpoint(self) -> bool:
        """Says whether there is something to go on from."""
        return self.reached != NOWHERE

    @property
    def log(self) -> Path:
        return self.folder / "log.txt"

    @property
    def model(self) -> Path:
        return self.folder / "model.keras"

    def alive(self) -> bool:
        """Says whether a worker holds the run's lock."""
        return is_locked(self.folder / "worker.lock")

    def progress(self) -> dict[str, Any] | None:
        """Reads where the worker is, or None before it began."""
        progress: dict[str, Any] | None = _read_json(self.folder / "progress.json")
        return progress

    def history(self) -> list[dict[str, float]]:
        """Reads the metrics of every complete epoch."""
        return self._lines("history.jsonl")

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

    def ask(self, what: Literal["stop", "pause", "resume"]) -> None:
        """Asks something of the run; what was asked before no longer counts."""
        try:
            files.write_json(self.folder / "request.json", {"request": what, "number": secrets.token_hex(8)})
        except OSError as error:
            raise RunError(
                f"Asking a run to {what} needs to write in its folder, {self.folder}. It cannot be written: "
                f"{error.strerror}. Make room there."
            ) from error

    def _ended(self) -> State | None:
        if (self.folder / "evaluation.json").exists():
            return State.FINISHED
        return State.FAILED if (self.folder / "error.json").exists() else None

    def _waiting(self) -> State:
        if not (self.folder / CONFIG).exists():
            return State.INTERRUPTED  # its folder was deleted, and whoever watches it shall not wait for ever
        request, starts = self.request, self.starts()
        if request.what == "pause":
            return State.PAUSED
        if request.what == "stop" and not self.history() and not self.has_checkpoint:
            return State.CANCELLED  # before it learnt anything
        # A worker that had taken up the request would be alive.
        if request.what and (not starts or starts[-1]["request"] != request.number):
            return State.QUEUED  # to go on, or to be scored
        begun = starts or (self.folder / "progress.json").exists()
        return State.INTERRUPTED if begun else State.QUEUED

    @property
    def checkpoints_folder(self) -> Path:
        return self.folder / "checkpoints"

    def _lines(self, name: str) -> list[dict[str, Any]]:
        try:
            text = (self.folder / name).read_text(encoding="utf-8")
            return [json.loads(line) for line in text.split("\n")[:-1]]
        except FileNotFoundError:
            return []
        except (OSError, ValueError) as error:
            raise RunError(f"{name} of run {self.id} is damaged: {error}.") from None


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
