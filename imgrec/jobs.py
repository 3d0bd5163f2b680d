"""The queue: one worker process per free slot, oldest run first; runs are asked to pause, to go on and to stop."""

import os
import signal
import statistics
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import IO, Literal

from filelock import FileLock, Timeout

from imgrec import architecture, datasets, files, presets, runs
from imgrec.config import RunConfig
from imgrec.errors import ImgrecError, RunError, SettingsError
from imgrec.runs import Run, State, Work
from imgrec.runs.checkpoints import Place
from imgrec.runs.locks import is_locked

START_SECONDS = 20.0
"""How long a worker may take until it holds its lock; Python starts in well under 1 s on an idle machine."""

NOT_MINE = 3
"""The exit status of a worker that found its run in other hands, or no longer waiting."""

ACTIVE = frozenset({State.QUEUED, State.RUNNING})
NOT_ENDED = ACTIVE | {State.PAUSED, State.INTERRUPTED}

LAST_RUNS = 5
"""Finished runs that a forecast is judged by."""

AROUND_SECONDS = 8.0
"""Loading images and TensorFlow before a training, and scoring after it, on two cores."""

RESUMES = 2
"""How often a run whose worker died goes on by itself, each time only if it had come farther since."""

_ROOT = Path(__file__).resolve().parent.parent
_children: list[subprocess.Popen[bytes]] = []
_reaping = threading.Lock()


def check(config: RunConfig) -> architecture.Architecture:
    """Traces a config that is to be trained. Raises ImgrecError in words where it cannot be."""
    dataset = datasets.get(config.dataset)
    if not config.layers:
        raise SettingsError("A network needs at least one layer. Received: none. Add one, or choose a preset.")
    return architecture.check(config.layers, dataset.image_shape, len(dataset.class_names))


def problem(config: RunConfig) -> str | None:
    """Says why a config cannot be trained, or nothing."""
    try:
        check(config)
    except ImgrecError as error:
        return str(error)
    return None


def launch(config: RunConfig, name: str = "") -> Run:
    """Puts a run into the queue and starts it if a slot is free. Raises ImgrecError where it cannot be trained."""
    check(config)
    slots()  # refused before there is a run that no one could start
    run = runs.create(config, name or default_name(config))
    look_after()
    return run


def default_name(config: RunConfig) -> str:
    """Names a run after the preset whose layers it has, with a number: "Article 3"."""
    titles = [preset.title for preset in presets.PRESETS.values() if preset.config.layers == config.layers]
    return f"{titles[0] if titles else 'Custom'} {len(runs.all()) + 1}"


def forecast(config: RunConfig) -> float | None:
    """Gives the seconds that training will take, judged by the last runs here; None before there are any.

    Runs of different networks do about the same number of multiply-adds a second on one machine.
    """
    speeds = [speed for run in runs.finished()[:LAST_RUNS] if (speed := _speed(run))]
    if not speeds:
        return None
    settings, images = config.training, datasets.get(config.dataset).train_images
    learnt = images * (1 - settings.validation_share) * settings.train_share
    # Validation goes through the network once; a training step goes through it, and back to inputs and to weights.
    passes = learnt + images * settings.validation_share / 3
    return AROUND_SECONDS + settings.epochs * passes * check(config).multiply_adds / statistics.median(speeds)


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
        raise RunError(
            f"Starting a run needs to write in {files.home()}. It cannot be written: {error.strerror}. Make room, "
            "or set IMGREC_HOME to another folder."
        ) from error


def start_next() -> list[Run]:
    """Starts runs while slots are free: first those whose worker died, then the queue. Gives what is then under way.

    For who holds the keeper's lock.
    """
    _reap()
    found = active()
    waiting = [run for run in found if run.state is not State.RUNNING]
    free = slots() - (len(found) - len(waiting))
    for run in sorted(waiting, key=lambda run: run.state is State.QUEUED)[: max(0, free)]:
        with suppress(OSError, RunError):  # its folder is gone or cannot be written; the others do not wait for it
            _start(Work(run.folder))
    return found


def active() -> list[Run]:
    """Lists what waits, runs, or will go on by itself in a moment, oldest first: one look at the store."""
    return [run for run in runs.in_state(*NOT_ENDED)[::-1] if under_way(run)]


def under_way(run: Run) -> bool:
    """Says whether the run waits or runs, or will go on by itself in a moment."""
    # The second look is for a run that was started between the first one and the reading of its starts.
    return run.state in ACTIVE or (run.state is State.INTERRUPTED and _comes_back(run)) or run.state in ACTIVE


def _comes_back(run: Run) -> bool:
    """Says whether an interrupted run goes on by itself: not more than twice, and only if it came farther."""
    starts = run.starts()
    tried = [start for start in starts if start["request"] == starts[-1]["request"]]
    return 0 < len(tried) <= RESUMES and run.reached > Place(tried[-1]["epoch"], tried[-1]["step"])


def keepers_lock() -> Path:
    """Gives the lock of the one process that starts runs."""
    return files.home() / "keeper.lock"


