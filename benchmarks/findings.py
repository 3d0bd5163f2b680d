"""How much of what is wrong with a dataset imgrec finds, and how much of what it says is right.

    python -m benchmarks.findings                  # all of it: about five minutes
    python -m benchmarks.findings --only-labels    # nothing but wrong labels: half a minute
    python -m benchmarks.findings --sheet called.png

takes CIFAR-10 (IMGREC_CIFAR10, or downloaded before) and prints tables and one JSON line.

*Planted*: 10,000 training and 2,000 test images in which the check finds nothing, and 530 faults of known kinds in them
(benchmarks/planted.py). A pair counts as found where both stand in one group; a finding of anything else is wrong.

*Distinct*: what is called a twin among the 10,000 test images as they are. Nobody planted these pairs, and many are
twins: --sheet draws them all, for people to judge.

*Twins*: how many of the test images have a twin among the 50,000 training images.

*Wrong labels*: 100 labels are changed at random, and the 50 most doubtful are looked at. Of each
image a classifier says what it thinks that has not learnt from it, with all wrong labels among those that it did learn
from.
"""

import argparse
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from benchmarks import contest, planted, wrong_labels
from imgrec import datasets, edge, findings
from imgrec.datasets.own import TEST, TRAIN
from imgrec.findings import Findings, Kind, duplicates, thumbnails

SEED = 18


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only-labels", action="store_true", help="nothing but wrong labels")
    parser.add_argument(
        "--sheet", type=Path, help="where to draw the pairs that are called twins among the test images"
    )
    arguments = parser.parse_args()
    figures: dict[str, Any] = {"benchmark": "findings"}
    if not arguments.only_labels:
        train, test = datasets.load("cifar10", edge.location("cifar10"))
        figures["planted"] = of_planted(*clean(train, test))
        figures["distinct"] = of_distinct(test.pixels, arguments.sheet)
        figures["twins"] = of_twins(train.pixels, test.pixels)
    figures["wrong labels"] = wrong_labels.measured(SEED)
    print(json.dumps({**figures, "machine": contest.machine()}))


def clean(
    train: datasets.Images, test: datasets.Images
) -> tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.int64]]:
    """Return pixels, labels and splits of some images in which nothing is found."""
    rng = np.random.default_rng(SEED)
    some, others = rng.permutation(len(train.labels))[:10_500], rng.permutation(len(test.labels))[:2_100]
    pixels = np.concatenate([train.pixels[some], test.pixels[others]])
    labels = np.concatenate([train.labels[some], test.labels[others]]).astype(np.int64)
    splits = np.repeat([TRAIN, TEST], [len(some), len(others)])
    found = findings.check(pixels, labels, splits, datasets.get("cifar10").class_names)
    named = {row for finding in found.found for row in finding.rows}
    fine = np.array([row not in named for row in range(len(labels))])
    kept = np.concatenate(
        [np.flatnonzero(fine & (splits == TRAIN))[:10_000], np.flatnonzero(fine & (splits == TEST))[:2_000]]
    )
    return pixels[kept], labels[kept], splits[kept]


