"""What many visitors must not lose: their turn in the queue, and their runs, drafts and names when the server dies."""

import asyncio
import os
import random
import subprocess
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from uuid import uuid4

from benchmarks import stub_engine
from benchmarks.crowd_speed import tell
from benchmarks.hosted import Figure, find, launch, numeric, profile, unlimited
from benchmarks.jar import VisitError
from benchmarks.stage import start_server
from benchmarks.visitor import Visitor
from imgrec import jobs
from imgrec.config import RunConfig, Training
from imgrec.errors import RunError
from imgrec.layers import Flatten
from imgrec.runs import Run, State, Store, checking
from imgrec.runs.store import VISITORS

CONFIG = RunConfig(dataset="shapes", layers=(Flatten(),), training=Training(epochs=3))

EPOCH_SECONDS = "0.2"
"""Of the stub that takes the engine's place here: queue, workers and stores are the real ones."""

LAST_SECONDS = 600.0
"""How long the queue may take to empty."""


async def queue(home: str, runs: int, rounds: int) -> list[Figure]:
    """Let one visitor queue many runs, then another one, and count those that start before the other's."""
    os.environ |= {**stub_engine.environment(), "STUB_SECONDS": EPOCH_SECONDS}
    before = []
    with profile(home, **unlimited()):
        for number in range(rounds):
            greedy, modest = (Store(Path(home) / VISITORS / uuid4().hex) for _ in range(2))
            many = [jobs.launch(greedy, seeded(number * runs + each)) for each in range(runs)]
            await until(partial(_started, many))
            earlier = sum(bool(run.attempts()) for run in many)
            one = jobs.launch(modest, seeded(number))
            await until(partial(_started, [one]))
            start = one.attempts()[0].time
            before.append(sum(bool(run.attempts()) and run.attempts()[0].time < start for run in many) - earlier)
            await until(lambda: not any(jobs.active(store) for store in Store.below(Path(home))))
    return [
        Figure(f"runs queued by another visitor, {rounds} times", runs),
        Figure("of them started before one's own, at most", max(before), 1),
    ]


@dataclass
class Known:
    """A visitor, and what the server has confirmed to them."""

    visitor: Visitor
    name: str | None
    drafts: list[RunConfig] = field(default_factory=list)
    """What the draft may be: the last one confirmed, and one whose confirmation never came."""
    runs: list[str] = field(default_factory=list)


async def restarts(home: str, visitors: int, restarts: int) -> list[Figure]:
    """Kill the server again and again while visitors change drafts and start runs; look for what it had confirmed."""
    os.environ |= {**stub_engine.environment(), "STUB_SECONDS": EPOCH_SECONDS}
    draw, lost, names = random.Random(0), [], []
    with profile(home, **unlimited()):
        server, address = start_server(home)
        people = [Known(Visitor(numeric(address)), None) for _ in range(visitors)]
        for person in people:
            await person.visitor.open()
            person.name = person.visitor.name
        for number in range(restarts):
            changes = [
                asyncio.create_task(_change(person, seeded(number * visitors + place), starts=place % 3 == number % 3))
                for place, person in enumerate(people)
            ]
            await asyncio.sleep(draw.uniform(0.1, 1.5))
            server = await _again(server, home, int(address.rsplit(":", 1)[1]))
            await asyncio.gather(*changes)
            for person in people:
                lost += await _lost_draft(person)
                names.append(person.visitor.name == person.name)
        gone = [said for person in people for said in await _lost_runs(person, home)]
        await asyncio.gather(*(person.visitor.close() for person in people))
        server.kill()
        server.wait()
        stores = Store.below(Path(home))
        broken = [str(each) for store in stores for each in checking.check(store)]
    tell([*lost, *gone, *broken])
    return [
        Figure("servers killed", restarts),
        Figure("runs confirmed", sum(len(person.runs) for person in people)),
        Figure("runs lost", len(gone), 0),
        Figure("drafts lost", len(lost), 0),
        Figure("names of browsers lost", names.count(False), 0),
        Figure("rules of the stores broken", len(broken), 0),
    ]


def seeded(seed: int) -> RunConfig:
    """Return a config that no other seed gives."""
    return CONFIG.with_setting("training.seed", seed)


async def until(done: Callable[[], object]) -> None:
    """Wait until something holds. Raises TimeoutError where it never does."""
    deadline = time.monotonic() + LAST_SECONDS
    while not done():
        if time.monotonic() > deadline:
            raise TimeoutError("The queue does not move.")
        await asyncio.sleep(0.1)


def _started(runs: Iterable[Run]) -> bool:
    return any(run.attempts() for run in runs)


def _ended(run: Run) -> bool:
    return not jobs.under_way(run)


async def _change(person: Known, config: RunConfig, starts: bool) -> None:
    """Let a visitor open another draft, and start it or not. What the server confirms is known from then on."""
    person.drafts = [*person.drafts[-1:], config]
    try:
        if starts:
            person.runs.append(await launch(person.visitor, config))
        else:
            await person.visitor.open("network", f"c={config.to_link()}")
    except VisitError:  # it was killed before it answered
        return
    person.drafts = [config]


async def _again(server: subprocess.Popen[bytes], home: str, port: int) -> subprocess.Popen[bytes]:
    """Kill a server and start it anew at the same port."""
    server.kill()
    server.wait()
    started, _ = await asyncio.to_thread(start_server, home, port)
    return started


async def _lost_draft(person: Known) -> list[str]:
    """Open the Network page, whose share link holds the draft. Say whether it is another one than it may be."""
    await person.visitor.open("network")
    links = [text.split("c=", 1)[1] for text in person.visitor.page.texts("code") if "c=" in text]
    found = RunConfig.from_link(links[0])
    person.drafts = [draft for draft in person.drafts if draft == found] or person.drafts
    return [] if found in person.drafts else [f"A draft is that of seed {found.training.seed}."]


async def _lost_runs(person: Known, home: str) -> list[str]:
    """Say which of a visitor's runs are gone, are not shown to them, or do not finish."""
    said = []
    for id in person.runs:
        try:
            run: Run = find(home, id)
        except RunError as error:
            said.append(str(error))
            continue
        await person.visitor.open("results", f"run={id}")
        if id not in person.visitor.query:
            said.append(f"{id} is not shown to its visitor: {person.visitor.page.texts('alert')}")
        await until(partial(_ended, run))
        if run.state is not State.FINISHED:
            said.append(f"{id} is {run.state}: {run.error() or run.ending()}")
    return said
