"""What the metrics are given, checked: class numbers, and probabilities with their labels."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

_ROUNDING = 1e-3
"""By how much a probability may exceed 1: a softmax in float32 does, by less."""


def class_numbers(values: ArrayLike, classes: int | None = None) -> NDArray[np.int64]:
    """Return class numbers as int64 (N,).

    Raises ValueError for anything but a list of integers 0 to classes - 1; from 0 on where classes is None.
    """
    array = np.asarray(values)
    if array.size == 0:
        return np.zeros(0, np.int64)
    if array.ndim != 1 or not np.issubdtype(array.dtype, np.integer):
        raise ValueError(
            f"Class numbers need to be a list of integers. Received: {array.dtype} of shape {array.shape}."
        )
    if array.min() < 0 or (classes is not None and array.max() >= classes):
        allowed = "0 or more" if classes is None else f"0 to {classes - 1}"
        raise ValueError(f"Class numbers need to be {allowed}. Received: {array.min()} to {array.max()}.")
    return array.astype(np.int64)


def labels_and_predicted(
    labels: ArrayLike, predicted: ArrayLike, classes: int | None = None
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return both as int64 (N,). Raises ValueError where they differ in length or are no class numbers."""
    true, guessed = class_numbers(labels, classes), class_numbers(predicted, classes)
    if true.shape != guessed.shape:
        raise ValueError(
            f"One prediction per label is needed. Received: {true.size} labels, {guessed.size} predictions."
        )
    return true, guessed


def probabilities_and_labels(
    probabilities: NDArray[Any], labels: ArrayLike
) -> tuple[NDArray[np.float32 | np.float64], NDArray[np.int64]]:
    """Return both as float32 or float64 (N, classes) and int64 (N,).

    Raises ValueError for fewer than two classes, a number outside [0, 1], or labels that do not fit.
    """
    scores = np.asarray(probabilities)
    if scores.dtype != np.float32:  # those of 20,000 images and 1,000 classes are 80 MB, which no one needs twice
        scores = scores.astype(np.float64, copy=False)
    if scores.ndim != 2 or scores.shape[1] < 2:
        raise ValueError(f"Probabilities need the shape (images, 2 or more classes). Received: {scores.shape}.")
    # Written so that NaN is refused, too: no comparison with it holds.
    if scores.size and not (scores.min() >= 0 and scores.max() <= 1 + _ROUNDING):
        raise ValueError(f"Probabilities need to lie in [0, 1]. Received: {scores.min():g} to {scores.max():g}.")
    true = class_numbers(labels, scores.shape[1])
    if len(true) != len(scores):
        raise ValueError(
            f"One label per row of probabilities is needed. Received: {len(true)} labels, {len(scores)} rows."
        )
    return scores, true
