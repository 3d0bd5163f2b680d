"""What every augmentation does to arrays: batches of uint8 images (N, H, W, C) of 1 or 3 channels, changed in place.

To add one: a function here and its entry in FUNCTIONS, under the name of its class in imgrec.augmentations. It changes
the images it is given, draws from its Draw alone, and where its amount can be 0 it leaves the very same pixels there.
What turns or scales around the centre says so in TURNS instead. Only numpy is used, so that a preview is instant.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import groupby
from statistics import NormalDist
from typing import Any

import numpy as np
import numpy.typing as npt

from imgrec.augmentations import (
    Augmentation,
    Brightness,
    Contrast,
    Cutout,
    GaussianNoise,
    HorizontalFlip,
    Rotation,
    Saturation,
    Shift,
    Zoom,
    in_pixels,
)

Pixels = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int32]
Turns = npt.NDArray[np.complexfloating]

PART = 64
"""Images changed at once. More leave the processor's cache, which made batches of 2,048 take 1.5 times as long."""

REC_601 = np.array([0.299, 0.587, 0.114], np.float32)
"""How much red, green and blue give to the brightness that people see (ITU-R BT.601)."""

GREY = 127
"""What Cutout fills with: the middle of the range, near the mean of photographs, so that it adds no signal of its own.

DeVries and Taylor fill with 0 after subtracting the mean; the mean of CIFAR-10 is (125, 123, 114).
"""

FINE = 13
"""Bits after the point of a place in an image, and of the weights that add up to 1."""

LANE = 21
"""Bits for a channel where a pixel is one number: three have room in an int64, each for 8 bits and FINE bits more."""

HALVES = sum(1 << LANE * channel + FINE - 1 for channel in range(3))
"""Half a step of the image's values in each channel of such a number, for rounding."""


@dataclass(frozen=True)
class Draw:
    """The chance that decides what becomes of a batch of N images.

    rng is the batch's own. kept (N,) gives each image a number, uniform from 0 to 1, that it keeps in every epoch.
    Epochs count from 1.
    """

    rng: np.random.Generator
    kept: Doubles
    epoch: int


def apply(images: Pixels, augmentations: Sequence[Augmentation], draw: Draw) -> None:
    """Change uint8 images (N, H, W, C) by the augmentations in the order given, each image with its own draw.

    Turns that follow one another are made as one, which is their exact product and blurs once.
    """
    for start in range(0, len(images), PART):
        part, own = images[start : start + PART], replace(draw, kept=draw.kept[start : start + PART])
        for turning, group in groupby(augmentations, lambda one: type(one).__name__ in TURNS):
            if turning:
                turns = [TURNS[type(one).__name__](part, one, own) for one in group]
                _turn(part, np.prod(turns, axis=0))
            else:
                for one in group:
                    FUNCTIONS[type(one).__name__](part, one, own)


def horizontal_flip(images: Pixels, flip: HorizontalFlip, draw: Draw) -> None:
    """Mirror a random share of the images; with alternate, all of them take turns to be that share.

    The images then stand on a circle in an order that is drawn once, and the part of it that is mirrored moves on by
    its own length with each epoch: one half of it holds each image in every other epoch.
    """
    if flip.alternate:
        moved = (draw.epoch - 1) * flip.probability % 1.0
        chosen = (draw.kept - moved) % 1.0 < flip.probability
    else:
        chosen = draw.rng.random(len(images)) < flip.probability
    pixels = images.view(f"V{images.shape[3]}")  # whole ones: value by value takes twice as long
    pixels[chosen] = pixels[chosen][:, :, ::-1]


def rotation(images: Pixels, rotation: Rotation, draw: Draw) -> Turns:
    """Turn each image around its centre."""
    return np.exp(1j * np.radians(_per_image(draw, images, -rotation.degrees, rotation.degrees)))


def zoom(images: Pixels, zoom: Zoom, draw: Draw) -> Turns:
    """Enlarge or shrinks each image around its centre."""
    return 1 / _per_image(draw, images, 1 - zoom.amount, 1 + zoom.amount) + 0j


def shift(images: Pixels, shift: Shift, draw: Draw) -> None:
    """Move each image by whole pixels; the border itself is not repeated (reflection)."""
    count, height, width, channels = images.shape
    reach = in_pixels(shift.pixels, min(height, width))
    down, right = draw.rng.integers(0, 2 * reach + 1, (2, count))
    padded = np.pad(images, ((0, 0), (reach, reach), (reach, reach), (0, 0)), mode="reflect")
    # Rows of pixels as rows of bytes: a window is then height long copies, which is 5 times as fast as single pixels.
    rows = padded.reshape(count, height + 2 * reach, (width + 2 * reach) * channels)
    windows = np.lib.stride_tricks.sliding_window_view(rows, (height, width * channels), axis=(1, 2))
    images[:] = windows[np.arange(count), down, right * channels].reshape(images.shape)


def brightness(images: Pixels, brightness: Brightness, draw: Draw) -> None:
    """Add one number to all values of an image."""
    change = np.rint(_per_image(draw, images, -brightness.amount, brightness.amount) * 255)
    _put(images, images + change.astype(np.int16)[:, None, None, None])


