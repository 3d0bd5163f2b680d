"""`python -m imgrec.worker FOLDER`: joins a run folder to the engine. The only bridge between the two.

Side effects: holds the run's lock while it lives, writes the run's files, and starts the next waiting run at its end.
"""

import os
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from filelock import Timeout

from imgrec import datasets, jobs
from imgrec.errors import ImgrecError
from imgrec.runs import Run

NICENESS = 5
"""Keeps pages quick while the processor is busy."""

PROGRESS_SECONDS = 0.25
"""The page redraws once a second; more often than this is only wear on the disk."""


def main(folder: Path) -> int:
    """Trains the run of this folder. Gives the exit status: 0 done or stopped, 1 failed, 3 not this worker's to do."""
    run = Run(folder)
    try:
        lock = run.lock().acquire()
    except Timeout:
        return 3
    with lock:
        # Another worker was quicker, or the run was taken out of the queue while Python started.
        if run.progress() is not None or run.error() is not None or run.stop_requested:
            return 3
        step_back()
        status = _guarded(run)
    jobs.start_next()
    return status


def _guarded(run: Run) -> int:
    try:
        run.write_progress({"phase": "starting"})
        _train(run)
    except ImgrecError as error:
        run.fail(str(error), "")
    except MemoryError:
        run.fail("The machine ran out of memory. Choose a smaller batch size or network.", traceback.format_exc())
    except OSError as error:
        what = f"The run's folder cannot be written: {error.strerror or error}. Make room, and start it again."
        run.fail(what, traceback.format_exc())
    except Exception:  # the last place where anything can be said about it
        traceback.print_exc()
        run.fail("The run ended with an unexpected error. Its log has the details.", traceback.format_exc())
    else:
        return 0
    return 1


def _train(run: Run) -> None:
    config = run.config
    run.write_progress({"phase": "loading images"})
    learn_from, test = datasets.load(config.dataset)
    training, validation = datasets.split(
        learn_from.labels, config.training.validation_share, config.training.train_share, config.training.seed
    )
    if run.stop_requested:
        return
    run.write_progress({"phase": "starting TensorFlow"})

    from imgrec.engine.training import Split, evaluate, train  # noqa: PLC0415 - takes several seconds

    if run.stop_requested:  # there is nothing yet to keep, so the run is cancelled
        return
    trained = train(
        config,
        Split(learn_from, training, validation),
        classes=len(datasets.get(config.dataset).class_names),
        on_progress=_at_most_every(PROGRESS_SECONDS, partial(_show, run)),
        on_epoch=run.append_history,
        stop=lambda: run.stop_requested,
    )
    run.write_progress({"phase": "scoring the test images"})
    probabilities, loss = evaluate(trained, config, test)
    run.write_model(trained.model.save)
    run.write_predictions(probabilities, test.labels)
    correct = int((probabilities.argmax(axis=1) == test.labels).sum())
    run.finish(
        {
            "test_accuracy": correct / len(test.labels),
            "test_correct": correct,
            "test_images": len(test.labels),
            "test_loss": loss,
            "validation_accuracy": trained.validation_accuracy,
            "best_epoch": trained.best_epoch,
            "epochs_trained": trained.epochs_trained,
            "stopped": trained.stopped,
            "seconds": trained.seconds,
            "images_per_second": trained.images_per_second,
            "precision": trained.precision,
            "training_images": len(training),
            "validation_images": len(validation),
            "params": trained.model.count_params(),
            "fingerprint": datasets.fingerprint(learn_from, test),
            "peak_memory_bytes": peak_memory(),
        }
    )


def _show(run: Run, progress: dict[str, Any]) -> None:
    with suppress(OSError):  # worth nothing a second later; a full disk shall not end the training for it
        run.write_progress({"phase": "training", **progress})


def _at_most_every(seconds: float, write: Callable[[dict[str, Any]], None]) -> Callable[[dict[str, Any]], None]:
    last = -seconds

    def written(progress: dict[str, Any]) -> None:
        nonlocal last
        if time.monotonic() - last >= seconds:
            write(progress)
            last = time.monotonic()

    return written


def step_back() -> None:
    """Lowers this process's priority below the server's; a worker that another started has it already."""
    if hasattr(os, "nice"):
        os.nice(max(0, NICENESS - os.nice(0)))


def peak_memory() -> int | None:
    """Gives the largest resident size of this process in bytes, or None where the system does not tell."""
    try:
        # Not getrusage, whose figure a process inherits from the one that started it.
        status = Path("/proc/self/status").read_text(encoding="ascii")
    except OSError:
        return None
    return int(status.split("VmHWM:")[1].split()[0]) * 1024


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
