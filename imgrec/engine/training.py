"""Training: a RunConfig and images in, the best epoch's model and its history out. Knows no folders and no pages."""

import math
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from imgrec.config import RunConfig
from imgrec.datasets import watched
from imgrec.engine import devices, initializers, network, optimizers, pipeline, precision
from imgrec.engine.learner import Learner
from imgrec.engine.pace import Pace
from imgrec.errors import ImgrecError, TrainingError
from imgrec.fitting import Arrays, Asked, Checkpoint, OnCheckpoint, OnProgress, Split
from imgrec.records import EpochMetrics, Progress, TrainingState, WithinEpoch

CHUNK_SECONDS = 0.3
"""Steps run in chunks of about this long, so that stop and progress answer within half a second."""

MAX_CHUNK = 64
"""Steps in a chunk at most: 64 batches of 32 images of CIFAR-10 are 6 MB."""

CHUNK_BYTES = 64_000_000
"""Images in a chunk at most, as there are two of them: one is made while the other is learnt."""

KEEP_SECONDS = 60.0
"""A training that is killed within an epoch has this much to learn again at most."""

POINTS_PER_EPOCH = 40
"""Of the curves within an epoch: more could not be told apart on a page."""

MAX_LOSS = 1000.0
"""A mean loss above this is lost: guessing among ten classes has 2.3. Networks of relu often end so, and not in NaN."""


@dataclass(frozen=True)
class Trained:
    """The best epoch's model, and how it came about.

    model is plain Keras in float32; precision is the format that it was trained in. stopped: a stop left out epochs
    or a part of one. diverged says in words what ended the training after its best epoch, where something did.
    """

    model: keras.Model
    precision: str
    best_epoch: int
    epochs_trained: int
    stopped: bool
    diverged: str | None
    validation_accuracy: float
    seconds: float
    images_per_second: float


def train(
    config: RunConfig,
    split: Split,
    classes: int,
    on_progress: OnProgress,
    on_checkpoint: OnCheckpoint,
    asked: Callable[[], Asked],
    checkpoint: Checkpoint | None = None,
    start: Path | None = None,
    copied: int | None = None,
) -> Trained | None:
    """Train on the split's training images and keep the epoch with the best validation accuracy.

    It begins with the weights of the saved model start, of so many of its first layers as are copied or, where that is
    None, of all and the output; or else with new ones. Layers that the config locks stay as they are.

    asked is called after each chunk of steps. An epoch that a stop cuts short counts only if it is the first; asked to
    pause, it gives None. From a checkpoint of the same config and images it goes on as if it had never been away.

    Raises ImgrecError in words for a network that diverges in its first epoch, does not fit the images or the memory.
    """
    keras.utils.set_random_seed(config.training.seed)
    try:
        return _Course(config, split, classes, on_progress, on_checkpoint, asked, checkpoint, start, copied).run()
    except tf.errors.ResourceExhaustedError:
        raise ImgrecError(
            "This training needs more memory than is free. Start a copy with a smaller batch size or fewer filters, or "
            "free memory and resume it."
        ) from None


class _DivergedError(TrainingError):
    pass


