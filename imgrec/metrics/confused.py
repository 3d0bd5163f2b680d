"""Of many classes, those that a matrix should show first: which are confused, and with which."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Pair = tuple[int, int]
"""True class and predicted class."""


def largest_cells(matrix: NDArray[Any], most: int, *, diagonal: bool = False) -> list[Pair]:
    """Return the cells of a matrix [true, predicted] with the largest absolute numbers, the largest first.

    Cells of zero are left out, and those of the diagonal unless it is asked for; of equal ones the first row by row
    comes first.
    """
    classes = len(matrix)
    places = np.flatnonzero(matrix)
    if not diagonal:
        places = places[places // classes != places % classes]
    order = np.argsort(-np.abs(matrix.ravel()[places]), kind="stable")[:most]
    return [divmod(int(place), classes) for place in places[order]]


def classes_of(pairs: Sequence[Pair], most: int) -> list[int]:
    """Return so many classes at most, ascending: those of the first pairs, as long as both of a pair fit in."""
    chosen: set[int] = set()
    for pair in pairs:
        if len(chosen | set(pair)) <= most:
            chosen |= set(pair)
        if len(chosen) == most:
            break
    return sorted(chosen)


def classes_around(matrix: NDArray[Any], label: int, most: int) -> list[int]:
    """Return a class and those it is confused with most, in either direction: so many at most, ascending."""
    size = np.abs(matrix)
    with_it = size[label] + size[:, label]
    with_it[label] = 0
    others = np.argsort(-with_it, kind="stable")[: most - 1]
    return sorted([label, *(int(other) for other in others if with_it[other])])
