"""What waits, what runs, and in which order: one look at the store, and one small file with the user's own order."""

import json
from collections.abc import Iterable

from filelock import FileLock

from imgrec import files, runs
from imgrec.errors import RunError
from imgrec.runs import Run, State
from imgrec.runs.checkpoints import Place

ACTIVE = frozenset({State.QUEUED, State.RUNNING})
NOT_ENDED = ACTIVE | {State.PAUSED, State.INTERRUPTED}

RESUMES = 2
"""How often a run whose worker died goes on by itself, each time only if it had come farther since."""


def active() -> list[Run]:
    """List what waits, runs, or will go on by itself in a moment, in the order in which it starts."""
    return _in_order(run for run in runs.in_state(*NOT_ENDED) if under_way(run))


def queue() -> list[Run]:
    """List the waiting runs in the order in which they will start."""
    return _in_order(runs.in_state(State.QUEUED))


def running() -> list[Run]:
    """List the runs that have a living worker."""
    return runs.in_state(State.RUNNING)


def under_way(run: Run) -> bool:
    """Return whether the run waits or runs, or will go on by itself in a moment."""
    # The second look is for a run that was started between the first one and the reading of its attempts.
    return run.state in ACTIVE or (run.state is State.INTERRUPTED and _comes_back(run)) or run.state in ACTIVE


def move(run: Run, by: int) -> None:
    """Let a waiting run start by so many places earlier (negative) or later; at an end of the queue it stays.

    Raises RunError where the run does not wait, or the order cannot be written.
    """
    try:
        with FileLock(files.home() / "queue.lock"):
            ids = [waiting.id for waiting in queue()]
            if run.id not in ids:
                raise RunError(f"Only a queued run can be moved. {run.name} is {run.state}.")
            place = ids.index(run.id)
            ids.insert(max(0, place + by), ids.pop(place))
            files.write_json(files.queue_order(), ids)
    except OSError as error:
        raise RunError(files.cannot_write(files.queue_order(), error)) from error


def _in_order(found: Iterable[Run]) -> list[Run]:
    """Sort runs: those that were put in order first, then the oldest."""
    order = {id: place for place, id in enumerate(_order())}
    return sorted(found, key=lambda run: (order.get(run.id, len(order)), run.id))


def _order() -> list[str]:
    try:
        return [str(id) for id in json.loads(files.queue_order().read_text(encoding="utf-8"))]
    except (FileNotFoundError, ValueError, TypeError):
        return []  # damage costs the order, which `check` says, and no run


def _comes_back(run: Run) -> bool:
    """Return whether an interrupted run goes on by itself: not more than twice, and only if it came farther."""
    attempts = run.attempts()
    tried = [attempt for attempt in attempts if attempt["request"] == attempts[-1]["request"]]
    return 0 < len(tried) <= RESUMES and run.reached > Place(tried[-1]["epoch"], tried[-1]["step"])
