"""Which setting of a sweep mattered, with how much certainty.

The share of a setting is the part of the variance of the points' validation accuracies that it alone explains, its main
effect: a parabola over a number (over its logarithm where ratios count), a level for each choice; a line where a number
has two values. Points count, not runs: the seeds of a point are averaged, as they are no independent evidence.

A setting is claimed where a permutation test says so. The accuracies are dealt out to the points anew, 1,999 times;
for each deal the setting that explains it best is looked for, as was done with the true ones, so that many settings do
not make a claim likelier (minimal p: Westfall and Young 1993, "Resampling-Based Multiple Testing"). What the claimed
settings explain is then taken away, and the rest is asked again, with the residuals dealt out (Freedman and Lane 1983,
"A Nonstochastic Interpretation of Reported Significance Levels"); so a weaker setting is seen behind a strong one, and
one that only went along with it is not claimed.

Others were tried on random sweeps of 10 to 24 points, three settings and five planted shapes. A line misses a setting
whose best value lies in the middle. A parabola over ranks, and a cubic, find less at 12 points. The best single
threshold, made for sudden edges, finds those more often at 24 points only, and all other shapes less; beside the
parabola it adds nothing. benchmarks/importance.py measures the rates of the one that is used.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from imgrec.swept.points import Point, Setting, checked, scaled
from imgrec.swept.shares import share_interval

FEWEST_POINTS = 10
"""Below it nothing is said: also a setting that explains most of the variance would seldom pass the test."""

LEVEL = 0.01
"""How often a sweep in which no setting matters may claim one. As low as it costs hardly any true claim."""

FEWEST_LEFT = 4
"""Degrees of freedom of the noise, where all settings are looked at together."""

DEALS = 1_999
SEED = 20_240_404

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Importance:
    """How much one setting mattered among the points of a sweep."""

    setting: Setting
    share: float
    """Of the variance of the validation accuracy, the part that the setting alone explains, in [0, 1]; without bias."""
    low: float
    """Where the 95 % interval of the share begins."""
    high: float
    """Where it ends."""
    p: float
    """How likely chance alone is to make any setting look this good, corrected for their number."""
    claimed: bool
    """Whether it may be said that the setting mattered."""


def importance(settings: Sequence[Setting], points: Sequence[Point]) -> tuple[Importance, ...]:
    """Say of each setting how much it mattered, in the order of the settings; the same for the same points.

    Returns nothing where there are fewer than FEWEST_POINTS points. All points should have trained for as many epochs.
    Raises ValueError where points do not fit the settings.
    """
    checked(settings, points)
    if len(points) < FEWEST_POINTS:
        return ()
    accuracies = np.array([point.mean for point in points])
    effects = [_effect(setting, [point.values[at] for point in points]) for at, setting in enumerate(settings)]
    claimed, p = _claims(effects, accuracies)
    shares = [_share(at, effects, claimed, accuracies) for at in range(len(settings))]
    return tuple(
        Importance(setting, *shares[at], p=p[at], claimed=at in claimed) for at, setting in enumerate(settings)
    )


def said(found: Sequence[Importance], points: int) -> str:
    """Say in words what was found among so many points."""
    if points < FEWEST_POINTS:
        return (
            f"Which setting mattered cannot be said from {points} point{'' if points == 1 else 's'}: "
            f"it takes at least {FEWEST_POINTS}."
        )
    claimed = sorted((each for each in found if each.claimed), key=lambda each: -each.share)
    if not claimed:
        return (
            f"No setting stands out among these {points} points: chance alone could explain the differences. "
            "More points or wider ranges may show one."
        )
    return " ".join(
        f"{each.setting.title} mattered: alone it explains about {100 * each.share:.0f} % of the differences in "
        f"validation accuracy (95 % interval {100 * each.low:.0f} to {100 * each.high:.0f} %)."
        for each in claimed
    )


def _effect(setting: Setting, values: Sequence[float | int | str | bool]) -> Floats:
    """Return what a main effect of a setting can be, as columns (points, degrees of freedom) around 0."""
    if setting.kind == "choice":
        levels = list(dict.fromkeys(values))
        columns = np.array([[float(value == level) for level in levels] for value in values])
    else:
        number = np.array(scaled(setting, values))
        number = (number - number.mean()) / (number.std() or 1)
        columns = np.column_stack([number, number**2])
    return _orthonormal(columns - columns.mean(axis=0))


def _claims(effects: Sequence[Floats], accuracies: Floats) -> tuple[list[int], list[float]]:
    """Return the places of the settings that matter, the strongest first, and the p of each setting."""
    known = np.full((len(accuracies), 1), len(accuracies) ** -0.5)  # the mean, and what claimed settings explain
    claimed: list[int] = []
    p = [1.0] * len(effects)
    while True:
        left = {
            at: added
            for at, effect in enumerate(effects)
            if at not in claimed
            and (added := _orthonormal(_without(effect, known))).shape[1]
            # Two degrees of freedom need to be left to see noise by.
            and len(accuracies) - known.shape[1] - added.shape[1] >= 2
        }
        rest = _without(accuracies[:, None], known)
        if not left or float((rest**2).sum()) < 1e-20:
            return claimed, p
        dealt = _without(np.column_stack([rest, rest[:, 0][_deals(len(accuracies), len(claimed))]]), known)
        total = (dealt**2).sum(axis=0)
        alone = np.array([_rarity(((effect.T @ dealt) ** 2).sum(axis=0) / total) for effect in left.values()])
        corrected = (alone.min(axis=0) <= alone[:, :1] + 1e-12).mean(axis=1)
        floor = max((p[at] for at in claimed), default=0.0)
        for at, value in zip(left, corrected.tolist(), strict=True):
            p[at] = max(floor, value)
        # Of several that no deal reaches, the one that explains most.
        explained = [float(((effect.T @ rest) ** 2).sum()) for effect in left.values()]
        _, _, best = min(zip(corrected.tolist(), [-each for each in explained], left, strict=True))
        if p[best] > LEVEL:
            return claimed, p
        claimed.append(best)
        known = np.column_stack([known, left[best]])


def _share(
    at: int, effects: Sequence[Floats], claimed: Sequence[int], accuracies: Floats
) -> tuple[float, float, float]:
    """Return the share of one setting beside those that are claimed, and the ends of its interval."""
    # All other settings are held fixed where that leaves noise to see, else those that are claimed.
    columns = sum(effect.shape[1] for effect in effects)
    every = len(accuracies) - 1 - columns >= FEWEST_LEFT
    others = [effect for other, effect in enumerate(effects) if other != at and (every or other in claimed)]
    known = _orthonormal(np.column_stack([np.ones(len(accuracies)), *others]))
    beside = _without(effects[at], known)
    added = _orthonormal(beside)
    if not added.shape[1]:
        return 0.0, 0.0, 0.0 if not effects[at].shape[1] else 1.0
    total = float(((accuracies - accuracies.mean()) ** 2).sum())
    explained = float(((added.T @ accuracies) ** 2).sum())
    noise = float((_without(accuracies[:, None], np.column_stack([known, added])) ** 2).sum())
    degrees = len(accuracies) - known.shape[1] - added.shape[1]
    # Values of random points go along with each other a little. What an effect explains beside the others is then less
    # than what it does: the whole effect is that of its coefficients, whose columns are orthonormal.
    coefficients = np.linalg.lstsq(beside, accuracies, rcond=1e-6)[0]
    whole = float((coefficients**2).sum()) / explained if explained > 0 else 1.0
    return share_interval(explained, total, noise, added.shape[1], degrees, whole)


@lru_cache(maxsize=4)
def _deals(points: int, step: int) -> NDArray[np.intp]:
    """Return which accuracy each point is dealt: (points, DEALS), drawn anew for each step."""
    drawn = np.random.default_rng([SEED, step]).random((DEALS, points))
    return np.ascontiguousarray(np.argsort(drawn, axis=1).T)


def _rarity(explained: Floats) -> Floats:
    """Return for each deal the share of all deals, itself among them, that are explained as well or better."""
    ordered = np.sort(explained)
    return (len(ordered) - np.searchsorted(ordered, explained - 1e-12)) / len(ordered)


def _orthonormal(columns: Floats) -> Floats:
    """Return orthonormal columns that span the same, fewer where some depend on others."""
    if not columns.shape[1]:
        return columns
    left, sizes, _ = np.linalg.svd(columns, full_matrices=False)
    kept: Floats = left[:, sizes > 1e-6 * max(1.0, float(sizes[0]))]
    return kept


def _without(columns: Floats, known: Floats) -> Floats:
    """Return what orthonormal columns do not explain of others."""
    rest: Floats = columns - known @ (known.T @ columns)
    return rest
