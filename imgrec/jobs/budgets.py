"""What the profile of a server lets a visitor start: asked by the jobs themselves, whatever a page has drawn.

Only the stores of visitors have budgets; the store of the computer is its owner's.
"""

import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from filelock import FileLock, Timeout

from imgrec import classroom, excess, files, profiles, quantities
from imgrec.architecture import Architecture
from imgrec.config import RunConfig
from imgrec.errors import BudgetError
from imgrec.jobs import memory
from imgrec.jobs.turns import NOT_ENDED, is_drained
from imgrec.profiles import Profile
from imgrec.runs import Run, State, Store

HOUR = 3600.0

LAUNCHES = "launches.jsonl"
"""The starts of the last hour: when, of which store, from which address, which is kept as a keyed hash."""


class _Launch(NamedTuple):
    """A start: when, of which visitor's store, and from which address, if that is known."""

    time: float
    store: str
    address: str | None


def check(store: Store, config: RunConfig, network: Architecture, *, further: bool = False) -> None:
    """Raise BudgetError where a visitor's training would be more than the profile or the task of the class allows.

    further says that it would go on from another run's model.
    """
    if not store.is_visitors:
        return
    profile = profiles.current()
    if problem := excess.of_training("On this server", profile, config, network):
        raise BudgetError(problem)
    needed = memory.least(config, network)
    if profile.memory_mb is not None and needed > profile.memory_mb * 1e6:
        raise BudgetError(
            f"On this server, a training takes at most {profile.memory_mb:,} MB of memory. This one needs at least "
            f"{needed / 1e6:,.0f} MB. Lower the batch size, or use fewer filters."
        )
    _check_task(store, config, network, further)


def _check_task(store: Store, config: RunConfig, network: Architecture, further: bool) -> None:
    room = classroom.of(store)
    if room is None:
        return
    if problem := room.task.problem(config, network):
        raise BudgetError(problem)
    given = room.task.config.start
    if further or (config.start is not None and (given is None or config.start.run != given.run)):
        # What has learnt already may have done so before, without the task's limits.
        what = "trains another run's model further" if further else "begins with layers of another run"
        raise BudgetError(
            "In a class, every run begins anew, so that all have the same limits. Received: one that "
            f"{what}. Start a new run, or leave the class."
        )


@contextmanager
def tensorflow_turn(home: Path, *, wait: bool) -> Iterator[None]:
    """Let no other process below this home have TensorFlow meanwhile, where the profile says so.

    Waits until then, or raises BudgetError where another one has it.
    """
    if not profiles.current().one_tensorflow:
        yield
        return
    try:
        with FileLock(home / "tensorflow.lock").acquire(timeout=-1 if wait else 0):
            yield
    except Timeout:
        raise BudgetError(
            "This server has too little memory to look inside a network while one trains. Try again when the training "
            "has ended."
        ) from None


def counting(store: Store) -> FileLock:
    """Return the lock under which what visitors have is counted, and more of it is made."""
    return Store(store.home).lock("launches")


@contextmanager
def claimed(store: Store, runs: int, address: str | None) -> Iterator[None]:
    """Let a visitor queue so many runs now: nobody else's start is counted meanwhile.

    Raises BudgetError where the server takes no more of this visitor, of this address or of all.
    """
    if not store.is_visitors:
        yield
        return
    with counting(store):
        profile, now = profiles.current(), time.time()
        before = [launch for launch in _read(store.home) if 0 <= now - launch.time < HOUR]
        ours = _Launch(now, store.folder.name, _hashed(store.home, address))
        _check_rest(store, profile, runs)
        _check_launches(profile, runs, before, ours)
        _check_disk(store, profile)
        yield
        lines = "".join(json.dumps(launch) + "\n" for launch in (*before, *[ours] * runs))
        files.write_bytes(store.home / LAUNCHES, lines.encode())