def of_planted(pixels: NDArray[np.uint8], labels: NDArray[np.int64], splits: NDArray[np.int64]) -> dict[str, Any]:
    """Plant faults, check, and print what was found of each kind."""
    made = planted.plant(pixels, labels, splits, SEED)
    began = time.perf_counter()
    found = findings.check(made.pixels, made.labels, made.splits, datasets.get("cifar10").class_names)
    seconds = time.perf_counter() - began
    of = _groups(found)
    rows, figures = [], {}
    together = {name: sum(a in of and of[a] == of.get(b) for a, b in pairs) for name, pairs in made.pairs.items()}
    for name, pairs in made.pairs.items():
        rows.append([name, len(pairs), f"{together[name] / len(pairs):.1%}", ""])
        figures[name] = {"planted": len(pairs), "found": together[name]}
    called = sum(len(case.rows) - 1 for kind in _TWINS if (finding := found.of(kind)) for case in finding.cases)
    rows.append(
        [
            "all twins",
            sum(map(len, made.pairs.values())),
            f"{sum(together.values()) / sum(map(len, made.pairs.values())):.1%}",
            f"{sum(together.values()) / called:.1%}",
        ]
    )
    figures["all twins"] = {"called": called, "right": sum(together.values())}
    for kind, bad in made.bad.items():
        said = found.of(kind)
        copies = {copy for pairs in made.pairs.values() for _, copy in pairs}  # of which some are blurred indeed
        said_rows = set(said.rows if said else ()) - copies
        right = len(said_rows & set(bad))
        rows.append([kind.value, len(bad), f"{right / len(bad):.1%}", f"{right / max(len(said_rows), 1):.1%}"])
        figures[kind.value] = {"planted": len(bad), "found": right, "called": len(said_rows)}
    print(f"\nPlanted in {len(made.labels):,} images, checked in {seconds:.1f} s:\n")
    print(contest.table(["fault", "planted", "found", "of what is called so, right"], rows))
    return {**figures, "seconds": round(seconds, 1)}


def of_distinct(pixels: Any, sheet: Path | None) -> dict[str, Any]:
    """Count the pairs that are called twins among images of which most are distinct."""
    groups = duplicates.twin_groups(thumbnails.glance(pixels), np.arange(len(pixels)))
    pairs, images = len(groups.links), len(np.unique(groups.links))
    possible = len(pixels) * (len(pixels) - 1) // 2
    print(
        f"\nAmong CIFAR-10's {len(pixels):,} test images, {pairs} of {possible:,} pairs are called twins, "
        f"with {images} images."
    )
    if sheet:
        order = np.argsort(-groups.scores)
        _draw(pixels, groups.links[order], sheet)
        print(f"They are drawn in {sheet}, those most alike first.")
    return {"pairs": pairs, "images": images, "possible": possible}


def of_twins(train: Any, test: Any) -> dict[str, Any]:
    """Count the test images that have a twin among the training images."""
    pixels = np.concatenate([train[:], test[:]])
    began = time.perf_counter()
    groups = duplicates.twin_groups(thumbnails.glance(pixels), np.arange(len(pixels)))
    seconds = time.perf_counter() - began
    tested = groups.links >= len(train)
    across = groups.links[tested.sum(axis=1) == 1].max(axis=1)
    count = len(np.unique(across))
    print(
        f"\n{count} of CIFAR-10's {len(test):,} test images have a twin among its {len(train):,} training "
        f"images; {seconds:.0f} s."
    )
    return {"test images with a twin in training": count, "pairs": len(groups.links), "seconds": round(seconds, 1)}


_TWINS = (
    Kind.TWO_LABELS,
    Kind.EXACT_ACROSS_SPLITS,
    Kind.NEAR_ACROSS_SPLITS,
    Kind.EXACT_WITHIN_SPLIT,
    Kind.NEAR_WITHIN_SPLIT,
)


def _groups(found: Findings) -> dict[int, tuple[int, ...]]:
    """Return the group of each row that has one."""
    cases = [case for kind in _TWINS if (finding := found.of(kind)) for case in finding.cases]
    return {row: case.rows for case in cases for row in case.rows}


def _draw(pixels: Any, pairs: NDArray[np.int64], path: Path) -> None:
    columns, size = 12, 64
    lines = -(-len(pairs) // columns)
    sheet = Image.new("RGB", (columns * (2 * size + 12), max(lines, 1) * (size + 8)), "white")
    for place, pair in enumerate(pairs):
        left, top = place % columns * (2 * size + 12), place // columns * (size + 8)
        for side, row in enumerate(pair):
            sheet.paste(Image.fromarray(pixels[int(row)]).resize((size, size)), (left + side * (size + 2), top))
    sheet.save(path)


if __name__ == "__main__":
    main()
