"""Follows a run from the queue to its end with a progress bar on standard error."""

import signal
import sys
import time
from contextlib import AbstractContextManager, suppress
from types import FrameType
from typing import Any

from tqdm import tqdm

from imgrec import jobs
from imgrec.cli.output import duration, percent, tell
from imgrec.errors import RunError
from imgrec.runs import Run, State

LOOK_SECONDS = 0.25
"""As often as a worker writes its progress."""

LOG_SECONDS = 10.0
"""How often a line says where the run is when standard error is a file."""

QUEUE_SECONDS = 2.0
"""Starting the next run reads the whole queue."""


class Interrupts(AbstractContextManager["Interrupts"]):
    """Counts presses of Ctrl-C instead of raising KeyboardInterrupt in the middle of something."""

    def __enter__(self) -> "Interrupts":
        self.count = 0
        self._before = signal.signal(signal.SIGINT, self._pressed)
        return self

    def __exit__(self, *_: object) -> None:
        signal.signal(signal.SIGINT, self._before)

    def _pressed(self, _signal: int, _frame: FrameType | None) -> None:
        self.count += 1


def follow(run: Run, interrupts: Interrupts) -> bool:
    """Waits for the run's end: the first Ctrl-C asks it to stop. Gives False where a second one left it running."""
    # disable=None: a bar on a terminal, nothing in a file.
    with tqdm(disable=None, file=sys.stderr, bar_format="{percentage:3.0f} % {bar:20} {desc}", total=1) as bar:
        watch = _Watch(run, bar)
        asked = False
        while jobs.under_way(run):
            if interrupts.count > 1:
                return False
            if interrupts.count and not asked:
                asked = True
                with suppress(RunError):  # it has ended by itself in this moment
                    jobs.stop(run)
                    tell("Stopping with the best epoch so far. Ctrl-C again leaves it running.")
            watch.look()
            time.sleep(LOOK_SECONDS)
        watch.look()
    return True


class _Watch:
    """What has been said of a run so far."""

    def __init__(self, run: Run, bar: "tqdm[Any]") -> None:
        self.run, self.bar = run, bar
        self.before, self.epochs = -1, 0
        self.next_try = self.next_line = 0.0

    def look(self) -> None:
        """Shows what is new."""
        progress = self.run.progress()
        if self.run.state is not State.RUNNING:
            self._wait()
        if progress is None:
            return
        self._tell_epochs()
        if progress.get("steps"):
            self.bar.total = progress["epochs"] * progress["steps"]
            self.bar.n = (progress["epoch"] - 1) * progress["steps"] + progress["step"]
        self.bar.set_description_str(_line(progress))
        if self.bar.disable and time.monotonic() >= self.next_line:
            tell(_line(progress))
            self.next_line = time.monotonic() + LOG_SECONDS

    def _wait(self) -> None:
        if time.monotonic() < self.next_try:
            return
        jobs.look_after()
        self.next_try = time.monotonic() + QUEUE_SECONDS
        ids = [run.id for run in jobs.queue()]
        before = ids.index(self.run.id) + len(jobs.running()) if self.run.id in ids else 0
        if before and before != self.before:
            tell(f"Waiting in the queue: {before} {'run' if before == 1 else 'runs'} before it.")
        self.before = before

    def _tell_epochs(self) -> None:
        rows = self.run.history()
        for row in rows[self.epochs :]:
            tell(
                f"Epoch {row['epoch']:.0f}: training loss {row['loss']:.3f}, training accuracy "
                f"{percent(row['accuracy'])}, validation accuracy {percent(row['validation_accuracy'])}"
            )
        self.epochs = len(rows)


def _line(progress: dict[str, Any]) -> str:
    if not progress.get("steps"):
        return str(progress["phase"])
    parts = [f"epoch {progress['epoch']}/{progress['epochs']}"]
    if progress.get("loss") is not None:
        parts += [f"loss {progress['loss']:.3f}", f"training accuracy {percent(progress['accuracy'])}"]
    if progress.get("images_per_second"):
        parts.append(f"{progress['images_per_second']:,.0f} images/s")
    if progress.get("seconds_left") is not None:
        parts.append(f"{duration(progress['seconds_left'])} left")
    return ", ".join(parts)
