"""How good the predictions of one network are: confusion matrix, scores per class, intervals, top k."""

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from imgrec.metrics.inputs import labels_and_predicted, probabilities_and_labels

UNEVEN = 1.5
"""From how many times as many images in the largest class as in the smallest on accuracy is a poor summary."""

BALANCED = (
    "Balanced accuracy is the mean recall of the classes, so that each counts as much, however few images it has: well "
    "below the test accuracy, it says that the network knows the large classes better than the small ones."
)
"""How to read it, wherever it is shown."""

CLIP = 1e-7
"""The default epsilon of Keras: one image that is wrong with full certainty adds 16 to the sum of the losses."""


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


@dataclass(frozen=True, eq=False)
class ClassIntervals:
    """Where the true scores of each class lie with some confidence: float64 (classes, 2), low and high in [0, 1].

    (0, 1) where a score is 0/0.
    """

    precision: NDArray[np.float64]
    recall: NDArray[np.float64]
    f1: NDArray[np.float64]


def confusion_matrix(labels: ArrayLike, predicted: ArrayLike, classes: int) -> NDArray[np.int64]:
    """Count the images of each true class (row) that were predicted as each class (column): (classes, classes).

    Raises ValueError where the two differ in length or hold anything but classes 0 to classes - 1.
    """
    true, guessed = labels_and_predicted(labels, predicted, classes)
    counts = np.bincount(true * classes + guessed, minlength=classes * classes)
    return counts.reshape(classes, classes).astype(np.int64)


def class_scores(matrix: NDArray[Any]) -> ClassScores:
    """Score each class of a confusion matrix [true, predicted]."""
    right = np.diagonal(matrix).astype(np.int64)
    of_class, as_class = matrix.sum(axis=1), matrix.sum(axis=0)
    return ClassScores(
        precision=_share(right, as_class),
        recall=_share(right, of_class),
        f1=_share(2 * right, of_class + as_class),
        support=of_class.astype(np.int64),
    )


def class_intervals(matrix: NDArray[Any], confidence: float = 0.95) -> ClassIntervals:
    """Return Wilson's interval of each score of class_scores. Raises ValueError for a confidence outside (0, 1).

    F1 is no proportion, but F* = right / (right + false alarms + missed) is, and F1 = 2 F* / (1 + F*) grows with it.
    Source: Hand, Christen and Kirielle 2021, "F*: an interpretable transformation of the F-measure".
    """
    right = np.diagonal(matrix).astype(np.int64)
    of_class, as_class = matrix.sum(axis=1), matrix.sum(axis=0)
    f_star = _intervals(right, of_class + as_class - right, confidence)
    return ClassIntervals(
        precision=_intervals(right, as_class, confidence),
        recall=_intervals(right, of_class, confidence),
        f1=2 * f_star / (1 + f_star),
    )


def accuracy(matrix: NDArray[Any]) -> float:
    """Return the share of a confusion matrix that lies on its diagonal. Raises ValueError where it counts no image."""
    images = int(matrix.sum())
    if images == 0:
        raise ValueError("An accuracy needs at least one image. Received: a confusion matrix of zeros.")
    return int(np.trace(matrix)) / images


def balanced_accuracy(matrix: NDArray[Any]) -> float:
    """Return the mean recall of the classes that have images: the macro accuracy, in which each class counts as much.

    Raises ValueError for a confusion matrix that counts no image.
    Source: Brodersen, Ong, Stephan and Buhmann 2010, "The Balanced Accuracy and Its Posterior Distribution".
    """
    there = matrix.sum(axis=1) > 0
    if not there.any():
        raise ValueError("A balanced accuracy needs at least one image. Received: a confusion matrix of zeros.")
    return float(class_scores(matrix).recall[there].mean())


def macro_f1(matrix: NDArray[Any]) -> float:
    """Return the mean F1 of the classes that occur or are predicted, as scikit-learn's macro average.

    Raises ValueError for a confusion matrix that counts no image.
    """
    known = (matrix.sum(axis=0) > 0) | (matrix.sum(axis=1) > 0)
    if not known.any():
        raise ValueError("A macro F1 needs at least one image. Received: a confusion matrix of zeros.")
    return float(class_scores(matrix).f1[known].mean())


def is_uneven(images: ArrayLike) -> bool:
    """Tell whether classes with so many images each (classes,) are uneven: the largest has more than UNEVEN times as
    many as the smallest.

    Classes without images do not count. The one definition of it: where it holds, pages and commands show the
    balanced accuracy too.
    """
    counts = np.asarray(images)
    there = counts[counts > 0]
    return bool(there.size and there.max() > UNEVEN * there.min())


def top(classes: int) -> int | None:
    """Return how many of the likeliest classes a top-k accuracy looks at, or None where it would say nothing.

    3 of a few classes, and 5, as is usual, from 20 on: among five of ten, half would be right by chance.
    """
    return 5 if classes >= 20 else 3 if classes > 3 else None


def cross_entropy(probabilities: NDArray[Any], labels: ArrayLike) -> float:
    """Return the mean of minus the logarithm of the probability of the right class.

    A probability counts as 1e-7 at least and 1 - 1e-7 at most, as in Keras. NaN where there is no image. Raises
    ValueError for probabilities (N, classes) and labels (N,) that do not fit.
    """
    scores, true = probabilities_and_labels(probabilities, labels)
    if not len(true):
        return math.nan
    right = scores[np.arange(len(true)), true].astype(np.float64)
    return float(-np.log(right.clip(CLIP, 1 - CLIP)).mean())


def half_interval(successes: int, n: int) -> float:
    """Return half the width of the 95 % interval of a share, in [0, 0.5]: what stands behind ±."""
    low, high = wilson_interval(successes, n)
    return (high - low) / 2


def top_k_correct(probabilities: NDArray[Any], labels: ArrayLike, k: int) -> int:
    """Count the images whose label (N,) is among the k likeliest classes of their probabilities (N, classes).

    Of equally likely classes the lower number comes first, as in argmax. Raises ValueError for k outside 1 to classes
    and for probabilities or labels that do not fit.
    """
    scores, true = probabilities_and_labels(probabilities, labels)
    classes = scores.shape[1]
    if not 1 <= k <= classes:
        raise ValueError(f"k needs to be 1 to {classes}, the number of classes. Received: {k}.")
    of_label = np.take_along_axis(scores, true[:, None], axis=1)
    first = (scores > of_label) | ((scores == of_label) & (np.arange(classes) < true[:, None]))
    return int(np.count_nonzero(first.sum(axis=1) < k))


def wilson_interval(successes: int, n: int, confidence: float = 0.95) -> tuple[float, float]:
    """Return the interval in which the true share lies with this confidence; (0, 1) where n is 0.

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


def _intervals(successes: NDArray[Any], n: NDArray[Any], confidence: float) -> NDArray[np.float64]:
    shares = zip(successes.tolist(), n.tolist(), strict=True)
    return np.array([wilson_interval(*share, confidence) for share in shares], np.float64)


def _share(part: NDArray[Any], whole: NDArray[Any]) -> NDArray[np.float64]:
    shares: NDArray[np.float64] = np.zeros(len(whole), np.float64)
    np.divide(part, whole, out=shares, where=whole != 0)
    return shares
