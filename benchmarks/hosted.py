"""A server with the profile hosted, what it takes of its machine, and what a figure about it is held against."""

import asyncio
import json
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import numpy as np
import psutil

from benchmarks import contest
from benchmarks.jar import VisitError
from benchmarks.stage import LOOK_SECONDS, START_SECONDS, serving
from benchmarks.visitor import Visitor
from imgrec import jobs, presets, profiles
from imgrec.config import RunConfig
from imgrec.errors import RunError
from imgrec.profiles import Profile
from imgrec.runs import Run, Store
from imgrec.runs.store import VISITORS

LONG = presets.get("quick").config.with_setting("training.epochs", 500).with_setting("training.patience", 0)
"""A training that goes on for longer than any figure takes."""

BUDGETS = tuple(name for name, field in Profile.model_fields.items() if field.default is None)


@dataclass(frozen=True)
class Figure:
    """What was measured, and the most that it shall be; None where it is only told."""

    what: str
    value: float
    most: float | None = None
    unit: str = ""

    @property
    def kept(self) -> bool:
        """Whether it is what it shall be; a figure that could not be measured (NaN) is not."""
        return self.most is None or self.value <= self.most

    def row(self) -> tuple[str, str, str, str]:
        """Return the cells of a table."""
        target = "" if self.most is None else f"≤ {self.most:,g}{self.unit}" if self.most else "0"
        return (
            self.what,
            target,
            f"{self.value:,.4g}{self.unit}",
            "" if self.most is None else "yes" if self.kept else "NO",
        )


def table(figures: Sequence[Figure]) -> str:
    """Write figures beside their targets."""
    return contest.table(["figure", "target", "found", "kept"], [figure.row() for figure in figures])


def percentile(seconds: Sequence[float], share: float) -> float:
    """Return the milliseconds within which so many per cent were done; NaN of nothing."""
    return 1000 * float(np.percentile(seconds, share)) if seconds else float("nan")


@contextmanager
def profile(home: str, **budgets: int | None) -> Iterator[None]:
    """Let IMGREC_PROFILE name the profile hosted with these budgets changed, None being no limit."""
    path, before = Path(home) / "profile.json", os.environ.get(profiles.VARIABLE)
    path.write_text(json.dumps({"name": "hosted", **budgets}), encoding="utf-8")
    os.environ[profiles.VARIABLE] = str(path)
    try:
        yield
    finally:
        del os.environ[profiles.VARIABLE]
        if before is not None:
            os.environ[profiles.VARIABLE] = before


@contextmanager
def hosting(home: str, **budgets: int | None) -> Iterator[tuple[int, str]]:
    """Return the process and the address of a hosted server with these budgets changed."""
    with profile(home, **budgets), serving(home) as (server, address):
        yield server, numeric(address)


def numeric(address: str) -> str:
    """Return a server's address with the number of this computer in it, which visitors of several addresses reach."""
    return address.replace("localhost", "127.0.0.1")


def unlimited(*but: str) -> dict[str, None]:
    """Return every budget but some as no limit: all visitors of a benchmark come from one computer."""
    return {name: None for name in BUDGETS if name not in but}


@dataclass(frozen=True)
class Usage:
    """What a process takes: megabytes in memory, open files and threads."""

    mb: float
    files: int
    threads: int

    @classmethod
    def of(cls, server: int) -> "Usage":
        process = psutil.Process(server)
        return cls(process.memory_info().rss / 1e6, process.num_fds(), process.num_threads())


def has_tensorflow(server: int) -> bool:
    """Return whether a process has TensorFlow in its memory. Linux only."""
    return "tensorflow" in Path(f"/proc/{server}/maps").read_text(encoding="utf-8", errors="replace")


async def train_unseen(home: str) -> Run:
    """Train as a visitor whom no other one sees, for longer than any figure takes. Return the run once it has begun."""
    return await begun(jobs.launch(Store(Path(home) / VISITORS / uuid4().hex), LONG))


async def begun(run: Run) -> Run:
    """Wait until the first epoch of a run is complete. Raises RuntimeError where it does not begin."""
    deadline = time.monotonic() + START_SECONDS
    while not run.history():
        if time.monotonic() > deadline:
            raise RuntimeError(f"The training did not begin. Its log:\n{run.log.read_text(errors='replace')}")
        await asyncio.sleep(LOOK_SECONDS)
    return run


async def launch(visitor: Visitor, config: RunConfig) -> str:
    """Open the Train page by a share link and press Start. Return the run's id.

    Raises VisitError where none was started.
    """
    await visitor.open("train", f"c={config.to_link()}")
    await visitor.press("Start training")
    _, _, id = visitor.query.partition("run=")
    if not id or visitor.page.errors:
        raise VisitError(f"No run was started: {visitor.page.errors}")
    return id.split("&")[0]


def find(home: str, id: str) -> Run:
    """Return the run of this id, whichever visitor's it is. Raises RunError where there is none."""
    for store in Store.below(Path(home)):
        with suppress(RunError):
            return store.get(id)
    raise RunError(f"There is no run {id} in {home}.")
