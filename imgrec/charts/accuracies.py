"""What the charts of a sweep share: colours of accuracies, and values in words."""

import math
from collections.abc import Sequence
from decimal import Decimal
from statistics import median

import numpy as np

from imgrec.charts.theme import Scale, plain, short
from imgrec.swept import Setting, Value

LIGHT: Scale = ((0, "#E9E6F5"), (0.5, "#A89CD9"), (1, "#43309A"))
DARK: Scale = ((0, "#2A2640"), (0.5, "#5B4CA6"), (1, "#B5A8F7"))
"""From low to high accuracy; the lowest can still be seen on its page."""

BEST = "#D55E00"
"""Marks the best point, which has a star or a frame as well."""
CHOSEN = "#E69F00"
"""Marks the point that is looked at, by dots or an edge as well; it can be seen on all accuracies."""


def reach(accuracies: Sequence[float]) -> tuple[float, float]:
    """Return the accuracies between which colours differ, the first below the second.

    A few points that failed would leave one colour to all others; so it begins at most four times as far below the
    highest as the median lies.
    """
    high, middle = max(accuracies), median(accuracies)
    low = max(min(accuracies), high - 4 * (high - middle)) if high > middle else min(accuracies)
    return (low, high) if high > low else (low - 0.01, high + 0.01)


def written(value: Value, letters: int = 14) -> str:
    """Write a value of a setting, safe for Plotly: numbers with three digits that count, names cut off."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        digits = format(Decimal(f"{value:.3g}"), "f")
        return digits.rstrip("0").rstrip(".") if "." in digits else digits
    return plain(short(value, letters))


def values_said(settings: Sequence[Setting], values: Sequence[Value]) -> str:
    """Say values of settings, a line each."""
    said = zip(settings, values, strict=True)
    return "<br>".join(f"{plain(setting.title)}: {written(value, letters=40)}" for setting, value in said)


def accuracy_said(mean: float, low: float, high: float, runs: int) -> str:
    """Say the validation accuracy of runs with its 95 % interval."""
    return (
        f"validation accuracy {100 * mean:.1f} % (95 % interval {100 * low:.1f} to {100 * high:.1f} %)"
        f"<br>{runs:,} run{'' if runs == 1 else 's'}"
    )


def ticks(setting: Setting, numbers: Sequence[float]) -> list[float]:
    """Return what an axis names of at least two numbers, ascending; 0 has a place of its own where ratios count."""
    if setting.log and numbers[0] == 0:
        return [0.0, *(round_numbers(setting, numbers[1], numbers[-1]) if len(numbers) > 2 else numbers[1:])]
    return round_numbers(setting, numbers[0], numbers[-1])


def round_numbers(setting: Setting, low: float, high: float) -> list[float]:
    """Return about four round numbers between two; of a logarithm 1, 2 and 5 times powers of ten, or these alone."""
    if setting.log:
        powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
        for leads in ((1,), (1, 3), (1, 2, 5)):
            found = [lead * 10.0**power for power in powers for lead in leads if low <= lead * 10.0**power <= high]
            if len(found) >= 3 or (len(found) == 2 and len(leads) == 3):
                return found
        return [low, high]
    step = 10.0 ** math.floor(math.log10((high - low) / 2))
    step *= next(lead for lead in (5, 2, 1) if (high - low) / (lead * step) >= 2)
    return [float(number) for number in np.arange(math.ceil(low / step), math.floor(high / step) + 1) * step]
