"""The outlines that the dataset shapes draws, as signed distances: below 0 inside, above 0 outside.

Each takes x and y, float32 arrays of one shape, and fits into the circle of radius 1. Only + - * / sqrt abs, minimum and
maximum are used, which every processor rounds alike, so that the images are the same everywhere. Distances outside of
corners may be too small, which does not show. Formulas after Quilez, https://iquilezles.org/articles/distfunctions2d.

To add one: a function here, its name in OUTLINES. That makes another dataset: pin its new fingerprint in shapes.py.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


def circle(x: Floats, y: Floats) -> Floats:
    return _length(x, y) - 0.85


def square(x: Floats, y: Floats) -> Floats:
    return np.maximum(abs(x), abs(y)) - 0.72


def triangle(x: Floats, y: Floats) -> Floats:
    return np.maximum(0.8660254 * abs(x) - 0.5 * y, y) - 0.5


def star(x: Floats, y: Floats) -> Floats:
    x = abs(x)
    for side in (1.0, -1.0):  # folds the five points onto one
        fold = np.maximum(0.809017 * side * x - 0.5877853 * y, 0.0)
        x, y = x - 2 * 0.809017 * side * fold, y + 2 * 0.5877853 * fold
    return 0.8763 * abs(x) + 0.4818 * (y - 1.0)


def cross(x: Floats, y: Floats) -> Floats:
    x, y = abs(x), abs(y)
    return np.maximum(np.maximum(x, y) - 0.92, np.minimum(x, y) - 0.27)


def ring(x: Floats, y: Floats) -> Floats:
    return abs(_length(x, y) - 0.7) - 0.2


def heart(x: Floats, y: Floats) -> Floats:
    x, y = abs(x), y + 0.1
    return np.minimum(0.7071068 * (x + abs(y) - 0.8), _length(x - 0.4, y - 0.4) - 0.5656854)


def crescent(x: Floats, y: Floats) -> Floats:
    return np.maximum(_length(x, y) - 0.95, 0.78 - _length(x - 0.5, y))


def arrow(x: Floats, y: Floats) -> Floats:
    y = abs(y)
    head = np.maximum(0.05 - x, 0.6 * x + 0.8 * y - 0.6)
    shaft = np.maximum(abs(x + 0.4) - 0.5, y - 0.2)
    return np.minimum(head, shaft)


def hourglass(x: Floats, y: Floats) -> Floats:
    return np.maximum(abs(y) - 0.8, 0.8 * abs(x) - 0.6 * abs(y) - 0.06)


def _length(x: Floats, y: Floats) -> Floats:
    return np.sqrt(x * x + y * y)


OUTLINES: dict[str, Callable[[Floats, Floats], Floats]] = {
    outline.__name__: outline
    for outline in (circle, square, triangle, star, cross, ring, heart, crescent, arrow, hourglass)
}
