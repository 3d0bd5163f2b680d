"""What augmentation costs: seconds of one core for an epoch of 45,000 images of 32 × 32 × 3, in batches of 256.

    python -m benchmarks.augmentation

times nothing, the usual three, each augmentation alone and all of them, in turns, and prints the medians as a table
and as JSON. "nothing" is what the order and the gathering of the images cost, which every epoch has. It is processor
time, so that other programs falsify it less.
"""

import argparse
import json
import statistics
import time
from collections.abc import Sequence

import numpy as np

from imgrec.augmentations import AUGMENTATIONS, Augmentation, Cutout, HorizontalFlip, Shift
from imgrec.engine import pipeline

IMAGES = 45_000
BATCH_SIZE = 256
STEPS = 8
"""Steps in a chunk, about as many as a small network takes at once."""


def seconds(pixels: np.ndarray, labels: np.ndarray, augmentations: Sequence[Augmentation], epoch: int) -> float:
    """Makes all chunks of an epoch and gives the processor time that takes."""
    began = time.process_time()
    indices = np.arange(len(pixels))
    for _ in pipeline.chunks(
        pixels, labels, indices, BATCH_SIZE, augmentations, seed=0, epoch=epoch, steps=lambda: STEPS
    ):
        pass
    return time.process_time() - began


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=5)
    repeats = parser.parse_args().repeats

    contestants: dict[str, list[Augmentation]] = {
        "nothing": [],
        "flip + shift + cutout": [HorizontalFlip(), Shift(), Cutout()],
        **{name: [kind()] for name, kind in AUGMENTATIONS.items()},
        "all": [kind() for kind in AUGMENTATIONS.values()],
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
    print(json.dumps({"images": IMAGES, "batch_size": BATCH_SIZE, "repeats": repeats, "seconds": medians}))


if __name__ == "__main__":
    main()
