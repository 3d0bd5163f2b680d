"""What augmentation costs: processor seconds for an epoch of 45,000 images, and what a training loses to it.

    python -m benchmarks.augmentation

First it times nothing, the usual three, each augmentation alone and all of them, in turns, on images of 32 × 32 × 3
values in batches of 256. "nothing" is what the order and the gathering of the images cost, which every epoch has. It is
processor time, so that other programs falsify it less.

Then trainings of a preset's network take turns, without and with augmentation, which another thread makes beside the
steps: the share of the images a second that is lost is what a user waits for.
"""

import argparse
import json
import statistics
import time
from collections.abc import Sequence

import numpy as np

from benchmarks import contest
from benchmarks.contest import Contestant
from imgrec import presets
from imgrec.augmentations import AUGMENTATIONS, Augmentation, Cutout, HorizontalFlip, Shift
from imgrec.engine import pipeline

IMAGES = 45_000
BATCH_SIZE = 256
STEPS = 8
"""Steps in a chunk, about as many as a small network takes at once."""

NOTHING, THREE, ALL = "nothing", "flip + shift + cutout", "all"


def seconds(pixels: np.ndarray, labels: np.ndarray, augmentations: Sequence[Augmentation], epoch: int) -> float:
    """Make all chunks of an epoch and return the processor time that takes."""
    began = time.process_time()
    indices = np.arange(len(pixels))
    for _ in pipeline.chunks(
        pixels, labels, indices, BATCH_SIZE, augmentations, seed=0, epoch=epoch, steps=lambda: STEPS
    ):
        pass
    return time.process_time() - began


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--preset", default="fast", choices=list(presets.PRESETS), help="the network that is trained")
    arguments = parser.parse_args()
    repeats = arguments.repeats

    contestants: dict[str, list[Augmentation]] = {
        NOTHING: [],
        THREE: [HorizontalFlip(), Shift(), Cutout()],
        **{name: [kind()] for name, kind in AUGMENTATIONS.items()},
        ALL: [kind() for kind in AUGMENTATIONS.values()],
    }
    pixels = np.random.default_rng(0).integers(0, 256, (IMAGES, 32, 32, 3), dtype=np.uint8)
    labels = np.arange(IMAGES) % 10
    times: dict[str, list[float]] = {name: [] for name in contestants}
    for repeat in range(repeats):
        # In turns, so that whatever else the machine does meanwhile falls on all alike.
        for name, augmentations in contestants.items():
            times[name].append(seconds(pixels, labels, augmentations, epoch=repeat + 1))

    medians = {name: round(statistics.median(taken), 3) for name, taken in times.items()}
    print(f"{'':24}{'s/epoch':>8}{'images/s':>12}")
    for name, median in medians.items():
        print(f"{name:24}{median:8.2f}{IMAGES / median:12,.0f}")
    lost = shares_lost(arguments.preset, {name: contestants[name] for name in (NOTHING, THREE, ALL)}, repeats)
    for name, share in lost.items():
        print(f"training with {name} loses {share:.1%} of its images/s")
    figures = {"images": IMAGES, "batch_size": BATCH_SIZE, "seconds": medians, "shares_lost": lost}
    print(json.dumps({"benchmark": "augmentation", **vars(arguments), **figures, "machine": contest.machine()}))


def shares_lost(preset: str, augmented: dict[str, list[Augmentation]], rounds: int) -> dict[str, float | None]:
    """Let trainings take turns. Return the share of the images/s without augmentation that each with it falls short."""
    entry, work = "benchmarks.in_tensorflow:imgrec", {"preset": preset, "images": 10_240}
    named = {name: [type(one).__name__ for one in each] for name, each in augmented.items()}
    trainings = [Contestant(name, entry, {**work, "augmentations": names}) for name, names in named.items()]
    outcome = contest.hold(trainings, rounds)
    ratios = {name: outcome.ratio(name, NOTHING) for name in augmented if name != NOTHING}
    return {name: None if ratio is None else 1 - ratio for name, ratio in ratios.items()}


if __name__ == "__main__":
    main()
