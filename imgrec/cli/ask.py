"""`stop`, `pause` and `resume`: what can be asked of a run."""

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from imgrec import jobs
from imgrec.cli import choose
from imgrec.cli.output import command, say, say_json
from imgrec.runs import Run, State


@dataclass(frozen=True)
class _Command:
    name: str
    help: str
    ask: Callable[[Run], None]
    latest: frozenset[State]
    """The states of the runs that `latest` means."""
    told: Callable[[Run], str]


def add(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the commands."""
    for one in _COMMANDS:
        choose.add_command(commands, common, one.name, one.help, _do).set_defaults(asking=one)


def _do(arguments: argparse.Namespace) -> int:
    asking: _Command = arguments.asking
    states = " or ".join(sorted(asking.latest))
    run = choose.find(arguments.run, lambda run: run.state in asking.latest, f"{states} run")
    asking.ask(run)
    if arguments.json:
        say_json({"run": run.id, "state": run.state, "request": asking.name})
    else:
        say(asking.told(run))
    return 0


def _stopped(run: Run) -> str:
    if run.state is State.CANCELLED:
        return f"{run.name} was taken out of the queue."
    kept = "keeps its best epoch" if run.history() else "keeps what it has learnt, if it has begun to learn"
    return f"{run.name} ends within a few seconds and {kept}."


def _paused(run: Run) -> str:
    return f"{run.name} makes room for others within a few seconds. `{command('resume', run)}` goes on."


def _resumed(run: Run) -> str:
    how = "goes on where it was" if run.has_checkpoint else "begins anew"
    return f"{run.name} {how}, as soon as a place is free."


_COMMANDS = (
    _Command(
        "stop",
        "Stop a run with its best epoch so far, or take it out of the queue.",
        jobs.stop,
        jobs.ACTIVE,
        _stopped,
    ),
    _Command(
        "pause",
        "Pause a run: it makes room for others, and goes on later exactly where it was.",
        jobs.pause,
        jobs.ACTIVE,
        _paused,
    ),
    _Command(
        "resume",
        "Let a paused or interrupted run go on exactly where it was, or one that failed of something that may be gone. "
        "The variable of its dataset, as IMGREC_CIFAR10, tells it where its images are now.",
        jobs.resume,
        frozenset({State.PAUSED, State.INTERRUPTED}),
        _resumed,
    ),
)
