"""What goes into a training and what comes out of it: plain values, which another process or machine can be sent."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from imgrec.config import RunConfig
from imgrec.datasets import Images
from imgrec.records import Progress, TrainingState

Arrays = dict[str, np.ndarray]


@dataclass(frozen=True)
class Split:
    """The images a run may see, and which of them it learns from and which choose its best epoch (indices)."""

    images: Images
    training: np.ndarray
    validation: np.ndarray


@dataclass(frozen=True)
class Checkpoint:
    """What a training can go on from: where it stood, and every array that it computes with, by name."""

    training_state: TrainingState
    arrays: Arrays

    @classmethod
    def of(cls, training_state: TrainingState, computing: Arrays, best: list[np.ndarray]) -> "Checkpoint":
        """Join what the learner computes with and the weights of the best epoch."""
        return cls(training_state, computing | {f"best/{place}": array for place, array in enumerate(best)})

    def resumed(self) -> tuple[TrainingState, list[np.ndarray]]:
        """Return where it stood and the weights of the best epoch."""
        best = [self.arrays[name] for place in range(len(self.arrays)) if (name := f"best/{place}") in self.arrays]
        return self.training_state, best


@dataclass(frozen=True)
class Task:
    """A training that is to be carried out.

    start is the .keras file of the model that it begins with, if any, and copied how many of its first layers it takes
    from there; None: all, and the output.
    """

    config: RunConfig
    split: Split
    classes: int
    checkpoint: Checkpoint | None = None
    start: bytes | None = None
    copied: int | None = None


@dataclass(frozen=True)
class Fitted:
    """The model of the best epoch, and how it came about.

    model is the content of a .keras file: plain Keras in float32. precision is the format that it was trained in.
    stopped: a stop left out epochs or a part of one. diverged says in words what ended the training after its best
    epoch, where something did.
    """

    model: bytes
    params: int
    precision: str
    best_epoch: int
    epochs_trained: int
    stopped: bool
    diverged: str | None
    validation_accuracy: float
    seconds: float
    images_per_second: float


Asked = Literal["stop", "pause"] | None

OnProgress = Callable[[Progress], None]
"""Told about five times a second where the training is."""

OnCheckpoint = Callable[[Checkpoint], None]
"""Told what to go on from: after each epoch, once a minute within a long one, and when asked to pause."""

OnShare = Callable[[float], None]
"""Told which share of the answers is there."""
