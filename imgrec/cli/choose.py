"""The run that a command is about: its argument, which is an id, the unique beginning of it, or `latest`."""

import argparse
from collections.abc import Callable
from typing import Any

from imgrec import edge
from imgrec.errors import RunError, SettingsError
from imgrec.runs import Run

LATEST = "latest"
HELP = "the run's id, the beginning of it that no other run has, or `latest`"


def add_command(
    commands: Any,
    common: argparse.ArgumentParser,
    name: str,
    text: str,
    do: Callable[..., int],
    *,
    of_a_run: bool = True,
) -> argparse.ArgumentParser:
    """Add a command, with the run that it is about as its first argument where it is about one."""
    parser: argparse.ArgumentParser = commands.add_parser(
        name, parents=[common], help=text, description=text, allow_abbrev=False
    )
    if of_a_run:
        parser.add_argument("run", metavar="RUN", help=HELP)
    parser.set_defaults(do=do)
    return parser


def find(text: str, suits: Callable[[Run], bool], what: str) -> Run:
    """Return the run meant by text; `latest` is the newest that suits, and what says which those are.

    Raises SettingsError where no run or several are meant, RunError where there is no latest one.
    """
    store = edge.store()
    if text == LATEST:
        for run in store.readable():
            if suits(run):
                return run
        if len(store.readable()) < len(store.all()):
            raise RunError(
                f"There is no {what} among the runs that can be read. `python -m imgrec check` says why others cannot."
            )
        raise RunError(f"There is no {what} yet. `python -m imgrec train --preset quick` makes one.")
    meant = [run for run in store.all() if run.id.startswith(text)]
    if not meant:
        raise SettingsError(f"There is no run {text[:60]!r}. `python -m imgrec runs` lists those that there are.")
    if len(meant) > 1:
        raise SettingsError(f"RUN needs to mean one run. {text!r} begins the ids of {len(meant)}; add more of it.")
    return meant[0]
