"""Where a training stands, and everything that it needs to go on as if it had never been interrupted."""

from dataclasses import dataclass

import numpy as np

from imgrec.records import TrainingState

Arrays = dict[str, np.ndarray]


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
