"""How long a training will take and how long it waits, judged by those before it."""

import statistics
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cache, lru_cache
from itertools import islice
from pathlib import Path

from imgrec import architecture, transfer
from imgrec.architecture import Architecture
from imgrec.config import RunConfig
from imgrec.errors import ImgrecError
from imgrec.jobs.machine import needs_all, slots, takes_all
from imgrec.records import DatasetInfo
from imgrec.runs import Run, State, Store

LAST_RUNS = 5
"""Finished runs that a forecast is judged by."""

MOST_KEPT = 20_000
"""Runs of which it is remembered how much they compute."""

AROUND_SECONDS = 8.0
"""Loading images and TensorFlow before a training, and scoring after it, on two cores."""


def forecast(store: Store, config: RunConfig) -> float | None:
    """Return the seconds that training will take, judged by the last runs of a store; None before there are any.

    Runs of different networks do about the same number of multiply-adds a second on one machine: a visitor who has
    none yet is told by those of others.
    """
    return forecasts(store, [config])[0]


def forecasts(store: Store, configs: Sequence[RunConfig]) -> list[float | None]:
    """Return of each config what forecast does; the last runs are read once."""
    speed_of = cache(_median_speed)
    return [
        AROUND_SECONDS + _work(config, store.dataset(config.dataset).info) / speed
        if (speed := speed_of(store, needs_all(config)))
        else None
        for config in configs
    ]


def wait(run: Run, earlier: Sequence[tuple[Run, State]]) -> float | None:
    """Return in about how many seconds a run starts, after the earlier ones; None where that cannot be told."""
    count, speed_of = slots(Store.of(run).home), cache(_median_speed)
    left = [(_seconds_left(other, state, speed_of), 1 if takes_all(other) else count) for other, state in earlier]
    known = [seconds / at_once for seconds, at_once in left if seconds is not None]
    return sum(known) if len(known) == len(left) else None


def _seconds_left(run: Run, state: State, speed_of: Callable[[Store, bool], float | None]) -> float | None:
    with suppress(ImgrecError):  # damaged
        progress = run.progress() if state is State.RUNNING else None
        if progress and progress.seconds_left is not None:
            return progress.seconds_left
        if speed := speed_of(Store.of(run), takes_all(run)):
            return AROUND_SECONDS + _work_of(run.folder) / speed
    return None


def _median_speed(store: Store, alone: bool) -> float | None:
    """Return the multiply-adds a second of the last trainings; those that have all GPUs alone count for such a one."""
    speeds = _speeds(store, alone)
    if not speeds and store.is_visitors:
        others = (speed for other in Store.below(store.home) for speed in _speeds(other, alone))
        speeds = list(islice(others, LAST_RUNS))
    return statistics.median(speeds) if speeds else None


def _work(config: RunConfig, dataset: DatasetInfo) -> float:
    """Return how many multiply-adds a training takes in all."""
    settings, images = config.training, dataset.train_images
    network = _network(config, dataset)
    learnt = images * (1 - settings.validation_share) * settings.train_share
    learning = learnt * transfer.training_multiply_adds(network, config.start)
    # Validation goes through the network once; a training step goes through it, and back to inputs and to weights.
    validating = images * settings.validation_share / 3 * network.multiply_adds
    return settings.epochs * (learning + validating)


@lru_cache(maxsize=MOST_KEPT)
def _work_of(folder: Path) -> float:
    """Return what _work does of a run, whose config never changes; thousands may wait, and are asked often."""
    run = Run(folder)
    return _work(run.config, Store.of(run).dataset(run.config.dataset).info)


def _speeds(store: Store, alone: bool) -> list[float]:
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
