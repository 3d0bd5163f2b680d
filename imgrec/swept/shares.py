"""How certain a share of explained variance is."""

from functools import cache

import numpy as np
from numpy.typing import NDArray

DRAWS = 4_000
SEED = 20_240_404


def share_interval(
    explained: float, total: float, noise: float, degrees: int, noise_degrees: int, whole: float = 1.0
) -> tuple[float, float, float]:
    """Return the share of the variance that an effect explains, without bias, and the ends of its 95 % interval.

    Given are sums of squares: of the effect with its degrees of freedom, of all, and of the noise with the degrees that
    are left for it; whole, at least 1, is how many times as large the effect is as what it explains beside others. The
    effect of noise alone, degrees · noise / noise_degrees, is subtracted (ε²: Kelley 1935, "An Unbiased Correlation
    Ratio Measure"). The interval holds the effects under which an F as it was found is no exception (Steiger 2004,
    "Beyond the F Test"); its distribution, the noncentral F, is drawn. (0, 0, 1) where fewer than two degrees are left
    for the noise, (0, 0, 0) where nothing differs.
    """
    if total < 1e-20:
        return 0.0, 0.0, 0.0
    if noise_degrees < 2:
        return 0.0, 0.0, 1.0
    # A noise of exactly 0, as among accuracies of very few images, would make infinite ratios.
    one = max(noise / noise_degrees, 1e-9 * total)
    # What goes along with other settings may be theirs instead, and the sum stays as it is: then the rest shrinks.
    shared = 1 - 1 / whole
    rest = max(total - whole * explained, noise, one)
    ratio = explained / degrees / one

    def share(noncentrality: float) -> float:
        own = whole * noncentrality * one
        return shared * min(1.0, own / total) + (1 - shared) * own / (own + rest)

    estimate = min(1.0, whole * max(0.0, explained - degrees * one) / total)
    low = share(_noncentrality(ratio, 0.975, degrees, noise_degrees))
    high = share(_noncentrality(ratio, 0.025, degrees, noise_degrees))
    return estimate, min(low, estimate), max(high, estimate)


def _noncentrality(ratio: float, quantile: float, degrees: int, noise_degrees: int) -> float:
    """Return the noncentrality under which this quantile of F is the ratio; 0 where it is above also without effect."""

    def at(noncentrality: float) -> float:
        first, others, below = _drawn(degrees, noise_degrees)
        above = ((first + noncentrality**0.5) ** 2 + others) / degrees
        return float(np.quantile(above / below, quantile))

    if at(0) >= ratio:
        return 0.0
    low, high = 0.0, 1.0
    while at(high) < ratio:
        high *= 4
    for _ in range(30):
        middle = (low + high) / 2
        low, high = (middle, high) if at(middle) < ratio else (low, middle)
    return high


@cache
def _drawn(degrees: int, noise_degrees: int) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return draws of what F is made of: the normal that an effect moves, the other squares above, the mean below."""
    rng = np.random.default_rng(SEED)
    others = rng.chisquare(degrees - 1, DRAWS) if degrees > 1 else np.zeros(DRAWS)
    return rng.standard_normal(DRAWS), others, rng.chisquare(noise_degrees, DRAWS) / noise_degrees
