"""Arrays and augmentations to batches: same seed, same batches; also previews what training does to images."""

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from imgrec import datasets
from imgrec.augmentations import Augmentation
from imgrec.engine import augment
from imgrec.engine.augment import Draw, Pixels

Numbers = npt.NDArray[np.integer]
Chunk = tuple[Pixels, Numbers]
"""Several batches of one size: uint8 images (steps, B, H, W, C) and their labels (steps, B)."""

T = TypeVar("T")


def steps(images: int, batch_size: int) -> int:
    """Count the batches of an epoch; the last one may be smaller than the others."""
    return -(-images // batch_size)


def order(images: int, seed: int, epoch: int) -> npt.NDArray[np.int64]:
    """Return the places 0 … images - 1 in the order in which this epoch visits them."""
    return _random(seed, epoch).permutation(images)


def chunks(
    pixels: datasets.Pixels,
    labels: Numbers,
    indices: Numbers,
    batch_size: int,
    augmentations: Sequence[Augmentation],
    *,
    seed: int,
    epoch: int,
    steps: Callable[[], int] = lambda: 1,
    first: int = 0,
) -> Iterator[Chunk]:
    """Yield every image that indices name once, in the epoch's order, augmented: (steps, B, H, W, C) and (steps, B).

    steps is asked before each chunk how many batches it holds, at least 1. The epoch's smaller last batch is a chunk
    of its own, of one step. Batches before number first are left out, which changes none of the others.
    """
    left = indices[order(len(indices), seed, epoch)][first * batch_size :]
    kept = _kept(len(pixels), seed)
    step = first
    while len(left):
        count = min(steps(), len(left) // batch_size) or 1
        chosen, left = left[: count * batch_size].reshape(count, -1), left[count * batch_size :]
        images = pixels[chosen]
        for place, batch in enumerate(chosen):
            draw = Draw(_random(seed, epoch, step + place), kept[batch], epoch)
            augment.apply(images[place], augmentations, draw)
        step += count
        yield images, labels[chosen]


def ahead(items: Iterable[T]) -> Generator[T]:
    """Yield the items, each made by another thread while the one before it is in use.

    What goes wrong in making an item is raised where it is asked for. Closing the generator ends the thread.
    """
    source = iter(items)
    with ThreadPoolExecutor(1) as thread:
        # A list of one item, or of none at the end: a future that holds StopIteration would end as a RuntimeError.
        coming = thread.submit(lambda: list(islice(source, 1)))
        while item := coming.result():
            coming = thread.submit(lambda: list(islice(source, 1)))
            yield item[0]


def preview(pixels: Pixels, augmentations: Sequence[Augmentation], seed: int) -> Pixels:
    """Return these images as training would see them in its epoch number seed: another seed, another draw."""
    images = pixels.copy()
    augment.apply(images, augmentations, Draw(_random(0, seed), _kept(len(pixels), 0), seed))
    return images


def _kept(images: int, seed: int) -> npt.NDArray[np.float64]:
    return _random(seed).random(images)


def _random(seed: int, *path: int) -> np.random.Generator:
    # A spawn key, because SeedSequence([1, 2]) and SeedSequence([1, 2, 0]) are the same: an epoch's order and its
    # first batch would share their random numbers.
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=path))
