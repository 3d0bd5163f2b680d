"""What watching costs: images a second of a real worker while browser tabs show its Train page, and without them.

    python -m benchmarks.dashboard --preset fast

Phases with and without tabs take turns within one training; the ratio is the median over neighbouring phases. The
browser is a headless Chromium and runs on the processor that trains, unlike a visitor's, who brings their own. So the
processor seconds of worker, server and browser are given as well: the server's are what a remote visitor costs. Linux
only. Needs playwright and Chromium, and a dataset that is ready in IMGREC_HOME or IMGREC_CIFAR10.
"""

import argparse
import json
import os
import statistics
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path

from playwright.sync_api import Browser

from benchmarks import contest, home
from benchmarks.stage import LOOK_SECONDS, browsing, serving, training, watching
from imgrec import edge, presets
from imgrec.runs import Run

SETTLE_SECONDS = 4.0
"""Between phases: opening a page costs more than watching it."""


@dataclass(frozen=True)
class Phase:
    """What happened in one phase. Processor seconds are those per second of the phase."""

    tabs: int
    images_per_second: float
    worker: float
    server: float
    browser: float


def main() -> None:
    """Train, watch and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--preset", default="fast", choices=list(presets.PRESETS))
    parser.add_argument("--tabs", type=int, default=3)
    parser.add_argument("--pairs", type=int, default=5, help="of one phase without and one with tabs")
    parser.add_argument("--seconds", type=float, default=25, help="of a phase")
    arguments = parser.parse_args()
    datasets = edge.home() / "datasets"
    with home.temporary() as folder:
        if datasets.exists():
            (Path(folder) / "datasets").symlink_to(datasets)
        with training(arguments.preset) as run, serving(folder) as (server, address), browsing() as browser:
            watched = f"{address}/train?run={run.id}"
            found = [
                phase(run, server, browser, watched, tabs, arguments.seconds)
                for _ in range(arguments.pairs)
                for tabs in (0, arguments.tabs)
            ]
    ratio = tax(found)
    print(table(found))
    print(f"\nimages/s with {arguments.tabs} tabs / none: {ratio:.3f}")
    settings = {"benchmark": "dashboard", **vars(arguments)}
    phases = [asdict(each) for each in found]
    print(json.dumps({**settings, "ratio": ratio, "phases": phases, "machine": contest.machine()}))


def phase(run: Run, server: int, browser: Browser, address: str, tabs: int, seconds: float) -> Phase:
    """Open so many tabs, let them settle, and measure."""
    contexts = [watching(browser, address) for _ in range(tabs)]
    time.sleep(SETTLE_SECONDS)
    before, began = processor_seconds(server), time.monotonic()
    rate = images_per_second(run, seconds)
    after, lasted = processor_seconds(server), time.monotonic() - began
    for context in contexts:
        context.close()
    return Phase(tabs, rate, **{who: (after[who] - before[who]) / lasted for who in before})


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
    """Return the processor time so far of the worker, the server and the browser, with all their children."""
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

    totals = {"worker": 0.0, "server": 0.0, "browser": 0.0}
    for process in children.get(os.getpid(), []):
        arguments = Path(f"/proc/{process}/cmdline").read_text(errors="replace")
        who = "server" if process == server else "worker" if "imgrec.worker" in arguments else "browser"
        totals[who] += with_children(process)
    return totals


def tax(found: Sequence[Phase]) -> float:
    """Return the median ratio of images a second in neighbouring phases, with tabs over without."""
    pairs = [(later, earlier) if later.tabs else (earlier, later) for earlier, later in pairwise(found)]
    return statistics.median(watched.images_per_second / alone.images_per_second for watched, alone in pairs)


def table(found: Sequence[Phase]) -> str:
    """Write the medians with and without tabs."""
    rows = []
    for tabs in sorted({each.tabs for each in found}):
        phases = [each for each in found if each.tabs == tabs]
        rates = statistics.median(each.images_per_second for each in phases)
        used = [statistics.median(getattr(each, who) for each in phases) for who in ("worker", "server", "browser")]
        rows.append([f"{tabs} tabs", f"{rates:,.0f}", *(f"{each:.2f}" for each in used)])
    header = ["watched by", "images/s, median", "processors busy: worker", "server", "browser"]
    return contest.table(header, rows)


if __name__ == "__main__":
    main()
