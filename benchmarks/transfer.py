"""Few pictures: a network that begins with the layers of another one against the same network that begins anew.

    IMGREC_CIFAR10=FOLDER python -m benchmarks.transfer

Five classes of CIFAR-10 with --images training images each (a tenth of them validates), scored on all 5,000 test images
of those classes, --seeds times: each seed draws other images and other starting weights. Two networks to begin with:

- **five other classes**: the network of the preset fast, trained here on the 25,000 images of the other five classes,
  so it has seen neither the images nor the classes. Its first 16 layers are taken: what is below tells its own classes
  apart and nothing else, and with all 25 of them locked it is worse than anew;
- **bundled**: the example of photographs that ships with imgrec. It has learnt all 50,000 training images of CIFAR-10,
  also those that are few here, and all ten classes; so all its layers are taken, and what is shown is that they carry
  over, not what they would do for classes that they have never seen. No test image was among what it learnt.

Each pair has the same images, settings and epochs, and answers the same test images: McNemar's exact test says whether
they differ (imgrec/metrics/paired.py).
"""

import argparse
import json
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from benchmarks import contest
from imgrec import datasets, edge, examples, metrics, presets
from imgrec.augmentations import HorizontalFlip, Shift
from imgrec.config import RunConfig, Transfer
from imgrec.datasets import Images
from imgrec.executor import LocalExecutor
from imgrec.fitting import Split, Task

CLASSES = (0, 2, 4, 6, 8)
"""Airplane, bird, deer, frog and ship; automobile, cat, dog, horse and truck are the five others."""

PLACEHOLDER = "20260101-000000-00000000"
"""Stands for the run that the layers come from, as there is none here."""

AUGMENTED = (HorizontalFlip(alternate=True), Shift(pixels=2))


class Start(NamedTuple):
    """A network to begin with: its name, its config, the content of its .keras file and how many layers are taken."""

    name: str
    config: RunConfig
    model: bytes
    layers: int


def main() -> None:
    """Train and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=200, help="training images a class")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--source-epochs", type=int, default=3, help="of the network of the five other classes")
    arguments = parser.parse_args()
    train, test = datasets.load("cifar10", edge.location("cifar10"))
    others = tuple(label for label in range(10) if label not in CLASSES)
    with tempfile.TemporaryDirectory() as folder:
        executor = LocalExecutor(Path(folder))
        executor.prepare()
        fast = presets.get("fast").config.with_setting("training.epochs", arguments.source_epochs)
        elsewhere = fitted(executor, fast, only(train, others), None)
        bundled = examples.of_photographs()
        starts = [
            Start("five other classes", fast, elsewhere, 16),
            Start("bundled", bundled.config, bundled.model.read_bytes(), 25),
        ]
        rows = [
            one(
                executor, start, few(only(train, CLASSES), arguments.images, seed), only(test, CLASSES), arguments, seed
            )
            for start in starts
            for seed in range(arguments.seeds)
        ]
    print(table(rows))
    print(json.dumps({"benchmark": "transfer", **vars(arguments), "rows": rows, "machine": contest.machine()}))


def only(images: Images, classes: tuple[int, ...]) -> Images:
    """Return the images of some classes, which are numbered anew in their order."""
    chosen = np.isin(images.labels, classes)
    return Images(images.pixels[chosen], np.searchsorted(classes, images.labels[chosen]).astype(np.uint8))


def few(images: Images, each: int, seed: int) -> Images:
    """Return so many images of each class, drawn by a seed."""
    rng = np.random.default_rng(seed)
    drawn = [rng.permutation(np.flatnonzero(images.labels == label))[:each] for label in np.unique(images.labels)]
    places = np.concatenate(drawn)
    return Images(images.pixels[places], images.labels[places])


def fitted(executor: LocalExecutor, config: RunConfig, images: Images, start: bytes | None) -> bytes:
    """Return the model of the best epoch."""
    places = datasets.split(images, config.training)
    copied = config.start.layers if config.start else None
    task = Task(config, Split(images, *places), classes=5, start=start, copied=copied)
    found = executor.fit(task, lambda _: None, lambda _: None, lambda: None)
    assert found is not None
    return found.model


def one(
    executor: LocalExecutor, start: Start, images: Images, test: Images, arguments: argparse.Namespace, seed: int
) -> dict[str, Any]:
    """Train anew and from the start, locked, on the same images, and compare the two on the test images."""
    training = start.config.training.replace(
        epochs=arguments.epochs, batch_size=64, validation_share=0.1, seed=seed, test_time_augmentation="none"
    )
    anew = start.config.replace(training=training, augmentations=AUGMENTED)
    begun = anew.replace(start=Transfer(run=PLACEHOLDER, layers=start.layers))
    answers, seconds = [], []
    for config, model in ((anew, None), (begun, start.model)):
        began = time.perf_counter()
        found = fitted(executor, config, images, model)
        seconds.append(time.perf_counter() - began)
        answers.append(executor.score(found, test.pixels, "none", lambda _: None).argmax(axis=1))
    compared = metrics.compare(test.labels, *answers)
    row = {
        "start": start.name,
        "seed": seed,
        "anew": float((answers[0] == test.labels).mean()),
        "begun": float((answers[1] == test.labels).mean()),
        "difference": compared.difference,
        "interval": [compared.low, compared.high],
        "p": compared.p,
        "seconds": seconds,
    }
    print(json.dumps(row), flush=True)
    return row


def table(rows: list[dict[str, Any]]) -> str:
    """Write a line for each start and seed, and the means of each start."""
    header = [
        "first layers of",
        "seed",
        "anew",
        "begun with them",
        "difference, points",
        "95 % interval",
        "p",
        "s",
        "s anew",
    ]
    lines = [
        [
            row["start"],
            row["seed"],
            f"{row['anew']:.1%}",
            f"{row['begun']:.1%}",
            f"{100 * row['difference']:+.1f}",
            f"{100 * row['interval'][0]:.1f} to {100 * row['interval'][1]:.1f}",
            "< 0.001" if row["p"] < 0.001 else f"{row['p']:.3f}",
            f"{row['seconds'][1]:.0f}",
            f"{row['seconds'][0]:.0f}",
        ]
        for row in rows
    ]
    for name in dict.fromkeys(row["start"] for row in rows):
        own = [row for row in rows if row["start"] == name]
        means = [statistics.mean(row[key] for row in own) for key in ("anew", "begun", "difference")]
        lines.append([name, "mean", f"{means[0]:.1%}", f"{means[1]:.1%}", f"{100 * means[2]:+.1f}", "", "", "", ""])
    return contest.table(header, lines)


if __name__ == "__main__":
    main()
