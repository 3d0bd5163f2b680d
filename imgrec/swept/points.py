"""What a sweep has tried: its settings, its points, and how uncertain the accuracy of a point is."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist, median, variance
from typing import Literal

import numpy as np

from imgrec.metrics import wilson_interval

Value = float | int | str | bool


@dataclass(frozen=True)
class Setting:
    """A setting that a sweep varies."""

    path: str
    """Where it stands in a config, as training.learning_rate."""
    title: str
    """What people read."""
    kind: Literal["number", "choice"]
    """Numbers have an order and distances; choices have neither."""
    log: bool = False
    """Whether ratios of its numbers count rather than differences; its numbers are then 0 or more."""


@dataclass(frozen=True)
class Point:
    """One config of a sweep and the runs that trained it, which differ in their seed alone."""

    values: tuple[Value, ...]
    """One for each setting of the sweep."""
    validation: tuple[float, ...]
    """The validation accuracy of each seed, in [0, 1]; at least one."""
    validation_images: int
    """How many images it was measured on."""
    test: tuple[float, ...] | None
    """The test accuracy of each seed in [0, 1], where it has been measured."""
    seconds: float
    """How long one run trained, on average."""
    run_ids: tuple[str, ...]

    @property
    def mean(self) -> float:
        """The validation accuracy over the seeds, in [0, 1]."""
        return sum(self.validation) / len(self.validation)


@dataclass(frozen=True)
class Spread:
    """The spread over seeds, which all points of a sweep share: few seeds a point say little about it each."""

    deviation: float
    """The standard deviation of one run around the mean of its point; 0 where no point has two seeds."""
    degrees: int
    """Degrees of freedom: runs less points. 0 where no point has two seeds."""


def checked(settings: Sequence[Setting], points: Sequence[Point]) -> None:
    """Raise ValueError where points do not fit the settings, or hold no accuracy or one outside of [0, 1]."""
    for point in points:
        if len(point.values) != len(settings):
            raise ValueError(
                f"A point needs one value for each of {len(settings)} settings. Received: {len(point.values)} values."
            )
        check_accuracies(point)
        for setting, value in zip(settings, point.values, strict=True):
            if setting.kind == "number":
                check_number(setting, value)


def check_accuracies(point: Point) -> None:
    """Raise ValueError where a point holds no accuracy, one outside of [0, 1], or no images."""
    if not point.validation or not all(0 <= value <= 1 for value in (*point.validation, *(point.test or ()))):
        raise ValueError(f"A point needs accuracies from 0 to 1. Received: {point.validation}, test {point.test}.")
    if point.validation_images < 1:
        raise ValueError(f"A point needs at least 1 validation image. Received: {point.validation_images}.")


def check_number(setting: Setting, value: Value) -> None:
    """Raise ValueError where a value is no number, or below 0 though its setting counts in ratios."""
    if isinstance(value, str) or not math.isfinite(value) or (setting.log and value < 0):
        above = " from 0 on" if setting.log else ""
        raise ValueError(f"{setting.title} needs finite numbers{above}. Received: {value!r}.")


def scaled(setting: Setting, values: Sequence[Value], among: Sequence[Value] = ()) -> list[float]:
    """Return the numbers of a setting as they count: their logarithms to base 10 where ratios do.

    0 has none, and often means "off": it counts as a tenth of the smallest other number among these, or of the values.
    """
    numbers = [float(value) for value in values]
    if not setting.log:
        return numbers
    smallest = min((float(value) for value in among or values if float(value) > 0), default=1.0)
    return [math.log10(number if number > 0 else smallest / 10) for number in numbers]


FAR = 25.0
"""Of points with two seeds whose variances are equal, one of a thousand is so many times as large as the median."""


def spread(points: Sequence[Point]) -> Spread:
    """Return the spread over seeds, pooled over the points that have several, as in an analysis of variance.

    Points whose variance is more than FAR times the median are left out: where one seed diverges and another does
    not, that says nothing of the other points.
    """
    several = [point for point in points if len(point.validation) > 1]
    usual = median(variance(point.validation) for point in several) if several else 0.0
    if usual:
        several = [point for point in several if variance(point.validation) <= FAR * usual]
    degrees = sum(len(point.validation) - 1 for point in several)
    squares = sum((value - point.mean) ** 2 for point in several for value in point.validation)
    return Spread(math.sqrt(squares / degrees) if degrees else 0.0, degrees)


def interval(mean: float, runs: int, images: int, seeds: Spread, confidence: float = 0.95) -> tuple[float, float]:
    """Return where the expected validation accuracy of runs with this mean lies, low and high in [0, 1].

    Two things make it uncertain: the validation images are a sample (Wilson's interval), and so are the seeds
    (Student's t; left out where no point has two). Both are put together by the squares of their distances from the
    mean: Zou and Donner 2008, "Construction of confidence limits about effect measures: a general approach". All
    seeds see the same images, so that more of them make only the second part smaller.
    """
    low, high = wilson_interval(round(mean * images), images, confidence)
    by_seeds = _t(0.5 + confidence / 2, seeds.degrees) * seeds.deviation / math.sqrt(runs) if seeds.degrees else 0.0
    return (
        max(0.0, mean - math.hypot(max(0.0, mean - low), by_seeds)),
        min(1.0, mean + math.hypot(max(0.0, high - mean), by_seeds)),
    )


def noise(point: Point, seeds: Spread) -> float:
    """Return the standard deviation of a point's validation accuracy around what it would be on endless images.

    Binomial for the images, with half an image more of each kind so that it is never 0, and the spread over seeds.
    """
    right = (point.mean * point.validation_images + 0.5) / (point.validation_images + 1)
    by_images = right * (1 - right) / point.validation_images
    return math.sqrt(by_images + seeds.deviation**2 / len(point.validation))


def best(points: Sequence[Point]) -> int:
    """Return the place of the point with the highest validation accuracy, of equal ones the first."""
    return int(np.argmax([point.mean for point in points]))


def _t(probability: float, degrees: int) -> float:
    """Return a quantile above the median of Student's t distribution.

    Exact for 1 and 2 degrees; else by the expansion 26.7.5 of Abramowitz and Stegun 1964, "Handbook of Mathematical
    Functions", which is within 1 % for the quantiles of a 95 % interval.
    """
    if degrees == 1:
        return math.tan(math.pi * (probability - 0.5))
    if degrees == 2:
        return (2 * probability - 1) / math.sqrt(2 * probability * (1 - probability))
    z = NormalDist().inv_cdf(probability)
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    return z + math.fsum(term / degrees**power for power, term in enumerate(terms, 1))