@contextmanager
def going_on(run: Run) -> Iterator[None]:
    """Let a visitor's run wait again: nobody else's is counted meanwhile.

    Raises BudgetError where the visitor would have too many unfinished runs, or too many would wait in all.
    """
    store = Store.of(run)
    if not store.is_visitors:
        yield
        return
    with counting(store):
        profile, state = profiles.current(), run.state
        _check_unfinished(store, profile, 1 if state is State.FAILED else 0)
        if state in {State.FAILED, State.PAUSED}:  # any other waits already, or comes back by itself
            _check_waiting(store, profile, 1)
        yield


def _check_unfinished(store: Store, profile: Profile, more: int) -> None:
    if profile.unfinished is None:
        return
    unfinished = len(store.in_state(*NOT_ENDED))
    if unfinished + more > profile.unfinished:
        raise BudgetError(
            f"On this server, each visitor has at most {quantities.count(profile.unfinished, 'unfinished run')}. There "
            f"{'is' if unfinished == 1 else 'are'} {unfinished}. Wait until one has finished, or stop or delete one."
        )


def _check_rest(store: Store, profile: Profile, runs: int) -> None:
    if is_drained(store.home):
        raise BudgetError(
            "This server is about to be maintained and starts nothing new. What trains is finished, and what waits "
            "goes on afterwards. Try again later."
        )
    _check_unfinished(store, profile, runs)
    _check_waiting(store, profile, runs)


def _check_waiting(store: Store, profile: Profile, runs: int) -> None:
    waiting = sum(len(other.in_state(State.QUEUED)) for other in Store.below(store.home))
    if profile.waiting is not None and waiting + runs > profile.waiting:
        raise BudgetError(
            f"This server is busy: it lets at most {quantities.count(profile.waiting, 'run')} wait. There are "
            f"{waiting}. Try again in some minutes, or train on your own computer."
        )


def _check_launches(profile: Profile, runs: int, before: list[_Launch], ours: _Launch) -> None:
    own = [launch for launch in before if launch.store == ours.store]
    near = [launch for launch in before if ours.address is not None and launch.address == ours.address]
    for who, most, launches in (
        ("each visitor", profile.launches, own),
        ("each internet address", profile.launches_of_address, near),
    ):
        if most is not None and len(launches) + runs > most:
            oldest = min((launch.time for launch in launches), default=ours.time)
            minutes = max(1, round((oldest + HOUR - ours.time) / 60))
            raise BudgetError(
                f"On this server, {who} starts at most {quantities.count(most, 'run')} within an hour. There were "
                f"{len(launches)}. The next one can start in {quantities.count(minutes, 'minute')}."
            )


def _check_disk(store: Store, profile: Profile) -> None:
    if profile.disk_mb is not None and (own := disk_bytes(store)) > profile.disk_mb * 1e6:
        raise BudgetError(
            f"On this server, the runs of each visitor take at most {profile.disk_mb:,} MB. Yours take "
            f"{own / 1e6:,.0f} MB. Download what you want to keep, delete runs, and empty the trash."
        )
    most = profile.disk_mb_in_all
    if most is not None and sum(map(disk_bytes, [*Store.below(store.home)[1:], store.shared])) > most * 1e6:
        raise BudgetError(
            f"This server is full: the runs of its visitors take more than {most:,} MB. Those that rest for long are "
            "removed by themselves. Try again later, or train on your own computer."
        )


def disk_bytes(store: Store) -> int:
    """Return how much the runs of a store take, those in its trash too."""
    return sum(run.disk_bytes for run in (*store.all(), *store.deleted()))


def _read(home: Path) -> list[_Launch]:
    try:
        lines = (home / LAUNCHES).read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []
    found = []
    for line in lines:
        with suppress(ValueError, TypeError):  # damaged by hand
            found.append(_Launch(*json.loads(line)))
    return found


def _hashed(home: Path, address: str | None) -> str | None:
    """Return what tells an address from others and does not tell which one it is, without the key beside it."""
    if address is None:
        return None
    key = home / "addresses.key"
    if not key.exists():
        files.write_bytes(key, secrets.token_bytes(32))
        key.chmod(0o600)
    return hmac.new(key.read_bytes(), address.encode(), hashlib.sha256).hexdigest()
