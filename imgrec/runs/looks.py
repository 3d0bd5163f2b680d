"""What one look at a run finds, remembered until one of its files is replaced: thousands of runs are looked at often.

The files of a run are replaced as a whole or not at all, so a mark (files.mark) tells another content.
"""

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from imgrec import files
from imgrec.errors import RunError, SettingsError
from imgrec.runs.documents import CONFIG, EVALUATION
from imgrec.runs.run import ATTEMPTS, Run, State

MOST_KEPT = 20_000
"""Runs that are not finished and are remembered, about 1.5 kB each."""

OF_A_FINISHED_RUN = (EVALUATION, CONFIG, "label.json", "history.jsonl", "")
"""What tells that nothing has changed of a finished run; the last is its folder, which gains or loses a file."""

_OF_ANOTHER_RUN = ("error.json", "request.json", ATTEMPTS, "progress.json", "checkpoints")

Marks = tuple[tuple[int, int] | None, ...]


class Look(NamedTuple):
    """What a run is doing, None where a file that says so is damaged, and whether its settings can be read."""

    state: State | None
    is_readable: bool


def marks(folder: str) -> Marks:
    """Return the marks of all files that decide what a run is doing, and what a list shows of it."""
    found = tuple([files.mark(f"{folder}/{name}") for name in OF_A_FINISHED_RUN])
    return found if found[0] else (*found, *[files.mark(f"{folder}/{name}") for name in _OF_ANOTHER_RUN])


def at(run: Run) -> Look:
    """Look at a run."""
    found = marks(str(run.folder))
    if has_worker(str(run.folder), found):
        return Look(_state(lambda: run.state), _is_readable(run))
    return _at_rest(str(run.folder), found)


def has_worker(folder: str, found: Marks) -> bool:
    """Return whether a run with these marks has a worker; no mark says when that lets the run's lock go."""
    try:
        return found[0] is None and Run(Path(folder)).alive()
    except OSError:  # its folder is locked away, which is said by whoever reads its files
        return False


@lru_cache(maxsize=MOST_KEPT)
def _at_rest(folder: str, found: Marks) -> Look:
    del found  # they are there to be compared
    run = Run(Path(folder))
    # Never running: the lock is no file that has another mark once a worker has let it go.
    return Look(_state(lambda: run.unlocked_state), _is_readable(run))


def _state(ask: Callable[[], State]) -> State | None:
    try:
        return ask()
    except (RunError, OSError):  # a file of it is damaged or locked away: it is listed by all(), and no one's to start
        return None


def _is_readable(run: Run) -> bool:
    try:
        _ = run.config, run.annotations
    except (RunError, SettingsError):
        return False
    return True
