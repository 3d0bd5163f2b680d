"""Arrays and augmentations to batches: same seed, same batches; also previews what training does to images."""

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from imgrec.augmentations import Augmentation
from imgrec.engine import augment
from imgrec.engine.augment import Draw, Pixels

Numbers = npt.NDArray[np.integer]
Batch = tuple[Pixels, Numbers]
"""uint8 images (B, H, W, C) and their labels (B,)."""


def steps(images: int, batch_size: int) -> int:
    """Counts the batches of an epoch; the last one may be smaller than the others."""
    return -(-images // batch_size)


def order(images: int, seed: int, epoch: int) -> npt.NDArray[np.int64]:
    """Gives the places 0 … images - 1 in the order in which this epoch visits them."""
    return _random(seed, epoch).permutation(images)


def batches(
    pixels: Pixels,
    labels: Numbers,
    indices: Numbers,
    batch_size: int,
    augmentations: Sequence[Augmentation],
    *,
    seed: int,
    epoch: int,
) -> Iterator[Batch]:
    """Yields every image that indices name once, in the epoch's order, augmented."""
    visited = indices[order(len(indices), seed, epoch)]
    kept = _kept(len(pixels), seed)
    for step in range(steps(len(indices), batch_size)):
        chosen = visited[step * batch_size : (step + 1) * batch_size]
        draw = Draw(_random(seed, epoch, step), kept[chosen], epoch)
        yield augment.apply(pixels[chosen], augmentations, draw), labels[chosen]


def preview(pixels: Pixels, augmentations: Sequence[Augmentation], seed: int) -> Pixels:
    """Gives these images as training would see them in its epoch number seed: another seed, another draw."""
    return augment.apply(pixels, augmentations, Draw(_random(0, seed), _kept(len(pixels), 0), seed))


def _kept(images: int, seed: int) -> npt.NDArray[np.float64]:
    return _random(seed).random(images)


def _random(seed: int, *path: int) -> np.random.Generator:
    # A spawn key, because SeedSequence([1, 2]) and SeedSequence([1, 2, 0]) are the same: an epoch's order and its
    # first batch would share their random numbers.
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=path))