class _Course:
    """One training under way."""

    def __init__(
        self,
        config: RunConfig,
        split: Split,
        classes: int,
        on_progress: OnProgress,
        on_checkpoint: OnCheckpoint,
        asked: Callable[[], Asked],
        checkpoint: Checkpoint | None,
        start: Path | None,
        copied: int | None,
    ) -> None:
        self.config, self.settings = config, config.training
        self.split, self.on_progress, self.on_checkpoint, self.asked = split, on_progress, on_checkpoint, asked
        self.steps = pipeline.steps(len(split.training), self.settings.batch_size)
        self.precision = precision.chosen(self.settings.precision)
        self.to_build = config.layers, split.images.pixels.shape[1:], classes
        locked = config.start.layers if config.start and config.start.locked else 0
        weights = optimizers.class_weights(self.settings, split.images.labels[split.training], classes)
        self.most_loss = MAX_LOSS * (1.0 if weights is None else float(weights.max()))
        with devices.scope(self.settings.devices):
            self.model = network.build_for_training(*self.to_build, self.precision, locked)
            self.learner = Learner(self.model, self.settings, self.settings.epochs * self.steps, weights)
        if checkpoint is None:
            initializers.begin(self.model, config.layers, split, start, copied)
            self.at, self.best = TrainingState(), self.model.get_weights()
        else:
            self.at, self.best = checkpoint.resumed()
            self.learner.restore(checkpoint.arrays)
        self.pace = Pace(self.at.seconds, self.at.images_per_second)
        self.within: tuple[WithinEpoch, ...] = ()
        self.chunk = 1
        batch_bytes = self.settings.batch_size * math.prod(split.images.pixels.shape[1:])
        self.most_steps = max(1, min(MAX_CHUNK, CHUNK_BYTES // batch_bytes))

    def run(self) -> Trained | None:
        asked, diverged = None, None
        try:
            while asked is None and self._goes_on():
                asked = self._epoch()
        except _DivergedError as error:
            if self.at.best is None:
                raise
            diverged = str(error)
        if asked == "pause":
            return None
        assert self.at.best is not None
        return Trained(
            model=self._saved(),
            precision=self.precision,
            best_epoch=self.at.best.epoch,
            epochs_trained=self.at.epoch,
            stopped=asked == "stop",
            diverged=diverged,
            validation_accuracy=self.at.best.validation_accuracy,
            seconds=self.pace.seconds,
            images_per_second=self.pace.images_per_second,
        )

    def _goes_on(self) -> bool:
        patience = self.settings.patience or self.settings.epochs
        best = self.at.best.epoch if self.at.best else 0
        return self.at.epoch < self.settings.epochs and self.at.epoch - best < patience

    def _saved(self) -> keras.Model:
        model = network.build_classifier(*self.to_build)
        model.set_weights(self.best)
        return model

    def _epoch(self) -> Asked:
        """Take what is left of an epoch, and validate. Return what was asked for meanwhile."""
        cut = self._learn()
        if cut == "pause":
            self._keep(self.learner.arrays)
        if cut == "pause" or (cut and self.at.epoch):
            return cut
        seen, epoch = self._seen(), self.at.epoch + 1
        loss, accuracy = self.at.loss_sum / seen, self.at.correct / seen
        validation_loss, answers = self._validate(epoch)
        labels = self.split.images.labels
        self._require_sane(loss)
        self._require_sane(validation_loss)
        arrays = self.learner.arrays  # a copy of everything, and so the only one of the epoch
        if not all(np.isfinite(array).all() for array in arrays.values()):
            raise self._diverged("a weight stopped being a number")
        metrics = EpochMetrics(
            epoch=epoch,
            loss=loss,
            accuracy=accuracy,
            validation_loss=validation_loss,
            validation_accuracy=float((answers == labels[self.split.validation]).mean()),
            learning_rate=float(np.asarray(self.learner.optimizer.learning_rate)),
            images_per_second=self.pace.images_per_second,
            seconds=self.pace.seconds,
            watched=tuple(answers[watched(self.split.validation, labels)].tolist()),
        )
        self.at = self.at.complete(metrics)
        if self.at.best is metrics:
            self.best = self.learner.weights(arrays)
        self._keep(arrays)
        if cut:
            return cut
        # A stop after the last epoch comes too late to leave anything out; any other is seen before the next one.
        return None if self._goes_on() or self.asked() != "pause" else "pause"

    def _seen(self) -> int:
        return min(self.at.step * self.settings.batch_size, len(self.split.training))

    def _learn(self) -> Asked:
        """Take the steps that are left of an epoch. Return what was asked for before its end, or None."""
        # A training that goes on in order to be stopped shall not complete an epoch first.
        if (self.at.epoch or self.at.step) and (cut := self.asked()):
            return cut
        epoch = self.at.epoch + 1
        if not self.at.step:
            self.learner.draw_anew(self.settings.seed, epoch)
        chunks = pipeline.chunks(
            self.split.images.pixels,
            self.split.images.labels,
            self.split.training,
            self.settings.batch_size,
            self.config.augmentations,
            seed=self.settings.seed,
            epoch=epoch,
            steps=lambda: self.chunk,
            first=self.at.step,
        )
        self.within = ()
        self.on_progress(self._progress(epoch))
        kept = time.monotonic()
        with closing(pipeline.ahead(chunks)) as ready:
            began = time.perf_counter()
            for images, labels in ready:
                loss, right = self.learner.learn(images, labels)
                self.at = self.at.learnt(len(labels), loss, right)
                self._require_sane(self.at.loss_sum / self._seen())
                seconds = time.perf_counter() - began
                self.pace.learnt(labels.size, seconds)
                self.chunk = max(1, min(self.most_steps, int(len(labels) * CHUNK_SECONDS / seconds)))
                self._note()
                self.on_progress(self._with_figures(epoch))
                if self.at.step < self.steps:
                    if cut := self.asked():
                        return cut
                    if time.monotonic() - kept > KEEP_SECONDS:
                        self._keep(self.learner.arrays)
                        kept = time.monotonic()
                began = time.perf_counter()
        return None

    def _note(self) -> None:
        """Add a point to the curves of the epoch, where the last one lies far enough back."""
        if not self.within or self.at.step - self.within[-1].step >= self.steps / POINTS_PER_EPOCH:
            seen = self._seen()
            point = WithinEpoch(step=self.at.step, loss=self.at.loss_sum / seen, accuracy=self.at.correct / seen)
            self.within = (*self.within, point)

    def _progress(self, epoch: int, **known: float | None) -> Progress:
        progress = Progress(epoch=epoch, epochs=self.settings.epochs, step=self.at.step, steps=self.steps, **known)
        return progress.model_copy(update={"within": self.within})

    def _with_figures(self, epoch: int) -> Progress:
        seen, epochs_left = self._seen(), self.settings.epochs - epoch + 1
        images_left = len(self.split.training) * epochs_left - seen
        return self._progress(
            epoch,
            loss=self.at.loss_sum / seen,
            accuracy=self.at.correct / seen,
            images_per_second=self.pace.images_per_second,
            seconds_left=self.pace.seconds_left(images_left, epochs_left),
        )

    def _keep(self, arrays: Arrays) -> None:
        pace = {"seconds": self.pace.seconds, "images_per_second": self.pace.images_per_second}
        self.at = self.at.model_copy(update=pace)
        self.on_checkpoint(Checkpoint.of(self.at, arrays, self.best))

    def _validate(self, epoch: int) -> tuple[float, np.ndarray]:
        began = time.perf_counter()
        progress = self._with_figures(epoch)
        scored = self.learner.score(
            self.split.images,
            self.split.validation,
            lambda done: self.on_progress(progress.model_copy(update={"validated": done})),
        )
        self.pace.validated(time.perf_counter() - began)
        return scored

    def _require_sane(self, loss: float) -> None:
        if not loss <= self.most_loss:  # NaN is not, either
            how = f"rose above {self.most_loss:,.0f}" if math.isfinite(loss) else "stopped being a number"
            raise self._diverged(f"the loss {how}")

    def _diverged(self, what: str) -> _DivergedError:
        slower = max(self.settings.learning_rate / 10, 1e-6)  # a just smaller one would rarely do
        error = _DivergedError(
            f"Training diverged: in epoch {self.at.epoch + 1} {what}. Start a copy with a learning rate of at most "
            f"{slower:g}, a tenth of that where it diverges again, or with BatchNormalization after the convolutions."
        )
        error.learning_rate = slower
        return error
