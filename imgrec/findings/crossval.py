"""What a classifier says of images that it did not learn from, of all images of a dataset."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imgrec.findings import splitting

FOLDS = 5

FitPredict = Callable[[NDArray[np.int64], NDArray[np.int64]], NDArray[Any]]
"""Learns from the images of the first rows and returns probabilities (rows, classes) for those of the second."""

OnFold = Callable[[int, int], None]
"""Told (done, total), in folds."""

SHRINKAGE = 0.3
"""How far the covariance of features is drawn to that of independent numbers with equal variance, from 0 to 1."""


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


def by_features(features: NDArray[np.floating], labels: NDArray[Any], classes: int) -> FitPredict:
    """Return a classifier of images by features (N, numbers): a linear discriminant analysis, which learns in a second.

    A class without images to learn from gets the probability 0. Source: Friedman 1989, “Regularized Discriminant
    Analysis”, with one covariance for all classes.
    """

    def fit_predict(learnt: NDArray[np.int64], asked: NDArray[np.int64]) -> NDArray[np.float64]:
        given, of = features[learnt].astype(np.float64), labels[learnt]
        images = np.bincount(of, minlength=classes)
        means = np.zeros((classes, given.shape[1]))
        np.add.at(means, of, given)
        means /= np.maximum(images, 1)[:, None]
        given -= means[of]
        covariance = given.T @ given / max(len(given) - int(np.count_nonzero(images)), 1)
        variance = max(float(np.trace(covariance)) / len(covariance), 1e-12)
        covariance = (1 - SHRINKAGE) * covariance + SHRINKAGE * variance * np.eye(len(covariance))
        weights = np.linalg.solve(covariance, means.T)
        scores = features[asked] @ weights - (means * weights.T).sum(axis=1) / 2
        scores = np.where(images > 0, scores + np.log(np.maximum(images, 1)), -np.inf)
        scores = np.exp(scores - scores.max(axis=1, keepdims=True))
        return np.asarray(scores / scores.sum(axis=1, keepdims=True))

    return fit_predict
