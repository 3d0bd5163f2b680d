"""The process of a run's worker, where it is surely known: its memory, and its end where it hangs."""

import signal
from contextlib import suppress
from pathlib import Path

import psutil

from imgrec.errors import RunError
from imgrec.runs import Ending, Run, RunWriter


def kill(run: Run) -> None:
    """End a run's worker that hangs; what it has kept stays. Does nothing where the worker is not surely known."""
    worker = _worker(run)
    if worker is None:
        return
    with suppress(OSError, RunError):  # no one will know how it ended
        RunWriter(run.folder).note_ending(worker.pid, Ending(-signal.SIGKILL, hung=True))
    with suppress(psutil.Error):  # it has ended by itself
        worker.kill()


def memory_of(run: Run) -> int | None:
    """Return how many bytes of memory a run's worker has; None where it is not surely known."""
    with suppress(psutil.Error):
        if worker := _worker(run):
            return int(worker.memory_info().rss)
    return None


def _worker(run: Run) -> psutil.Process | None:
    """Return the process that holds a run's lock, and not another one that has its number by now."""
    if not run.alive():
        return None
    with suppress(psutil.Error, IndexError):  # it has ended, or only just begins
        worker = psutil.Process(run.attempts()[-1].process)
        lock = (run.folder / "worker.lock").resolve()
        if any(Path(file.path) == lock for file in worker.open_files()):
            return worker
    return None
