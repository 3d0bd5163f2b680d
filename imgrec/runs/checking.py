"""Verifies every rule of the store and explains what breaks one; what can be put right, can be repaired.

To add a rule: a function in RULES that yields what it finds in a run whose config can be read; or in REMAINS, where
nothing is wrong with what it finds but the room it takes.

A run always ends the same for the same config. So one whose results are damaged is repaired by letting it be trained
again: its results are removed, and Resume does the rest.
"""

import json
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile

import numpy as np
from filelock import Timeout

from imgrec import files
from imgrec.config import RunConfig
from imgrec.errors import ImgrecError, RunError
from imgrec.records import EpochMetrics
from imgrec.runs import checking_datasets, checkpoints, library, starts, sweeps
from imgrec.runs.documents import NewerRunError, UnreadableError
from imgrec.runs.run import Run, State
from imgrec.runs.store import Store, is_id
from imgrec.runs.writer import RunWriter

BUILDING_SECONDS = 60.0
"""A folder that is still being built after this long was left behind; building one takes milliseconds."""

LOW_BYTES = 500_000_000
"""Free space below which a download or a few runs fill the disk."""


LEFT = "It is left as it is until it can be read."


@dataclass(frozen=True)
class Finding:
    """Something that breaks a rule: where, what, and what can be done; repair does it, if it can be done by itself."""

    where: str
    what: str
    remedy: str
    repair: Callable[[], None] | None = None


def check(store: Store) -> Iterator[Finding]:
    """Yield what breaks a rule in the store, its datasets and each run. What a living worker writes is left to it."""
    yield from _store(store)
    yield from _strangers(store.runs)
    for where, what, remedy, repair in checking_datasets.rules(store.own_datasets):
        yield Finding(where, what, remedy, repair)
    for run in store.all():
        yield from of_run(run)


def of_run(run: Run, *, remains: bool = True) -> Iterator[Finding]:
    """Yield what breaks a rule in one run; and what remains of writers that died, unless that is not asked for."""
    where, run = f"run {run.id}", RunWriter(run.folder)  # anew from the disk, and read once for all rules
    try:
        _ = run.config
    except NewerRunError as error:
        yield Finding(where, str(error), "It is left as it is.")
        return
    except UnreadableError as error:
        yield Finding(where, str(error), LEFT)
        return
    except RunError as error:
        yield Finding(where, str(error), "It goes to the trash.", partial(library.delete, run))
        return
    except ImgrecError as error:
        yield Finding(where, str(error), "It was made with something that this imgrec lacks. Update it.")
        return
    try:
        with run.lock().acquire(timeout=0):
            rules = (*RULES, *REMAINS) if remains else RULES
            found = [finding for rule in rules for finding in rule(run)]
    except Timeout:
        return  # a worker is at it
    except (OSError, UnreadableError) as error:  # nothing can be judged, let alone removed
        yield Finding(where, _unreadable(error), LEFT)
        return
    for what, remedy, repair in found:
        yield Finding(where, what, remedy, partial(_held, run, repair) if repair else None)


Found = tuple[str, str, Callable[[], object] | None]
"""What is wrong, what is done about it, and the doing."""


def _store(store: Store) -> Iterator[Finding]:
    folder = store.folder
    if not folder.exists():
        return
    free = shutil.disk_usage(folder).free
    if free < LOW_BYTES:
        yield Finding(str(folder), f"Only {free / 1e6:,.0f} MB are free.", "Delete runs, and empty the trash.")
    order = store.queue_order
    if why := _locked_away(order):
        yield Finding(order.name, why, LEFT)
    elif order.exists() and not _is_list(order):
        yield Finding(
            order.name,
            "The order of the queue cannot be read.",
            "It is removed; the oldest run starts first.",
            order.unlink,
        )
    for path in sorted(store.drafts.glob("*.json")):
        if why := _locked_away(path):
            yield Finding(f"drafts/{path.name}", why, LEFT)
            continue
        try:
            RunConfig.from_file(path)
        except ImgrecError as error:
            yield Finding(f"drafts/{path.name}", str(error), "It is removed; its browser begins anew.", path.unlink)
    for path in sorted((store.folder / sweeps.FOLDER).glob("*.json")):
        if why := _locked_away(path):
            yield Finding(f"{sweeps.FOLDER}/{path.name}", why, LEFT)
            continue
        try:
            sweeps.get(store, path.stem)
        except RunError as error:
            yield Finding(f"{sweeps.FOLDER}/{path.name}", str(error), "It is removed; its runs stay.", path.unlink)


