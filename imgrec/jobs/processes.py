"""The processes of the queue: one worker per free slot, and the keeper that starts them when no one looks."""

import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO

from filelock import FileLock, Timeout

from imgrec import files
from imgrec.errors import RunError
from imgrec.jobs.machine import free_slots, worker_environment
from imgrec.jobs.turns import active
from imgrec.runs import Run, State, Work
from imgrec.runs.locks import is_locked

START_SECONDS = 20.0
"""How long a worker may take until it holds its lock; Python starts in well under 1 s on an idle machine."""

NOT_MINE = 3
"""The exit status of a worker that found its run in other hands, or no longer waiting."""

_ROOT = Path(__file__).resolve().parents[2]
_children: list[subprocess.Popen[bytes]] = []
_reaping = threading.Lock()


def look_after() -> None:
    """Starts what waits, and a keeper that goes on doing so when no one looks. Safe from any process at any time.

    Raises RunError where the folder of runs cannot be written.
    """
    _reap()
    if not active():
        return
    try:
        if is_locked(keepers_lock()):
            return
        # Who else starts something now, does what there is to do.
        with suppress(Timeout), FileLock(keepers_lock(), timeout=0):
            start_next()
        with (files.home() / "keeper.log").open("ab") as log:
            _spawn("imgrec.keeper", output=log)
    except OSError as error:
        raise cannot_start(error) from error


def cannot_start(error: OSError) -> RunError:
    """Says that the folder of everything cannot be written."""
    return RunError(
        f"Starting a run needs to write in the folder of runs. {files.cannot_write(files.home(), error)} Or set "
        "IMGREC_HOME to another folder."
    )


def start_next() -> list[Run]:
    """Starts runs while slots are free: first those whose worker died, then the queue. Gives what is then under way.

    For who holds the keeper's lock.
    """
    _reap()
    found = [(run, run.state) for run in active()]  # once, as a run may end between two looks
    died, queued = ([run for run, state in found if state is one] for one in (State.INTERRUPTED, State.QUEUED))
    free = free_slots(run for run, state in found if state is State.RUNNING)
    for run, slot in zip((*died, *queued), free, strict=False):
        with suppress(OSError, RunError):  # its folder is gone or cannot be written; the others do not wait for it
            _start(Work(run.folder), slot)
    return [run for run, _ in found]


def keepers_lock() -> Path:
    """Gives the lock of the one process that starts runs."""
    return files.home() / "keeper.lock"


def _reap() -> None:
    """Takes leave of children that have ended, which the system otherwise keeps a record of."""
    with _reaping:
        _children[:] = [child for child in _children if child.poll() is None]


def _start(run: Work, slot: int) -> None:
    begun = len(run.starts())
    with run.log.open("ab") as log:
        worker = _spawn("imgrec.worker", str(run.folder), output=log, environment=worker_environment(slot))
    deadline = time.monotonic() + START_SECONDS
    while worker.poll() is None and len(run.starts()) == begun:
        if time.monotonic() > deadline and not run.alive():  # with the lock, it reads a large checkpoint
            worker.kill()
        time.sleep(0.02)
    if len(run.starts()) == begun and worker.wait() != NOT_MINE and run.error() is None:
        tail = run.log.read_text(errors="replace")[-2000:]
        run.fail(f"The worker process ended before it began, with exit status {worker.wait()}.", tail)


def _spawn(
    module: str,
    *arguments: str,
    output: int | IO[bytes] = subprocess.DEVNULL,
    environment: Mapping[str, str] | None = None,
) -> subprocess.Popen[bytes]:
    child = subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        cwd=_ROOT,
        env=environment or files.environment(),
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,  # Ctrl-C in the server's terminal and a redeploy leave it alone
    )
    with _reaping:
        _children.append(child)
    return child
