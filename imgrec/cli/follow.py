"""Follows a run from the queue to its end with a progress bar on standard error."""

import sys
import time
from typing import Any

from tqdm import tqdm

from imgrec import jobs
from imgrec.cli.output import tell
from imgrec.cli.signals import Interrupts
from imgrec.errors import RunError
from imgrec.quantities import duration, percent
from imgrec.records import Progress
from imgrec.runs import Run, State, Store

LOOK_SECONDS = 0.25
"""As often as a worker writes its progress."""

LOG_SECONDS = 10.0
"""How often a line says where the run is when standard error is a file."""

STOP_SECONDS = 3.0
"""From Ctrl-C to the stop, which a worker takes up at once and no one can take back."""

LEARNT_SECONDS = 3.0
"""The scheduler looks every second."""

QUEUE_SECONDS = 2.0
"""Looking at the queue reads all runs."""


def follow(run: Run, interrupts: Interrupts) -> bool:
    """Wait for the run's end. Return False where it left before that, and what it asked of the run by then goes on.

    The first Ctrl-C stops the run, but only after a few seconds: a second one within them takes that back and leaves,
    and so does SIGTERM. After the stop another one leaves.
    """
    # disable=None: a bar on a terminal, nothing in a file.
    with tqdm(disable=None, file=sys.stderr, bar_format="{percentage:3.0f} % {bar:20} {desc}", total=1) as bar:
        watch = _Watch(run, bar)
        stops_at, asked = 0.0, False
        while jobs.under_way(run):
            if interrupts.terminated or interrupts.count > 1:
                return False
            if interrupts.count and not stops_at:
                stops_at = time.monotonic() + STOP_SECONDS
                tell(_announced(run))
            if stops_at and not asked and time.monotonic() >= stops_at:
                asked = True
                _stop(run)
            watch.look()
            time.sleep(LOOK_SECONDS)
        watch.look()
    _learn_how_it_ended(run)
    return True


def _announced(run: Run) -> str:
    seconds = f"{STOP_SECONDS:.0f} s"
    if run.state is State.QUEUED:
        return f"Leaves the queue in {seconds}. Ctrl-C again lets it wait there instead."
    kept = "its best epoch" if run.history() else "what it has learnt"
    return f"Stops in {seconds} with {kept}. Ctrl-C again leaves it running instead."


def _stop(run: Run) -> None:
    try:
        jobs.stop(run)
    except RunError as error:
        if jobs.under_way(run):  # and not ended by itself in this moment
            tell(str(error))
    else:
        if jobs.under_way(run):
            tell("Stopping. Ctrl-C again leaves this window; the run ends by itself.")


def _learn_how_it_ended(run: Run) -> None:
    """Wait a moment where the scheduler is about to learn how the run's worker ended."""
    store, deadline = Store.of(run), time.monotonic() + LEARNT_SECONDS
    while run.exists and run.state is State.INTERRUPTED and run.ending() is None and jobs.scheduler_alive(store):
        if time.monotonic() > deadline:
            return
        time.sleep(LOOK_SECONDS)


class _Watch:
    """What has been said of a run so far."""

    def __init__(self, run: Run, bar: "tqdm[Any]") -> None:
        self.run, self.bar = run, bar
        self.before, self.epochs = -1, 0
        self.next_try = self.next_line = 0.0

    def look(self) -> None:
        """Show what is new."""
        progress = self.run.progress()
        if self.run.state is not State.RUNNING:
            self._wait()
        if progress is None:
            return
        self._tell_epochs()
        if progress.steps and progress.epoch and progress.epochs:
            self.bar.total = progress.epochs * progress.steps
            self.bar.n = (progress.epoch - 1) * progress.steps + (progress.step or 0)
        self.bar.set_description_str(_line(progress))
        if self.bar.disable and time.monotonic() >= self.next_line:
            tell(_line(progress))
            self.next_line = time.monotonic() + LOG_SECONDS

    def _wait(self) -> None:
        if time.monotonic() < self.next_try:
            return
        jobs.look_after(Store.of(self.run))
        self.next_try = time.monotonic() + QUEUE_SECONDS
        before = jobs.ahead(self.run, jobs.earlier(self.run))
        if before and before != self.before:
            tell(f"Waiting in the queue: {before} {'run' if before == 1 else 'runs'} before it.")
        self.before = before

    def _tell_epochs(self) -> None:
        history = self.run.history()
        for metrics in history[self.epochs :]:
            tell(
                f"Epoch {metrics.epoch}: training loss {metrics.loss:.3f}, training accuracy "
                f"{percent(metrics.accuracy)}, validation accuracy {percent(metrics.validation_accuracy)}"
            )
        self.epochs = len(history)


def _line(progress: Progress) -> str:
    if not progress.steps:
        return progress.phase
    parts = [f"epoch {progress.epoch}/{progress.epochs}"]
    if progress.loss is not None:
        parts += [f"loss {progress.loss:.3f}", f"training accuracy {percent(progress.accuracy)}"]
    if progress.images_per_second:
        parts.append(f"{progress.images_per_second:,.0f} images/s")
    if progress.seconds_left is not None:
        parts.append(f"{duration(progress.seconds_left)} left")
    return ", ".join(parts)
