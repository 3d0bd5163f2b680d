"""Datasets of own pictures of any number of classes, with the class names that people may give, as tests need them."""

from typing import NamedTuple

import numpy as np

from benchmarks.scored import scored
from imgrec import edge
from imgrec.config import RunConfig, Training
from imgrec.datasets import making
from imgrec.datasets.own import TEST, TRAIN, Source
from imgrec.layers import Dense, GlobalAveragePooling2D
from imgrec.runs import Run
from tests.odd_names import NAMES

LONGEST = 40
"""Letters of a class name."""


class Kind(NamedTuple):
    """A dataset: how many classes it has, the side of its images in pixels, and their channels."""

    classes: int
    side: int
    channels: int

    def __str__(self) -> str:
        """Say it in the name of a test."""
        return f"{self.classes}-classes"


KINDS = (Kind(2, 28, 1), Kind(3, 64, 3), Kind(100, 32, 3), Kind(1000, 96, 3))


def names(count: int) -> tuple[str, ...]:
    """Return so many different class names: long ones first, then odd ones, then some of both with a number."""
    long = ("The dog of my grandmother in the garden,", "m" * LONGEST, "Donaudampfschifffahrtsgesellschaftskapit")
    short = [name for name in NAMES if len(name) <= LONGEST]
    first = dict.fromkeys((*long, *short))
    every = [*first, *(f"{(*long, *short)[place % 60][: LONGEST - 5]} {place}" for place in range(count))]
    return tuple(every[:count])


def make(kind: Kind, *, train: int = 3, test: int = 2) -> str:
    """Make a dataset in the store of this computer, with so many images of each class, and return its full name.

    Each class has stripes of its own colours, width and direction, each image of it a place of its own.
    """
    classes, side, channels = kind
    name = f"many-{classes}"
    labels, splits = np.tile(np.arange(classes), train + test), np.repeat([TRAIN] * train + [TEST] * test, classes)
    sources = [Source(file=f"{place}.png", sha256="0" * 64, width=side, height=side) for place in range(len(labels))]
    folder = edge.store().own_datasets
    folder.mkdir(exist_ok=True)
    with making.new(folder / name) as made:
        pixels = made.pixels(len(labels), (side, side, channels))
        for label in range(classes):
            pixels[label::classes] = _striped(kind, label, train + test)
        version = made.finish(
            name, f"Many {classes}", "many.zip", sources, names(classes), labels, splits, "Added pictures."
        )
    return f"{name}@{version.id}"


def runs(dataset: str) -> list[Run]:
    """Make two finished runs of a dataset, whose predictions are made up."""
    config = RunConfig(dataset=dataset, layers=(GlobalAveragePooling2D(), Dense(units=8)), training=Training(epochs=2))
    classes = len(edge.store().dataset(dataset).class_names)
    lead = 3.0 + np.log10(classes)  # so that about half is right, of many classes as well
    return [scored(config.with_setting("training.seed", seed), f"Run {seed}", seed, lead) for seed in (1, 2)]


def _striped(kind: Kind, label: int, count: int) -> np.ndarray:
    random = np.random.default_rng(label)
    angle, width = random.uniform(0, np.pi), random.uniform(0.05, 0.2) * kind.side
    one, other = random.integers(0, 256, (2, kind.channels))
    down, across = np.mgrid[: kind.side, : kind.side]
    along = (np.cos(angle) * across + np.sin(angle) * down)[None] + random.uniform(0, width, (count, 1, 1))
    return np.where((along // width % 2)[..., None] == 0, one, other).astype(np.uint8)
