"""What grows with the number of runs in a store: pages, ticks, commands, starting a run, the queue, memory and disk.

    python -m benchmarks.scale --runs 1000 10000

For each number of runs, a store is filled (benchmarks/many_runs.py), a server is started on it, and a visitor without a
browser opens the pages, so that a page counts from the moment when it is asked for until the server has said all of it.
A run seems to train meanwhile, and a hundred wait; the queue is held (`admin drain`), so that nothing else computes.
Each figure is the median of several. Memory is that of the server's process when all pages have been seen; what the
runs take of it is told beside a store with a few. `first` is that of a server that has just started, on a store that
no one has listed yet, and `again` that of the next server on the same store.
"""

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from benchmarks import contest, home, many_runs
from benchmarks.stage import serving
from benchmarks.visitor import Visitor
from imgrec import datasets, edge, jobs
from imgrec.runs import Store, sweeps
from imgrec.sweep import Sweep

PAGES = ("", "train", "results", "runs", "compare", "predict", "sweeps")

TICKING = ("", "train", "runs", "sweeps", "network")
"""Pages of which a part is drawn again every few seconds while a run trains."""

TICK_SECONDS = 13.0

FEW = 20
"""Runs of the store that the memory is compared with."""

MEMORY = "memory of the server, MB"

TARGETS = {
    "Runs page": 0.5,
    "Start page": 0.2,
    "python -m imgrec check": 30.0,
    f"{MEMORY} more": 100.0,
}
"""At 10,000 runs: seconds, but for the last."""

Figures = dict[str, list[float]]


