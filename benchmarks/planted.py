"""Faults that are planted in real images, so that it is known what a check has to find."""

import io
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageEnhance, ImageFilter

from imgrec.datasets.own import TEST, TRAIN
from imgrec.findings import Kind

Pixels = NDArray[np.uint8]
Change = Callable[[Image.Image, np.random.Generator], Image.Image]


def resaved(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Save it as a JPEG of quality 50 to 90."""
    file = io.BytesIO()
    image.save(file, "JPEG", quality=int(rng.integers(50, 91)))
    return Image.open(file).convert("RGB")


def cropped(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Cut 0 to 2 of 32 pixels off each edge, at least one in all, and enlarge it to the old size."""
    side = image.width
    left, top, right, bottom = rng.integers(0, 3, 4) * side // 32
    left = max(left, (left + top + right + bottom == 0) * side // 32)
    box = (int(left), int(top), side - int(right), side - int(bottom))
    return image.crop(box).resize(image.size, Image.Resampling.BICUBIC)


def brightened(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Make it brighter or darker, by 20 to 40 %."""
    by = rng.uniform(0.2, 0.4) * rng.choice([-1, 1])
    return ImageEnhance.Brightness(image).enhance(1 + by)


def mirrored(image: Image.Image, _: np.random.Generator) -> Image.Image:
    """Turn left and right."""
    return image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)


def resized(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Make it smaller, down to 60 %, or larger, and bring it back to the old size."""
    side = int(image.width * rng.choice([0.6, 0.75, 1.5]))
    return image.resize((side, side), Image.Resampling.BICUBIC).resize(image.size, Image.Resampling.BICUBIC)


def blank(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Leave one colour, with a little noise."""
    noise = rng.normal(0, 1, (image.height, image.width, 3))
    return Image.fromarray((rng.uniform(10, 245, 3) + noise).clip(0, 255).astype(np.uint8))


def dark(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Leave 8 to 14 % of the light."""
    return ImageEnhance.Brightness(image).enhance(rng.uniform(0.08, 0.14))


def blurred(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Blur it by a Gaussian of 1.5 to 2.5 of 32 pixels."""
    return image.filter(ImageFilter.GaussianBlur(rng.uniform(1.5, 2.5) * image.width / 32))


NEAR: dict[str, Change] = {
    "resaved": resaved,
    "cropped": cropped,
    "brighter or darker": brightened,
    "mirrored": mirrored,
    "resized": resized,
}
BAD: dict[Kind, Change] = {Kind.BLANK: blank, Kind.DARK: dark, Kind.BLURRED: blurred}


@dataclass(frozen=True, eq=False)
class Planted:
    """A dataset with known faults: pairs of rows by what was done to the second, and the rows of bad images by kind."""

    pixels: Pixels
    labels: NDArray[np.int64]
    splits: NDArray[np.int64]
    pairs: dict[str, list[tuple[int, int]]]
    bad: dict[Kind, list[int]]


def plant(pixels: Pixels, labels: NDArray[np.int64], splits: NDArray[np.int64], seed: int) -> Planted:
    """Add to a clean dataset 200 exact and 200 near duplicates among the training images, 50 across the splits, 20 of
    them exact, and 20 under another label; make 60 training images blank, dark or blurred.
    """
    rng = np.random.default_rng(seed)
    train, test = rng.permutation(np.flatnonzero(splits == TRAIN)), rng.permutation(np.flatnonzero(splits == TEST))
    images, given = list(pixels), labels.tolist()
    classes = int(labels.max()) + 1
    pairs: dict[str, list[tuple[int, int]]] = {}
    origins = iter(train.tolist())

    def add(name: str, origin: int, change: Change | None, label: int | None = None) -> None:
        pairs.setdefault(name, []).append((origin, len(images)))
        images.append(_changed(pixels[origin], change, rng) if change else pixels[origin])
        given.append(labels[origin] if label is None else label)

    for _ in range(200):
        add("exact", next(origins), None)
    for name, change in NEAR.items():
        for _ in range(40):
            add(name, next(origins), change)
    for place, origin in enumerate(test[:50].tolist()):
        add("across splits", origin, None if place < 20 else list(NEAR.values())[place % len(NEAR)])
    for origin in [next(origins) for _ in range(20)]:
        add("two labels", origin, None, int(labels[origin] + rng.integers(1, classes)) % classes)
    bad: dict[Kind, list[int]] = {}
    for kind, change in BAD.items():
        bad[kind] = [next(origins) for _ in range(20)]
        for row in bad[kind]:
            images[row] = _changed(images[row], change, rng)
    more = np.full(len(images) - len(pixels), TRAIN)
    return Planted(np.stack(images), np.array(given), np.concatenate([splits, more]), pairs, bad)


def relabelled(
    labels: NDArray[np.integer], classes: int, count: int, seed: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Give some images another label at random. Return all labels, and the places of those that are wrong now."""
    rng = np.random.default_rng(seed)
    wrong = rng.choice(len(labels), count, replace=False)
    new = labels.astype(np.int64)
    new[wrong] = (new[wrong] + rng.integers(1, classes, count)) % classes
    return new, wrong


def _changed(image: Pixels, change: Change, rng: np.random.Generator) -> Pixels:
    return np.asarray(change(Image.fromarray(image), rng))