def queue() -> list[Run]:
    """Lists the waiting runs in the order in which they will start."""
    return runs.in_state(State.QUEUED)[::-1]


def running() -> list[Run]:
    """Lists the runs that have a living worker."""
    return runs.in_state(State.RUNNING)


def stop(run: Run) -> None:
    """Asks a run to end with its best epoch, and takes one that has learnt nothing yet out of the queue.

    Raises RunError where the run has ended already.
    """
    _ask(run, "stop", "Only a run that has not ended can be stopped.", NOT_ENDED)


def pause(run: Run) -> None:
    """Asks a run to leave its slot to others and to go on later exactly where it is.

    Raises RunError where the run is neither waiting nor running.
    """
    _ask(run, "pause", "Only a queued or running run can be paused.", NOT_ENDED - {State.INTERRUPTED})


def resume(run: Run) -> None:
    """Puts a paused or interrupted run back into the queue, or one that failed and has a checkpoint.

    It also takes back that a run shall pause or stop. Raises RunError where the run has ended.
    """
    failed = {State.FAILED} if run.has_checkpoint else set()
    needed = "Only a run that has not ended, or failed with a checkpoint, can be resumed."
    _ask(run, "resume", needed, NOT_ENDED | failed)


def can_resume(run: Run) -> bool:
    """Says whether the run is at rest and can go on."""
    state = run.state
    return state in {State.PAUSED, State.INTERRUPTED} or (state is State.FAILED and run.has_checkpoint)


def kill(run: Run) -> None:
    """Ends a run's worker at once; what it has kept stays. Does nothing where the worker is not surely known."""
    if not run.alive():
        return
    with suppress(OSError, IndexError):  # it has ended by itself, or only just begins
        process = run.starts()[-1]["process"]
        if run.id in Path(f"/proc/{process}/cmdline").read_text(errors="replace"):
            os.kill(process, signal.SIGKILL)


def _ask(run: Run, what: Literal["stop", "pause", "resume"], needed: str, possible: frozenset[State]) -> None:
    if run.state not in possible:
        raise RunError(f"{needed} {run.name} is {run.state}.")
    run.ask(what)
    if what == "resume":
        _forgive(run)
    look_after()


def _forgive(run: Run) -> None:
    work = Work(run.folder)
    try:
        work.forgive()
    except OSError as error:
        raise RunError(
            f"Resuming a run needs to write in its folder, {run.folder}. It cannot be written: {error.strerror}."
        ) from error


def slots() -> int:
    """Gives how many runs train at once: IMGREC_SLOTS, or 1."""
    text = os.environ.get("IMGREC_SLOTS", "1")
    if not text.isdecimal() or len(text) > 2 or not 1 <= int(text) <= 64:
        raise SettingsError(f"IMGREC_SLOTS needs a whole number from 1 to 64. Received: {text[:40]!r}.")
    return int(text)


def worker_environment() -> dict[str, str]:
    """Gives the environment of a worker; what is set there already stays.

    TensorFlow's fast kernels are off by default on processors without AVX512_VNNI. Where several runs train at once,
    each takes its share of the cores; with more threads than cores they would wait for each other.
    """
    ours = {"TF_ENABLE_ONEDNN_OPTS": "1"}
    if slots() > 1:
        ours["TF_NUM_INTRAOP_THREADS"] = str(max(1, (os.cpu_count() or 1) // slots()))
    return {**ours, **files.environment()}


def _speed(run: Run) -> float:
    """Gives the multiply-adds a second of a finished run's training, or 0 where they are not known."""
    with suppress(ImgrecError):  # of a dataset that is gone, or damaged: the other runs are judged by
        return float(check(run.config).multiply_adds * (run.evaluation() or {}).get("images_per_second", 0.0))
    return 0.0


def _reap() -> None:
    """Takes leave of children that have ended, which the system otherwise keeps a record of."""
    with _reaping:
        _children[:] = [child for child in _children if child.poll() is None]


def _start(run: Work) -> None:
    begun = len(run.starts())
    with run.log.open("ab") as log:
        worker = _spawn("imgrec.worker", str(run.folder), output=log)
    deadline = time.monotonic() + START_SECONDS
    while worker.poll() is None and len(run.starts()) == begun:
        if time.monotonic() > deadline and not run.alive():  # with the lock, it reads a large checkpoint
            worker.kill()
        time.sleep(0.02)
    if len(run.starts()) == begun and worker.wait() != NOT_MINE and run.error() is None:
        tail = run.log.read_text(errors="replace")[-2000:]
        run.fail(f"The worker process ended before it began, with exit status {worker.wait()}.", tail)


def _spawn(module: str, *arguments: str, output: int | IO[bytes] = subprocess.DEVNULL) -> subprocess.Popen[bytes]:
    child = subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        cwd=_ROOT,
        env=worker_environment(),
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,  # Ctrl-C in the server's terminal and a redeploy leave it alone
    )
    with _reaping:
        _children.append(child)
    return child
