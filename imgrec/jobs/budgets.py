"""What the profile of a server lets a visitor start: asked by the jobs themselves, whatever a page has drawn.

Only the stores of visitors have budgets; the store of the computer is its owner's.
"""

import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock

from imgrec import files, profiles, quantities
from imgrec.architecture import Architecture
from imgrec.config import RunConfig
from imgrec.errors import BudgetError
from imgrec.jobs.turns import NOT_ENDED, is_drained
from imgrec.profiles import Profile
from imgrec.runs import State, Store

HOUR = 3600.0

LAUNCHES = "launches.jsonl"
"""The starts of the last hour: when, of which store, from which address, which is kept as a keyed hash."""


def check(store: Store, config: RunConfig, network: Architecture) -> None:
    """Raise BudgetError where a visitor's training would be larger than the profile allows."""
    if not store.is_visitors:
        return
    profile = profiles.current()
    for title, received, most, advice in (
        ("parameters", network.params, profile.parameters, "Make it smaller, or pool more above the dense layers."),
        (
            "multiply-adds for an image",
            network.multiply_adds,
            profile.multiply_adds,
            "Use fewer filters, or pool earlier.",
        ),
    ):
        if most is not None and received > most:
            raise BudgetError(
                f"On this server, a network has at most {most:,} {title}. Received: {received:,}. {advice}"
            )
    epochs = config.training.epochs
    if profile.epochs is not None and epochs > profile.epochs:
        raise BudgetError(
            f"On this server, a training has at most {profile.epochs} epochs. Received: {epochs}. Lower them under "
            "Training settings."
        )
    needed = least_memory(config, network)
    if profile.memory_mb is not None and needed > profile.memory_mb * 1e6:
        raise BudgetError(
            f"On this server, a training takes at most {profile.memory_mb:,} MB of memory. This one needs at least "
            f"{needed / 1e6:,.0f} MB. Lower the batch size, or use fewer filters."
        )


def least_memory(config: RunConfig, network: Architecture) -> int:
    """Return how many bytes a training takes at the least: more is sure to be needed, less never.

    The values of one batch after each layer are kept for the gradient, 2 bytes each in bfloat16, and each weight has
    its gradient, in float32. A process with TensorFlow takes half a gigabyte before it trains.
    """
    return 500_000_000 + 2 * network.activations * config.training.batch_size + 8 * network.params


@contextmanager
def claimed(store: Store, runs: int, address: str | None) -> Iterator[None]:
    """Let a visitor queue so many runs now: nobody else's start is counted meanwhile.

    Raises BudgetError where the server takes no more of this visitor, of this address or of all.
    """
    if not store.is_visitors:
        yield
        return
    with FileLock(store.home / "launches.lock"):
        profile, now = profiles.current(), time.time()
        before = [line for line in _read(store.home) if 0 <= now - line["time"] < HOUR]
        who, where = store.folder.name, _hashed(store.home, address)
        _check_claims(store, profile, runs, before, who, where, now)
        _check_disk(store, profile)
        yield
        lines = [*before, *({"time": now, "store": who, "address": where} for _ in range(runs))]
        files.write_bytes(store.home / LAUNCHES, "".join(json.dumps(line) + "\n" for line in lines).encode())


def check_unfinished(store: Store, more: int) -> None:
    """Raise BudgetError where a visitor would have more unfinished runs than the profile allows."""
    profile = profiles.current()
    if not store.is_visitors or profile.unfinished is None:
        return
    unfinished = len(store.in_state(*NOT_ENDED))
    if unfinished + more > profile.unfinished:
        raise BudgetError(
            f"On this server, each visitor has at most {quantities.count(profile.unfinished, 'unfinished run')}. There "
            f"{'is' if unfinished == 1 else 'are'} {unfinished}. Wait until one has finished, or stop or delete one."
        )


def _check_claims(
    store: Store, profile: Profile, runs: int, before: list[dict[str, object]], who: str, where: str | None, now: float
) -> None:
    if is_drained(store.home):
        raise BudgetError(
            "This server is about to be maintained and starts nothing new. What trains is finished, and what waits "
            "goes on afterwards. Try again later."
        )
    check_unfinished(store, runs)
    waiting = sum(len(other.in_state(State.QUEUED)) for other in Store.below(store.home))
    if profile.waiting is not None and waiting + runs > profile.waiting:
        raise BudgetError(
            f"This server is busy: {waiting} runs wait, and it takes at most {profile.waiting}. Try again in some "
            "minutes, or train on your own computer."
        )
    for what, most, times in (
        ("each visitor", profile.launches, [line["time"] for line in before if line["store"] == who]),
        (
            "each internet address",
            profile.launches_of_address,
            [line["time"] for line in before if where is not None and line["address"] == where],
        ),
    ):
        if most is not None and len(times) + runs > most:
            oldest = min((float(str(one)) for one in times), default=now)
            again = quantities.duration(max(60.0, 60 * round((oldest + HOUR - now) / 60)))
            raise BudgetError(
                f"On this server, {what} starts at most {quantities.count(most, 'run')} within an hour. There were "
                f"{len(times)}. The next one can start in {again}."
            )


def _check_disk(store: Store, profile: Profile) -> None:
    if profile.disk_mb is not None and (own := disk_bytes(store)) > profile.disk_mb * 1e6:
        raise BudgetError(
            f"On this server, the runs of each visitor take at most {profile.disk_mb:,} MB. Yours take "
            f"{own / 1e6:,.0f} MB. Download what you want to keep, delete runs, and empty the trash."
        )
    most = profile.disk_mb_in_all
    if most is not None and sum(map(disk_bytes, Store.below(store.home)[1:])) > most * 1e6:
        raise BudgetError(
            f"This server is full: the runs of its visitors take more than {most:,} MB. Those that rest for long are "
            "removed by themselves. Try again later, or train on your own computer."
        )


def disk_bytes(store: Store) -> int:
    """Return how much the runs of a store take, those in its trash too."""
    return sum(run.disk_bytes for run in (*store.all(), *store.deleted()))


def _read(home: Path) -> list[dict[str, object]]:
    try:
        lines = (home / LAUNCHES).read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []
    return [json.loads(line) for line in lines]


def _hashed(home: Path, address: str | None) -> str | None:
    """Return what tells an address from others and does not tell which one it is, without the key beside it."""
    if address is None:
        return None
    key = home / "addresses.key"
    if not key.exists():
        files.write_bytes(key, secrets.token_bytes(32))
        key.chmod(0o600)
    return hmac.new(key.read_bytes(), address.encode(), hashlib.sha256).hexdigest()
