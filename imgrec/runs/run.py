"""The run folder: one folder a run. No room but this one knows the names of the files in it.

| file | written by | meaning |
|---|---|---|
| config.json | web or command line, then worker | RunConfig, its dataset, name, colour, time, versions, parent |
| label.json | web or command line | another name, tags, and a star |
| start.keras | web or command line, once | the model of another run, which this one trains further or takes layers of |
| worker.lock | worker, held while it lives | locked = alive; there is no status field that could go stale |
| starts.jsonl | worker, a line each time it takes up the run | when, from where, at which request, its process |
| progress.json | worker, at most 4 a second | where it is: phase, epoch, step, loss, accuracy, images/s, seconds left |
| history.jsonl | worker, with each epoch | a line of training and validation metrics for each complete epoch |
| checkpoints/ | worker, two generations, with checksums | all that is needed to go on exactly, also within an epoch |
| request.json | web or command line | stop, pause or resume, a number of its own, other folders of images |
| model.keras | worker | the best epoch's model, loadable by plain keras.saving.load_model |
| model.tflite | worker | the same model in a form that answers at once; its SHA-256 stands in evaluation.json |
| predictions.npz | worker | test probabilities (N, classes) float32 and labels (N,) uint8 or uint16 |
| evaluation.json | worker, last | what was measured on the test images; its presence means finished |
| error.json | worker, or who started it in vain | what went wrong, whether to try again; its presence means failed |
| ending.json | who started the worker | how its process ended, where it had not ended the run itself |
| log.txt | worker | its output |

All JSON but progress.json carries a checksum (imgrec/runs/checksum.py): damage is noticed, and never read as a result.
"""

import secrets
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Literal
from zipfile import BadZipFile

import numpy as np

from imgrec import datasets, files
from imgrec.config import RunConfig
from imgrec.errors import RunError
from imgrec.locks import is_locked
from imgrec.records import Attempt, DatasetInfo, EpochMetrics, Evaluation, Failure, Progress, SweepPlace
from imgrec.runs import checkpoints
from imgrec.runs.documents import CONFIG, EVALUATION, Documents, damaged, read_json
from imgrec.runs.ending import Ending

NOWHERE = checkpoints.Place(0, 0)

ATTEMPTS = "starts.jsonl"
"""The name that the file of the attempts has had from the first schema on."""

COLOURS = 6
"""How many colours tell runs apart."""


class State(StrEnum):
    """What a run is doing; derived from its files, never stored."""

    QUEUED = "queued"
    RUNNING = "running"
    PAUSED = "paused"
    FINISHED = "finished"
    FAILED = "failed"
    INTERRUPTED = "interrupted"
    CANCELLED = "cancelled"


ENDED = frozenset({State.FINISHED, State.FAILED, State.CANCELLED})


@dataclass(frozen=True)
class Request:
    """What was asked of a run: stop, pause, resume or nothing; the number tells two requests apart.

    folders are those that the environments of who asked it to go on named for its images, the last one first.
    """

    what: str
    number: str
    folders: tuple[str, ...] = ()


@dataclass(frozen=True)
class Annotations:
    """What a user calls a run: its name, words to find it by, whether it is starred, and the id of its shared copy."""

    name: str
    tags: tuple[str, ...] = ()
    starred: bool = False
    shared: str = ""


