"""How long a training will take and how long it waits, judged by those before it."""

import statistics
from collections.abc import Sequence
from contextlib import suppress
from itertools import islice

from imgrec import architecture, transfer
from imgrec.architecture import Architecture
from imgrec.config import RunConfig
from imgrec.errors import ImgrecError
from imgrec.jobs.machine import needs_all, slots, takes_all
from imgrec.records import DatasetInfo
from imgrec.runs import Run, State, Store

LAST_RUNS = 5
"""Finished runs that a forecast is judged by."""

AROUND_SECONDS = 8.0
"""Loading images and TensorFlow before a training, and scoring after it, on two cores."""


def forecast(store: Store, config: RunConfig) -> float | None:
    """Return the seconds that training will take, judged by the last runs of a store; None before there are any.

    Runs of different networks do about the same number of multiply-adds a second on one machine: a visitor who has
    none yet is told by those of others.
    """
    speeds = _speeds(store, config)
    if not speeds and store.is_visitors:
        others = (speed for other in Store.below(store.home) for speed in _speeds(other, config))
        speeds = list(islice(others, LAST_RUNS))
    if not speeds:
        return None
    dataset = store.dataset(config.dataset).info
    settings, images = config.training, dataset.train_images
    network = _network(config, dataset)
    learnt = images * (1 - settings.validation_share) * settings.train_share
    learning = learnt * transfer.training_multiply_adds(network, config.start)
    # Validation goes through the network once; a training step goes through it, and back to inputs and to weights.
    validating = images * settings.validation_share / 3 * network.multiply_adds
    return AROUND_SECONDS + settings.epochs * (learning + validating) / statistics.median(speeds)


def wait(run: Run, earlier: Sequence[tuple[Run, State]]) -> float | None:
    """Return in about how many seconds a run starts, after the earlier ones; None where that cannot be told."""
    count = slots(Store.of(run).home)
    left = [(_seconds_left(other, state), 1 if takes_all(other) else count) for other, state in earlier]
    known = [seconds / at_once for seconds, at_once in left if seconds is not None]
    return sum(known) if len(known) == len(left) else None


def _seconds_left(run: Run, state: State) -> float | None:
    with suppress(ImgrecError):  # damaged
        progress = run.progress() if state is State.RUNNING else None
        if progress and progress.seconds_left is not None:
            return progress.seconds_left
        return forecast(Store.of(run), run.config)
    return None


def _speeds(store: Store, config: RunConfig) -> list[float]:
    alone = needs_all(config)  # on all GPUs, trainings are judged by others on all
    return [speed for run in store.finished(LAST_RUNS) if (speed := _speed(run, alone))]


def _speed(run: Run, alone: bool) -> float:
    """Return the multiply-adds a second of a finished run's training, or 0 where they are not known or on more GPUs."""
    with suppress(ImgrecError):  # damaged, or its network does not fit: the other runs are judged by
        if needs_all(run.config) == alone and (evaluation := run.evaluation()):
            network = _network(run.config, run.dataset)
            return transfer.training_multiply_adds(network, run.config.start) * evaluation.images_per_second
    return 0.0


def _network(config: RunConfig, dataset: DatasetInfo) -> Architecture:
    return architecture.check(config.layers, dataset.image_shape, len(dataset.class_names))
