"""How many of the labels that are doubted most are wrong: 100 wrong ones are planted, the first 50 are counted.

Part of benchmarks/findings.py, in which stands how it is called.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from benchmarks import contest, planted
from imgrec import datasets, edge, features, findings
from imgrec.datasets import Images

WRONG, LOOKED_AT = 100, 50


def measured(seed: int) -> dict[str, Any]:
    """Measure it for three kinds of pictures and print it."""
    shapes, _ = datasets.load("shapes", edge.location("shapes"))
    _, test = datasets.load("cifar10", edge.location("cifar10"))
    rng = np.random.default_rng(seed)
    drawn = _some(shapes, rng.permutation(len(shapes.labels))[:6_000])
    photos = _some(test, rng.permutation(len(test.labels))[:5_000])
    simple = simple_drawings(900, rng)
    found = {
        "shapes, 6,000 images": _score(drawn, seed),
        # Test images, as the network that describes them has learnt the training images with their right labels.
        "CIFAR-10, 5,000 test images": _score(photos, seed),
        "discs, squares and triangles, 900 images of 64×64": _score(simple, seed),
    }
    header = ["images", "accuracy", f"wrong of the first {LOOKED_AT}", f"of all {WRONG}, doubted"]
    rows = [
        [
            name,
            f"{one['accuracy']:.1%}",
            *(f"{one[key]:.1%}" if one["doubted"] else "none" for key in ("precision", "recall")),
        ]
        for name, one in found.items()
    ]
    print(f"\n{WRONG} labels changed at random:\n")
    print(contest.table(header, rows))
    return found


def simple_drawings(count: int, rng: np.random.Generator) -> Images:
    """Draw discs, squares and triangles of any colour, about in the middle."""
    pixels, labels = np.empty((count, 64, 64, 3), np.uint8), np.arange(count) % 3
    for row, label in enumerate(labels.tolist()):
        ground, colour = (tuple(rng.integers(*between, 3).tolist()) for between in ((200, 256), (0, 180)))
        image = Image.new("RGB", (64, 64), ground)
        size = int(rng.integers(12, 26))
        x, y = rng.integers(26, 39, 2).tolist()
        box, pen = (x - size, y - size, x + size, y + size), ImageDraw.Draw(image)
        if label == 2:
            pen.polygon([(x, y - size), (x + size, y + size), (x - size, y + size)], fill=colour)
        else:
            (pen.ellipse if label == 0 else pen.rectangle)(box, fill=colour)
        pixels[row] = np.asarray(image)
    return Images(pixels, labels.astype(np.uint8))


def _some(images: Images, places: NDArray[np.int64]) -> Images:
    return Images(images.pixels[places], images.labels[places])


def _score(images: Images, seed: int) -> dict[str, float]:
    classes = int(images.labels.max()) + 1
    labels, wrong = planted.relabelled(images.labels, classes, WRONG, seed)
    described = features.described(images.pixels, findings.glance(images.pixels))
    probabilities = features.probabilities(described, labels, classes)
    finding = findings.wrong_labels(probabilities, labels, [str(label) for label in range(classes)])
    rows = [case.rows[0] for case in finding.cases] if finding else []
    return {
        "accuracy": float((probabilities.argmax(axis=1) == images.labels).mean()),
        "precision": float(np.isin(rows[:LOOKED_AT], wrong).sum() / LOOKED_AT),
        "recall": float(np.isin(wrong, rows).mean()),
        "doubted": len(rows),
    }
