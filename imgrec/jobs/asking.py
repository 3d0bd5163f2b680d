"""Asking: a run is to pause, to go on or to stop."""

from typing import Literal

from imgrec import files
from imgrec.errors import RunError
from imgrec.jobs import budgets
from imgrec.jobs.launching import network
from imgrec.jobs.processes import start_soon
from imgrec.jobs.turns import NOT_ENDED
from imgrec.runs import Run, RunWriter, State, Store


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


def _ask(run: Run, what: Literal["stop", "pause", "resume"], needed: str, possible: frozenset[State]) -> None:
    state = run.state
    if state not in possible:
        raise RunError(f"{needed} {run.name} is {state}.")
    run.ask(what)
    if what == "resume":
        _clear_error(run)
    start_soon(Store.of(run))


def _clear_error(run: Run) -> None:
    work = RunWriter(run.folder)
    try:
        work.clear_error()
    except OSError as error:
        raise RunError(
            f"Resuming a run needs to write in its folder. {files.cannot_write(run.folder, error)}"
        ) from error
