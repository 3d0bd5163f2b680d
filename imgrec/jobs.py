"""The queue: starts one worker process per free slot, oldest run first, and asks runs to stop."""

import os
import statistics
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

from filelock import FileLock, Timeout

from imgrec import architecture, datasets, files, presets, runs
from imgrec.config import RunConfig
from imgrec.errors import ImgrecError, RunError, SettingsError
from imgrec.runs import Run, State

START_SECONDS = 20.0
"""How long a worker may take until it holds its lock; Python starts in well under 1 s on an idle machine."""

LAST_RUNS = 5
"""Finished runs that a forecast is judged by."""

AROUND_SECONDS = 8.0
"""Loading images and TensorFlow before a training, and scoring after it, on two cores."""

_ROOT = Path(__file__).resolve().parent.parent
_workers: list[subprocess.Popen[bytes]] = []  # kept so that ended children are reaped at the next start
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
    start_next()
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


def start_next() -> None:
    """Starts waiting runs, oldest first, while slots are free. Safe to call from any process at any time.

    Raises RunError where the folder of runs cannot be written.
    """
    with _reaping:
        _workers[:] = [worker for worker in _workers if worker.poll() is None]
    if not queue():
        return
    # Who holds the lock longer than this is itself starting what waits, and looks again after each start.
    try:
        with suppress(Timeout), FileLock(files.home() / "queue.lock", timeout=2 * START_SECONDS):
            while (waiting := queue()) and len(running()) < slots():
                _start(waiting[0])
    except OSError as error:
        raise RunError(
            f"Starting a run needs to write in {files.home()}. It cannot be written: {error.strerror}. Make room, "
            "or set IMGREC_HOME to another folder."
        ) from error


def queue() -> list[Run]:
    """Lists the waiting runs in the order in which they will start."""
    return runs.in_state(State.QUEUED)[::-1]


def running() -> list[Run]:
    """Lists the runs that have a living worker."""
    return runs.in_state(State.RUNNING)


def stop(run: Run) -> None:
    """Asks a running run to end with its best epoch, and takes a waiting one out of the queue.

    Raises RunError where the run has ended already.
    """
    if run.state not in {State.QUEUED, State.RUNNING}:
        raise RunError(f"Only a queued or running run can be stopped. {run.name} is {run.state}.")
    run.request_stop()


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


def _start(run: Run) -> None:
    with run.log.open("ab") as log:
        worker = subprocess.Popen(
            [sys.executable, "-m", "imgrec.worker", str(run.folder)],
            cwd=_ROOT,
            env=worker_environment(),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C in the server's terminal and a redeploy leave it alone
        )
    with _reaping:
        _workers.append(worker)
    deadline = time.monotonic() + START_SECONDS
    while worker.poll() is None and run.state is State.QUEUED:
        if time.monotonic() > deadline:
            worker.kill()
        time.sleep(0.02)
    if run.state is State.QUEUED:
        tail = run.log.read_text(errors="replace")[-2000:]
        run.fail(f"The worker process ended before it began, with exit status {worker.wait()}.", tail)
