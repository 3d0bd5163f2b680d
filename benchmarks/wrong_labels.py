"""How many of the labels that are doubted most are wrong: 100 wrong ones are planted, the first 50 are counted.

Part of benchmarks/findings.py, in which stands how it is called.
"""

import tempfile
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from benchmarks import contest, planted
from imgrec import datasets, edge, examples, findings, presets
from imgrec.augmentations import HorizontalFlip, Shift
from imgrec.config import RunConfig
from imgrec.datasets import Images, Pixels
from imgrec.engine import prediction
from imgrec.executor import LocalExecutor
from imgrec.findings import FitPredict
from imgrec.fitting import Split, Task

WRONG, LOOKED_AT = 100, 50
FOLDS, EPOCHS = 3, 25
"""Trainings, and how long each is: 4,000 images need more epochs than the preset has, which is made for 20,000."""


def measured(seed: int) -> dict[str, Any]:
    """Measure all ways and print them."""
    shapes, _ = datasets.load("shapes", edge.location("shapes"))
    _, test = datasets.load("cifar10", edge.location("cifar10"))
    rng = np.random.default_rng(seed)
    drawn = _some(shapes, rng.permutation(len(shapes.labels))[:6_000])
    # Test images, as the network that gives the features has learnt the training images with their right labels.
    photos = _some(test, rng.permutation(len(test.labels))[:5_000])
    simple = simple_drawings(900, rng)
    config = presets.get("quick").config.with_setting("training.epochs", EPOCHS)
    config = config.replace(augmentations=(HorizontalFlip(), Shift(pixels=4)))
    found = {
        "shapes, 6,000 images: quick, augmented, trained on others": _score(
            drawn, seed, lambda labels: trained(drawn, labels, config), FOLDS
        ),
        "CIFAR-10, 5,000 images: features of a network trained on others": _score(
            photos, seed, lambda labels: findings.by_features(features(photos.pixels), labels, 10)
        ),
        "discs, squares and triangles, 900: colours and edges": _score(
            simple, seed, lambda labels: findings.by_features(_looks(simple), labels, 10)
        ),
        "CIFAR-10, 5,000 images: colours and edges": _score(
            photos, seed, lambda labels: findings.by_features(_looks(photos), labels, 10)
        ),
    }
    header = ["images and classifier", "accuracy", f"wrong of the first {LOOKED_AT}", f"of all {WRONG}, doubted"]
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


def trained(images: Images, labels: NDArray[np.int64], config: RunConfig) -> FitPredict:
    """Return a classifier that trains a config with given labels, as imgrec does."""

    def fit_predict(learnt: NDArray[np.int64], asked: NDArray[np.int64]) -> NDArray[np.float32]:
        mine = Images(images.pixels[learnt], labels[learnt].astype(np.uint8))
        training, validation = datasets.split(mine, config.training)
        with tempfile.TemporaryDirectory() as folder:
            executor = LocalExecutor(Path(folder))
            task = Task(config, Split(mine, training, validation), 10)
            fitted = executor.fit(task, lambda _: None, lambda _: None, lambda: None)
            if fitted is None:
                raise RuntimeError("The training was paused.")
            answers = executor.score(fitted.model, images.pixels[asked], "none", lambda _: None)
        return answers.clip(0, 1)

    return fit_predict


def features(pixels: Pixels) -> NDArray[np.float32]:
    """Return what the last layer but the head of the best network that ships with imgrec says of CIFAR-10 images."""
    model = prediction.read(examples.of_photographs().model)
    *_, head, _ = model.layers  # before the softmax
    found = keras.Model(model.inputs, head.input).predict(pixels, batch_size=250, verbose=0)
    return np.asarray((found - found.mean(axis=0)) / np.maximum(found.std(axis=0), 1e-6), np.float32)


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


def _looks(images: Images) -> NDArray[np.float32]:
    return findings.colours_and_edges(findings.glance(images.pixels))


def _some(images: Images, places: NDArray[np.int64]) -> Images:
    return Images(images.pixels[places], images.labels[places])


def _score(images: Images, seed: int, classifier: Any, folds: int = 5) -> dict[str, float]:
    labels, wrong = planted.relabelled(images.labels, int(images.labels.max()) + 1, WRONG, seed)
    probabilities = findings.cross_validated(labels, 10, classifier(labels), folds, seed)
    finding = findings.wrong_labels(probabilities, labels, [str(label) for label in range(10)])
    rows = [case.rows[0] for case in finding.cases] if finding else []
    return {
        "accuracy": float((probabilities.argmax(axis=1) == images.labels).mean()),
        "precision": float(np.isin(rows[:LOOKED_AT], wrong).sum() / LOOKED_AT),
        "recall": float(np.isin(wrong, rows).mean()),
        "doubted": len(rows),
    }