def main() -> int:
    """Fill, measure and print. Exit status 1 where a figure at 10,000 runs or more misses its target."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, nargs="+", default=[1000, 10_000])
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    found: dict[int, Figures] = {}
    for runs in (FEW, *arguments.runs):
        with home.with_datasets() as folder:
            datasets.prepare("shapes", edge.location("shapes"))
            found[runs] = measured(edge.store(), folder, runs, arguments.rounds)
    medians = {
        runs: {name: statistics.median(each) for name, each in figures.items()} for runs, figures in found.items()
    }
    names = list(dict.fromkeys(name for figures in found.values() for name in figures))
    rows = [
        [name, *(f"{medians[runs].get(name, float('nan')):.3f}" for runs in found), TARGETS.get(name, "")]
        for name in names
    ]
    print(contest.table(["s, but for MB", *(f"{runs:,} runs" for runs in found), "at most"], rows))
    print(json.dumps({"benchmark": "scale", **vars(arguments), "figures": found, "machine": contest.machine()}))
    missed = [
        name
        for runs, figures in medians.items()
        for name, most in TARGETS.items()
        if runs >= 10_000 and figures[name] > most
    ]
    if missed:
        print(f"Missed: {', '.join(missed)}")
    return 1 if missed else 0


def measured(store: Store, folder: str, runs: int, rounds: int) -> Figures:
    """Return all figures of a store with so many runs, in seconds or MB."""
    many_runs.fill(store, runs)
    jobs.drain(store.home, True)
    disk = sum(file.lstat().st_blocks * 512 for file in store.runs.rglob("*"))
    figures: Figures = {"disk, MB a run": [disk / 1e6 / runs]}
    _, *_, trains = jobs.queue(store)
    with many_runs.train_forever(trains).lock():
        with serving(folder) as (server, address):
            figures |= asyncio.run(visited(server, address, rounds))
        with serving(folder) as (server, address):
            figures |= {f"{name}, again": each for name, each in asyncio.run(first(address)).items()}
        figures |= commanded(rounds)
        figures |= asked(store, rounds)
    return figures


async def first(address: str) -> Figures:
    """Open pages of a server that has just started; one that lists nothing comes first, for all that is imported."""
    found = {}
    async with Visitor(address) as visitor:
        await visitor.open("about")
        for title, page in (("Start", ""), ("Runs", "runs")):
            found[f"{title} page, first"] = [await visitor.go(page)]
    return found


async def visited(server: int, address: str, rounds: int) -> Figures:
    """Open all pages several times, and watch those that tick."""
    figures = await first(address)
    async with Visitor(address) as visitor:
        await visitor.open("about")
        for page in PAGES:
            title = page.capitalize() or "Start"
            await visitor.go(page)
            figures[f"{title} page"] = []
            for _ in range(rounds):
                await visitor.go("about")
                figures[f"{title} page"].append(await visitor.go(page))
        for page in TICKING:
            await visitor.go(page)
            visitor.ticks.clear()
            used = processor_seconds(server)
            await asyncio.sleep(TICK_SECONDS)
            title = page.capitalize() or "Start"
            if visitor.ticks:
                figures[f"{title} page, its slowest ticks"] = sorted(visitor.ticks)[-3:]
            figures[f"{title} page, open: processor a second"] = [(processor_seconds(server) - used) / TICK_SECONDS]
        if visitor.failures:
            raise RuntimeError(visitor.failures[0])
    figures[MEMORY] = [private(server)]
    figures["the scheduler: processor a second"] = [scheduler_share()]
    return figures


def commanded(rounds: int) -> Figures:
    """Time commands from their start to their end."""

    def command(*words: str) -> Callable[[], object]:
        line = [sys.executable, "-m", "imgrec", *words]
        return lambda: subprocess.run(line, cwd=contest.ROOT, stdout=subprocess.DEVNULL, check=True)

    return {
        "python -m imgrec runs": times(command("runs"), rounds),
        "python -m imgrec sweeps": times(command("sweeps"), rounds),
        "python -m imgrec check": times(command("check"), 3),
    }


def asked(store: Store, rounds: int) -> Figures:
    """Time what asks for runs in this process: one, a sweep, and a look of the scheduler at the queue."""
    base = jobs.queue(store)[0].config
    seeds = iter(range(10**6, 2 * 10**6))
    varied = [{"setting": "training.learning_rate", "low": 0.001, "high": 0.01}]
    figures: Figures = {
        "a run is started": times(lambda: jobs.launch(store, base.with_setting("training.seed", next(seeds))), rounds)
    }
    figures["a look at the queue"] = times(lambda: jobs.start_next(store.home), rounds)
    for points, repeats in ((12, 2), (200, 10)):
        sweep = Sweep.parse(
            {
                "base": base.with_setting("training.seed", next(seeds)),
                "varied": varied,
                "points": points,
                "seeds": repeats,
            }
        )
        figures[f"a sweep of {points * repeats:,} runs is started"] = times(lambda: jobs.start_sweep(store, sweep), 1)  # noqa: B023
    figures["a look at the queue, 2,000 more runs in it"] = times(lambda: jobs.start_next(store.home), rounds)
    assert sweeps.every(store)
    return figures


def times(do: Callable[[], object], rounds: int) -> list[float]:
    """Return how long it took, each time."""
    found = []
    for _ in range(rounds):
        began = time.perf_counter()
        do()
        found.append(time.perf_counter() - began)
    return found


def private(process: int) -> float:
    """Return the memory of a process that is its own, in MB; what it shares depends on who else there is."""
    return float(psutil.Process(process).memory_full_info().uss) / 1e6


def processor_seconds(process: int) -> float:
    """Return how long a process has computed."""
    used = psutil.Process(process).cpu_times()
    return float(used.user + used.system)


def scheduler_share() -> float:
    """Return how much of a processor's time the scheduler takes while it can start nothing."""
    for number in home.processes(os.environ["IMGREC_HOME"]):
        if "imgrec.scheduler" in psutil.Process(number).cmdline():
            before = processor_seconds(number)
            time.sleep(10)
            return (processor_seconds(number) - before) / 10
    raise RuntimeError(f"No scheduler runs in {Path(os.environ['IMGREC_HOME'])}.")


if __name__ == "__main__":
    sys.exit(main())
