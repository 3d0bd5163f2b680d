"""What a classifier says of images that it did not learn from, of all images of a dataset."""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imgrec import metrics
from imgrec.findings import splitting

FOLDS = 5

FitPredict = Callable[[NDArray[np.int64], NDArray[np.int64]], NDArray[Any]]
"""Learns from the images of the first rows and returns probabilities (rows, classes) for those of the second."""

OnFold = Callable[[int, int], None]
"""Told (done, total), in folds."""

SHRINKAGE = 0.3

TEMPERATURES = 1, 1.5, 2, 3, 4, 6, 8, 12, 16

_ROWS_AT_ONCE = 2048


def cross_validated(
    labels: NDArray[Any],
    classes: int,
    fit_predict: FitPredict,
    count: int = FOLDS,
    seed: int = 0,
    groups: NDArray[Any] | None = None,
    on_fold: OnFold | None = None,
) -> NDArray[np.float64]:
    """Return of each image the probabilities of a classifier that did not learn from it: (N, classes).

    The images, with labels (N,), are dealt into folds with about the same share of every class; fit_predict is called
    once for each fold, with the rows of all others to learn from. groups (N,) are numbers that images share which must
    not be parted: a twin with the same wrong label would confirm it. Raises ValueError where fit_predict returns
    another shape.
    """
    fold = splitting.folds(labels, count, seed, groups)
    probabilities = np.zeros((len(labels), classes), np.float64)
    for number in range(count):
        rows = np.flatnonzero(fold == number)
        if rows.size:
            found = np.asarray(fit_predict(np.flatnonzero(fold != number), rows))
            if found.shape != (len(rows), classes):
                raise ValueError(f"Probabilities need the shape {(len(rows), classes)}. Received: {found.shape}.")
            probabilities[rows] = found
        if on_fold:
            on_fold(number + 1, count)
    return probabilities


def best_calibrated(probabilities: Iterable[NDArray[np.float64]], labels: NDArray[Any]) -> NDArray[np.float64]:
    """Return those of several classifiers' probabilities (N, classes) that fit the labels (N,) best, once calibrated.

    Each is first made as sure as it is right: its logits are divided by that of TEMPERATURES with which the
    cross-entropy is smallest. Source: Guo et al. 2017, “On Calibration of Modern Neural Networks” (arXiv 1706.04599).
    """
    tried = (_tempered(given, temperature) for given in probabilities for temperature in TEMPERATURES)
    return min(tried, key=lambda given: metrics.cross_entropy(given, labels))


def by_features(
    features: NDArray[np.floating], labels: NDArray[Any], classes: int, shrinkage: float = SHRINKAGE
) -> FitPredict:
    """Return a classifier of images by features (N, numbers): a linear discriminant analysis, which learns in a second.

    Features should have about the mean 0 and the standard deviation 1; float16 is precise enough. shrinkage, from 0 to
    1, is how far their covariance is drawn to that of independent numbers with equal variance. A class without images
    to learn from gets the probability 0. Source: Friedman 1989, “Regularized Discriminant Analysis”, with one
    covariance for all classes.
    """

    def fit_predict(learnt: NDArray[np.int64], asked: NDArray[np.int64]) -> NDArray[np.float64]:
        images = np.bincount(labels[learnt], minlength=classes)
        means = np.zeros((classes, features.shape[1]))
        products = np.zeros((features.shape[1], features.shape[1]))
        for rows in _parts(learnt):
            given = features[rows].astype(np.float64)
            products += given.T @ given
            np.add.at(means, labels[rows], given)
        means /= np.maximum(images, 1)[:, None]
        # The same as the sum over each image's difference from the mean of its class.
        products -= (means.T * images) @ means
        covariance = products / max(len(learnt) - int(np.count_nonzero(images)), 1)
        variance = max(float(np.trace(covariance)) / len(covariance), 1e-12)
        covariance = (1 - shrinkage) * covariance + shrinkage * variance * np.eye(len(covariance))
        weights = np.linalg.solve(covariance, means.T)
        scores = np.concatenate([features[rows].astype(np.float64) @ weights for rows in _parts(asked)])
        scores -= (means * weights.T).sum(axis=1) / 2
        scores = np.where(images > 0, scores + np.log(np.maximum(images, 1)), -np.inf)
        scores = np.exp(scores - scores.max(axis=1, keepdims=True))
        return np.asarray(scores / scores.sum(axis=1, keepdims=True))

    return fit_predict


def _tempered(probabilities: NDArray[np.float64], temperature: float) -> NDArray[np.float64]:
    powers = np.power(probabilities, 1 / temperature)
    tempered: NDArray[np.float64] = powers / powers.sum(axis=1, keepdims=True)
    return tempered


def _parts(rows: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Return rows a few at a time, as float64 takes four times the memory of float16."""
    return np.array_split(rows, max(1, -(-len(rows) // _ROWS_AT_ONCE)))