def contrast(images: Pixels, contrast: Contrast, draw: Draw) -> None:
    """Scale each image's values around the mean of its luminance."""
    strength = _per_image(draw, images, 1 - contrast.amount, 1 + contrast.amount).astype(np.float32)
    values = images.astype(np.float32)
    mean = values.mean(axis=1).mean(axis=1)
    if images.shape[3] == 3:
        mean = (mean @ REC_601)[:, None]
    values -= mean[:, None, None]
    values *= strength[:, None, None, None]
    values += mean[:, None, None]
    _put(images, np.rint(values, out=values))


def saturation(images: Pixels, saturation: Saturation, draw: Draw) -> None:
    """Scale each pixel's colours around its luminance; images of one channel stay as they are."""
    if images.shape[3] == 1:
        return
    strength = _per_image(draw, images, 1 - saturation.amount, 1 + saturation.amount).astype(np.float32)[:, None, None]
    # As a product with 3 × 3 numbers: numpy takes 4 times as long to go along an axis of 3 on its own.
    mixed = strength * np.eye(3, dtype=np.float32) + (1 - strength) * REC_601[:, None]
    values = images.reshape(len(images), -1, 3).astype(np.float32) @ mixed
    _put(images, np.rint(values, out=values).reshape(images.shape))


def cutout(images: Pixels, cutout: Cutout, draw: Draw) -> None:
    """Cover a square whose centre is anywhere in the image with equal chance, as DeVries and Taylor do."""
    count, height, width, _ = images.shape
    size = in_pixels(cutout.size, min(height, width))
    corners = draw.rng.integers(0, (height, width), (count, 2)) - size // 2
    for image, (top, left) in zip(images, corners.tolist(), strict=True):
        image[max(top, 0) : top + size, max(left, 0) : left + size] = GREY


def gaussian_noise(images: Pixels, noise: GaussianNoise, draw: Draw) -> None:
    """Add an independent normal number to every value."""
    # 16 random bits choose a number from a table: 5 times as fast as to draw normal numbers. Drawn 64 at once.
    bits = draw.rng.integers(0, 2**64, -(-images.size // 4), np.uint64).view(np.uint16)[: images.size]
    _put(images, images + _grain(noise.stddev).take(bits).reshape(images.shape))


@lru_cache(8)
def _grain(stddev: float) -> npt.NDArray[np.int16]:
    """Return 65,536 equally likely normal numbers in steps of the image's values, the largest 4.3 times stddev."""
    normal = NormalDist()
    numbers = [normal.inv_cdf((place + 0.5) / 65536) for place in range(65536)]
    return np.rint(np.array(numbers) * (stddev * 255)).astype(np.int16)


def _per_image(draw: Draw, images: Pixels, low: float, high: float) -> Doubles:
    return draw.rng.uniform(low, high, len(images))


def _put(images: Pixels, values: Floats | npt.NDArray[np.int16]) -> None:
    np.clip(values, 0, 255, out=values)
    images[:] = values


def _turn(images: Pixels, turns: Turns) -> None:
    """Draw each image anew, bilinearly: point p, a complex number from the centre, shows what was at turn × p."""
    count, height, width, channels = images.shape
    y = np.arange(height) - (height - 1) / 2
    x = np.arange(width) - (width - 1) / 2
    along, across = turns.real[:, None], turns.imag[:, None]
    top, down = _places(along * y, -across * x, height)
    left, over = _places(across * y, along * x, width)
    first = np.arange(count)[:, None, None] * (height * width)
    upper_left = first + (top * np.int32(width) + left)
    # A pixel as one number: its channels are then fetched, weighted and added as one.
    packed = np.zeros(images.size // channels + width + 1, np.int64)  # neighbours past the end have weight 0
    pixels = packed[: images.size // channels].reshape(images.shape[:3])
    for channel in range(channels):
        pixels += images[..., channel].astype(np.int64) << LANE * channel
    both = (down * over) >> FINE
    mixed = packed.take(upper_left) * ((1 << FINE) - down - over + both)
    mixed += packed[1:].take(upper_left) * (over - both)
    mixed += packed[width:].take(upper_left) * (down - both)
    mixed += packed[width + 1 :].take(upper_left) * both
    mixed += HALVES
    for channel in range(channels):
        images[..., channel] = mixed >> LANE * channel + FINE


def _places(rows: Doubles, columns: Doubles, side: int) -> tuple[Whole, Whole]:
    """Add offsets (N, H), (N, W) from the centre to places in a side: whole pixels, and 2**FINE times what is over."""
    fixed = np.rint((rows + (side - 1) / 2) * (1 << FINE)).astype(np.int32)[:, :, None]
    places = fixed + np.rint(columns * (1 << FINE)).astype(np.int32)[:, None, :]
    np.clip(places, 0, (side - 1) << FINE, out=places)
    return places >> FINE, places & (1 << FINE) - 1


TURNS: dict[str, Callable[[Pixels, Any, Draw], Turns]] = {"Rotation": rotation, "Zoom": zoom}
"""Those that give for each image the complex number by which its points are multiplied, and change nothing yet."""

FUNCTIONS: dict[str, Callable[[Pixels, Any, Draw], None]] = {
    "HorizontalFlip": horizontal_flip,
    "Shift": shift,
    "Brightness": brightness,
    "Contrast": contrast,
    "Saturation": saturation,
    "Cutout": cutout,
    "GaussianNoise": gaussian_noise,
}