def _unreadable(error: OSError | UnreadableError) -> str:
    if isinstance(error, UnreadableError):
        return str(error)
    return f"{error.filename or 'It'} cannot be read: {error.strerror}. {files.remedy(error)}"


def _locked_away(path: Path) -> str | None:
    """Say that the system does not let a file be read, or nothing."""
    try:
        path.open("rb").close()
    except (FileNotFoundError, IsADirectoryError):
        return None
    except OSError as error:
        return _unreadable(error)
    return None


def _is_list(path: Path) -> bool:
    try:
        return isinstance(json.loads(path.read_text(encoding="utf-8")), list)
    except (ValueError, IsADirectoryError):
        return False


def _strangers(folder: Path) -> Iterator[Finding]:
    """Find what lies between the runs and is none."""
    for path in sorted(folder.iterdir()) if folder.is_dir() else []:
        if is_id(path.name):
            continue
        if path.name.startswith(".") and is_id(path.name[1:]):
            if time.time() - path.stat().st_mtime > BUILDING_SECONDS:
                what = "It was being made when its maker died, and never became a run."
                yield Finding(f"runs/{path.name}", what, "It is removed.", partial(shutil.rmtree, path))
        else:
            yield Finding(f"runs/{path.name}", "This is no run.", "Move it elsewhere, or remove it.")


def _held(run: Run, repair: Callable[[], object]) -> None:
    """Repair a run while no worker can take it up."""
    with suppress(Timeout), RunWriter(run.folder).lock().acquire(timeout=0):
        repair()


def _documents(run: RunWriter) -> Iterator[Found]:
    for name, read, lost in (
        ("label.json", lambda: run.annotations, "it has its first name again"),
        ("request.json", lambda: run.request, "what was asked last is forgotten"),
        ("starts.jsonl", run.attempts, "how often it was taken up is forgotten"),
        ("progress.json", run.progress, "nothing is lost"),
        ("ending.json", run.ending, "how its process ended is forgotten"),
        ("error.json", run.error, "what went wrong is forgotten, and it can be resumed"),
    ):
        if why := _raised(read):
            yield why, f"{name} is removed: {lost}.", (run.folder / name).unlink


def _checkpoints(run: RunWriter) -> Iterator[Found]:
    for _, path in checkpoints.places(run.checkpoints_folder):
        if why := _raised(partial(checkpoints.read, path)):
            yield why, "It is removed; the run goes on from the one before, or begins anew.", path.unlink


def _checkpoints_of_a_finished_run(run: RunWriter) -> Iterator[Found]:
    if run.state is State.FINISHED and run.checkpoints_folder.exists():
        what = "It is finished and still has checkpoints, which it needs no more."
        yield what, "They are removed.", partial(shutil.rmtree, run.checkpoints_folder)


def _half_written(run: RunWriter) -> Iterator[Found]:
    for path in sorted([*run.folder.glob(".*.tmp*"), *run.checkpoints_folder.glob(".*.tmp")]):
        yield f"{path.name} was being written when its writer died.", "It is removed.", path.unlink


