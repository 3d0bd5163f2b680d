"""Training: a RunConfig and images in, the best epoch's model and its history out. Knows no folders and no pages."""

import math
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from imgrec.config import RunConfig
from imgrec.datasets import Images
from imgrec.engine import network, pipeline, precision, starting
from imgrec.engine.learner import Learner
from imgrec.engine.prediction import Classifier
from imgrec.errors import ImgrecError

CHUNK_SECONDS = 0.3
"""Steps run in chunks of about this long, so that stop and progress answer within half a second."""

MAX_CHUNK = 64
"""Steps in a chunk at most: 64 batches of 32 images of CIFAR-10 are 6 MB."""

MAX_LOSS = 1000.0
"""A mean loss above this is lost: guessing among ten classes has 2.3. Networks of relu often end so, and not in NaN."""

OnProgress = Callable[[dict[str, Any]], None]
OnEpoch = Callable[[dict[str, float]], None]


@dataclass(frozen=True)
class Split:
    """The images a run may see, and which of them it learns from and which choose its best epoch (indices)."""

    images: Images
    training: np.ndarray
    validation: np.ndarray


@dataclass(frozen=True)
class Trained:
    """The best epoch's model, and how it came about.

    model is plain Keras in float32; precision is the format that it was trained in.
    """

    model: keras.Model
    precision: str
    best_epoch: int
    epochs_trained: int
    stopped: bool
    validation_accuracy: float
    seconds: float
    images_per_second: float


def train(
    config: RunConfig, split: Split, classes: int, on_progress: OnProgress, on_epoch: OnEpoch, stop: Callable[[], bool]
) -> Trained:
    """Trains on the split's training images and keeps the epoch with the best validation accuracy.

    on_progress receives, about five times a second: epoch, epochs, step, steps, and once known loss, accuracy,
    images_per_second, seconds_left. on_epoch receives a row after each epoch: epoch (from 1), loss, accuracy,
    validation_loss, validation_accuracy, learning_rate, images_per_second, seconds (since the start).
    stop is asked after each chunk of steps. An epoch that it cuts short counts only if it is the first.

    Raises ImgrecError in words for a network that diverges, does not fit the images or does not fit the memory.
    """
    keras.utils.set_random_seed(config.training.seed)
    try:
        return _Course(config, split, classes, on_progress, stop).run(on_epoch)
    except tf.errors.ResourceExhaustedError:
        raise ImgrecError(
            "This training needs more memory than the machine has. Choose a smaller batch size or fewer filters."
        ) from None


def evaluate(trained: Trained, config: RunConfig, test: Images) -> tuple[np.ndarray, float]:
    """Gives the probabilities (N, classes) float32 of the test images, and their mean loss as validation has it.

    Test-time augmentation is in the probabilities alone: like the validation loss, the loss is that of one view.
    """
    loss, _ = Learner(trained.model, config.training, total_steps=1).score(test.pixels, test.labels)
    classifier = Classifier(trained.model, config.training.test_time_augmentation)
    return classifier.probabilities(test.pixels), loss


