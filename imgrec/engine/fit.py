"""Fit and score as functions of plain values: what imgrec/executor.py asks of the engine."""

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import keras
import numpy as np

from imgrec.datasets import Pixels
from imgrec.engine import lite, prediction, training
from imgrec.fitting import Asked, Fitted, OnCheckpoint, OnProgress, OnShare, Task


def fit(
    task: Task, on_progress: OnProgress, on_checkpoint: OnCheckpoint, asked: Callable[[], Asked], folder: Path
) -> Fitted | None:
    """Carry out a training. Models pass through a file in this folder, which is removed."""
    with _file(folder, task.start or b"") as start:
        trained = training.train(
            task.config,
            task.split,
            task.classes,
            on_progress,
            on_checkpoint,
            asked,
            task.checkpoint,
            start if task.start is not None else None,
            task.copied,
        )
    if trained is None:
        return None
    return Fitted(
        model=saved(trained.model, folder),
        params=trained.model.count_params(),
        precision=trained.precision,
        best_epoch=trained.best_epoch,
        epochs_trained=trained.epochs_trained,
        stopped=trained.stopped,
        diverged=trained.diverged,
        validation_accuracy=trained.validation_accuracy,
        seconds=trained.seconds,
        images_per_second=trained.images_per_second,
    )


def score(model: bytes, images: Pixels, test_time_augmentation: str, on_share: OnShare, folder: Path) -> np.ndarray:
    """Return the probabilities (N, classes) float32 of images (N, H, W, C) uint8, with this test-time augmentation."""
    with _file(folder, model) as path:
        classifier = prediction.KerasClassifier(prediction.read(path), test_time_augmentation)
    return classifier.probabilities(images, on_share)


def convert(model: bytes, known: np.ndarray, folder: Path) -> bytes:
    """Return a model as the content of a .tflite file; it has learnt from the known images (N, H, W, C)."""
    with _file(folder, model) as path:
        return lite.converted(prediction.read(path), known)


def saved(model: keras.Model, folder: Path) -> bytes:
    """Return the content of a model's .keras file."""
    with _file(folder, b"") as path:
        model.save(path)
        return path.read_bytes()


@contextmanager
def _file(folder: Path, content: bytes) -> Iterator[Path]:
    """Keep some content in a file, as Keras reads and writes models by their path alone."""
    descriptor, name = tempfile.mkstemp(dir=folder, prefix=".model.", suffix=".tmp.keras")
    path = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        yield path
    finally:
        path.unlink(missing_ok=True)