def _history(run: RunWriter) -> Iterator[Found]:
    if run.state is State.FINISHED:
        return  # one of its results
    if why := _raised(run.history):
        saved, _ = checkpoints.newest(run.checkpoints_folder)
        history = saved.training_state.history if saved else ()
        remedy = f"It is written anew from the newest intact checkpoint: {len(history)} epochs."
        yield why, remedy, partial(_rewrite, run, history)
        return
    epochs = [metrics.epoch for metrics in run.history()]
    if epochs != list(range(1, len(epochs) + 1)):
        yield f"history.jsonl has the epochs {epochs}.", "Each needs one line, in order. Start a copy.", None


def _rewrite(run: RunWriter, history: tuple[EpochMetrics, ...]) -> None:
    (run.folder / "history.jsonl").unlink(missing_ok=True)
    run.write_history(history)


def _results(run: RunWriter) -> Iterator[Found]:
    """Find scores that are not those of the predictions, and files that do not hold what was written."""
    if run.state is not State.FINISHED:
        return
    for require in (partial(_require_scores, run), partial(_require_zip, run.model)):
        if why := _raised(require):
            if run.request.what == "stop":
                yield why, "It was stopped by hand, and cannot be made again. Delete it, or start a copy.", None
            else:
                yield why, "Its results are removed; Resume trains it again, to the same ones.", run.remove_results
            return


def _lite(run: RunWriter) -> Iterator[Found]:
    if run.state is not State.FINISHED or not run.lite.exists() or _raised(run.evaluation):
        return
    evaluation = run.evaluation()
    if evaluation and evaluation.lite_sha256 != sha256(run.lite.read_bytes()).hexdigest():
        what = f"{run.lite.name} does not have its checksum."
        yield what, f"It is removed: {run.model.name} answers without it as well.", run.lite.unlink


def _require_scores(run: RunWriter) -> None:
    evaluation, history = run.evaluation(), run.history()
    assert evaluation is not None  # the run is finished
    probabilities, labels = run.predictions()
    correct = int((probabilities.argmax(axis=1) == labels).sum())
    said = evaluation.test_correct, evaluation.test_images
    if said != (correct, len(labels)):
        raise RunError(
            f"evaluation.json counts {said[0]} of {said[1]} test images as right, and the predictions "
            f"{correct} of {len(labels)}."
        )
    if not np.allclose(probabilities.sum(axis=1), 1, atol=1e-3):
        raise RunError("predictions.npz holds rows that do not sum to 1.")
    epochs, trained = len(history), evaluation.epochs_trained
    if epochs != trained:
        raise RunError(f"history.jsonl has {epochs} epochs, and {trained} were trained.")


def _require_zip(path: Path) -> None:
    try:
        with ZipFile(path) as file:
            damaged = file.testzip()
    except (FileNotFoundError, IsADirectoryError, BadZipFile) as error:
        raise RunError(f"{path.name} cannot be read: {error}.") from None
    if damaged:
        raise RunError(f"{path.name} is damaged: its part {damaged} does not have its checksum.")


def _start(run: RunWriter) -> Iterator[Found]:
    begins = starts.has(run) and run.state is not State.FINISHED and not run.has_checkpoint
    if begins and (why := _raised(partial(starts.read, run)) or _raised(partial(_require_zip, run.start))):
        yield why, "It cannot begin. Delete it, and start another one in the same way.", None


def _raised(read: Callable[[], Any]) -> str | None:
    """Say what damage reading found, or nothing. Raises what only says that the system does not let it be read."""
    try:
        read()
    except UnreadableError:
        raise
    except RunError as error:
        return str(error)
    except FileNotFoundError:
        return None
    except IsADirectoryError as error:
        return f"{error.filename} cannot be read: {error.strerror}."
    return None


RULES: tuple[Callable[[RunWriter], Iterator[Found]], ...] = (
    _documents,
    _checkpoints,
    _history,
    _results,
    _lite,
    _start,
)

REMAINS: tuple[Callable[[RunWriter], Iterator[Found]], ...] = (_half_written, _checkpoints_of_a_finished_run)
