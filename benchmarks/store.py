"""How long pages and commands take with many runs in the store.

    python -m benchmarks.store --runs 1000

Trains one small run, copies it, and draws the pages that list runs with streamlit.testing, in turns; the command line
is timed from its start to its end. Seconds; a browser needs some time more to show them.
"""

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

from streamlit.testing.v1 import AppTest

from benchmarks import contest, home, stub_engine
from benchmarks.storm import CONFIG
from imgrec import datasets, edge
from imgrec.runs import Run
from imgrec.ui import PAGES


def main() -> None:
    """Make the store and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    with home.temporary():
        datasets.prepare(CONFIG.dataset, edge.location(CONFIG.dataset))
        fill(arguments.runs)
        contestants: dict[str, Callable[[], object]] = {
            "Start, drawn": page("start"),
            "Train, drawn": page("train"),
            "Results, drawn": page("results"),
            "Runs, drawn": page("runs"),
            "Compare, drawn": page("compare"),
            "python -m imgrec runs": command("runs"),
            "python -m imgrec check": command("check"),
        }
        times: dict[str, list[float]] = {name: [] for name in contestants}
        for _ in range(arguments.rounds):
            for name, do in contestants.items():
                began = time.perf_counter()
                do()
                times[name].append(time.perf_counter() - began)
    medians = {name: statistics.median(found) for name, found in times.items()}
    print(contest.table(["", "s"], [[name, f"{seconds:.2f}"] for name, seconds in medians.items()]))
    print(json.dumps({"benchmark": "store", **vars(arguments), "medians": medians, "machine": contest.machine()}))


def fill(count: int) -> None:
    """Make one run, finished, and copy it under other ids."""
    run = edge.store().create(CONFIG, "A run")
    worker = [sys.executable, "-m", "imgrec.worker", str(run.folder)]
    subprocess.run(worker, cwd=contest.ROOT, env=stub_engine.environment(), check=True)
    for number in range(count - 1):
        copy_of(run, number)


def copy_of(run: Run, number: int) -> None:
    """Copy a run: it is the same but for its id."""
    shutil.copytree(run.folder, run.folder.with_name(f"20260101-000000-{number:08x}"))


def page(name: str) -> Callable[[], object]:
    """Return what draws a page once, in a browser that was there before."""
    app = AppTest.from_file(PAGES.parent / "imgrec" / "ui" / "shell.py", default_timeout=60).run()

    def draw() -> None:
        app.switch_page(str(PAGES / f"{name}.py")).run()
        if app.exception:
            raise RuntimeError(app.exception[0].message)

    return draw


def command(name: str) -> Callable[[], object]:
    """Return what runs a command of imgrec."""
    line = [sys.executable, "-m", "imgrec", name]
    return lambda: subprocess.run(line, cwd=contest.ROOT, stdout=subprocess.DEVNULL, check=True)


if __name__ == "__main__":
    main()
