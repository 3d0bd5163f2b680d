"""`python -m imgrec.keeper`: starts waiting runs and brings back those whose worker died, also when no one looks.

It lives as long as a run waits or is under way; only one does in a store. Side effects: those of the workers it starts;
and it kills a worker that hangs.
"""

import sys
import time
from contextlib import suppress

from filelock import FileLock, Timeout

from imgrec import jobs
from imgrec.errors import RunError
from imgrec.runs import Run

LOOK_SECONDS = 1.0
"""How long a slot stays free while a run waits for it."""

HANG_SECONDS = 600.0
"""A worker that has nothing new to say for so long hangs. The longest it is silent is a step of the largest network."""


class Watch:
    """Looks whether workers get on, judged by this process's own clock, which no change of the time of day moves."""

    def __init__(self, hang_seconds: float = HANG_SECONDS) -> None:
        self._hang_seconds = hang_seconds
        self._seen: dict[str, tuple[object, float]] = {}

    def hanging(self, run: Run) -> bool:
        """Says whether the run's worker, if it has one, has said nothing new for too long."""
        now, said = time.monotonic(), (len(run.starts()), run.progress())
        before, since = self._seen.get(run.id, (None, now))
        if said != before:
            since = now
        self._seen[run.id] = said, since
        return now - since > self._hang_seconds and run.alive()


def main() -> int:
    """Keeps the queue moving until there is nothing left to do."""
    watch = Watch()
    while jobs.active():
        try:
            with FileLock(jobs.keepers_lock(), timeout=2 * jobs.START_SECONDS):
                _keep(watch)
        except Timeout:
            return 0  # another one is at it
        jobs.reap()  # of the last ones it has not taken leave
    return 0


def _keep(watch: Watch) -> None:
    while active := jobs.start_next():
        for run in active:
            with suppress(RunError):  # damaged, and not this process's to judge
                if watch.hanging(run):
                    jobs.kill(run)
        time.sleep(LOOK_SECONDS)


if __name__ == "__main__":
    sys.exit(main())
