"""Networks that need at least 30 GB, on a server that gives a training 2 GB: refused, and ended where they begin.

    python -m benchmarks.bombs
    python -m benchmarks.bombs --bombs 2

Each of 20 configs is within all limits of imgrec itself. First a visitor of a hosted server starts it, and is told in a
sentence why not. Then it is put into that visitor's store without being asked about, and the scheduler starts it: the
worker has to end itself with the sentence about memory before it takes much more than it may. Meanwhile the server
answers, the scheduler goes on, and a run of another visitor trains. Exit status 1 where one of these does not hold.
Linux only.
"""

import argparse
import asyncio
import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

import psutil

from benchmarks.home import processes, with_datasets
from benchmarks.hosted import LONG, Figure, begun, hosting, profile, table
from benchmarks.stage import answers
from imgrec import datasets, edge, jobs
from imgrec.config import RunConfig, Training
from imgrec.errors import BudgetError
from imgrec.jobs import memory
from imgrec.layers import (
    BatchNormalization,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    GlobalAveragePooling2D,
    Layer,
    MaxPooling2D,
    ResidualBlock,
)
from imgrec.optimizers import SGD
from imgrec.runs import Run, State, Store
from imgrec.runs.store import VISITORS

LEAST_BYTES = 30e9

MEMORY_MB = 2_000

BEYOND = 1.5
"""How many times what it may take a training may have taken when it ends: its thread looks every 50 ms."""

LAST_SECONDS = 180.0
"""Until a bomb has ended; a deadline for a hang."""

LOOK_SECONDS = 0.1

SIZES = ("parameters", "multiply_adds", "epochs")
"""Budgets that would refuse a bomb before its memory does."""

SMALL = RunConfig(dataset="shapes", layers=(Flatten(),), training=Training(epochs=1))

WIDE = Conv2D(filters=1024, kernel_size=1)


