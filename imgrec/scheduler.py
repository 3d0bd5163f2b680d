"""`python -m imgrec.scheduler`: starts waiting runs and brings back those whose worker died, also when no one looks.

It lives as long as a run waits or is under way in any store; only one does below IMGREC_HOME. With an argument it holds
its lock from its first moment on: that is the number of the file descriptor that its starter has passed on.

Side effects: those of the workers it starts; and it kills a worker that hangs.
"""

import os
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from filelock import FileLock, Timeout

from imgrec import edge, jobs
from imgrec.errors import ImgrecError, RunError
from imgrec.runs import Run, Store

LOOK_SECONDS = 1.0
"""How long a run waits at most that no one has told the scheduler of, as one whose worker another scheduler started."""

MOST_SHARE = 0.05
"""How much of its time the scheduler looks, as far as LONGEST_REST lets it: where thousands wait, a look takes a tenth
of a second. What ends or is asked for wakes it all the same."""

LONGEST_REST = 4.0
"""Seconds."""

HANG_SECONDS = 600.0
"""A worker that has nothing new to say for so long hangs, unless a single step of its network may take longer."""

SLOWEST = 1e9
"""Multiply-adds a second that any machine does at least; one core of a laptop does tens of times as many."""

START_IMAGES = 2_000
"""Images that PatchWhitening sends through the layers before it without a word, before the first step."""


class Watch:
    """Looks whether workers get on, judged by this process's own clock, which no change of the time of day moves."""

    def __init__(self, hang_seconds: float = HANG_SECONDS) -> None:
        self._hang_seconds = hang_seconds
        self._seen: dict[str, tuple[object, float]] = {}

    def hanging(self, run: Run) -> bool:
        """Return whether the run's worker, if it has one, has said nothing new for too long."""
        now, said = time.monotonic(), (len(run.attempts()), run.progress())
        before, since = self._seen.get(run.id, (None, now))
        if said != before:
            since = now
        self._seen[run.id] = said, since
        silent = now - since
        return silent > self._hang_seconds and silent > longest_step(run) and run.alive()

    def forget_all_but(self, runs: Iterable[Run]) -> None:
        """Forget what was seen of other runs."""
        ids = {run.id for run in runs}
        self._seen = {id: seen for id, seen in self._seen.items() if id in ids}


def longest_step(run: Run) -> float:
    """Return how many seconds a worker of this run may compute without a word: one step on a very slow machine."""
    try:
        network = jobs.network(run)
    except ImgrecError:  # it cannot be trained at all
        return 0.0
    # Forwards once, and backwards about twice as much.
    return max(3 * run.config.training.batch_size, START_IMAGES) * network.multiply_adds / SLOWEST


def main(lock: int | None = None) -> int:
    """Keep the queues moving until there is nothing left to do. The lock is held as long as its descriptor is open."""
    home, watch = edge.home(), Watch()
    if lock is not None:
        os.set_inheritable(lock, False)  # a worker shall not keep it
        try:
            _schedule(home, watch)
        finally:
            os.close(lock)
        jobs.reap()
    while jobs.in_turns(Store.below(home)) or jobs.is_expected(home):
        try:
            with FileLock(jobs.scheduler_lock(home), timeout=0):
                _schedule(home, watch)
        except Timeout:
            return 0  # another scheduler is at work, and looks once more after it has given back the lock
        jobs.reap()  # the last workers have ended since
    return 0


def _schedule(home: Path, watch: Watch) -> None:
    began = time.monotonic()
    # The sweeps last, as the run that one of them waits for may have ended meanwhile.
    while (active := jobs.start_next(home)) or jobs.is_expected(home) or jobs.continue_sweeps(Store.below(home)):
        for run in active:
            with suppress(RunError, OSError):  # damaged, and not this process's to judge
                if run.alive() and watch.hanging(run):
                    jobs.kill(run)
        watch.forget_all_but(active)
        jobs.continue_sweeps(Store.below(home), active)
        jobs.rest(home, min(LONGEST_REST, max(LOOK_SECONDS, (time.monotonic() - began) / MOST_SHARE)))
        began = time.monotonic()


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