class Run(Documents):
    """One execution of a RunConfig and its folder."""

    @property
    def annotations(self) -> Annotations:
        """What the run is called now."""
        found = self._document("label.json") or {"name": str(self.record["name"]), "tags": []}
        name, tags = found.get("name"), found.get("tags")
        if not isinstance(name, str) or not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
            raise damaged(self.folder / "label.json", "it holds no name with tags")
        return Annotations(name, tuple(tags), bool(found.get("starred", False)), str(found.get("shared", "")))

    def write_annotations(self, annotations: Annotations) -> None:
        """Call the run something else. Raises RunError where its folder cannot be written."""
        try:
            self._write("label.json", asdict(annotations))
        except OSError as error:
            raise RunError(files.cannot_write(self.folder, error)) from error

    @property
    def name(self) -> str:
        return self.annotations.name

    @property
    def parent(self) -> str | None:
        """The id of the run whose model this one trains further, if any; that run may be gone."""
        return self.record.get("parent")

    @property
    def sweep(self) -> SweepPlace | None:
        """The sweep that the run comes of, if any; it may be gone."""
        found = self.record.get("sweep")
        return self._parsed(CONFIG, SweepPlace, found) if found else None

    @property
    def colour(self) -> int:
        """Which of the colours the run has on every page; where it was made without one, its id says."""
        found = self.record.get("colour")
        return int(self.id[-8:], 16) % COLOURS if found is None else int(found)

    @property
    def start(self) -> Path:
        """The model that the training begins with, if there is such a file."""
        return self.folder / "start.keras"

    @property
    def created(self) -> datetime:
        """When the run was made, in UTC."""
        return datetime.fromisoformat(self.record["created"])

    @cached_property
    def config(self) -> RunConfig:
        return RunConfig.parse(self.record["config"])

    @cached_property
    def dataset(self) -> DatasetInfo:
        """What the run's dataset was when it was made; runs of before schema 3 are told by the datasets of today."""
        found = self.record.get("dataset")
        return self._parsed(CONFIG, DatasetInfo, found) if found else datasets.get(self.config.dataset).info

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
        found = self._document("request.json")
        if found is None:
            return Request("", "")
        try:
            return Request(str(found["request"]), str(found.get("number", "")), tuple(found.get("folders", ())))
        except (TypeError, KeyError, AttributeError):
            raise damaged(self.folder / "request.json", "it holds no request") from None

    def attempts(self) -> tuple[Attempt, ...]:
        """Read each time that a worker took up the run."""
        return self._records(ATTEMPTS, Attempt)

    @property
    def slot(self) -> int:
        """Which of the machine's slots the last worker of the run had."""
        attempts = self.attempts()
        return attempts[-1].slot if attempts else 0

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

    @property
    def lite(self) -> Path:
        """Where the model lies in the form that answers without TensorFlow, if it was found to say the same."""
        return self.folder / "model.tflite"

    @property
    def exists(self) -> bool:
        """Says whether the run has not been deleted."""
        return (self.folder / CONFIG).exists()

    def alive(self) -> bool:
        """Return whether a worker holds the run's lock."""
        return is_locked(self.folder / "worker.lock")

    def progress(self) -> Progress | None:
        """Read where the worker is, or None before it began."""
        found = read_json(self.folder / "progress.json")
        return None if found is None else self._parsed("progress.json", Progress, found)

    def history(self) -> tuple[EpochMetrics, ...]:
        """Read the metrics of every complete epoch."""
        return self._records("history.jsonl", EpochMetrics)

    def evaluation(self) -> Evaluation | None:
        """Read what was measured on the test images, or None before the run is finished."""
        return self._record(EVALUATION, Evaluation)

    def predictions(self) -> tuple[np.ndarray, np.ndarray]:
        """Read the test probabilities (N, classes) float32 and the labels (N,) of a finished run."""
        path = self.folder / "predictions.npz"
        try:
            # Opened here, as np.load leaves a damaged file open.
            with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
                return arrays["probabilities"], arrays["labels"]
        except PermissionError as error:
            raise damaged(path, error) from None
        except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
            raise RunError(f"The predictions of run {self.id} cannot be read: {error}.") from None

    def error(self) -> Failure | None:
        """Read what went wrong, or None."""
        return self._record("error.json", Failure)

    @property
    def may_try_again(self) -> bool:
        """Says whether what made the run fail may be gone; where it was not written, whether it had come anywhere."""
        error = self.error()
        return self.has_checkpoint if error is None or error.again is None else error.again

    def ending(self) -> Ending | None:
        """Read how the last worker's process ended, where its starter learnt that and the run had not ended."""
        found = self._document("ending.json")
        if found is None or found["process"] not in [attempt.process for attempt in self.attempts()[-1:]]:
            return None
        return Ending(found["status"], found["hung"])

    def ask(self, what: Literal["stop", "pause", "resume"]) -> None:
        """Ask something of the run; what was asked before no longer counts, but for where its images may be."""
        own = datasets.own_folder(self.record["config"].get("dataset", "")) if what == "resume" else None
        named = dict.fromkeys([*([own] if own else []), *self._named_before()])
        folders = {"folders": list(named)} if named else {}
        try:
            self._write("request.json", {"request": what, "number": secrets.token_hex(8), **folders})
        except OSError as error:
            raise RunError(
                f"Asking a run to {what} needs to write in its folder. {files.cannot_write(self.folder, error)}"
            ) from error

    def _named_before(self) -> tuple[str, ...]:
        try:
            return self.request.folders
        except RunError:  # damaged, and about to be replaced
            return ()

    def _ended(self) -> State | None:
        if (self.folder / EVALUATION).exists():
            return State.FINISHED
        return State.FAILED if (self.folder / "error.json").exists() else None

    def _waiting(self) -> State:
        if not self.exists:
            return State.INTERRUPTED  # its folder was deleted, and whoever watches it shall not wait for ever
        request, attempts = self.request, self.attempts()
        if request.what == "pause":
            return State.PAUSED
        if request.what == "stop" and not self.history() and not self.has_checkpoint:
            return State.CANCELLED  # before it learnt anything
        # A worker that had taken up the request would be alive.
        if request.what and (not attempts or attempts[-1].request != request.number):
            return State.QUEUED  # to go on, or to be scored
        begun = attempts or (self.folder / "progress.json").exists()
        return State.INTERRUPTED if begun else State.QUEUED

    @property
    def checkpoints_folder(self) -> Path:
        return self.folder / "checkpoints"

    @property
    def disk_bytes(self) -> int:
        """How much the folder's files take."""
        return files.disk_bytes(self.folder)
