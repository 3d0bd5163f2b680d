"""What waits, what runs, and in which order: one look at the store, and one small file with the user's own order."""

import json
from collections.abc import Iterable, Sequence
from contextlib import suppress
from itertools import zip_longest
from pathlib import Path

from imgrec import files
from imgrec.errors import RunError
from imgrec.jobs.machine import slots, takes_all
from imgrec.runs import Run, State, Store
from imgrec.runs.checkpoints import Place

ACTIVE = frozenset({State.QUEUED, State.RUNNING})
NOT_ENDED = ACTIVE | {State.PAUSED, State.INTERRUPTED}

_TURN = {State.RUNNING: 0, State.INTERRUPTED: 1, State.QUEUED: 2}

DRAINED = "drained"
"""The file in a home that says that nothing new is started."""

RESUMES = 2
"""How often a run whose worker died goes on by itself, each time only if it had come farther since."""


def active(store: Store) -> list[tuple[Run, State]]:
    """List what is under way in a store with its state: what runs, what goes on by itself in a moment, what waits.

    The state is that of one look, as a run may end between two.
    """
    found = {run: state for run, state in store.with_state(*NOT_ENDED) if state in ACTIVE or under_way(run)}
    return sorted(((run, found[run]) for run in _in_order(store, found)), key=lambda pair: _TURN.get(pair[1], 1))


def queue(store: Store) -> list[Run]:
    """List the waiting runs in the order in which they will start."""
    return _in_order(store, store.in_state(State.QUEUED))


def running(store: Store) -> list[Run]:
    """List the runs that have a living worker."""
    return store.in_state(State.RUNNING)


def under_way(run: Run) -> bool:
    """Return whether the run waits or runs, or will go on by itself in a moment."""
    # The second look is for a run that was started between the first one and the reading of its attempts.
    return run.state in ACTIVE or (run.state is State.INTERRUPTED and _comes_back(run)) or run.state in ACTIVE


def in_turns(stores: Iterable[Store]) -> list[tuple[Run, State]]:
    """List what is under way in several stores, with its state, in the order in which it starts.

    One of each store in turn, and first of the store that has started nothing for longest. What runs counts as its
    store's turn; then come the runs whose worker died, then the queue. A store that cannot be read keeps no other
    from its turn.
    """
    found = []
    for store in sorted(stores, key=_last_start):
        with suppress(RunError):
            found.append(active(store))
    return [pair for turn in zip_longest(*found) for pair in turn if pair is not None]


def ahead(run: Run, earlier: Sequence[tuple[Run, State]]) -> int:
    """Return how many of the earlier runs must end before a run starts; 0 where it starts in a moment."""
    if takes_all(run):
        return len(earlier)
    alone = max((place for place, (other, _) in enumerate(earlier, start=1) if takes_all(other)), default=0)
    return alone + max(0, len(earlier) - alone + 1 - slots(Store.of(run).home))


def earlier(run: Run) -> list[tuple[Run, State]]:
    """List what runs in all stores, and what waits there and starts before this run, with its state."""
    found = in_turns(Store.below(Store.of(run).home))
    waiting = [pair for pair in found if pair[1] is not State.RUNNING]
    ids = [other.id for other, _ in waiting]
    place = ids.index(run.id) if run.id in ids else 0
    return [*(pair for pair in found if pair[1] is State.RUNNING), *waiting[:place]]


def move(run: Run, by: int) -> None:
    """Let a waiting run start by so many places earlier (negative) or later; at an end of the queue it stays.

    Raises RunError where the run does not wait, or the order cannot be written.
    """
    store = Store.of(run)
    try:
        with store.lock("queue"):
            ids = [waiting.id for waiting in queue(store)]
            if run.id not in ids:
                raise RunError(f"Only a queued run can be moved. {run.name} is {run.state}.")
            place = ids.index(run.id)
            ids.insert(max(0, place + by), ids.pop(place))
            files.write_json(store.queue_order, ids)
    except OSError as error:
        raise RunError(files.cannot_write(store.queue_order, error)) from error


def drain(home: Path, drained: bool) -> None:
    """Start nothing new below a home from now on, or again: what runs is finished, and what waits stays.

    Raises RunError where the home cannot be written.
    """
    try:
        if drained:
            home.mkdir(parents=True, exist_ok=True)
            (home / DRAINED).touch()
        else:
            (home / DRAINED).unlink(missing_ok=True)
    except OSError as error:
        raise RunError(files.cannot_write(home, error)) from error


def is_drained(home: Path) -> bool:
    """Return whether nothing new is started below a home, as it is about to be maintained."""
    return (home / DRAINED).exists()


def _last_start(store: Store) -> float:
    try:
        return store.last_start.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def _in_order(store: Store, found: Iterable[Run]) -> list[Run]:
    """Sort runs: those that were put in order first, then the oldest."""
    order = {id: place for place, id in enumerate(_order(store))}
    return sorted(found, key=lambda run: (order.get(run.id, len(order)), run.id))


def _order(store: Store) -> list[str]:
    try:
        return [str(id) for id in json.loads(store.queue_order.read_text(encoding="utf-8"))]
    except (FileNotFoundError, ValueError, TypeError):
        return []  # damage costs the order, which `check` says, and no run


def _comes_back(run: Run) -> bool:
    """Return whether an interrupted run goes on by itself: not more than twice, and only if it came farther."""
    attempts = run.attempts()
    tried = [attempt for attempt in attempts if attempt.request == attempts[-1].request]
    return 0 < len(tried) <= RESUMES and run.reached > Place(tried[-1].epoch, tried[-1].step)
