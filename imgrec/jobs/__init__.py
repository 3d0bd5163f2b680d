"""Jobs: runs are checked and queued, trained further, repeated, and asked to pause, to go on and to stop.

Which runs wait stands in turns.py, the processes that train them in processes.py.
"""

import os
import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count, islice
from pathlib import Path
from typing import Literal

from filelock import FileLock

from imgrec import architecture, datasets, files, presets, runs
from imgrec.config import RunConfig
from imgrec.errors import ImgrecError, RunError, SettingsError
from imgrec.jobs.estimate import forecast
from imgrec.jobs.machine import slots, worker_environment
from imgrec.jobs.processes import (
    NOT_MINE,
    START_SECONDS,
    cannot_start,
    keepers_lock,
    look_after,
    start_next,
)
from imgrec.jobs.turns import ACTIVE, NOT_ENDED, active, move, queue, running, under_way
from imgrec.runs import Run, State, Work, listing, names

__all__ = [
    "ACTIVE",
    "MAX_COPIES",
    "NOT_ENDED",
    "NOT_MINE",
    "START_SECONDS",
    "active",
    "can_resume",
    "check",
    "default_name",
    "forecast",
    "keepers_lock",
    "kill",
    "launch",
    "look_after",
    "move",
    "newest",
    "pause",
    "problem",
    "queue",
    "repeat",
    "resume",
    "running",
    "slots",
    "start_next",
    "stop",
    "under_way",
    "worker_environment",
]

FURTHER = " · further"
"""Ends the name of a run that trains another one's model."""

SEED = " · seed "
"""Ends, with the number, the name of a run that repeats another one."""

MAX_COPIES = 10
"""Copies of a run that are queued at once: a slip of the finger shall not occupy the machine for days."""


def check(config: RunConfig) -> architecture.Architecture:
    """Traces a config that is to be trained. Raises ImgrecError in words where it cannot be."""
    dataset = datasets.get(config.dataset)
    if not config.layers:
        raise SettingsError("A network needs at least one layer. Received: none. Add one, or choose a preset.")
    return architecture.check(config.layers, dataset.image_shape, len(dataset.class_names))


def problem(config: RunConfig) -> str | None:
    """Says why a config cannot be trained, or nothing."""
    try:
        check(config)
    except ImgrecError as error:
        return str(error)
    return None


def launch(config: RunConfig, name: str = "", *, parent: Run | None = None, since: str | None = None) -> Run:
    """Puts a run into the queue and starts it if a slot is free; with a parent it trains that run's model further.

    since is the id of the newest run when the form was drawn: where a run of this very config was made after it, the
    form was sent twice, and that run is given. Raises ImgrecError where the config cannot be trained.
    """
    check(config)
    slots()  # refused before there is a run that no one could start
    if parent is not None:
        _check_further(config, parent)
    with _launching():
        return _made(config, parent, since) or runs.create(config, name or default_name(config, parent), parent)


def repeat(run: Run, copies: int, since: str | None = None) -> list[Run]:
    """Queues copies of a run that differ in the seed alone: each has the next one that no run of this recipe has yet.

    since is the id of the newest run when the form was drawn: where copies were made after it, the form was sent twice,
    and those are given. Raises SettingsError for more copies than allowed, RunError for a run that trains another one's
    model.
    """
    if not 1 <= copies <= MAX_COPIES:
        raise SettingsError(f"Repeating a run needs 1 to {MAX_COPIES} copies. Received: {copies}.")
    if run.parent is not None:
        raise RunError(
            f"Only a run that begins anew can be repeated with other seeds. {run.name} trains another run's model "
            "further, and must keep its seed. Repeat that run, and train the copies further."
        )
    check(run.config)
    slots()
    with _launching():
        recipe = listing.recipe(run.config, None)
        alike = [row for row in listing.rows()[0] if row.recipe == recipe]
        if since is not None and (made := [runs.get(row.id) for row in alike if row.id > since]):
            return made[::-1]
        taken = {row.seed for row in alike}
        free = (seed for seed in count(run.config.training.seed + 1) if seed not in taken)
        # All of them before the first run is made, as the last may be above the largest seed.
        configs = [run.config.with_setting("training.seed", seed) for seed in islice(free, copies)]
        return [runs.create(config, _seeded_name(run, config.training.seed)) for config in configs]


