"""Whether a visitor of a hosted server can see or change what another one has, however it is tried.

    python -m benchmarks.attempts
    python -m benchmarks.attempts --attempts 100 --seed 7

One visitor has runs in every state, a draft, a trash, an uploaded picture and a share that was withdrawn. Another one
tries to read, stop, pause, rename, tag, delete, restore, download, share, repeat, train further and compare all that:
by the addresses of pages, by cookies, by the addresses of files, and by messages with the ids of what is on the owner's
pages. An attempt succeeds where something of the owner's is in what the other one received, where a file of the owner's
has changed, or where a page fails with a traceback. The other one knows all but the owner's cookie: also the id of the
owner's connection, which stands in the addresses of uploads. Exit status 1 where one succeeds.

    python -m benchmarks.attempts --control

tries the same where all visitors share one store: the attempts that succeed then show that they would be noticed.
"""

import argparse
import asyncio
import os
import random
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import contest, home, stub_engine
from benchmarks.attack import KINDS, Attempt
from benchmarks.attacker import Attacker
from benchmarks.hosted import hosting, numeric, unlimited
from benchmarks.jar import VisitError
from benchmarks.stage import serving
from benchmarks.victim import UPLOAD, Victim, move_in
from imgrec import datasets, edge
from imgrec.runs import Store

BATCH = 20
"""Attempts of one attacker, after which the owner's files are looked at."""

EPOCH_SECONDS = "3600"
"""The owner's training rests in its first epoch, so that no file of it changes by itself."""

LAST_SECONDS = 3000.0


@dataclass
class Found:
    """How many attempts of each kind there were and how many succeeded, with what those brought."""

    tried: Counter[str] = field(default_factory=Counter)
    succeeded: Counter[str] = field(default_factory=Counter)
    said: list[str] = field(default_factory=list)

    def success(self, kind: str, what: str) -> None:
        self.succeeded[kind] += 1
        self.said.append(f"{kind}: {what}")

    def table(self) -> str:
        """Write a line for each kind of attempt, and one for all."""
        rows = [(kind, self.tried[kind], self.succeeded[kind]) for kind in KINDS]
        rows.append(("all", self.tried.total(), self.succeeded.total()))
        return contest.table(["attempts by", "tried", "succeeded"], [tuple(map(str, row)) for row in rows])


async def attack(address: str, attempts: int, seed: int) -> Found:
    """Try so many attempts on a server, shared out between their kinds."""
    victim, found = await move_in(address), Found()
    try:
        for kind, (make, share) in KINDS.items():
            there = list(make(victim))
            random.Random(seed).shuffle(there)
            there.sort(key=lambda attempt: not attempt.always)
            there = there[: max(sum(attempt.always for attempt in there), round(attempts * share))]
            for start in range(0, len(there), BATCH):
                await _try(address, victim, kind, there[start : start + BATCH], found)
            if kind == "uploads":
                await _look_for_the_upload(victim, found)
        await _come_back(victim, found)
    finally:
        await victim.visitor.close()
    return found


async def _try(address: str, victim: Victim, kind: str, batch: list[Attempt], found: Found) -> None:
    before, stores = victim.fingerprint(), _runs_of_others(victim)
    async with Attacker(address) as attacker:
        await attacker.open()
        _, attacker.document = await attacker.fetch("GET", "/")
        for attempt in batch:
            attacker.forget(attempt.text)
            found.tried[kind] += 1
            try:
                await attempt.do(attacker)
            except VisitError as error:  # which is what shall come of it, unless a page failed
                attacker.received += str(error).encode()
            leaks = victim.leaks(bytes(attacker.received), attacker.sent)
            leaks += [said for said in attacker.failures if "The page failed" in said] + attacker.got
            if leaks:
                found.success(kind, f"{attempt.text}: {', '.join(leaks)[:300]}")
            attacker.failures.clear()
    if victim.fingerprint() != before:
        found.success(kind, f"a file was changed by one of: {'; '.join(attempt.text for attempt in batch)}"[:2000])
    if _runs_of_others(victim) != stores:
        found.success(kind, "a run was made")


def _runs_of_others(victim: Victim) -> list[str]:
    return [run.id for store in Store.below(edge.home()) if store != victim.store for run in store.all()]


async def _look_for_the_upload(victim: Victim, found: Found) -> None:
    """Look whether the owner's page still has the picture that was uploaded."""
    victim.visitor.received.clear()
    try:
        await victim.visitor.rerun()
    except VisitError as error:
        found.success("uploads", f"the owner's page failed: {error}")
        return
    if UPLOAD.encode() not in victim.visitor.received:
        found.success("uploads", "the owner's picture is gone")


async def _come_back(victim: Victim, found: Found) -> None:
    """Let the owner go on with the own connection, which nobody else may have."""
    before = victim.visitor.session
    await victim.visitor.open("network", session=before)
    if victim.visitor.session != before:
        found.success("connections", "the owner could not go on with it")


@contextmanager
def server(folder: str, private: bool = True, epoch_seconds: str = EPOCH_SECONDS) -> Iterator[str]:
    """Return the address of a server whose trainings rest in their first epoch, with private stores or a shared one."""
    before = dict(os.environ)
    os.environ |= {**stub_engine.environment(), "STUB_SECONDS": epoch_seconds, "IMGREC_STANDBY": "0"}
    try:
        if private:
            with hosting(folder, **unlimited()) as (_, address):
                yield address
        else:
            with serving(folder) as (_, address):
                yield numeric(address)
    finally:
        os.environ.clear()
        os.environ.update(before)


def main() -> int:
    """Try everything and print how often it succeeded."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--attempts", type=int, default=1200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--control", action="store_true", help="let all visitors share one store")
    arguments = parser.parse_args()
    with home.with_datasets() as folder:
        datasets.prepare("shapes", edge.location("shapes"))
        with server(folder, not arguments.control) as address:
            found = asyncio.run(asyncio.wait_for(attack(address, arguments.attempts, arguments.seed), LAST_SECONDS))
        log = (Path(folder) / "server.log").read_text(encoding="utf-8", errors="replace")
    print(*found.said, sep="\n", file=sys.stderr)
    print(f"tracebacks in the server's output: {log.count('Traceback')}", file=sys.stderr)
    print(found.table())
    return 1 if found.succeeded.total() else 0


if __name__ == "__main__":
    sys.exit(main())