class _Course:
    """One training under way."""

    def __init__(
        self, config: RunConfig, split: Split, classes: int, on_progress: OnProgress, stop: Callable[[], bool]
    ) -> None:
        self.config, self.settings = config, config.training
        self.split, self.on_progress, self.stop = split, on_progress, stop
        self.steps = pipeline.steps(len(split.training), self.settings.batch_size)
        self.precision = precision.chosen(self.settings.precision)
        self.to_build = config.layers, split.images.pixels.shape[1:], classes
        self.model = network.build_for_training(*self.to_build, self.precision)
        starting.prepare(self.model, config.layers, split.images.pixels, split.training)
        self.learner = Learner(self.model, self.settings, self.settings.epochs * self.steps)
        self.pace = _Pace()
        self.chunk = 1

    def run(self, on_epoch: OnEpoch) -> Trained:
        epoch, stopped = 0, False
        best_accuracy, best_epoch, best_weights = -1.0, 0, self.model.get_weights()
        patience = self.settings.patience or self.settings.epochs
        while epoch < self.settings.epochs and epoch - best_epoch < patience:
            loss, accuracy, stopped = self._learn(epoch + 1)
            if stopped and epoch:
                break
            epoch += 1
            validation_loss, validation_accuracy = self._validate()
            self._require_sane(max(loss, validation_loss), epoch)
            on_epoch(
                {
                    "epoch": epoch,
                    "loss": loss,
                    "accuracy": accuracy,
                    "validation_loss": validation_loss,
                    "validation_accuracy": validation_accuracy,
                    "learning_rate": float(self.learner.optimizer.learning_rate),
                    "images_per_second": self.pace.images_per_second,
                    "seconds": self.pace.since_start,
                }
            )
            if validation_accuracy > best_accuracy:
                best_accuracy, best_epoch, best_weights = validation_accuracy, epoch, self.model.get_weights()
            if stopped:
                break
        return Trained(
            model=self._saved(best_weights),
            precision=self.precision,
            best_epoch=best_epoch,
            epochs_trained=epoch,
            stopped=stopped,
            validation_accuracy=best_accuracy,
            seconds=self.pace.since_start,
            images_per_second=self.pace.images_per_second,
        )

    def _saved(self, weights: list[np.ndarray]) -> keras.Model:
        model = network.build_classifier(*self.to_build)
        model.set_weights(weights)
        return model

    def _learn(self, epoch: int) -> tuple[float, float, bool]:
        """Takes the steps of an epoch. Gives mean loss and accuracy over its images, and whether it was cut short."""
        chunks = pipeline.chunks(
            self.split.images.pixels,
            self.split.images.labels,
            self.split.training,
            self.settings.batch_size,
            self.config.augmentations,
            seed=self.settings.seed,
            epoch=epoch,
            steps=lambda: self.chunk,
        )
        loss_sum, correct, seen, step = 0.0, 0, 0, 0
        progress: dict[str, Any] = {"epoch": epoch, "epochs": self.settings.epochs, "step": 0, "steps": self.steps}
        self.on_progress(progress)
        with closing(pipeline.ahead(chunks)) as ready:
            began = time.perf_counter()
            for images, labels in ready:
                loss, right = self.learner.learn(images, labels)
                loss_sum, correct = loss_sum + loss, correct + right
                seen, step = seen + labels.size, step + len(labels)
                self._require_sane(loss_sum / seen, epoch)
                seconds = time.perf_counter() - began
                self.pace.learnt(labels.size, seconds)
                self.chunk = max(1, min(MAX_CHUNK, int(len(labels) * CHUNK_SECONDS / seconds)))
                left = len(self.split.training) * (self.settings.epochs - epoch + 1) - seen
                self.on_progress(
                    {
                        **progress,
                        "step": step,
                        "loss": loss_sum / seen,
                        "accuracy": correct / seen,
                        "images_per_second": self.pace.images_per_second,
                        "seconds_left": self.pace.seconds_left(left, self.settings.epochs - epoch + 1),
                    }
                )
                if self.stop():
                    break
                began += seconds
        return loss_sum / seen, correct / seen, step < self.steps

    def _validate(self) -> tuple[float, float]:
        images, chosen = self.split.images, self.split.validation
        began = time.perf_counter()
        scored = self.learner.score(images.pixels[chosen], images.labels[chosen])
        self.pace.validated(time.perf_counter() - began)
        return scored

    def _require_sane(self, loss: float, epoch: int) -> None:
        if not loss <= MAX_LOSS:  # NaN is not, either
            how = f"rose above {MAX_LOSS:,.0f}" if math.isfinite(loss) else "stopped being a number"
            raise ImgrecError(
                f"Training diverged: in epoch {epoch} the loss {how}. Choose a learning rate below "
                f"{self.settings.learning_rate:g}, or add BatchNormalization after the convolutions."
            )


class _Pace:
    """How fast it goes. The first call builds the graph, so it says nothing about the others and is not counted."""

    def __init__(self) -> None:
        self.began = time.perf_counter()
        self.calls = self.images = self.validations = 0
        self.seconds = self.validation_seconds = 0.0

    def learnt(self, images: int, seconds: float) -> None:
        self.calls += 1
        if self.calls > 1:
            self.images, self.seconds = self.images + images, self.seconds + seconds

    def validated(self, seconds: float) -> None:
        self.validations, self.validation_seconds = self.validations + 1, self.validation_seconds + seconds

    @property
    def since_start(self) -> float:
        return time.perf_counter() - self.began

    @property
    def images_per_second(self) -> float:
        return self.images / self.seconds if self.seconds else 0.0

    def seconds_left(self, images: int, validations: int) -> float | None:
        """Gives the time for that much more, or None before anything is known."""
        if not self.images:
            return None
        each = self.validation_seconds / self.validations if self.validations else 0.0
        return images / self.images_per_second + validations * each
