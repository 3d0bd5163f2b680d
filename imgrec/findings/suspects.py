"""Images that may be in the wrong class: by what classifiers say of them, and by their neighbours."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from imgrec import metrics
from imgrec.findings.finding import Action, Case, Correction, Finding, Kind

SURE_ENOUGH = 0.7
"""The share of images that are taken for what their label says, from which doubts mean anything. With 48 %, 3 of the
first 50 doubted labels were wrong, with 90 % 43 of them (benchmarks/findings.py).
"""

SURE = 0.5
"""The probability that the likeliest class needs for a label to be doubted."""

MOST_SUSPECTS = 500
"""Images that are shown at most: nobody looks through more at once."""

NEIGHBOURS = 5
FEWEST = 20
"""Images of a class that are needed to say what is usual in it."""

FAR_OUT = 2.0
"""How many times the distance between the quartiles an outlier lies above the upper one, after Tukey 1977."""

_BLOCK = 1024


def wrong_labels(
    probabilities: ArrayLike,
    labels: NDArray[Any],
    class_names: Sequence[str],
    rows: NDArray[np.int64] | None = None,
) -> Finding | None:
    """Return the images whose label is probably wrong, the most doubtful first, or None.

    None also where fewer than SURE_ENOUGH of the images are taken for what their label says.
    probabilities (N, classes) are those of classifiers that did not learn from the image (crossval.cross_validated),
    labels (N,) what stands there, rows (N,) which images of the dataset these are (None: all). Doubtful is a label by
    confident learning (metrics.doubtful_labels) where another class is also at least SURE. Each is relabelled to that
    class.
    """
    given = np.asarray(probabilities, np.float64)
    if not len(given) or (given.argmax(axis=1) == labels).mean() < SURE_ENOUGH:
        return None
    doubtful = metrics.doubtful_labels(given, labels)
    others = given[doubtful]
    others[np.arange(len(doubtful)), labels[doubtful]] = -1
    likeliest, sure = others.argmax(axis=1), others.max(axis=1)
    chosen = np.flatnonzero(sure >= SURE)[:MOST_SUSPECTS]
    if not chosen.size:
        return None
    cases = []
    for place, other, probability in zip(doubtful[chosen], likeliest[chosen].tolist(), sure[chosen], strict=True):
        row, label = int(place if rows is None else rows[place]), int(labels[place])
        cases.append(
            Case(
                rows=(row,),
                classes=(label, other),
                score=round(float(probability - given[place, label]), 4),
                says=f"{class_names[label]}, looks like {class_names[other]} ({100 * probability:.0f} %)",
                correction=Correction(action=Action.RELABEL, rows=(row,), to=(other,)),
            )
        )
    what = "1 label" if len(cases) == 1 else f"{len(cases):,} labels"
    sentence = (
        f"{what} may be wrong, the most doubtful first: what has learnt the other images takes it for another class. "
        "Look at an image before you change its label."
    )
    return Finding(kind=Kind.WRONG_LABEL, sentence=sentence, cases=tuple(cases))


def outliers(
    features: NDArray[np.floating],
    labels: NDArray[Any],
    class_names: Sequence[str],
    rows: NDArray[np.int64] | None = None,
) -> Finding | None:
    """Return the images that are unlike all others of their class, the most unlike first, or None.

    features (N, numbers) say what an image looks like, labels (N,) are its class, rows (N,) which images these are
    (None: all). Best are those of the last layer but the head of a trained network. An image's distance is the mean of
    those to its NEIGHBOURS nearest of its class, by the angle between features; an outlier's is FAR_OUT.
    """
    cases = []
    directions = np.asarray(features, np.float32)
    directions = directions / np.maximum(np.linalg.norm(directions, axis=1, keepdims=True), 1e-6)
    for label in np.unique(labels).tolist():
        places = np.flatnonzero(labels == label)
        if len(places) < FEWEST:
            continue
        distances = _to_neighbours(directions[places])
        low, high = np.percentile(distances, [25, 75])
        limit = high + FAR_OUT * max(high - low, 1e-6)
        for place in np.flatnonzero(distances > limit):
            row = int(places[place] if rows is None else rows[places[place]])
            cases.append(
                Case(
                    rows=(row,),
                    classes=(label,),
                    score=round(float(distances[place] / limit), 4),
                    says=f"unlike the other images of {class_names[label]}",
                    correction=Correction(action=Action.LEAVE_OUT, rows=(row,)),
                )
            )
    if not cases:
        return None
    what, ask = ("1 image looks", "does it") if len(cases) == 1 else (f"{len(cases):,} images look", "do they")
    sentence = f"{what} unlike all others of the same class: {ask} belong there?"
    cases.sort(key=lambda case: (-case.score, case.rows))
    return Finding(kind=Kind.OUTLIER, sentence=sentence, cases=tuple(cases[:MOST_SUSPECTS]))


def _to_neighbours(features: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the mean distance of each of N ≥ 2 images to its nearest neighbours, (N,)."""
    squares = np.square(features).sum(axis=1)
    nearest = min(NEIGHBOURS, len(features) - 1)
    means = np.empty(len(features), np.float32)
    for start in range(0, len(features), _BLOCK):
        part = features[start : start + _BLOCK]
        distances = squares[start : start + _BLOCK, None] + squares - 2 * part @ features.T
        distances[np.arange(len(part)), np.arange(start, start + len(part))] = np.inf
        closest = np.partition(distances, nearest - 1, axis=1)[:, :nearest]
        means[start : start + _BLOCK] = np.sqrt(closest.clip(0)).mean(axis=1)
    return means
