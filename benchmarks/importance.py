"""How often the importance of settings is right: sweeps over three settings, of which one matters, or none.

    python -m benchmarks.importance --sweeps 1000

A planted function stands in place of training. Its validation accuracy varies by 5 points (one standard deviation)
through the one setting, and by --noise points for each seed; two seeds a point, 5,000 validation images. Where none
matters, all is noise. Right is a sweep in which that setting is claimed and no other, or none where none matters.
An edge has a fifth of the values behind it, of 12 random points often only one or two, and no test tells these from
luck. Exit status 1 where random sweeps of 12 or more points with a noise of up to 1 point are right in less than 95 %;
edges do not count there.
"""

import argparse
import json
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks import contest
from imgrec.swept import Point, Setting, importance

SETTINGS = (
    Setting("training.learning_rate", "Learning rate", "number", log=True),
    Setting("training.weight_decay", "Weight decay", "number"),
    Setting("layers.0.activation", "Activation", "choice"),
)
GRIDS = {12: (3, 2, 2), 16: (4, 2, 2), 18: (3, 3, 2), 24: (4, 3, 2)}
"""How many values a grid of so many points has of each setting; the one that matters has the most."""

SPREAD, IMAGES, SEEDS = 0.05, 5_000, 2

Shape = Callable[[NDArray[np.float64]], NDArray[np.float64]]

SHAPES: dict[str, Shape] = {
    "line": lambda place: place,
    "peak": lambda place: -((place - 0.6) ** 2),
    "plateau": lambda place: 1 - np.exp(-5 * place),
    "edge": lambda place: np.where(place < 0.8, 1.0, 0.0),
}
"""Accuracy over the place of a value in its range, 0 to 1."""

CHOICES = {"relu": 0.0, "gelu": 1.0, "tanh": 0.4, "swish": 0.7}
"""Accuracy of each choice; random sweeps have the first three."""

PLANTED = ("none", *SHAPES, "choice")


def main() -> int:
    """Measure the rates and print them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sweeps", type=int, default=100)
    parser.add_argument("--points", type=int, nargs="+", default=[12, 16, 18, 24], help="random sweeps: any number")
    parser.add_argument("--noise", type=float, nargs="+", default=[0.5, 1.0, 2.5], help="points of accuracy, per seed")
    arguments = parser.parse_args()
    rows: list[dict[str, Any]] = []
    short = []
    for kind in ("random", "grid"):
        for points in arguments.points:
            for noise in arguments.noise:
                if kind == "grid" and points not in GRIDS:
                    continue
                rates = {what: rate(what, kind, points, noise, arguments.sweeps) for what in PLANTED}
                rows.append({"kind": kind, "points": points, "noise": noise, **rates})
                print(rows[-1], file=sys.stderr, flush=True)
                if kind == "random" and points >= 12 and noise <= 1:
                    wanted = [what for what in rates if what != "edge"]
                    short += [rows[-1] for what in wanted if rates[what] < 0.95]
    header = ["sweep", "points", "noise", "none matters", *SHAPES, "choice"]
    told = [[row["kind"], row["points"], row["noise"], *(f"{row[key]:.1%}" for key in PLANTED)] for row in rows]
    print(contest.table(header, told))
    print(json.dumps({"benchmark": "importance", **vars(arguments), "rates": rows, "machine": contest.machine()}))
    return 1 if short else 0


def rate(what: str, kind: str, points: int, noise: float, sweeps: int) -> float:
    """Return the share of sweeps of a kind, random or grid, of which the claims are right; noise in points."""
    right = 0
    for number in range(sweeps):
        tried, matters = sweep(
            what, kind, points, noise / 100, np.random.default_rng([number, points, int(100 * noise)])
        )
        claimed = [at for at, found in enumerate(importance(SETTINGS, tried)) if found.claimed]
        right += claimed == ([] if matters is None else [matters])
    return right / sweeps


def sweep(what: str, kind: str, points: int, noise: float, rng: np.random.Generator) -> tuple[list[Point], int | None]:
    """Return the points of one sweep, and the place of the setting that matters, or None."""
    matters = {"none": None, "choice": 2}.get(what, int(rng.integers(2)))
    places: NDArray[np.float64]
    if kind == "grid":
        sizes = list(GRIDS[points])
        if matters is not None:
            sizes.insert(matters, sizes.pop(0))
        axes = [np.linspace(0, 1, size) for size in sizes[:2]]
        places = np.stack(np.meshgrid(*axes, np.arange(sizes[2], dtype=np.float64), indexing="ij"), axis=-1).reshape(
            points, 3
        )
    else:
        places = np.column_stack([rng.random((points, 2)), rng.integers(3, size=points).astype(np.float64)])
    expected = np.full(points, 0.7)
    if matters == 2:
        levels = np.array(list(CHOICES.values())[: int(places[:, 2].max()) + 1], np.float64)
        expected += SPREAD * ((levels - levels.mean()) / levels.std())[places[:, 2].astype(int)]
    elif matters is not None:
        everywhere = SHAPES[what](np.linspace(0, 1, 1_001, dtype=np.float64))
        expected += SPREAD * (SHAPES[what](places[:, matters]) - everywhere.mean()) / everywhere.std()
    runs = rng.normal(expected[:, None], noise, (points, SEEDS)).clip(0, 1)
    return [
        Point(
            values=(10 ** (-4 + 3 * float(place[0])), 0.1 * float(place[1]), list(CHOICES)[int(place[2])]),
            validation=tuple(((accuracies * IMAGES).round() / IMAGES).tolist()),
            validation_images=IMAGES,
            test=None,
            seconds=60.0,
            run_ids=tuple(f"run-{number}-{seed}" for seed in range(SEEDS)),
        )
        for number, (place, accuracies) in enumerate(zip(places, runs, strict=True))
    ], matters


if __name__ == "__main__":
    sys.exit(main())
