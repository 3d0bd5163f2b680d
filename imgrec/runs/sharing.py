"""Runs that visitors share by a link: copies in a store of their own, which are only read and can be withdrawn.

A copy's id is too long to be guessed, and the copies are listed nowhere: whoever has the link sees that one run.
"""

import secrets
import shutil
from contextlib import suppress

from imgrec import files
from imgrec.errors import RunError
from imgrec.runs.run import Annotations, Run, State
from imgrec.runs.store import Store

COPIED = (
    "config.json",
    "starts.jsonl",
    "history.jsonl",
    "model.keras",
    "model.tflite",
    "predictions.npz",
    "evaluation.json",
)
"""What shows a finished run, without its log and its owner's tags."""


def copy(run: Run) -> Run:
    """Return a copy of a finished run in the store of shared runs. Raises RunError where it cannot be made."""
    if run.state is not State.FINISHED:
        raise RunError(f"Only a finished run can be shared. {run.name} is {run.state}.")
    target = Run(Store.of(run).shared.runs / f"{run.id}-{secrets.token_hex(16)}")
    try:
        with files.new_folder(target.folder) as building:
            for name in COPIED:
                with suppress(FileNotFoundError):  # not every run has a model for quick answers
                    shutil.copyfile(run.folder / name, building / name)
            Run(building).write_annotations(Annotations(run.name))
    except OSError as error:
        raise RunError(files.cannot_write(target.folder.parent, error)) from error
    return target


def withdraw(run: Run) -> None:
    """Remove the copy of a run, so that its link leads nowhere. Raises RunError where it cannot be removed."""
    found = copy_of(run)
    if found is None:
        return
    try:
        files.remove_folder(found.folder)
    except OSError as error:
        raise RunError(files.cannot_write(found.folder.parent, error)) from error


def copy_of(run: Run) -> Run | None:
    """Return the shared copy of a run, if there is one."""
    if not run.annotations.shared:
        return None
    with suppress(RunError):
        return Store.of(run).shared.get(run.annotations.shared)
    return None


def is_shared_copy(run: Run) -> bool:
    """Return whether a run is a copy that somebody shares."""
    store = Store.of(run)
    return store == store.shared
