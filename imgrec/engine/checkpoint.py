"""Where a training stands, and everything that it needs to go on as if it had never been interrupted."""

from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

Arrays = dict[str, np.ndarray]


@dataclass
class TrainingState:
    """Where a training stands: the rows of its complete epochs, and what it took of the one under way.

    loss_sum and correct are over the images of these steps; seconds is the time the training has taken so far, and
    images_per_second how fast it was.
    """

    history: list[dict[str, float]] = field(default_factory=list)
    step: int = 0
    loss_sum: float = 0.0
    correct: int = 0
    seconds: float = 0.0
    images_per_second: float = 0.0

    @property
    def epoch(self) -> int:
        """How many epochs are complete."""
        return len(self.history)

    @property
    def best(self) -> dict[str, float] | None:
        """The row of the first epoch with the best validation accuracy, or None before there is any."""
        return max(self.history, key=lambda row: row["validation_accuracy"], default=None)

    @property
    def best_epoch(self) -> int:
        """Its number, counted from 1; 0 before there is any."""
        return int(self.best["epoch"]) if self.best else 0

    def complete(self, row: dict[str, float]) -> None:
        """Add a complete epoch; the next one has taken no step yet."""
        self.history.append(row)
        self.step, self.loss_sum, self.correct = 0, 0.0, 0


@dataclass(frozen=True)
class Checkpoint:
    """What a training can go on from: where it stood (JSON), and every array that it computes with, by name."""

    training_state: dict[str, Any]
    arrays: Arrays

    @classmethod
    def of(cls, training_state: TrainingState, computing: Arrays, best: list[np.ndarray]) -> "Checkpoint":
        """Join what the learner computes with and the weights of the best epoch."""
        return cls(asdict(training_state), computing | {f"best/{place}": array for place, array in enumerate(best)})

    def resumed(self) -> tuple[TrainingState, list[np.ndarray]]:
        """Return back where it stood and the weights of the best epoch."""
        best = [self.arrays[name] for place in range(len(self.arrays)) if (name := f"best/{place}") in self.arrays]
        return TrainingState(**self.training_state), best
