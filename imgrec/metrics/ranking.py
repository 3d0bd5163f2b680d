"""Which images to look at, and in which order."""

from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from imgrec.metrics.inputs import labels_and_predicted, probabilities_and_labels


class Order(StrEnum):
    """What images are sorted by; a value is what a menu says."""

    CONFIDENT = "most confident first"
    UNCERTAIN = "least certain first"
    DOUBTFUL = "most doubtful label first"


def places(
    labels: ArrayLike,
    predicted: ArrayLike,
    true: int | None = None,
    taken_for: int | None = None,
    wrong: bool = False,
) -> NDArray[np.int64]:
    """Return the places, ascending, of images of a true class that were taken for a class (None: any).

    With wrong, only those predicted wrongly. Raises ValueError where labels (N,) and predicted (N,) do not fit.
    """
    of, taken = labels_and_predicted(labels, predicted)
    chosen = np.ones(len(of), np.bool_)
    if true is not None:
        chosen &= of == true
    if taken_for is not None:
        chosen &= taken == taken_for
    if wrong:
        chosen &= of != taken
    return np.flatnonzero(chosen).astype(np.int64)


def ordered(
    probabilities: NDArray[Any], labels: ArrayLike, places: NDArray[np.int64], order: Order
) -> NDArray[np.int64]:
    """Sort places of images by their probabilities (N, classes) and labels (N,); equal ones by place.

    CONFIDENT: by the largest probability, largest first. UNCERTAIN: by its lead over the second largest, smallest
    first. DOUBTFUL: by the lead of the label over the likeliest other class, smallest first; the normalized margin of
    Northcutt, Jiang and Chuang 2021, "Confident Learning: Estimating Uncertainty in Dataset Labels".
    Raises ValueError for probabilities or labels that do not fit, IndexError for a place past them.
    """
    scores, true = probabilities_and_labels(probabilities, labels)
    if places.size and places.min() < 0:
        raise IndexError(f"Places need to be 0 to {len(true) - 1}. Received: {places.min()}.")
    scores, true = scores[places], true[places]
    match order:
        case Order.CONFIDENT:
            key = -scores.max(axis=1).astype(np.float64)
        case Order.UNCERTAIN:
            second, first = np.partition(scores, -2, axis=1)[:, -2:].T.astype(np.float64)
            key = first - second
        case Order.DOUBTFUL:
            key = _lead_of_label(scores, true)
    return places[np.lexsort((places, key))]


def doubtful_labels(probabilities: NDArray[Any], labels: ArrayLike) -> NDArray[np.int64]:
    """Return the places of the images whose label (N,) is probably wrong, the most doubtful first.

    A class is believed of an image where its probability reaches the mean over the images labelled with it; a label is
    doubtful where the likeliest class so believed is another one. Raises ValueError where the two do not fit.
    Source: Northcutt, Jiang and Chuang 2021, "Confident Learning: Estimating Uncertainty in Dataset Labels".
    """
    scores, true = probabilities_and_labels(probabilities, labels)
    of_label = scores[np.arange(len(true)), true].astype(np.float64)
    thresholds = np.array([_threshold(of_label[true == label]) for label in range(scores.shape[1])])
    believed = np.where(scores >= thresholds, scores, -1.0)
    doubtful = (believed.max(axis=1) >= 0) & (believed.argmax(axis=1) != true)
    return ordered(scores, true, np.flatnonzero(doubtful).astype(np.int64), Order.DOUBTFUL)


def _threshold(scores: NDArray[np.float64]) -> float:
    if not scores.size:
        return np.inf
    # The mean of equal numbers may be larger than they are, by rounding; then none of them would reach it.
    return float(min(scores.mean(), scores.max()))


def _lead_of_label(scores: NDArray[np.float32 | np.float64], labels: NDArray[np.int64]) -> NDArray[np.float64]:
    every = np.arange(len(labels))
    others = scores.copy()
    others[every, labels] = -1.0
    lead: NDArray[np.float64] = scores[every, labels].astype(np.float64) - others.max(axis=1)
    return lead
