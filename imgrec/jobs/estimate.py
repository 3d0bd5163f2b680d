"""How long a training will take, judged by those before it."""

import statistics
from contextlib import suppress

from imgrec import architecture, datasets
from imgrec.config import RunConfig
from imgrec.errors import ImgrecError
from imgrec.records import DatasetInfo
from imgrec.runs import Run, Store

LAST_RUNS = 5
"""Finished runs that a forecast is judged by."""

AROUND_SECONDS = 8.0
"""Loading images and TensorFlow before a training, and scoring after it, on two cores."""


def forecast(store: Store, config: RunConfig) -> float | None:
    """Return the seconds that training will take, judged by the last runs of a store; None before there are any.

    Runs of different networks do about the same number of multiply-adds a second on one machine.
    """
    speeds = [speed for run in store.finished(LAST_RUNS) if (speed := _speed(run))]
    if not speeds:
        return None
    dataset = datasets.get(config.dataset).info
    settings, images = config.training, dataset.train_images
    learnt = images * (1 - settings.validation_share) * settings.train_share
    # Validation goes through the network once; a training step goes through it, and back to inputs and to weights.
    passes = learnt + images * settings.validation_share / 3
    return AROUND_SECONDS + settings.epochs * passes * _multiply_adds(config, dataset) / statistics.median(speeds)


def _speed(run: Run) -> float:
    """Return the multiply-adds a second of a finished run's training, or 0 where they are not known."""
    with suppress(ImgrecError):  # damaged, or its network does not fit: the other runs are judged by
        if evaluation := run.evaluation():
            return _multiply_adds(run.config, run.dataset) * evaluation.images_per_second
    return 0.0


def _multiply_adds(config: RunConfig, dataset: DatasetInfo) -> int:
    return architecture.check(config.layers, dataset.image_shape, len(dataset.class_names)).multiply_adds
