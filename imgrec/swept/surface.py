"""Accuracy over two settings of a sweep: as cells, and between points that lie anywhere as a smooth surface."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imgrec.swept.points import Point, Setting, Value, checked, interval, scaled, spread

MOST_VALUES = 12
"""Values of a setting up to which a surface is a table."""

FINE = 40
"""Places along each side of a smooth surface."""

REACH = 0.3
"""How far from the nearest point a smooth surface says something, as a share of the range of each setting."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Cell:
    """All points that share the values of two settings."""

    x: Value
    y: Value
    mean: float
    """The validation accuracy over all runs of the cell, in [0, 1]."""
    low: float
    """Where the 95 % interval of the mean begins: validation images are a sample, and so are the seeds."""
    high: float
    """Where it ends. That other settings differ within the cell is no part of it."""
    runs: tuple[str, ...]
    """The runs behind it; as many as the accuracies."""


@dataclass(frozen=True)
class Surface:
    """Validation accuracy over two settings."""

    x: Setting
    y: Setting
    xs: tuple[Value, ...]
    """The values of x: numbers ascending, choices as they first come."""
    ys: tuple[Value, ...]
    cells: tuple[Cell, ...]
    """Row by row; only those that were tried."""

    @property
    def best(self) -> int | None:
        """The place of the cell with the highest mean, or None where there is no cell."""
        return int(np.argmax([cell.mean for cell in self.cells])) if self.cells else None

    @property
    def is_table(self) -> bool:
        """Whether the cells make a table: few values of each setting, at least half of their pairs tried.

        Numbers drawn at random do not make one, as each of them occurs but once.
        """
        columns, rows, cells = len(self.xs), len(self.ys), len(self.cells)
        drawn = (self.x.kind == "number" and rows > 1 and cells <= columns) or (
            self.y.kind == "number" and columns > 1 and cells <= rows
        )
        return max(columns, rows) <= MOST_VALUES and 2 * cells >= columns * rows and not drawn


@dataclass(frozen=True, eq=False)
class Smooth:
    """Accuracy between points: numbers of x and y (FINE,) as they count (see scaled), and the accuracy (y, x).

    NaN where no point is near.
    """

    x: Floats
    y: Floats
    accuracy: Floats


def surface(settings: Sequence[Setting], points: Sequence[Point], x: str, y: str) -> Surface:
    """Put the points of a sweep together by two of its settings, which are named by their paths.

    Raises ValueError where there is no such setting, x and y are the same, or points do not fit the settings.
    """
    checked(settings, points)
    paths = [setting.path for setting in settings]
    if x == y or not {x, y} <= set(paths):
        raise ValueError(f"A surface needs two of {', '.join(paths)}. Received: {x} and {y}.")
    across, down = paths.index(x), paths.index(y)
    seeds = spread(points)
    groups: dict[tuple[Value, Value], list[Point]] = {}
    for point in points:
        groups.setdefault((point.values[across], point.values[down]), []).append(point)
    xs = _values(settings[across], [key[0] for key in groups])
    ys = _values(settings[down], [key[1] for key in groups])
    cells = []
    for key in sorted(groups, key=lambda key: (ys.index(key[1]), xs.index(key[0]))):
        accuracies = [value for point in groups[key] for value in point.validation]
        mean = sum(accuracies) / len(accuracies)
        images = min(point.validation_images for point in groups[key])
        low, high = interval(mean, len(accuracies), images, seeds)
        cells.append(Cell(*key, mean, low, high, tuple(run for point in groups[key] for run in point.run_ids)))
    return Surface(settings[across], settings[down], xs, ys, tuple(cells))


def smooth(found: Surface) -> Smooth | None:
    """Return the accuracy between the cells of a surface, or None where a setting is a choice or cells are below five.

    It is the mean of the cells, weighted by a normal curve of their distance (Nadaraya 1964; Watson 1964), as wide as
    predicts each cell best from the others; so it never rises above what was measured.
    """
    if "choice" in {found.x.kind, found.y.kind} or len(found.cells) < 5:
        return None
    numbers = [scaled(found.x, [cell.x for cell in found.cells]), scaled(found.y, [cell.y for cell in found.cells])]
    low, high = np.min(numbers, axis=1), np.max(numbers, axis=1)
    if (high <= low).any():
        return None
    places = ((np.array(numbers).T - low) / (high - low)).astype(np.float64)
    accuracies = np.array([cell.mean for cell in found.cells])
    side = np.linspace(0, 1, FINE)
    grid = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)
    distances = _distances(grid, places)
    accuracy = _weighted(distances, accuracies, _width(places, accuracies))
    accuracy[distances.min(axis=1) > REACH] = np.nan
    ends = [low + (high - low) * place for place in side]
    x, y = np.array(ends).T
    return Smooth(x, y, accuracy.reshape(FINE, FINE))


def _values(setting: Setting, values: Sequence[Value]) -> tuple[Value, ...]:
    once = tuple(dict.fromkeys(values))
    return tuple(sorted(once, key=float)) if setting.kind == "number" else once


def _width(places: Floats, accuracies: Floats) -> float:
    """Return the standard deviation of the weights, of a few, that predicts each accuracy best from the others."""
    distances = _distances(places, places)
    np.fill_diagonal(distances, np.inf)
    widths = (0.06, 0.09, 0.13, 0.2, 0.3)
    errors = [float(((_weighted(distances, accuracies, width) - accuracies) ** 2).mean()) for width in widths]
    return widths[int(np.argmin(errors))]


def _weighted(distances: Floats, accuracies: Floats, width: float) -> Floats:
    """Return the means of accuracies (N,) by distances (M, N), as (M,)."""
    nearest = distances.min(axis=1, keepdims=True)
    weights = np.exp((nearest**2 - distances**2) / (2 * width**2))
    means: Floats = (weights @ accuracies) / weights.sum(axis=1)
    return means


def _distances(places: Floats, others: Floats) -> Floats:
    distances: Floats = np.sqrt(((places[:, None] - others) ** 2).sum(axis=2))
    return distances
