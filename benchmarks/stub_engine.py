"""An engine that learns nothing in no time, for what surrounds it: worker, queue and store are the real ones.

Each epoch takes STUB_SECONDS and is kept as a checkpoint; the model is 1,000 numbers that follow from the seed. Python
processes that are started with environment() have it in place of imgrec.engine.training. Where more train at once in
one store than it has slots, a file beside-PROCESS in it tells.
"""

import os
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any
from zipfile import ZipFile

import numpy as np
from filelock import FileLock, Timeout

from imgrec import edge, jobs
from imgrec.config import RunConfig
from imgrec.engine.checkpoint import Checkpoint
from imgrec.records import EpochMetrics, Progress, TrainingState

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Model:
    """What stands for a model."""

    weights: np.ndarray

    def save(self, path: Path) -> None:
        """Write a file that is a .keras in form alone."""
        with ZipFile(path, "w") as file:
            file.writestr("model.weights.h5", self.weights.tobytes())

    def count_params(self) -> int:
        """Count its numbers."""
        return self.weights.size


@dataclass(frozen=True)
class Trained:
    """What imgrec.engine.training gives, as far as the worker reads it."""

    model: Model
    best_epoch: int
    epochs_trained: int
    stopped: bool
    validation_accuracy: float
    precision: str = "float32"
    diverged: None = None
    seconds: float = 1.0
    images_per_second: float = 1.0


def train(
    config: RunConfig,
    split: Any,  # noqa: ARG001 - the engine's signature
    classes: int,  # noqa: ARG001
    on_progress: Callable[[Progress], None],
    on_checkpoint: Callable[[Checkpoint], None],
    asked: Callable[[], str | None],
    checkpoint: Checkpoint | None = None,
    start: Path | None = None,  # noqa: ARG001
) -> Trained | None:
    """Take the epochs of the config, in the order of the engine: progress, checkpoint, and what was asked."""
    with ExitStack() as stack:
        if not any(_free(stack, slot) for slot in range(jobs.slots())):
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
            row = EpochMetrics(
                epoch=epoch,
                loss=loss,
                accuracy=accuracy,
                validation_loss=loss,
                validation_accuracy=accuracy,
                learning_rate=1.0,
                images_per_second=1.0,
                seconds=float(epoch),
            )
            at = at.complete(row)
            on_checkpoint(Checkpoint.of(at, {"model/0": weights}, [weights]))
            request = asked()
        if request == "pause":
            return None
        assert at.best is not None
        stopped = at.epoch < config.training.epochs
        return Trained(Model(weights), at.best.epoch, at.epoch, stopped, at.best.validation_accuracy)


def _free(stack: ExitStack, slot: int) -> bool:
    """Take a slot until the stack ends, if no other training has it."""
    try:
        stack.enter_context(FileLock(edge.home() / f"stub-{slot}.lock", timeout=0))
    except Timeout:
        return False
    return True


def evaluate(
    trained: Trained, config: RunConfig, test: Any, on_share: Callable[[float], None] = lambda _: None
) -> np.ndarray:
    """Answer the class of the first of ten for every image."""
    del trained, config
    on_share(0.5)
    return np.tile(np.eye(10, dtype=np.float32)[0], (len(test.labels), 1))


def install() -> None:
    """Put this in the place of the engine, in this process."""
    stub = ModuleType("imgrec.engine.training")
    stub.__dict__.update(train=train, evaluate=evaluate, Split=lambda *parts: parts)
    sys.modules[stub.__name__] = stub


def environment() -> dict[str, str]:
    """Return the environment in which every Python, also a worker's and the scheduler's, has this engine."""
    return {**jobs.worker_environment(edge.home()), "PYTHONPATH": f"{ROOT / 'benchmarks' / 'stub'}{os.pathsep}{ROOT}"}
