"""How fast a server answers many: those who watch a training, those who look around, and those beside an abuser."""

import asyncio
import json
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from benchmarks import contest, dashboard
from benchmarks.hosted import LONG, Figure, begun, find, hosting, launch, percentile, train_unseen, unlimited
from benchmarks.jar import VisitError
from benchmarks.visitor import Visitor
from imgrec import presets

PAGES = ("", "data", "network", "train", "results", "runs", "compare", "predict")

AT_ONCE = 8
"""Visitors who come in the same moment."""


@dataclass
class Found:
    """Seconds that reruns took, and what failed."""

    seconds: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)


async def watch(home: str, visitors: int, rounds: int, seconds: int) -> list[Figure]:
    """Let visitors watch one training as tabs of its owner, in turns with nobody."""
    ticks, redraws, failures, phases = [], [], [], []
    with hosting(home, **unlimited()) as (_, address):
        async with Visitor(address) as owner:
            run = await begun(find(home, await launch(owner, LONG)))
            await owner.close()
            for _ in range(rounds):
                rate = await asyncio.to_thread(dashboard.images_per_second, run, seconds)
                phases.append(dashboard.Phase(dashboard.NOBODY, rate, 0, 0, 0))
                tabs = [Visitor(address, owner.cookies) for _ in range(visitors)]
                await arrive(tabs, "train", f"run={run.id}")
                await asyncio.sleep(dashboard.SETTLE_SECONDS)
                for tab in tabs:
                    tab.ticks.clear()
                    tab.redraws.clear()
                rate = await asyncio.to_thread(dashboard.images_per_second, run, seconds)
                phases.append(dashboard.Phase(dashboard.SESSIONS, rate, 0, 0, 0))
                ticks += [each for tab in tabs for each in tab.ticks]
                redraws += [each for tab in tabs for each in tab.redraws]
                failures += [each for tab in tabs for each in (*tab.failures, *["overdue"] * tab.overdue)]
                await leave(tabs)
    tell(failures)
    return [
        Figure("fragment reruns", len(ticks)),
        Figure("fragment reruns, p50", percentile(ticks, 50), unit=" ms"),
        Figure("fragment reruns, p95", percentile(ticks, 95), 400, " ms"),
        Figure("fragment reruns, p99", percentile(ticks, 99), unit=" ms"),
        Figure("pages drawn anew with an epoch, p95", percentile(redraws, 95), unit=" ms"),
        Figure("failed", len(failures), 0),
        Figure("images a second, slower by", 100 * (1 - dashboard.ratio(phases, dashboard.SESSIONS)), 15, " %"),
    ]


async def browse(home: str, visitors: int, seconds: int) -> list[Figure]:
    """Let visitors look around during a training, each with one action every ten seconds."""
    found = Found()
    with hosting(home, **unlimited()) as (_, address):
        await train_unseen(home)
        others = [Visitor(address) for _ in range(visitors)]
        await arrive(others)
        await look_around(others, 10, seconds, found)
        await leave(others)
    tell(found.failures)
    return [
        Figure("full reruns", len(found.seconds)),
        Figure("full reruns, p50", percentile(found.seconds, 50), unit=" ms"),
        Figure("full reruns, p95", percentile(found.seconds, 95), 1000, " ms"),
        Figure("full reruns, p99", percentile(found.seconds, 99), unit=" ms"),
        Figure("failed", len(found.failures), 0),
    ]


async def abuse(home: str, visitors: int, rounds: int, seconds: int) -> list[Figure]:
    """Let honest visitors act every two seconds, in turns alone and beside one who does all that can be done at once.

    Budgets are those of the profile, and everyone has an address of their own. A training is under way throughout.
    """
    alone, beside = Found(), Found()
    did: Counter[str] = Counter()
    with hosting(home, epochs=None, minutes=None) as (_, address):
        await train_unseen(home)
        honest = [Visitor(address, source=f"127.0.0.{10 + number}") for number in range(visitors)]
        await arrive(honest)
        for _ in range(rounds):
            await look_around(honest, 2, seconds, alone)
            with abuser(address, "127.0.0.3") as said:
                await look_around(honest, 2, seconds, beside)
            did.update(said)
        await leave(honest)
    tell(alone.failures + beside.failures)
    slower = percentile(beside.seconds, 95) / percentile(alone.seconds, 95)
    return [
        Figure("honest reruns, p95 alone", percentile(alone.seconds, 95), unit=" ms"),
        Figure("honest reruns, p95 beside the abuser", percentile(beside.seconds, 95), unit=" ms"),
        Figure("one over the other", slower, 2, "×"),
        Figure("failed alone", len(alone.failures), 0),
        Figure("failed beside the abuser", len(beside.failures), 0),
        *(Figure(f"abuser: {what}", count) for what, count in did.items()),
    ]


async def look_around(visitors: Sequence[Visitor], pause: float, seconds: float, found: Found) -> None:
    """Let each visitor do something every so many seconds, not all in the same moment."""

    async def wander(visitor: Visitor, draw: random.Random) -> None:
        until = time.monotonic() + seconds
        await asyncio.sleep(draw.uniform(0, pause))
        while time.monotonic() < until:
            began = time.monotonic()
            try:
                found.seconds.append(await act(visitor, draw))
                found.failures += visitor.page.errors
            except VisitError as error:
                found.failures.append(str(error))
                await arrive([visitor])
            await asyncio.sleep(max(0.0, pause - (time.monotonic() - began)))

    async with asyncio.TaskGroup() as group:
        for number, visitor in enumerate(visitors):
            group.create_task(wander(visitor, random.Random(number)))


async def act(visitor: Visitor, draw: random.Random) -> float:
    """Do one of what visitors do: choose another page, change a widget, or run the page again."""
    match draw.choice(("page", "widget", "rerun")):
        case "page":
            return await visitor.go(draw.choice(PAGES))
        case "widget":
            there = [each for each in visitor.page.widgets if each.kind in {"checkbox", "slider"} and not each.disabled]
            if there:
                widget = draw.choice(there)
                if widget.kind == "checkbox":
                    return await visitor.set(widget.key or widget.label, draw.random() < 0.5)
                if not widget.proto.options:
                    return await visitor.set(
                        widget.key or widget.label, draw.choice((widget.proto.min, widget.proto.max))
                    )
    return await visitor.rerun()


async def arrive(visitors: Sequence[Visitor], page: str = "", query: str = "") -> None:
    """Let visitors open a page, a few at a time."""
    door = asyncio.Semaphore(AT_ONCE)

    async def come(visitor: Visitor) -> None:
        async with door:
            await visitor.open(page, query)

    await asyncio.gather(*map(come, visitors))


async def leave(visitors: Sequence[Visitor]) -> None:
    """Let visitors close their tabs."""
    await asyncio.gather(*(visitor.close() for visitor in visitors))


@contextmanager
def abuser(address: str, source: str) -> Iterator[dict[str, int]]:
    """Let someone abuse the server from an address of their own. What they did is known afterwards."""
    link = presets.get("quick").config.to_link()
    command = [sys.executable, "-m", "benchmarks.abuser", address, source, link]
    did: dict[str, int] = {}
    with subprocess.Popen(command, cwd=contest.ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        yield did
        said, _ = process.communicate()
    did |= json.loads(said)


def tell(failures: Sequence[str]) -> None:
    """Say on stderr what failed, each kind once."""
    for said in dict.fromkeys(failures):
        print(f"{failures.count(said)} × {said[:300]}", file=sys.stderr)