def bombs() -> Iterator[RunConfig]:
    """Return 20 configs that need at least 30 GB, by the least that any training of them takes."""
    dense = (*(MaxPooling2D(),) * 2, Flatten(), Dense(units=700))
    for batch in (1024, 1536, 2048):
        layers = -(-int(LEAST_BYTES) // (2 * batch * 1024 * 32 * 32)) + 1
        yield _bomb((WIDE,) * layers, batch_size=batch)
        yield _bomb((WIDE,) * layers, batch_size=batch, precision="float32")
        yield _bomb((WIDE,) * layers, batch_size=batch, test_time_augmentation="mirror and shift")
        yield _bomb((WIDE, BatchNormalization()) * (layers // 2 + 1), batch_size=batch)
    yield _bomb((Conv2D(filters=64), *(WIDE, Dropout()) * 4, *dense), batch_size=2048)
    yield _bomb((*(WIDE,) * 8, MaxPooling2D(), Flatten(), Dense(units=150)), batch_size=2048)
    yield _bomb((Conv2D(filters=256, kernel_size=7), *(Conv2D(filters=256),) * 30), batch_size=2048)
    yield _bomb((Conv2D(filters=192),) * 80, batch_size=1024)
    yield _bomb((Conv2D(filters=96),) * 100, batch_size=2048, optimizer=SGD(), epochs=1)
    yield _bomb((ResidualBlock(filters=256),) * 29, batch_size=2048)
    yield _bomb(
        (*(Conv2D(filters=1024, activation="tanh", kernel_size=1),) * 8, GlobalAveragePooling2D()), batch_size=2048
    )
    yield _bomb((*(Conv2D(filters=1000, kernel_size=2),) * 9,), batch_size=2048, label_smoothing=0.1)


def _bomb(layers: Sequence[Layer], **training: object) -> RunConfig:
    return RunConfig(dataset="shapes", layers=tuple(layers), training=Training.parse(training))


async def refused(home: str, configs: Sequence[RunConfig]) -> list[Figure]:
    """Let a visitor of a hosted server start each. Count those that are refused in a sentence about memory."""
    store, said = Store(Path(home) / VISITORS / uuid4().hex), []
    with profile(home, **dict.fromkeys(SIZES)):
        for config in configs:
            try:
                jobs.launch(store, config)
            except BudgetError as error:
                said.append(str(error))
    with profile(home):
        whole = [jobs.problem(config, store) for config in configs]
    return [
        Figure("not refused by a server that bounds memory alone", len(configs) - sum(map(_is_of_memory, said)), 0),
        Figure("not refused by the profile hosted", whole.count(None), 0),
    ]


async def ended(home: str, configs: Sequence[RunConfig]) -> list[Figure]:
    """Let the scheduler start each. Count those that did not end themselves, and what else was disturbed."""
    os.environ["IMGREC_SLOTS"] = "2"
    visitor, other = (Store(Path(home) / VISITORS / uuid4().hex) for _ in range(2))
    taken, seconds, alive, answered = [], [], list[Run](), list[bool]()
    with hosting(home, memory_mb=MEMORY_MB, minutes=None, **dict.fromkeys(SIZES)) as (server, address):
        small = await begun(jobs.launch(other, LONG, "Small"))
        scheduler = _schedulers(home)
        for number, config in enumerate(configs, start=1):
            began = time.monotonic()
            bomb = visitor.create(config, f"Bomb {number}")
            jobs.look_after(visitor)
            most = await _most(bomb)
            taken.append(most / 1e6)
            seconds.append(time.monotonic() - began)
            said = getattr(bomb.error(), "sentence", "")
            if not _is_of_memory(said):
                alive.append(bomb)
                print(
                    f"{bomb.name} is {bomb.state}: {said or bomb.log.read_text(errors='replace')[-500:]}",
                    file=sys.stderr,
                )
            answered.append(answers(f"{address}/_stcore/health") and psutil.pid_exists(server))
        same = _schedulers(home) == scheduler and len(scheduler) == 1
        undisturbed = small.state is State.RUNNING and len(small.attempts()) == 1
        epochs = len(small.history())
        jobs.stop(small)
        await _most(small)
        after = jobs.launch(other, SMALL, "After")
        await _most(after)
    return [
        Figure("did not end themselves with a sentence", len(alive), 0),
        Figure("most memory that one took", max(taken), BEYOND * MEMORY_MB, " MB"),
        Figure("longest until one had ended", max(seconds), None, " s"),
        Figure("servers that did not answer", answered.count(False), 0),
        Figure("schedulers that ended", int(not same), 0),
        Figure("trainings of another visitor that were disturbed", int(not undisturbed), 0),
        Figure("epochs that it trained meanwhile", epochs),
        Figure(
            "trainings of another visitor that did not finish",
            sum(r.state is not State.FINISHED for r in (small, after)),
            0,
        ),
    ]


def _is_of_memory(said: str) -> bool:
    return " MB of memory" in said


def _schedulers(home: str) -> list[int]:
    """List the processes of a home's scheduler."""
    found = []
    for number in processes(home):
        with suppress(psutil.Error):
            if "imgrec.scheduler" in psutil.Process(number).cmdline():
                found.append(number)
    return found


async def _most(run: Run) -> int:
    """Wait until a run has ended. Return the most bytes that its process was seen to have."""
    most = 0
    deadline = time.monotonic() + LAST_SECONDS
    while run.state in jobs.NOT_ENDED:
        if time.monotonic() > deadline:
            jobs.kill(run)
            break
        most = max(most, jobs.memory_of(run) or 0)
        await asyncio.sleep(LOOK_SECONDS)
    return most


def main() -> int:
    """Try each and print what became of them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bombs", type=int, default=20)
    count = parser.parse_args().bombs
    configs = list(bombs())[-count:]
    assert all(memory.least(config, jobs.check(config, edge.store())) >= LEAST_BYTES for config in configs)
    with with_datasets() as folder:
        datasets.prepare("shapes", edge.location("shapes"))
        figures = [*asyncio.run(refused(folder, configs)), *asyncio.run(ended(folder, configs))]
    print(f"{len(configs)} networks that need at least {LEAST_BYTES / 1e9:.0f} GB")
    print(table(figures))
    return 0 if all(figure.kept for figure in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
