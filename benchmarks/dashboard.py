"""What watching costs: images a second of a real worker while visitors watch its Train page, and without them.

    python -m benchmarks.dashboard --preset fast

Phases with nobody, with sessions that speak Streamlit's protocol and draw nothing (benchmarks/clients.py), with nobody
and with tabs of a headless Chromium take turns within one training; each ratio is the median over neighbouring phases.
All of it runs on the processor that trains, unlike a visitor's browser: the sessions cost what remote visitors would,
the tabs what one's own would. The processor seconds of worker, server and visitors are given as well. Linux only. Needs
playwright and Chromium, and a dataset that is ready in IMGREC_HOME or IMGREC_CIFAR10.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path

from playwright.sync_api import Browser

from benchmarks import contest, home
from benchmarks.stage import LOOK_SECONDS, browsing, serving, training, watching
from imgrec import presets
from imgrec.runs import Run

NOBODY, SESSIONS, TABS = "nobody", "sessions", "tabs"

SETTLE_SECONDS = 4.0
"""Between phases: opening a page costs more than watching it."""


@dataclass(frozen=True)
class Phase:
    """What happened in one phase. Processor seconds are those per second of the phase."""

    watched_by: str
    images_per_second: float
    worker: float
    server: float
    visitors: float


def main() -> None:
    """Train, watch and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--preset", default="fast", choices=list(presets.PRESETS))
    parser.add_argument("--visitors", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=5, help="each of four phases")
    parser.add_argument("--seconds", type=float, default=25, help="of a phase")
    arguments = parser.parse_args()
    with (
        home.with_datasets() as folder,
        training(arguments.preset) as run,
        serving(folder) as (server, address),
        browsing() as browser,
    ):

        def watch(who: str) -> AbstractContextManager[object]:
            if who == TABS:
                return tabs(browser, f"{address}/train?run={run.id}", arguments.visitors)
            return sessions(address, f"run={run.id}", arguments.visitors) if who == SESSIONS else nullcontext()

        found = [
            phase(run, server, watch, who, arguments.seconds)
            for _ in range(arguments.rounds)
            for who in (NOBODY, SESSIONS, NOBODY, TABS)
        ]
    ratios = {who: ratio(found, who) for who in (SESSIONS, TABS)}
    print(table(found))
    for who, value in ratios.items():
        print(f"\nimages/s watched by {arguments.visitors} {who} / by nobody: {value:.3f}")
    settings = {"benchmark": "dashboard", **vars(arguments)}
    phases = [asdict(each) for each in found]
    print(json.dumps({**settings, "ratios": ratios, "phases": phases, "machine": contest.machine()}))


def phase(
    run: Run, server: int, watch: Callable[[str], AbstractContextManager[object]], who: str, seconds: float
) -> Phase:
    """Let them come, let them settle, and measure."""
    with watch(who):
        time.sleep(SETTLE_SECONDS)
        before, began = processor_seconds(server), time.monotonic()
        rate = images_per_second(run, seconds)
        after, lasted = processor_seconds(server), time.monotonic() - began
    return Phase(who, rate, **{part: (after[part] - before[part]) / lasted for part in before})


@contextmanager
def tabs(browser: Browser, address: str, count: int) -> Iterator[None]:
    """Open the address in so many tabs, each a visitor of its own."""
    contexts = [watching(browser, address) for _ in range(count)]
    yield
    for context in contexts:
        context.close()


@contextmanager
def sessions(address: str, query: str, count: int) -> Iterator[None]:
    """Watch the Train page in so many sessions without a browser. Raises RuntimeError where one of them ended."""
    command = [sys.executable, "-m", "benchmarks.clients", address, str(count), "/train", query]
    with subprocess.Popen(command, cwd=contest.ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as client:
        assert client.stdout
        client.stdout.readline()
        yield
        client.communicate()
    if client.returncode:
        raise RuntimeError("A session that should have watched failed. Why stands above.")


def images_per_second(run: Run, seconds: float) -> float:
    """Watch the progress for so long. What lies between epochs, validation first of all, is left out."""
    end = time.monotonic() + seconds
    batch, images, spent = run.config.training.batch_size, 0, 0.0
    earlier = look(run)
    while time.monotonic() < end:
        time.sleep(LOOK_SECONDS)
        now = look(run)
        if now[0] == earlier[0]:
            images, spent = images + batch * (now[1] - earlier[1]), spent + now[2] - earlier[2]
        earlier = now
    return images / spent


def look(run: Run) -> tuple[int, int, float]:
    """Return epoch, step, and when the worker was there."""
    progress = run.progress()
    if progress is None or progress.epoch is None or progress.step is None:
        raise RuntimeError(f"The training ended too early: {run.state}.")
    return progress.epoch, progress.step, (run.folder / "progress.json").stat().st_mtime


def processor_seconds(server: int) -> dict[str, float]:
    """Return the processor time so far of the worker, the server and the visitors, with all their children."""
    children: dict[int, list[int]] = {}
    used: dict[int, float] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text(errors="replace").rsplit(")", 1)[1].split()
        except OSError:  # it ended in this moment
            continue
        children.setdefault(int(fields[1]), []).append(int(folder.name))
        used[int(folder.name)] = sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")

    def with_children(process: int) -> float:
        return used[process] + sum(map(with_children, children.get(process, [])))

    totals = {"worker": 0.0, "server": 0.0, "visitors": 0.0}
    for process in children.get(os.getpid(), []):
        arguments = Path(f"/proc/{process}/cmdline").read_text(errors="replace")
        # A worker is a child of the scheduler.
        who = "server" if process == server else "worker" if "imgrec.scheduler" in arguments else "visitors"
        totals[who] += with_children(process)
    return totals


def ratio(found: Sequence[Phase], who: str) -> float:
    """Return the median ratio of images a second in neighbouring phases, watched by them over watched by nobody."""
    pairs = [(one, other) for pair in pairwise(found) for one, other in (pair, pair[::-1])]
    return statistics.median(
        watched.images_per_second / alone.images_per_second
        for watched, alone in pairs
        if watched.watched_by == who and alone.watched_by == NOBODY
    )


def table(found: Sequence[Phase]) -> str:
    """Write the medians of each kind of phase."""
    rows = []
    for who in (NOBODY, SESSIONS, TABS):
        phases = [each for each in found if each.watched_by == who]
        rates = statistics.median(each.images_per_second for each in phases)
        used = [statistics.median(getattr(each, part) for each in phases) for part in ("worker", "server", "visitors")]
        rows.append([who, f"{rates:,.0f}", *(f"{each:.3f}" for each in used)])
    header = ["watched by", "images/s, median", "processors busy: worker", "server", "visitors"]
    return contest.table(header, rows)


if __name__ == "__main__":
    main()
