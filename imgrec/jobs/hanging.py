"""Ends the worker of a run that hangs."""

import signal
from contextlib import suppress
from pathlib import Path

import psutil

from imgrec.errors import RunError
from imgrec.runs import Ending, Run, RunWriter


def kill(run: Run) -> None:
    """End a run's worker that hangs; what it has kept stays. Does nothing where the worker is not surely known."""
    if not run.alive():
        return
    with suppress(psutil.Error, IndexError):  # it has ended by itself, or only just begins
        worker = psutil.Process(run.attempts()[-1].process)
        if _holds_lock(worker, run):  # and is not another process that has its number by now
            with suppress(OSError, RunError):  # no one will know how it ended
                RunWriter(run.folder).note_ending(worker.pid, Ending(-signal.SIGKILL, hung=True))
            worker.kill()


def _holds_lock(process: psutil.Process, run: Run) -> bool:
    lock = (run.folder / "worker.lock").resolve()
    return any(Path(file.path) == lock for file in process.open_files())
