"""A home folder for as long as it is needed. Nothing that works in it outlives it.

Scheduler and workers go on by themselves, also when who started them has ended, and write in their home. So they are
ended before it is removed; otherwise one of them may put a file into a folder that is just being emptied, or go on
computing beside what is measured next.
"""

import os
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from imgrec import edge, jobs
from imgrec.jobs import standby


@contextmanager
def temporary() -> Iterator[str]:
    """Return an empty folder that is IMGREC_HOME until it is removed, with all that works in it."""
    before = os.environ.get("IMGREC_HOME")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["IMGREC_HOME"] = folder
        try:
            yield folder
        finally:
            end_processes(folder)
            del os.environ["IMGREC_HOME"]
            if before is not None:
                os.environ["IMGREC_HOME"] = before


@contextmanager
def with_datasets() -> Iterator[str]:
    """Return a folder as temporary does, with the datasets that the present home has: none is fetched again."""
    had = edge.home() / "datasets"
    with temporary() as folder:
        if had.is_dir():
            (Path(folder) / "datasets").symlink_to(had)
        yield folder


def end_processes(home: str | Path) -> None:
    """End every process but this one that works in a home folder, and wait until it is gone.

    Which they are is told by their environment.
    """
    for child in jobs.processes._children:
        child.kill()
        child.wait()
    jobs.processes._children.clear()
    while found := processes(home):  # again, as one that is ended now may have started another a moment ago
        for process in found:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        time.sleep(0.01)


def processes(home: str | Path) -> list[int]:
    """List the processes, this one left out, that were started with this IMGREC_HOME."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):  # it has ended, or is another user's
            if process.pid != os.getpid() and process.environ().get("IMGREC_HOME") == str(home):
                found.append(process.pid)
    return found


def waiting(home: str | Path) -> list[psutil.Process]:
    """List the workers that are kept ready in a home folder."""
    found = []
    for number in processes(home):
        with suppress(psutil.Error):  # it has just ended
            process = psutil.Process(number)
            if standby.ARGUMENT in process.cmdline():
                found.append(process)
    return found
