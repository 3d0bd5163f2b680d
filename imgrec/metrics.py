"""How good predictions are: confusion matrix, scores per class and intervals. Arrays in, arrays out."""

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True, eq=False)
class ClassScores:
    """How well each class is recognised: arrays (classes,), the first three float64 in [0, 1].

    Where a score is 0/0 (a class that never occurs, or is never predicted) it is 0.0, as in scikit-learn with
    zero_division=0.
    """

    precision: NDArray[np.float64]
    """Of the images predicted to be this class, the share that is."""
    recall: NDArray[np.float64]
    """Of the images of this class, the share that is found."""
    f1: NDArray[np.float64]
    """The harmonic mean of precision and recall."""
    support: NDArray[np.int64]
    """Images of this class."""


def confusion_matrix(labels: ArrayLike, predicted: ArrayLike, classes: int) -> NDArray[np.int64]:
    """Counts the images of each true class (row) that were predicted as each class (column): (classes, classes).

    Raises ValueError where the two differ in length or hold anything but classes 0 to classes - 1.
    """
    true, guessed = _class_numbers(labels, classes), _class_numbers(predicted, classes)
    if true.shape != guessed.shape:
        raise ValueError(
            f"One prediction per label is needed. Received: {true.size} labels, {guessed.size} predictions."
        )
    counts = np.bincount(true * classes + guessed, minlength=classes * classes)
    return counts.reshape(classes, classes).astype(np.int64)


def class_scores(matrix: NDArray[Any]) -> ClassScores:
    """Scores each class of a confusion matrix [true, predicted]."""
    right = np.diagonal(matrix).astype(np.int64)
    of_class, as_class = matrix.sum(axis=1), matrix.sum(axis=0)
    return ClassScores(
        precision=_share(right, as_class),
        recall=_share(right, of_class),
        f1=_share(2 * right, of_class + as_class),
        support=of_class.astype(np.int64),
    )


def accuracy(matrix: NDArray[Any]) -> float:
    """Gives the share of a confusion matrix that lies on its diagonal. Raises ValueError where it counts no image."""
    images = int(matrix.sum())
    if images == 0:
        raise ValueError("An accuracy needs at least one image. Received: a confusion matrix of zeros.")
    return int(np.trace(matrix)) / images


def wilson_interval(successes: int, n: int, confidence: float = 0.95) -> tuple[float, float]:
    """Gives the interval in which the true share lies with this confidence; (0, 1) where n is 0.

    Unlike the textbook interval it never leaves [0, 1] and holds for few images and for shares near 0 and 1.
    Source: Wilson 1927, "Probable Inference, the Law of Succession, and Statistical Inference".
    """
    if not (0 <= successes <= n and 0 < confidence < 1):
        raise ValueError(
            "An interval needs 0 ≤ successes ≤ n and a confidence between 0 and 1. "
            f"Received: {successes} of {n}, confidence {confidence}."
        )
    if n == 0:
        return 0.0, 1.0
    share = successes / n
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    centre = share + z * z / (2 * n)
    half = z * math.sqrt(share * (1 - share) / n + (z / (2 * n)) ** 2)
    scale = 1 + z * z / n
    # At the ends the formula gives exactly 0 and 1; floating point misses them by a hair.
    low = 0.0 if successes == 0 else (centre - half) / scale
    high = 1.0 if successes == n else (centre + half) / scale
    return low, high


def _class_numbers(values: ArrayLike, classes: int) -> NDArray[np.int64]:
    array = np.asarray(values)
    if array.size == 0:
        return np.zeros(0, np.int64)
    if array.ndim != 1 or not np.issubdtype(array.dtype, np.integer):
        raise ValueError(
            f"Class numbers need to be a list of integers. Received: {array.dtype} of shape {array.shape}."
        )
    if array.min() < 0 or array.max() >= classes:
        raise ValueError(f"Class numbers need to be 0 to {classes - 1}. Received: {array.min()} to {array.max()}.")
    return array.astype(np.int64)


def _share(part: NDArray[Any], whole: NDArray[Any]) -> NDArray[np.float64]:
    shares: NDArray[np.float64] = np.zeros(len(whole), np.float64)
    np.divide(part, whole, out=shares, where=whole != 0)
    return shares
