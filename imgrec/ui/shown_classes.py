"""Of many classes, those that a matrix shows: the most confused, one with those it is confused with, or all."""

from collections.abc import Sequence
from typing import Any

import streamlit as st
from numpy.typing import NDArray

from imgrec import charts, metrics
from imgrec.ui import cells

SHOWN = 10
"""Classes of a matrix of many: as many as have room for the numbers in their cells, also on a telephone."""

MOST_DRAWN = 200
"""Classes up to which a matrix of all can be looked at; of more, a browser shows no cell of its own."""

MOST_ROWS = 100
"""Rows of a list of the cells of many classes, which is searched and scrolled."""

FIRST, ALL = -1, -2
"""What stands in the menu beside the classes."""


def are_many(names: Sequence[str]) -> bool:
    """Return whether a matrix of all these classes has no room for the numbers in its cells."""
    return len(names) > charts.MOST_WITH_NUMBERS


def most_rows(names: Sequence[str]) -> int:
    """Return how many rows a list of cells has at most."""
    return MOST_ROWS if are_many(names) else cells.MOST_ROWS


def first(matrix: NDArray[Any], names: Sequence[str]) -> Sequence[int]:
    """Return the classes that a matrix [true, predicted] shows until others are chosen: of many, the most confused."""
    classes = range(len(names))
    if not are_many(names):
        return classes
    return metrics.classes_of(metrics.largest_cells(matrix, SHOWN**2), SHOWN) or classes[:SHOWN]


def choose(matrix: NDArray[Any], names: Sequence[str], key: str, said: str) -> Sequence[int]:
    """Draw the choice of classes, where they are many, and return those that the matrix shows, ascending.

    The first choice are those of the cells beside the diagonal with the largest numbers, which said calls in words.
    """
    classes = range(len(names))
    if not are_many(names):
        return classes
    every = [ALL] if len(names) <= MOST_DRAWN else []

    def say(label: int) -> str:
        return {FIRST: f"The {SHOWN} {said} classes", ALL: f"All {len(names)} classes"}.get(label) or names[label]

    chosen = st.selectbox(
        "Classes in the matrix",
        [FIRST, *every, *classes],
        format_func=say,
        key=key,
        help="Type to find a class: the matrix then shows it with those that it is confused with most.",
    )
    if chosen == ALL:
        return classes
    return first(matrix, names) if chosen == FIRST else metrics.classes_around(matrix, chosen, SHOWN)
