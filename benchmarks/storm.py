"""The same form sent many times at once: one run is made, none is lost, and never do more train than there are slots.

    python -m benchmarks.storm --rounds 1000 --launches 50

Each round launches one config from several processes with several threads each, all with the same knowledge of the
store, as a double click, two tabs and a form that is sent again do. Queue, scheduler, workers and store are the real
ones; only the engine is a stub (benchmarks/stub_engine.py). Exit status 1 where a run was made twice, got lost, or
trained beside more others than there are slots.
"""

import argparse
import json
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

from benchmarks import contest, home, stub_engine
from imgrec import datasets, edge, jobs
from imgrec.config import RunConfig, Training
from imgrec.layers import Flatten
from imgrec.runs import Run, State, checking

CONFIG = RunConfig(dataset="shapes", layers=(Flatten(),), training=Training(epochs=2))
PROCESSES = 5
LAST_SECONDS = 3600.0
"""How long the queue may take to empty after the last launch, before what waits counts as lost."""


def burst(seed: int, known: frozenset[str], launches: int) -> list[str]:
    """Launch one config so many times at once. Return the ids of the runs that it got."""
    config = CONFIG.with_setting("training.seed", seed)
    with ThreadPoolExecutor(launches) as threads:
        asked = [threads.submit(jobs.launch, edge.store(), config, known=known) for _ in range(launches)]
        return [launch.result().id for launch in asked]


def main() -> int:
    """Launch, wait and count."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=1000)
    parser.add_argument("--launches", type=int, default=50, help=f"in each round, a multiple of {PROCESSES}")
    parser.add_argument("--slots", type=int, default=2)
    arguments = parser.parse_args()
    with home.temporary() as folder:
        os.environ |= {**stub_engine.environment(), "IMGREC_SLOTS": str(arguments.slots)}
        datasets.prepare(CONFIG.dataset, edge.location(CONFIG.dataset))
        with ProcessPoolExecutor(PROCESSES) as pool:
            made = [one_round(pool, seed, arguments.launches // PROCESSES) for seed in range(arguments.rounds)]
        deadline = time.monotonic() + LAST_SECONDS
        while jobs.active(edge.store()) and time.monotonic() < deadline:
            time.sleep(0.5)
        figures = {
            "rounds": arguments.rounds,
            "launches": arguments.rounds * (arguments.launches // PROCESSES) * PROCESSES,
            "duplicates": len(edge.store().all()) - arguments.rounds,
            "answers_with_another_run": sum(len(ids) - 1 for ids in made),
            "lost": arguments.rounds - len(edge.store().in_state(State.FINISHED)),
            "slots_exceeded": len(list(Path(folder).glob("beside-*"))),
            "rules_broken": len(list(checking.check(edge.store()))),
        }
        lost = [_told(run) for run in edge.store().all() if run.state is not State.FINISHED]
    print(contest.table(["figure", "found"], figures.items()))
    if lost:
        print("Not finished:", *lost, sep="\n")
    print(json.dumps({"benchmark": "storm", **vars(arguments), **figures, "machine": contest.machine()}))
    return 1 if any(list(figures.values())[2:]) else 0


def _told(run: Run) -> str:
    """Say what became of a run that did not finish."""
    return f"{run.id} is {run.state} after {len(run.attempts())} attempts: {run.error() or run.ending()}"


def one_round(pool: ProcessPoolExecutor, seed: int, launches: int) -> set[str]:
    """Launch one config everywhere at once. Return the ids of the runs that came of it."""
    known = jobs.known(edge.store())
    bursts = [pool.submit(burst, seed, known, launches) for _ in range(PROCESSES)]
    return {id for each in bursts for id in each.result()}


if __name__ == "__main__":
    sys.exit(main())
