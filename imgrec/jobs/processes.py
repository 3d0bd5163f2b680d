"""The processes of the queue: one worker per free slot, and the scheduler that starts them when no one looks."""

import subprocess
import sys
import threading
import time
from collections.abc import Collection, Mapping
from contextlib import suppress
from multiprocessing import Pipe
from pathlib import Path
from typing import IO

from imgrec import files, profiles
from imgrec.errors import RunError, SettingsError
from imgrec.jobs import standby
from imgrec.jobs.machine import placed, processor_seconds, takes_all, worker_environment
from imgrec.jobs.standby import Standby
from imgrec.jobs.turns import active, in_turns, is_drained
from imgrec.locks import is_locked, taken_for_another
from imgrec.runs import Ending, Run, RunWriter, State, Store

IDLE_SECONDS = 20.0
"""A worker that has not begun and has used no processor for so long hangs. A busy machine lets it begin late."""

READY_SECONDS = 20.0
"""How long a worker that was started before there was a run for it may take to answer; then another is started."""

ENDS_SECONDS = 1.0
"""How long a process may take from giving back its lock to its end; no more than milliseconds."""

WAKE_SECONDS = 0.05
"""How often the scheduler looks whether it is woken; a stat of one file."""

WORKER = "imgrec.worker"
SCHEDULER = "imgrec.scheduler"
QUICK = "imgrec.quick"

NOT_MINE = 3
"""The exit status of a worker that found its run in other hands, or no longer waiting."""

_ROOT = Path(__file__).resolve().parents[2]
_children: list[subprocess.Popen[bytes]] = []
_reaping = threading.Lock()
_given: dict[int, RunWriter] = {}
"""The runs of workers that were started before there was one, by their process."""
_standby: Standby | None = None


def look_after(store: Store) -> None:
    """Make sure that a scheduler starts what waits in a store. Safe from any process at any time; takes milliseconds.

    Raises RunError where the store cannot be written, or where the scheduler that this process has started ended with
    an error.
    """
    failed = [child for child in reap() if _module(child) == SCHEDULER and child.returncode > 0]
    with suppress(OSError):  # which is said below, where a run waits
        if not failed and scheduler_alive(store):
            return  # as it looks again before it ends
    if not active(store):
        return
    if failed:
        raise RunError(
            f"Runs wait, and the scheduler that starts them ended with exit status {failed[-1].returncode}. "
            f"{_log(store)} says why. It is tried again."
        )
    _make_sure_of_scheduler(store)


def start_soon(store: Store) -> None:
    """Let the scheduler see what has just been asked for, and make sure that there is one."""
    wake(store)
    look_after(store)


def expect(store: Store, dataset: str) -> None:
    """Keep a worker ready for some minutes, as someone may start a run on this dataset soon.

    Does nothing where that is not possible, which only makes the start slower; if it fails too, it says why.
    """
    with suppress(OSError, RunError, SettingsError):
        if standby.is_on():
            standby.expect(store.home, dataset)
            _make_sure_of_scheduler(store)


def wake(store: Store) -> None:
    """Let the scheduler, if there is one, look at once. Raises RunError where the store cannot be written."""
    try:
        _wake_file(store.home).touch()
    except OSError as error:
        raise cannot_start(store, error) from error


def rest(home: Path, seconds: float) -> None:
    """Wait so long, or until a worker of this process has ended or another process has something new to start."""
    before, deadline = _woken(home), time.monotonic() + seconds
    while time.monotonic() < deadline and _woken(home) == before:
        if any(child.poll() is not None for child in _children):
            return
        time.sleep(WAKE_SECONDS)


def cannot_start(store: Store, error: OSError) -> RunError:
    """Return the error that says that a store cannot be written."""
    return RunError(
        f"Starting a run needs to write in the folder of runs. {files.cannot_write(store.folder, error)} Or set "
        "IMGREC_HOME to another folder."
    )


def start_next(home: Path) -> list[Run]:
    """Start runs of the stores below home while slots are free. Return what is then under way.

    Each store has its turn; in a store, the runs whose worker died come before the queue. Only the scheduler calls it,
    as it holds the lock that keeps two from starting the same run.
    """
    reap()
    found = in_turns(Store.below(home))
    waiting = (
        [run for run, state in found if state in {State.INTERRUPTED, State.QUEUED}] if not is_drained(home) else []
    )
    starting, free = placed(home, waiting, [run for run, state in found if state is State.RUNNING])
    for run, slot in starting:
        with suppress(OSError, RunError):  # its folder is gone or cannot be written; the others do not wait for it
            _start(RunWriter(run.folder), slot)
    _keep_ready(home, next(iter(free), None))
    return [run for run, _ in found]


def prepare_answers(run: Run) -> None:
    """Let a process prepare a finished run for quick answers, where an earlier imgrec did not. Does not wait for it."""
    if profiles.current().one_tensorflow:  # it may be another one's turn
        return
    with suppress(OSError), run.log.open("ab") as log:  # it answers without, only later
        _spawn(QUICK, str(run.folder), output=log, environment=files.environment(Store.of(run).home))


def scheduler_alive(store: Store) -> bool:
    """Return whether there is a process that starts what waits in a store, and learns how its workers end."""
    return is_locked(scheduler_lock(store.home))


def scheduler_lock(home: Path) -> Path:
    """Return the lock of the one process that starts the runs of a home."""
    return home / "scheduler.lock"


