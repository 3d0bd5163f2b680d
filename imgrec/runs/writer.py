"""What the one writer of a run folder does: the worker that holds its lock, or who started it in vain."""

import io
import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime

import numpy as np
from filelock import FileLock

from imgrec import files
from imgrec.records import Attempt, EpochMetrics, Evaluation, Failure, Progress, Record
from imgrec.runs import checkpoints, checksum
from imgrec.runs.documents import CONFIG, SCHEMA
from imgrec.runs.ending import Ending
from imgrec.runs.run import ATTEMPTS, ENDED, Run

SLOT = "IMGREC_SLOT"
"""The environment variable that tells a worker which of the machine's slots is its own, counted from 0."""


class RunWriter(Run):
    """A run in the hands of who may write its files. Every write is whole or not at all."""

    def lock(self) -> FileLock:
        """Return the lock of the one writer of this folder. Waits 5 s, as an observer may hold it for an instant."""
        return FileLock(self.folder / "worker.lock", timeout=5)

    def write_progress(self, progress: Progress) -> None:
        """Replace what the worker is doing. Not fsynced: it is worth nothing after a crash."""
        temporary = self.folder / ".progress.tmp"
        temporary.write_text(json.dumps(progress.model_dump(exclude_none=True), allow_nan=False), encoding="utf-8")
        temporary.replace(self.folder / "progress.json")

    def begin(self) -> checkpoints.Saved | None:
        """Take up the run: note it, on the disk when this returns, and return the newest intact checkpoint.

        Damaged ones are removed, their names stay in the note; and so is what a worker was writing when it died.
        """
        saved, damaged = checkpoints.newest(self.checkpoints_folder)
        for path in [*damaged, *self.checkpoints_folder.glob(".*.tmp")]:
            path.unlink()
        attempt = Attempt(
            time=datetime.now(UTC).isoformat(timespec="seconds"),
            process=os.getpid(),
            slot=int(os.environ.get(SLOT, "0")),
            request=self.request.number,
            epoch=self.reached.epoch,
            step=self.reached.step,
            damaged=tuple(path.name for path in damaged),
        )
        self._write_lines(ATTEMPTS, [*self.attempts(), attempt])
        return saved

    def note_images(self, fingerprint: str) -> None:
        """Write which images the run learns from, once that is known. Runs of before schema 3 have no place for it."""
        if "dataset" in self.record and self.dataset.fingerprint != fingerprint:
            dataset = self.dataset.replace(fingerprint=fingerprint)
            self._write(CONFIG, {**self.record, "dataset": dataset.model_dump(mode="json")})
            self.__dict__.pop("record")
            self.__dict__.pop("dataset")

    def forget_folders(self) -> None:
        """Look for the run's images in the ordinary place from now on, as on another machine."""
        self._write(CONFIG, {**self.record, "images": {"folders": [None]}})
        self.__dict__.pop("record")

    def write_checkpoint(self, saved: checkpoints.Saved) -> None:
        """Keep what the training can go on from, and then show its complete epochs: no shown epoch is ever lost."""
        state = saved.training_state
        checkpoints.write(self.checkpoints_folder, checkpoints.Place(state.epoch, state.step), saved)
        self.write_history(state.history)

    def write_history(self, history: Sequence[EpochMetrics]) -> None:
        """Replace the metrics of the complete epochs, where they differ."""
        self._write_lines("history.jsonl", history)

    def write_model(self, content: bytes) -> None:
        """Replace the model by the content of a .keras file."""
        files.write_bytes(self.model, content)

    def write_lite(self, content: bytes) -> None:
        """Replace the model in the form that answers without TensorFlow by the content of a .tflite file."""
        files.write_bytes(self.lite, content)

    def write_predictions(self, probabilities: np.ndarray, labels: np.ndarray) -> None:
        """Replace the test predictions: (N, classes) float32 and (N,) uint8 or uint16."""
        content = io.BytesIO()
        np.savez(content, probabilities=probabilities, labels=labels)
        files.write_bytes(self.folder / "predictions.npz", content.getbuffer())

    def finish(self, evaluation: Evaluation) -> None:
        """Write the evaluation, which makes the run finished, and remove what is no longer needed."""
        self._write("evaluation.json", {"schema": SCHEMA, **evaluation.model_dump()})
        shutil.rmtree(self.checkpoints_folder, ignore_errors=True)

    def clear_error(self) -> None:
        """Remove what went wrong, so that the run can go on."""
        (self.folder / "error.json").unlink(missing_ok=True)

    def remove_results(self) -> None:
        """Remove the results, so that the run can be trained again: to the same ones, as it is the same config."""
        for name in ("evaluation.json", "predictions.npz", self.model.name, self.lite.name, "history.jsonl"):
            (self.folder / name).unlink(missing_ok=True)
        shutil.rmtree(self.checkpoints_folder, ignore_errors=True)

    def fail(self, sentence: str, traceback: str, *, again: bool = False, learning_rate: float | None = None) -> None:
        """Write what went wrong, which makes the run failed, and whether trying it again, or another rate, may help."""
        failure = Failure(sentence=sentence, traceback=traceback, again=again, learning_rate=learning_rate)
        self._write("error.json", failure.model_dump(exclude_none=True))

    def note_ending(self, process: int, ending: Ending) -> None:
        """Write how the process of the last worker ended, unless the run has ended or that is known already."""
        attempts = self.attempts()
        last = bool(attempts) and attempts[-1].process == process
        if last and self.ending() is None and self.unlocked_state not in ENDED:
            self._write("ending.json", {"process": process, **asdict(ending)})

    def _write_lines(self, name: str, records: Sequence[Record]) -> None:
        """Replace a file of lines where it differs."""
        rows = [record.model_dump(mode="json") for record in records]
        path, data = self.folder / name, (checksum.lines_with if self._has_checksums else checksum.lines)(rows).encode()
        as_it_is = path.read_bytes() == data if path.exists() else not rows
        if not as_it_is:
            files.write_bytes(path, data)
