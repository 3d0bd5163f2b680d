"""An engine that learns nothing in no time, for what surrounds it: worker, queue and store are the real ones.

Each epoch takes STUB_SECONDS and is kept as a checkpoint; the model is 1,000 numbers that follow from the seed. Python
processes that are started with environment() have it in place of imgrec.engine.fit. Where more train at once in
one store than it has slots, a file beside-PROCESS in it tells.
"""

import io
import os
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from types import ModuleType
from zipfile import ZipFile

import numpy as np
from filelock import FileLock, Timeout

from imgrec import edge, jobs
from imgrec.fitting import Asked, Checkpoint, Fitted, OnCheckpoint, OnProgress, OnShare, Task
from imgrec.records import EpochMetrics, Progress, TrainingState

ROOT = Path(__file__).resolve().parent.parent


def fit(
    task: Task,
    on_progress: OnProgress,
    on_checkpoint: OnCheckpoint,
    asked: Callable[[], Asked],
    folder: Path,  # noqa: ARG001 - the engine's signature
) -> Fitted | None:
    """Take the epochs of the config, in the order of the engine: progress, checkpoint, and what was asked."""
    config, checkpoint = task.config, task.checkpoint
    with ExitStack() as stack:
        if not any(_free(stack, slot) for slot in range(jobs.slots(edge.home()))):
            (edge.home() / f"beside-{os.getpid()}").touch()
        at, best = checkpoint.resumed() if checkpoint else (TrainingState(), [np.zeros(1000, np.float32)])
        weights = checkpoint.arrays["model/0"] if checkpoint else best[0]
        request = None
        while at.epoch < config.training.epochs and request is None:
            epoch = at.epoch + 1
            on_progress(Progress(epoch=epoch, epochs=config.training.epochs, step=0, steps=1))
            time.sleep(float(os.environ.get("STUB_SECONDS", "0")))
            drawn = np.random.default_rng([config.training.seed, epoch]).normal(size=1000)
            weights = (weights / 2 + drawn).astype(np.float32)
            loss, accuracy = 1 / epoch, 1 - 1 / (epoch + 1)
            metrics = EpochMetrics(
                epoch=epoch,
                loss=loss,
                accuracy=accuracy,
                validation_loss=loss,
                validation_accuracy=accuracy,
                learning_rate=1.0,
                images_per_second=1.0,
                seconds=float(epoch),
            )
            at = at.complete(metrics)
            on_checkpoint(Checkpoint.of(at, {"model/0": weights}, [weights]))
            request = asked()
        if request == "pause":
            return None
        assert at.best is not None
        return Fitted(
            model=_model(weights),
            params=weights.size,
            precision="float32",
            best_epoch=at.best.epoch,
            epochs_trained=at.epoch,
            stopped=at.epoch < config.training.epochs,
            diverged=None,
            validation_accuracy=at.best.validation_accuracy,
            seconds=1.0,
            images_per_second=1.0,
        )


def _model(weights: np.ndarray) -> bytes:
    """Return the content of a file that is a .keras in form alone."""
    content = io.BytesIO()
    with ZipFile(content, "w") as file:
        file.writestr("model.weights.h5", weights.tobytes())
    return content.getvalue()


def _free(stack: ExitStack, slot: int) -> bool:
    """Take a slot until the stack ends, if no other training has it."""
    try:
        stack.enter_context(FileLock(edge.home() / f"stub-{slot}.lock", timeout=0))
    except Timeout:
        return False
    return True


def score(
    model: bytes,  # noqa: ARG001 - the engine's signature
    images: np.ndarray,
    test_time_augmentation: str,  # noqa: ARG001
    on_share: OnShare,
    folder: Path,  # noqa: ARG001
) -> np.ndarray:
    """Answer the class of the first of ten for every image."""
    on_share(0.5)
    return np.tile(np.eye(10, dtype=np.float32)[0], (len(images), 1))


def convert(model: bytes, known: np.ndarray, folder: Path) -> None:
    """Have no other form of a model."""


def install() -> None:
    """Put this in the place of the engine, in this process."""
    stub = ModuleType("imgrec.engine.fit")
    stub.__dict__.update(fit=fit, score=score, convert=convert)
    sys.modules[stub.__name__] = stub


def environment() -> dict[str, str]:
    """Return the environment in which every Python, also a worker's and the scheduler's, has this engine."""
    return {**jobs.worker_environment(edge.home()), "PYTHONPATH": f"{ROOT / 'benchmarks' / 'stub'}{os.pathsep}{ROOT}"}
