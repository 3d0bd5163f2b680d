"""By how much the validation accuracy of the best of many is too high, because it was chosen by it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imgrec.swept.points import Point, best, check_accuracies, noise, spread

DRAWS = 4_000
SEED = 20_240_404

_STEPS, _PLACES = 200, 200

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Optimism:
    """The best point of a sweep, and what its validation accuracy leaves out."""

    best: int
    """Its place among the points."""
    points: int
    """Of how many it was chosen."""
    validation: float
    """Its validation accuracy over the seeds, in [0, 1]."""
    by: float
    """By how much that is probably too high: a difference of accuracies, 0 or more."""
    test: float | None
    """Its test accuracy over the seeds in [0, 1], where it has been measured; nothing was chosen by it."""

    @property
    def expected(self) -> float:
        """What its validation accuracy would be on images that did not choose it, in [0, 1]."""
        return max(0.0, self.validation - self.by)

    @property
    def sentence(self) -> str:
        """Says it in plain language."""
        shown = f"{100 * self.validation:.1f} %"
        if self.test is None:
            tested = "Its test accuracy has not been measured."
        elif self.points == 1:
            tested = f"Its test accuracy is {100 * self.test:.1f} %."
        else:
            tested = f"Its test accuracy, by which nothing was chosen, is {100 * self.test:.1f} %."
        if self.points == 1:
            return f"There is one point so far, with a validation accuracy of {shown}: nothing was chosen. {tested}"
        if self.by < 0.0005:
            high = f"Its lead is so large that its validation accuracy of {shown} is hardly too high for that"
        else:
            high = (
                f"Part of that was luck: its validation accuracy of {shown} is probably about "
                f"{100 * self.by:.1f} points too high, so expect about {100 * self.expected:.1f} % on new images of "
                "the same kind"
            )
        return f"This is the best of {self.points:,} points on the validation images. {high}. {tested}"


def optimism(points: Sequence[Point]) -> Optimism:
    """Estimate how optimistic the best of these points is; the same for the same points.

    The best of n is the maximum of n accuracies that each have noise: binomial for the validation images, and the
    spread over seeds. Of n points that are equally good the winner is above by the expected maximum of n draws of the
    noise; where some are better, fewer compete. So the estimate is the mean noise of the winner, drawn 4,000 times
    around the accuracies that the points probably have without noise. These are posterior means under the distribution
    that makes the observed accuracies likeliest: Kiefer and Wolfowitz 1956; Jiang and Zhang 2009, "General maximum
    likelihood empirical Bayes estimation of normal means". Why a choice needs such a correction: Smith and Winkler
    2006, "The Optimizer's Curse"; Cawley and Talbot 2010, "On Over-fitting in Model Selection".

    The expected maximum of n alone corrects far too much where points differ, and shrinking to the mean by a normal
    distribution far too little where some points failed. The noise of points counts as independent: those that get the
    same images wrong share some of it, so that the estimate is rather too large. Where no point has two seeds, their
    spread is unknown, and the estimate rather too small. Raises ValueError where there is no point, or an accuracy
    outside of [0, 1].
    """
    if not points:
        raise ValueError("An estimate of optimism needs at least one point. Received: none.")
    for point in points:
        check_accuracies(point)
    seeds = spread(points)
    found = np.array([point.mean for point in points])
    noises = np.array([noise(point, seeds) for point in points])
    at = best(points)
    test = points[at].test
    return Optimism(
        best=at,
        points=len(points),
        validation=points[at].mean,
        by=_luck(_without_noise(found, noises), noises) if len(points) > 1 else 0.0,
        test=sum(test) / len(test) if test else None,
    )


def _without_noise(found: Floats, noises: Floats) -> Floats:
    """Return the posterior means of accuracies (N,): of what they would be without their noise (N,)."""
    places = np.linspace(found.min(), found.max(), _PLACES)
    likelihood = np.exp(-0.5 * ((found[:, None] - places) / noises[:, None]) ** 2)
    weights = np.full(_PLACES, 1 / _PLACES)
    for _ in range(_STEPS):  # expectation and maximisation
        posterior = likelihood * weights
        posterior /= posterior.sum(axis=1, keepdims=True)
        weights = posterior.mean(axis=0)
    means: Floats = posterior @ places
    return means


def _luck(expected: Floats, noises: Floats) -> float:
    """Return the mean noise of whichever has the largest sum of expected accuracy and noise."""
    drawn = np.random.default_rng(SEED).standard_normal((DRAWS, len(expected))) * noises
    winners = (expected + drawn).argmax(axis=1)
    return max(0.0, float(drawn[np.arange(DRAWS), winners].mean()))