def reap() -> list[subprocess.Popen[bytes]]:
    """Collect and return the children that have ended. Note how a worker ended where its run does not say."""
    with _reaping:
        ended = [child for child in _children if _has_ended(child)]
        _children[:] = [child for child in _children if child not in ended]
    for child in ended:
        run = _run_of(child)
        _given.pop(child.pid, None)
        if run and child.returncode not in {0, NOT_MINE}:
            with suppress(OSError, RunError):  # it is damaged, or the disk is full: then no one learns it
                run.note_ending(child.pid, Ending(child.returncode))
    return ended


def _make_sure_of_scheduler(store: Store) -> None:
    try:
        if scheduler_alive(store):
            return
        # The scheduler holds its lock from its first moment on: of many that ask for one at once, one starts it.
        with taken_for_another(scheduler_lock(store.home)) as lock, _log(store).open("ab") as output:
            if lock is not None:
                environment = files.environment(store.home)
                _spawn(SCHEDULER, str(lock), output=output, environment=environment, pass_fds=(lock,))
    except OSError as error:
        raise cannot_start(store, error) from error


def _log(store: Store) -> Path:
    return store.home / "scheduler.log"


def _woken(home: Path) -> float:
    try:
        return _wake_file(home).stat().st_mtime
    except FileNotFoundError:
        return 0.0


def _wake_file(home: Path) -> Path:
    return home / "scheduler.wake"


def _has_ended(child: subprocess.Popen[bytes]) -> bool:
    run = _run_of(child)
    with suppress(OSError, RunError, subprocess.TimeoutExpired):
        # A process gives its locks back a moment before its starter can learn how it ended.
        if run and not run.alive() and run.attempts() and run.attempts()[-1].process == child.pid:
            child.wait(ENDS_SECONDS)
    return child.poll() is not None


def _run_of(child: subprocess.Popen[bytes]) -> RunWriter | None:
    if _module(child) != WORKER:
        return None
    argument = str(child.args[3])  # type: ignore[index]
    return _given.get(child.pid) if argument == standby.ARGUMENT else RunWriter(Path(argument))


def _module(child: subprocess.Popen[bytes]) -> str:
    return str(child.args[2])  # type: ignore[index]


def _start(run: RunWriter, slot: int) -> None:
    begun, store = len(run.attempts()), Store.of(run)
    store.last_start.touch()
    worker = _ready_worker(run, slot)
    if worker is None:
        with run.log.open("ab") as log:
            environment = worker_environment(store.home, slot, alone=takes_all(run))
            worker = _spawn(WORKER, str(run.folder), output=log, environment=environment)
    hung = _hangs(worker, run, begun)
    if hung:
        worker.kill()
    if len(run.attempts()) == begun and worker.wait() != NOT_MINE and run.error() is None:
        tail = run.log.read_text(errors="replace")[-2000:]
        ending = Ending(worker.wait(), hung)
        how = f"with exit status {ending.status}" if ending.status >= 0 else f"as its process {ending}"
        run.fail(f"The worker ended before it began, {how}. Its log has more.", tail, again=True)


def _hangs(worker: subprocess.Popen[bytes], run: Run, begun: int) -> bool:
    """Wait until a worker takes up its run, for which that was done begun times before, or ends.

    Return True where it has used no processor for too long, and has not got the run's lock.
    """
    used, since = 0.0, time.monotonic()
    while worker.poll() is None and len(run.attempts()) == begun:
        now_used = processor_seconds(worker.pid)
        if now_used != used or run.alive():  # with the lock, it reads a large checkpoint
            used, since = now_used, time.monotonic()
        if time.monotonic() - since > IDLE_SECONDS:
            return True
        time.sleep(0.02)
    return False


def _ready_worker(run: RunWriter, slot: int) -> subprocess.Popen[bytes] | None:
    """Give the run to the worker that waits for one in this slot, and return it, if there is one."""
    global _standby
    if _standby is None or _standby.slot != slot or takes_all(run):  # it sees one GPU
        return None
    given, _standby = _standby, None
    if given.takes(run.folder, READY_SECONDS):
        _given[given.process.pid] = run
        return given.process
    given.dismiss()
    return None


def _keep_ready(home: Path, slot: int | None) -> None:
    """Keep a worker ready in this slot, if any, while a run is expected and there is memory for it."""
    global _standby  # noqa: PLW0603
    wanted = slot is not None and standby.is_expected(home)
    if _standby and not (wanted and _standby.slot == slot and _standby.process.poll() is None):
        _standby.dismiss()
        _standby = None
    if wanted and not _standby and standby.is_possible():
        assert slot is not None
        ours, theirs = Pipe()
        with theirs:
            number = theirs.fileno()
            process = _spawn(
                WORKER,
                standby.ARGUMENT,
                str(number),
                standby.dataset(home),
                output=subprocess.DEVNULL,
                environment=worker_environment(home, slot),
                pass_fds=(number,),
            )
        _standby = Standby(process, ours, slot)


def _spawn(
    module: str,
    *arguments: str,
    output: int | IO[bytes],
    environment: Mapping[str, str],
    pass_fds: Collection[int] = (),
) -> subprocess.Popen[bytes]:
    child = subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        cwd=_ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        pass_fds=pass_fds,
        start_new_session=True,  # Ctrl-C in the server's terminal and a redeploy leave it alone
    )
    with _reaping:
        _children.append(child)
    return child
