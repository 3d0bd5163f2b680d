"""Whether a network's answer is clear or uncertain, or its picture probably shows none of the classes."""

from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from imgrec import metrics
from imgrec.quantities import percent
from imgrec.records import Novelty
from imgrec.runs import Run

NEAR = 200
"""Test images that an answer is compared with: those answered about as surely."""

CLEAR = 2 / 3
"""How often answers so sure have to be right on the test images; the others are uncertain."""


class Verdict(NamedTuple):
    """What an answer is worth, and why."""

    kind: Literal["clear", "uncertain", "none"]
    because: str


@dataclass(frozen=True, eq=False)
class Judge:
    """Judges the answers of a run by what it has said of its test images."""

    probabilities: NDArray[np.float32]
    labels: NDArray[Any]
    novelty: Novelty | None

    @classmethod
    def of(cls, run: Run, predictions: tuple[NDArray[np.float32], NDArray[Any]]) -> "Judge":
        """Return the judge of a finished run, whose test probabilities and labels these are."""
        evaluation = run.evaluation()
        return cls(*predictions, evaluation.novelty if evaluation else None)

    def verdict(self, probabilities: NDArray[np.float32], novelty: float | None) -> Verdict:
        """Judge the probabilities (classes,) of a picture and its novelty, where the network tells that."""
        if self.novelty is not None and novelty is not None and novelty > self.novelty.threshold:
            return Verdict(
                "none",
                f"Unlike the training images: its novelty is {novelty:.2g}, and the limit is "
                f"{self.novelty.threshold:.2g}. (That is wrong for {percent(self.novelty.test_share)} of the test "
                "images, which are above the limit too.)",
            )
        near = min(NEAR, len(self.labels))
        right = metrics.accuracy_near(self.probabilities, self.labels, float(probabilities.max()), near)
        because = f"Of the {near} test images answered about as surely, {percent(right)} were right."
        return Verdict("clear" if right >= CLEAR else "uncertain", because)
