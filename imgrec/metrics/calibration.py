"""Whether a network is right as often as it is confident."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from imgrec.metrics.inputs import probabilities_and_labels


@dataclass(frozen=True, eq=False)
class Reliability:
    """How often predictions are right, by how confident they are: arrays (bins,), bin i being (low[i], high[i]].

    The confidence of a prediction is the probability of the predicted class. Confidence 0 belongs to the first bin.
    """

    low: NDArray[np.float64]
    high: NDArray[np.float64]
    images: NDArray[np.int64]
    """Images whose confidence lies in the bin."""
    confidence: NDArray[np.float64]
    """Their mean confidence in [0, 1]; NaN where there are none."""
    accuracy: NDArray[np.float64]
    """The share of them predicted rightly; NaN where there are none."""
    error: float
    """The expected calibration error in [0, 1]: the mean over all images of the gap between the two."""


def reliability(probabilities: NDArray[Any], labels: ArrayLike, bins: int = 15) -> Reliability:
    """Sort predictions (N, classes) with their labels (N,) by confidence into bins of equal width.

    Raises ValueError for no images, no bins, and probabilities or labels that do not fit.
    Source: Guo, Pleiss, Sun and Weinberger 2017, "On Calibration of Modern Neural Networks".
    """
    scores, true = probabilities_and_labels(probabilities, labels)
    if not (len(true) and bins >= 1):
        raise ValueError(
            f"A calibration error needs at least one image and one bin. Received: {len(true)} images, {bins} bins."
        )
    # Divided rather than spaced, so that an edge such as 3/5 is the float that people write as 0.6.
    edges = np.arange(bins + 1) / bins
    # In float32 a softmax exceeds 1 by a hair.
    confident = np.minimum(scores.max(axis=1).astype(np.float64), 1.0)
    bin_of = np.maximum(np.searchsorted(edges, confident, side="left") - 1, 0)
    images = np.bincount(bin_of, minlength=bins)
    confidence = _mean(np.bincount(bin_of, confident, bins), images)
    accuracy = _mean(np.bincount(bin_of, scores.argmax(axis=1) == true, bins), images)
    return Reliability(
        low=edges[:-1],
        high=edges[1:],
        images=images.astype(np.int64),
        confidence=confidence,
        accuracy=accuracy,
        error=float(np.nansum(images * np.abs(accuracy - confidence)) / len(true)),
    )


def accuracy_near(probabilities: NDArray[Any], labels: ArrayLike, confidence: float, images: int = 200) -> float:
    """Return how often predictions (N, classes) with about this confidence are right, in [0, 1].

    They are those of so many images, or of all, whose confidence is nearest to it; of ties the first ones count.
    Raises ValueError for no images, and probabilities or labels that do not fit.
    """
    scores, true = probabilities_and_labels(probabilities, labels)
    if not len(true):
        raise ValueError("An accuracy needs at least one image. Received: none.")
    near = np.argsort(np.abs(scores.max(axis=1).astype(np.float64) - confidence), kind="stable")[:images]
    return float((scores[near].argmax(axis=1) == true[near]).mean())


def _mean(total: NDArray[Any], images: NDArray[Any]) -> NDArray[np.float64]:
    means: NDArray[np.float64] = np.full(len(total), np.nan)
    np.divide(total, images, out=means, where=images > 0)
    return means
