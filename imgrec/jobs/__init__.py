"""Jobs: runs are checked and queued, trained further, repeated, and asked to pause, to go on and to stop.

Which runs wait stands in turns.py, the processes that train them in processes.py.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from itertools import count, islice
from typing import Literal

from imgrec import architecture, files
from imgrec.config import RunConfig
from imgrec.errors import ImgrecError, RunError, SettingsError
from imgrec.jobs import budgets
from imgrec.jobs.beginnings import begun, check_further, checked_origin, origin, source
from imgrec.jobs.budgets import disk_bytes, tensorflow_turn
from imgrec.jobs.estimate import forecast, wait
from imgrec.jobs.expiry import seconds_left, sweep
from imgrec.jobs.machine import free_memory, slots, worker_environment
from imgrec.jobs.naming import default_name, seeded
from imgrec.jobs.own_datasets import learning_from, remove_dataset
from imgrec.jobs.processes import (
    NOT_MINE,
    cannot_start,
    expect,
    look_after,
    prepare_answers,
    reap,
    rest,
    scheduler_alive,
    scheduler_lock,
    start_next,
    wake,
)
from imgrec.jobs.standby import is_expected, is_on
from imgrec.jobs.turns import (
    ACTIVE,
    NOT_ENDED,
    active,
    ahead,
    drain,
    earlier,
    in_turns,
    is_drained,
    move,
    queue,
    running,
    under_way,
)
from imgrec.jobs.workers import kill, memory_of
from imgrec.runs import Run, RunWriter, State, Store, listing

__all__ = [
    "ACTIVE",
    "MAX_COPIES",
    "NOT_ENDED",
    "NOT_MINE",
    "active",
    "ahead",
    "begun",
    "can_resume",
    "check",
    "checked_origin",
    "default_name",
    "disk_bytes",
    "drain",
    "earlier",
    "expect",
    "forecast",
    "free_memory",
    "in_turns",
    "is_drained",
    "is_expected",
    "kill",
    "known",
    "launch",
    "learning_from",
    "look_after",
    "memory_of",
    "move",
    "network",
    "origin",
    "pause",
    "prepare_answers",
    "problem",
    "queue",
    "reap",
    "remove_dataset",
    "repeat",
    "rest",
    "resume",
    "running",
    "scheduler_alive",
    "scheduler_lock",
    "seconds_left",
    "slots",
    "source",
    "start_next",
    "stop",
    "sweep",
    "tensorflow_turn",
    "under_way",
    "wait",
    "worker_environment",
]

MAX_COPIES = 10
"""Copies of a run that are queued at once: a slip of the finger shall not occupy the machine for days."""


def check(config: RunConfig, store: Store) -> architecture.Architecture:
    """Trace a config that is to be trained in a store. Raises ImgrecError in words where it cannot be."""
    dataset = store.dataset(config.dataset)
    if not config.layers:
        raise SettingsError("A network needs at least one layer. Received: none. Add one, or choose a preset.")
    return architecture.check(config.layers, dataset.image_shape, len(dataset.class_names))


def network(run: Run) -> architecture.Architecture:
    """Trace the network of a run on the images of its dataset. Raises ImgrecError in words where it does not fit."""
    return architecture.check(run.config.layers, run.dataset.image_shape, len(run.dataset.class_names))


def problem(config: RunConfig, store: Store) -> str | None:
    """Say why a config cannot be trained, by whoever has this store, or nothing."""
    try:
        network = check(config, store)
        checked_origin(store, config)
        budgets.check(store, config, network)
    except ImgrecError as error:
        return str(error)
    return None


def launch(
    store: Store,
    config: RunConfig,
    name: str = "",
    *,
    parent: Run | None = None,
    known: Collection[str] | None = None,
    address: str | None = None,
) -> Run:
    """Put a run into the queue, where it starts once a slot is free; with a parent it trains that run's model further.

    known has the ids of the runs that there were when the form was drawn: where there is another one of this very
    config, the form was sent twice, and that run is given. address is the internet address of who asks, if known.
    Raises ImgrecError where the config cannot be trained, BudgetError where the server does not let a visitor do so.
    """
    network = check(config, store)
    _check_environment()
    if parent is not None:
        check_further(config, parent)
    origin = checked_origin(store, config) if parent is None else None
    with _launching(store):
        # Under the lock, as the visitor may be joining a class.
        budgets.check(store, config, network, further=parent is not None)
        if made := _made(store, config, parent, known):
            return made
        with budgets.claimed(store, 1, address):
            return store.create(config, name or default_name(store, config, parent), parent, origin=origin)


def repeat(run: Run, copies: int, known: Collection[str] | None = None, address: str | None = None) -> list[Run]:
    """Queue copies of a run that differ in the seed alone: each has the next one that no run of this recipe has yet.

    known has the ids of the runs that there were when the form was drawn: where there are other copies, the form was
    sent twice, and those are given. address is the internet address of who asks, if known. Raises SettingsError for
    more copies than allowed, RunError for a run that trains another one's model, BudgetError as launch.
    """
    if not 1 <= copies <= MAX_COPIES:
        raise SettingsError(f"Repeating a run needs 1 to {MAX_COPIES} copies. Received: {copies}.")
    if run.parent is not None:
        raise RunError(
            f"Only a run that begins anew can be repeated with other seeds. {run.name} trains another run's model "
            "further, and must keep its seed. Repeat that run, and train the copies further."
        )
    store = Store.of(run)
    network = check(run.config, store)
    _check_environment()
    with _launching(store):
        recipe = listing.recipe(run.config, None)
        alike = [row for row in listing.rows(store)[0] if row.recipe == recipe]
        if known is not None and (made := [store.get(row.id) for row in alike if row.id not in known]):
            return made[::-1]
        taken = {row.seed for row in alike}
        free = (seed for seed in count(run.config.training.seed + 1) if seed not in taken)
        # All of them before the first run is made, as the last may be above the largest seed.
        configs = [run.config.with_setting("training.seed", seed) for seed in islice(free, copies)]
        for config in configs:
            budgets.check(store, config, network)
        with budgets.claimed(store, copies, address):
            return [store.create(config, seeded(run, config.training.seed), like=run) for config in configs]


def known(store: Store) -> frozenset[str]:
    """Return the ids of all runs of a store, also in its trash: by them a form tells the runs made after it.

    Their times do not, as a clock may be set back.
    """
    return frozenset(run.id for run in (*store.all(), *store.deleted()))


def stop(run: Run) -> None:
    """Ask a run to end with its best epoch, and take one that has learnt nothing yet out of the queue.

    Raises RunError where the run has ended already.
    """
    _ask(run, "stop", "Only a run that has not ended can be stopped.", NOT_ENDED)


def pause(run: Run) -> None:
    """Ask a run to leave its slot to others and to go on later exactly where it is.

    Raises RunError where the run is neither waiting nor running.
    """
    _ask(run, "pause", "Only a queued or running run can be paused.", NOT_ENDED - {State.INTERRUPTED})


def resume(run: Run) -> None:
    """Put a paused or interrupted run back into the queue, or one that failed of something that may be gone.

    It goes on from its checkpoint, or begins anew where it has none. It also takes back that a run shall pause or stop,
    and tells it where this process would look for images. Raises RunError where the run has ended, BudgetError where
    the server does not let a visitor train it.
    """
    state, store = run.state, Store.of(run)
    if state is State.FAILED and not run.may_try_again:
        raise RunError(f"{run.name} failed of its own settings, and would fail again. Start a copy with other ones.")
    if store.is_visitors:
        budgets.check(store, run.config, network(run))
    with budgets.going_on(run):
        _ask(run, "resume", "Only a run that has not ended, or failed, can be resumed.", NOT_ENDED | {State.FAILED})


def can_resume(run: Run, state: State | None = None) -> bool:
    """Return whether the run is at rest and can go on or begin anew; the caller may give the state that it has read."""
    if not run.exists:
        return False
    state = state or run.state
    return state in {State.PAUSED, State.INTERRUPTED} or (state is State.FAILED and run.may_try_again)


@contextmanager
def _launching(store: Store) -> Iterator[None]:
    """Let no one else make runs in a store meanwhile, and let the scheduler start afterwards what can start."""
    try:
        with store.lock("launch"):
            yield
    except OSError as error:
        raise cannot_start(store, error) from error
    _start_soon(store)


def _check_environment() -> None:
    """Refuse settings of the host that are none, before there is a run that no one could start."""
    slots()
    is_on()


def _start_soon(store: Store) -> None:
    """Let the scheduler see what has just been asked for, and make sure that there is one."""
    wake(store)
    look_after(store)


def _made(store: Store, config: RunConfig, parent: Run | None, known: Collection[str] | None) -> Run | None:
    """Find the run that this form has made already, if it was drawn before that run."""
    if known is not None:
        for run in (run for run in store.all() if run.id not in known):
            with suppress(ImgrecError):  # damaged, and so not what this form made a moment ago
                if run.config == config and run.parent == (parent and parent.id):
                    return run
    return None


def _ask(run: Run, what: Literal["stop", "pause", "resume"], needed: str, possible: frozenset[State]) -> None:
    state = run.state
    if state not in possible:
        raise RunError(f"{needed} {run.name} is {state}.")
    run.ask(what)
    if what == "resume":
        _clear_error(run)
    _start_soon(Store.of(run))


def _clear_error(run: Run) -> None:
    work = RunWriter(run.folder)
    try:
        work.clear_error()
    except OSError as error:
        raise RunError(
            f"Resuming a run needs to write in its folder. {files.cannot_write(run.folder, error)}"
        ) from error
