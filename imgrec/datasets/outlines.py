"""The outlines that the dataset shapes draws, as signed distances: below 0 inside, above 0 outside.

Each takes x (to the right) and y (upwards), float32 arrays of one shape, and fits into the circle of radius 1.1. Only
+ - * / sqrt abs, minimum and maximum are used, which every processor rounds alike, so that the images are the same
everywhere. Outside of corners the distance may be too small, which does not show. Formulas after Quilez,
https://iquilezles.org/articles/distfunctions2d.

To add one: a function here, its name in OUTLINES. That makes another dataset: pin its new fingerprint in shapes.py.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]
"""float32 throughout; numpy's types cannot tell that Python's numbers leave it so."""


def circle(x: Floats, y: Floats) -> Floats:
    return _length(x, y) - 0.85


def square(x: Floats, y: Floats) -> Floats:
    return _both(abs(x), abs(y)) - 0.72


def triangle(x: Floats, y: Floats) -> Floats:
    return _both(0.8660254 * abs(x) + 0.5 * y, -y) - 0.5


def star(x: Floats, y: Floats) -> Floats:
    x = abs(x)
    for side in (1.0, -1.0):  # folds the five points onto one
        fold = np.maximum(0.809017 * side * x - 0.5877853 * y, 0.0)
        x, y = x - 2 * 0.809017 * side * fold, y + 2 * 0.5877853 * fold
    return 0.8763 * abs(x) + 0.4818 * (y - 1.0)


def cross(x: Floats, y: Floats) -> Floats:
    x, y = abs(x), abs(y)
    return _both(_both(x, y) - 0.92, _either(x, y) - 0.27)


def ring(x: Floats, y: Floats) -> Floats:
    return abs(_length(x, y) - 0.7) - 0.2


def heart(x: Floats, y: Floats) -> Floats:
    x = abs(x)
    point = _both(0.7071068 * (x + abs(y) - 0.8), y - 0.35)
    return _either(point, _length(x - 0.45, y - 0.35) - 0.5)


def crescent(x: Floats, y: Floats) -> Floats:
    return _both(_length(x, y) - 0.95, 0.78 - _length(x - 0.5, y))


def arrow(x: Floats, y: Floats) -> Floats:
    x = abs(x)
    head = _both(0.05 - y, 0.6 * y + 0.8 * x - 0.6)
    shaft = _both(abs(y + 0.4) - 0.5, x - 0.2)
    return _either(head, shaft)


def hourglass(x: Floats, y: Floats) -> Floats:
    return _both(abs(y) - 0.85, 0.85 * abs(x) - 0.5 * abs(y) - 0.07)


def _both(one: Floats, other: Floats) -> Floats:
    """Inside where both are."""
    joined: Floats = np.maximum(one, other)
    return joined


def _either(one: Floats, other: Floats) -> Floats:
    """Inside where one of them is."""
    joined: Floats = np.minimum(one, other)
    return joined


def _length(x: Floats, y: Floats) -> Floats:
    length: Floats = np.sqrt(x * x + y * y)
    return length


OUTLINES: dict[str, Callable[[Floats, Floats], Floats]] = {
    outline.__name__: outline
    for outline in (circle, square, triangle, star, cross, ring, heart, crescent, arrow, hourglass)
}