def newest() -> str:
    """Gives the id of the newest run, which is below the ids of all that will be made; before the first one, ""."""
    return next((run.id for run in runs.all()), "")


def default_name(config: RunConfig, parent: Run | None = None) -> str:
    """Names a run after the preset whose layers it has, with a number: "Article 3"; or after its parent."""
    if parent is not None:
        return f"{names.cut(parent.name, runs.MAX_NAME - len(FURTHER))}{FURTHER}"
    titles = [preset.title for preset in presets.PRESETS.values() if preset.config.layers == config.layers]
    return f"{titles[0] if titles else 'Custom'} {len(runs.all()) + 1}"


def stop(run: Run) -> None:
    """Asks a run to end with its best epoch, and takes one that has learnt nothing yet out of the queue.

    Raises RunError where the run has ended already.
    """
    _ask(run, "stop", "Only a run that has not ended can be stopped.", NOT_ENDED)


def pause(run: Run) -> None:
    """Asks a run to leave its slot to others and to go on later exactly where it is.

    Raises RunError where the run is neither waiting nor running.
    """
    _ask(run, "pause", "Only a queued or running run can be paused.", NOT_ENDED - {State.INTERRUPTED})


def resume(run: Run) -> None:
    """Puts a paused or interrupted run back into the queue, or one that failed and has a checkpoint.

    It also takes back that a run shall pause or stop. Raises RunError where the run has ended.
    """
    failed = {State.FAILED} if run.has_checkpoint else set()
    needed = "Only a run that has not ended, or failed with a checkpoint, can be resumed."
    _ask(run, "resume", needed, NOT_ENDED | failed)


def can_resume(run: Run) -> bool:
    """Says whether the run is at rest and can go on."""
    state = run.state
    return state in {State.PAUSED, State.INTERRUPTED} or (state is State.FAILED and run.has_checkpoint)


def kill(run: Run) -> None:
    """Ends a run's worker at once; what it has kept stays. Does nothing where the worker is not surely known."""
    if not run.alive():
        return
    with suppress(OSError, IndexError):  # it has ended by itself, or only just begins
        process = run.starts()[-1]["process"]
        if run.id in Path(f"/proc/{process}/cmdline").read_text(errors="replace"):
            os.kill(process, signal.SIGKILL)


@contextmanager
def _launching() -> Iterator[None]:
    """Lets no one else make runs meanwhile, and starts afterwards what can start."""
    try:
        with FileLock(files.home() / "launch.lock"):
            yield
    except OSError as error:
        raise cannot_start(error) from error
    look_after()


def _seeded_name(run: Run, seed: int) -> str:
    end = f"{SEED}{seed}"
    return f"{names.cut(re.sub(rf'{SEED}[0-9]+$', '', run.name), runs.MAX_NAME - len(end))}{end}"


def _made(config: RunConfig, parent: Run | None, since: str | None) -> Run | None:
    """Finds the run that this form has made already, if it was drawn before that run."""
    if since is not None:
        for run in runs.all():
            if run.id <= since:
                break
            with suppress(ImgrecError):  # damaged, and so not what this form made a moment ago
                if run.config == config and run.parent == (parent and parent.id):
                    return run
    return None


def _check_further(config: RunConfig, parent: Run) -> None:
    if parent.state is not State.FINISHED:
        raise RunError(f"Only a finished run can be trained further. {parent.name} is {parent.state}.")
    for what, now, before in (
        ("network", config.layers, parent.config.layers),
        ("dataset", config.dataset, parent.config.dataset),
        ("seed", config.training.seed, parent.config.training.seed),
        ("validation share", config.training.validation_share, parent.config.training.validation_share),
    ):
        if now != before:
            raise SettingsError(
                f"Training {parent.name} further needs its own {what}. Received another. Keep it, or start a new run: "
                "a model goes on with its own layers, and must never learn the images that validate it."
            )


def _ask(run: Run, what: Literal["stop", "pause", "resume"], needed: str, possible: frozenset[State]) -> None:
    if run.state not in possible:
        raise RunError(f"{needed} {run.name} is {run.state}.")
    run.ask(what)
    if what == "resume":
        _forgive(run)
    look_after()


def _forgive(run: Run) -> None:
    work = Work(run.folder)
    try:
        work.forgive()
    except OSError as error:
        raise RunError(
            f"Resuming a run needs to write in its folder, {run.folder}. It cannot be written: {error.strerror}."
        ) from error
