"""Workers killed at random moments: what is lost, and whether what goes on ends as if it had never been killed.

    python -m benchmarks.recovery --runs 50 --seed 0
    python -m benchmarks.recovery --runs 200 --stub

Trains a small network without a break. Then trains it again and again, each time killing the worker (SIGKILL) once to
three times, at any moment from the start of its process on, and starting another. Counts the runs that end, the kills,
the complete epochs that were shown and are gone, the lines of history that are missing or twice, and the runs whose
saved weights are those of the unbroken one, bit for bit. Exit status 1 where anything but that was found. With --stub
the engine is benchmarks/stub_engine.py: what is tried then is the worker and the store, at many more moments of theirs.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from zipfile import ZipFile

import numpy as np

from benchmarks import contest, home, stub_engine
from imgrec import datasets, edge, jobs
from imgrec.augmentations import HorizontalFlip, Shift
from imgrec.config import RunConfig, Training
from imgrec.layers import BatchNormalization, Conv2D, Dropout, Flatten, MaxPooling2D
from imgrec.runs import Run, State

CONFIG = RunConfig(
    dataset="shapes",
    augmentations=(HorizontalFlip(alternate=True), Shift(pixels=2)),
    layers=(MaxPooling2D(), Conv2D(filters=8), BatchNormalization(), MaxPooling2D(), Flatten(), Dropout()),
    training=Training(epochs=30, batch_size=64, train_share=0.2, validation_share=0.02, schedule="one-cycle"),
)


def main() -> int:
    """Kill, resume and compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0, help="of the moments")
    parser.add_argument("--at-once", type=int, default=1, help="runs that are trained beside each other")
    parser.add_argument("--stub", action="store_true", help="train with an engine that learns nothing, in no time")
    arguments = parser.parse_args()
    draw = random.Random(arguments.seed)
    with home.temporary():
        if arguments.stub:
            os.environ |= {**stub_engine.environment(), "STUB_SECONDS": "0.03"}
        datasets.prepare(CONFIG.dataset, edge.location(CONFIG.dataset))
        began = time.monotonic()
        unbroken = edge.store().create(CONFIG, "Unbroken")
        work(unbroken)
        lasts = time.monotonic() - began
        moments = [[draw.uniform(0, lasts) for _ in range(draw.randint(1, 3))] for _ in range(arguments.runs)]
        with ThreadPoolExecutor(arguments.at_once) as threads:
            found = list(threads.map(killed, moments))
        same = sum(run.state is State.FINISHED and weights(run) == weights(unbroken) for run, _, _ in found)
        figures = {
            "runs": arguments.runs,
            "kills": sum(kills for _, kills, _ in found),
            "finished": sum(run.state is State.FINISHED for run, _, _ in found),
            "complete_epochs_lost": sum(lost for _, _, lost in found),
            "lines_missing_or_twice": sum(amiss(run) for run, _, _ in found),
            "same_weights": same,
        }
    print(contest.table(["figure", "found"], figures.items()))
    print(json.dumps({"benchmark": "recovery", **vars(arguments), **figures, "machine": contest.machine()}))
    whole = {**figures, "complete_epochs_lost": 0, "lines_missing_or_twice": 0}
    return 0 if figures == {**whole, "finished": arguments.runs, "same_weights": arguments.runs} else 1


def killed(moments: Sequence[float]) -> tuple[Run, int, int]:
    """Train a run whose workers die after so many seconds each. Return it, the kills, and the shown epochs it lost."""
    run, kills, lost = edge.store().create(CONFIG, "Killed"), 0, 0
    for seconds in moments:
        kills += work(run, seconds)
        shown = len(run.history())
        if run.state not in {State.QUEUED, State.INTERRUPTED, State.FINISHED}:
            raise RuntimeError(f"A killed run is {run.state}: {run.folder}.")
        # The newest checkpoint may be ahead of what is shown, never behind it.
        lost += 0 if run.state is State.FINISHED else max(0, shown - run.reached.epoch)
    if run.state is not State.FINISHED:
        work(run)
    return run, kills, lost


def work(run: Run, seconds: float | None = None) -> bool:
    """Let a worker train, and kill it after so many seconds. Says whether it was still alive then."""
    with run.log.open("ab") as log:
        command = [sys.executable, "-m", "imgrec.worker", str(run.folder)]
        worker = subprocess.Popen(
            command, cwd=contest.ROOT, env=jobs.worker_environment(edge.home()), stdout=log, stderr=subprocess.STDOUT
        )
        try:
            worker.wait(seconds)
        except subprocess.TimeoutExpired:
            worker.kill()
            worker.wait()
            return True
    return False


def amiss(run: Run) -> int:
    """Count the epochs that the history lacks or has twice."""
    counts = np.bincount([row.epoch for row in run.history()], minlength=CONFIG.training.epochs + 1)
    return int(np.abs(counts[1:] - 1).sum())


def weights(run: Run) -> bytes:
    """Read the saved weights as they stand in the file."""
    with ZipFile(run.model) as file:
        return file.read("model.weights.h5")


if __name__ == "__main__":
    sys.exit(main())
