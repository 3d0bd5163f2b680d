"""Whether two networks, asked about the same images, really differ."""

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import SupportsInt

import numpy as np
from numpy.typing import ArrayLike, NDArray

from imgrec.metrics.inputs import labels_and_predicted

LEVEL = 0.05
"""How often two networks that are equally good may be called different."""


@dataclass(frozen=True, eq=False)
class Comparison:
    """Network B against network A on the same images."""

    images: int
    """How many there are."""
    fixed: NDArray[np.int64]
    """Places of the images that A gets wrong and B right, ascending."""
    broken: NDArray[np.int64]
    """Places of the images that A gets right and B wrong, ascending."""
    difference: float
    """The accuracy of B minus that of A, in [-1, 1]."""
    low: float
    """Where the 95 % interval of the true difference begins, in [-1, 1]."""
    high: float
    """Where it ends."""
    p: float
    """How likely equally good networks are to differ at least this much: McNemar's exact test."""

    @property
    def differs(self) -> bool:
        """Tells whether the difference is more than chance would make, at LEVEL."""
        return self.p < LEVEL


def verdict(found: Comparison, a: str, b: str) -> str:
    """Say a comparison of networks of these names in a sentence, from the side of the one that got more right."""
    ahead, behind, sign = (b, a, 1) if found.difference >= 0 else (a, b, -1)
    low, high = sorted((sign * found.low, sign * found.high))
    p = "p < 0.001" if found.p < 0.001 else f"p = {found.p:.3f}" if found.p < 0.1 else f"p = {found.p:.2f}"
    interval = f"95 % interval {_points(low)} to {_points(high)}"
    if found.difference == 0:
        return f"No evidence of a difference between {a} and {b}: both have equally many right ({interval}), {p}"
    lead = f"+{_points(abs(found.difference))} points ({interval}), {p}"
    if found.differs:
        return f"{ahead} is better than {behind}: {lead}"
    # The test is exact and the interval is not: at the edge it may leave out 0.
    edge = ", a borderline case" if low > 0 else ""
    return f"No evidence of a difference between {a} and {b}: {ahead} has {lead}{edge}"


def compare(labels: ArrayLike, a: ArrayLike, b: ArrayLike) -> Comparison:
    """Compare the classes predicted by networks A and B (N,) on images with these labels (N,).

    Raises ValueError where there is no image, lengths differ, or anything is no class number.
    Source of the interval: Bonett and Price 2012, "Adjusted Wald Confidence Interval for a Difference of Binomial
    Proportions Based on Paired Data".
    """
    true, by_a = labels_and_predicted(labels, a)
    _, by_b = labels_and_predicted(labels, b)
    n = len(true)
    if n == 0:
        raise ValueError("A comparison needs at least one image. Received: no labels.")
    fixed = np.flatnonzero((by_a != true) & (by_b == true)).astype(np.int64)
    broken = np.flatnonzero((by_a == true) & (by_b != true)).astype(np.int64)
    better, worse = (len(fixed) + 1) / (n + 2), (len(broken) + 1) / (n + 2)
    centre = better - worse
    half = NormalDist().inv_cdf(1 - LEVEL / 2) * math.sqrt((better + worse - centre**2) / (n + 2))
    return Comparison(
        images=n,
        fixed=fixed,
        broken=broken,
        difference=(len(fixed) - len(broken)) / n,
        low=max(centre - half, -1.0),
        high=min(centre + half, 1.0),
        p=mcnemar(len(fixed), len(broken)),
    )


def mcnemar(fixed: SupportsInt, broken: SupportsInt) -> float:
    """Return the exact two-sided p of images that only one of two networks gets right: fixed by B, broken by B.

    Were both equally good, each of these images would be either with probability 1/2. Raises ValueError below 0.
    Source: McNemar 1947, "Note on the sampling error of the difference between correlated proportions"; exact as in
    Fagerland, Lydersen and Laake 2013, "The McNemar test for binary matched-pairs data".
    """
    # NumPy's integers would overflow below.
    n, i = int(fixed) + int(broken), min(int(fixed), int(broken))
    if i < 0:
        raise ValueError(f"Counts of images need to be 0 or more. Received: {fixed} fixed, {broken} broken.")
    if fixed == broken:
        return 1.0
    # The tail C(n, i) + … + C(n, 0), from its largest term down. The i terms still left out are each smaller than the
    # last; once they are less than 2^-64 of the tail together, a float of 53 bits has no place for them.
    term = tail = math.comb(n, i)
    while i * term > tail >> 64:
        term = term * i // (n - i + 1)
        i -= 1
        tail += term
    # An integer by an integer: rounded once, and 0.0 where a float cannot be as small.
    return tail / (1 << (n - 1))


def _points(share: float) -> str:
    rounded = round(100 * share, 1)
    return f"{'−' if rounded < 0 else ''}{abs(rounded):.1f}"
