"""Whether the budgets of a hosted server hold, whatever a visitor presses, types or sends.

    python -m benchmarks.budgets
    python -m benchmarks.budgets --budgets launches unfinished --tries 10

For each budget a visitor opens share links and presses Start, also where it is disabled; repeats a run many times,
trains one further, resumes one that was made when more was allowed, and presses Start in eight tabs at once for the
last place. Numbers are sent that no form offers: far too large ones, negative ones, NaN, and values of another kind. No
budget may be exceeded; what is refused is refused in a sentence, and no page fails with a traceback. A stub is in the
engine's place, so nothing is learnt; all else is real. Exit status 1 where one of these does not hold.
"""

import argparse
import asyncio
import json
import random
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from benchmarks import contest, home
from benchmarks.attacker import Attacker
from benchmarks.attempts import server
from benchmarks.budget_tries import LARGE, SMALL, Try, Visit, plain, press, raw
from benchmarks.hosted import LONG, find, launch, unlimited
from benchmarks.jar import VisitError
from benchmarks.stage import LOOK_SECONDS
from benchmarks.victim import finished
from imgrec import datasets, edge, jobs
from imgrec.jobs import memory
from imgrec.runs import Run, State, Store

TABS = 8
"""Tabs that a visitor has open at once."""

MINUTE_SECONDS = 90.0
"""By when a training of one minute has ended and is scored."""


@dataclass
class Found:
    """What came of the tries on one budget."""

    budget: str
    tries: int = 0
    started: int = 0
    exceeded: list[str] = field(default_factory=list)
    unsaid: list[str] = field(default_factory=list)
    """Tries that started nothing, without a sentence why."""
    failed: list[str] = field(default_factory=list)
    """Tries after which a page showed a traceback."""

    def row(self) -> tuple[str, ...]:
        """Return the cells of a table."""
        faults = (self.exceeded, self.unsaid, self.failed)
        return (self.budget, str(self.tries), str(self.started), *(str(len(fault)) for fault in faults))


@dataclass(frozen=True)
class Case:
    """How much of a budget is allowed, what has been taken of it, and whether one run can be too large for it."""

    allowed: int
    taken: Callable[[Visit], float]
    large: bool = False


def _largest(measure: Callable[[Run], float]) -> Callable[[Visit], float]:
    return lambda visit: max(map(measure, visit.made), default=0)


def _waiting(_: Visit) -> float:
    return sum(len(store.in_state(State.QUEUED)) for store in Store.below(edge.home()))


def _started_without(visit: Visit) -> float:
    return len([run for run in visit.made if run != visit.paused])


CASES = {
    "parameters": Case(2_000, _largest(lambda run: jobs.network(run).params), large=True),
    "multiply_adds": Case(100_000, _largest(lambda run: jobs.network(run).multiply_adds), large=True),
    "epochs": Case(5, _largest(lambda run: run.config.training.epochs), large=True),
    "memory_mb": Case(600, _largest(lambda run: memory.least(run.config, jobs.network(run)) / 1e6), large=True),
    "unfinished": Case(3, lambda visit: len(visit.store.in_state(*jobs.NOT_ENDED))),
    "waiting": Case(3, _waiting),
    "launches": Case(3, _started_without),
    "launches_of_address": Case(3, _started_without),
    # Full before anything is started.
    "disk_mb": Case(1, lambda visit: 1 + _started_without(visit)),
    "disk_mb_in_all": Case(1, lambda visit: 1 + _started_without(visit)),
}


async def try_budget(address: str, name: str, place: int, tries: int) -> Found:
    """Try one budget: what pages offer, some of what they do not, and many tabs at once."""
    case, found, source = CASES[name], Found(name), f"127.0.0.{10 + place}"
    allow()
    async with Attacker(address, source=source) as tab:
        await tab.open()
        assert tab.name is not None
        store = edge.visitor(tab.name)
        paused = store.create(LARGE if case.large else SMALL, "Paused")
        paused.ask("pause")
        visit = Visit(store, finished(store, "finished"), paused, case.large)
        if name.startswith("disk"):
            (visit.finished.folder / "log.txt").write_bytes(bytes(2_000_000))
        allow(**{name: case.allowed})
        sent = list(raw(visit))
        random.Random(place).shuffle(sent)
        for what, attempt in (*plain(visit), *sent[:tries]):
            await _try(what, attempt, visit, tab, found)
        tabs = [Attacker(address, tab.cookies, source) for _ in range(TABS)]
        if not name.startswith("launches"):  # a place is left for one of them
            _end(visit.store, 1)
        await asyncio.gather(
            *(_try(f"tab {n}", partial(press, visit.config(1000 + n)), visit, one, found) for n, one in enumerate(tabs))
        )
        if case.taken(visit) > case.allowed:
            found.exceeded.append("many tabs at once")
        await asyncio.gather(*(one.close() for one in tabs))
    for each in Store.below(edge.home()):
        _end(each, None)
    return found


