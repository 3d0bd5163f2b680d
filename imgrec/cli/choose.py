"""Finds the run that an argument means: its id, the unique beginning of it, or `latest`."""

from collections.abc import Callable

from imgrec import runs
from imgrec.errors import RunError, SettingsError
from imgrec.runs import Run

LATEST = "latest"
HELP = "the run's id, the beginning of it that no other run has, or `latest`"


def find(text: str, suits: Callable[[Run], bool], what: str) -> Run:
    """Gives the run meant by text; `latest` is the newest that suits, and what says which those are.

    Raises SettingsError where no run or several are meant, RunError where there is no latest one.
    """
    if text == LATEST:
        for run in runs.readable():
            if suits(run):
                return run
        raise RunError(f"There is no {what} yet. `python -m imgrec train --preset quick` makes one.")
    meant = [run for run in runs.all() if run.id.startswith(text)]
    if not meant:
        raise SettingsError(f"There is no run {text[:60]!r}. `python -m imgrec runs` lists those that there are.")
    if len(meant) > 1:
        raise SettingsError(f"RUN needs to mean one run. {text!r} begins the ids of {len(meant)}; add more of it.")
    return meant[0]