def allow(**changes: int) -> None:
    """Change the profile of the server: these budgets, and no others."""
    path = Path(edge.home()) / "profile.json"
    path.write_text(json.dumps({"name": "hosted", **unlimited(), **changes}), encoding="utf-8")


async def _try(what: str, attempt: Try, visit: Visit, tab: Attacker, found: Found) -> None:
    before, said = visit.states, ""
    tab.received.clear()
    found.tries += 1
    try:
        await attempt(tab)
    except VisitError as error:
        said = str(error)
    if "page failed" in said or any("page failed" in failure for failure in tab.failures):
        found.failed.append(f"{what}: {said or tab.failures}")
    tab.failures.clear()
    started = visit.states != before
    found.started += started
    case = CASES[found.budget]
    if case.taken(visit) > case.allowed:
        found.exceeded.append(f"{what}: {case.taken(visit):,.0f} of {case.allowed:,}")
    if not started and not _sentences(tab):
        found.unsaid.append(f"{what}: {said}")


def _sentences(tab: Attacker) -> list[str]:
    """List what a page says of what it does not do: errors, messages, and why a button is disabled."""
    reasons = [widget.proto.help for widget in tab.page.widgets if widget.kind == "button" and widget.disabled]
    return [said for said in (*tab.page.errors, *tab.page.texts("toast"), *reasons) if said]


def _end(store: Store, most: int | None) -> None:
    """Take waiting runs of a store out of the queue; so many of them at most."""
    for run in store.in_state(State.QUEUED, State.PAUSED, most=most):
        jobs.stop(run)


async def try_minutes(address: str) -> Found:
    """Let a training take longer than the one minute that it may."""
    found = Found("minutes", tries=1)
    allow(minutes=1)
    async with Attacker(address) as tab:
        run = find(str(edge.home()), await launch(tab, LONG))
        began, found.started = time.monotonic(), 1
        while run.state in jobs.NOT_ENDED and time.monotonic() < began + MINUTE_SECONDS:
            await asyncio.sleep(LOOK_SECONDS)
        evaluation = run.evaluation()
        if run.state is not State.FINISHED or evaluation is None:
            found.exceeded.append(f"{run.state} after {time.monotonic() - began:.0f} s")
        elif evaluation.minutes_allowed != 1:
            found.unsaid.append("why it ended")
    return found


async def attack(address: str, names: Sequence[str], tries: int) -> list[Found]:
    """Try these budgets, one after the other."""
    return [await try_budget(address, name, place, tries) for place, name in enumerate(CASES) if name in names]


def table(found: Sequence[Found]) -> str:
    """Write a line for each budget."""
    head = ["budget", "tries", "started", "exceeded", "refused without a sentence", "tracebacks"]
    return contest.table(head, [each.row() for each in found])


def main() -> int:
    """Try all budgets and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--budgets", nargs="+", choices=[*CASES, "minutes"], default=[*CASES, "minutes"])
    parser.add_argument("--tries", type=int, default=25, help="how many of the tries that no page offers")
    arguments = parser.parse_args()
    with home.with_datasets() as folder:
        datasets.prepare("shapes", edge.location("shapes"))
        with server(folder) as address:
            found = asyncio.run(attack(address, arguments.budgets, arguments.tries))
    if "minutes" in arguments.budgets:
        with home.with_datasets() as folder, server(folder, epoch_seconds="0.5") as address:
            found.append(asyncio.run(try_minutes(address)))
    for each in found:
        for kind in ("exceeded", "unsaid", "failed"):
            for said in getattr(each, kind):
                print(f"{each.budget}, {kind}: {said[:600]}", file=sys.stderr)
    print(table(found))
    return 1 if any(each.exceeded or each.unsaid or each.failed for each in found) else 0


if __name__ == "__main__":
    sys.exit(main())
