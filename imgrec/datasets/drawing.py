"""Draws the images of the dataset shapes: textured ground, stray lines, one shape, grain.

The images are the same on every machine to the last bit: random numbers come from RandomState, whose stream numpy has
frozen, and pixels from operations that every processor rounds alike (no sums, no sines; see outlines.py).
"""

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from imgrec.datasets.dataset import Images, OnProgress
from imgrec.datasets.outlines import OUTLINES, Floats

SIDE = 32
IMAGES_AT_ONCE = 100  # so that their floats fit into a processor's cache
STRAY_LINES = 3
LARGEST_TURN = 35  # degrees; shapes at every angle take a small network many more images to learn

AXIS = np.arange(SIDE, dtype=np.float32) - np.float32((SIDE - 1) / 2)
COLUMN, ROW = AXIS[None, None, :], AXIS[None, :, None]  # from the middle of the image, in pixels
ROTATIONS = np.array(
    [[round(turn(math.radians(angle)), 6) for angle in range(360)] for turn in (math.cos, math.sin)], np.float32
)
"""Cosine and sine of each whole angle, rounded to where all mathematics libraries agree."""


def draw(count: int, seed: int, on_progress: OnProgress) -> Images:
    """Draw count images, as many of each class, in random order."""
    random = Random(seed)
    pixels = np.empty((count, SIDE, SIDE, 3), np.uint8)
    labels = np.empty(count, np.uint8)
    order = random.order(count)
    done = 0
    for label, outline in enumerate(OUTLINES.values()):
        places = order[label :: len(OUTLINES)]
        for start in range(0, len(places), IMAGES_AT_ONCE):
            part = places[start : start + IMAGES_AT_ONCE]
            labels[part] = label
            pixels[part] = _images(random, len(part), outline)
            done += len(part)
            on_progress(done, count)
    return Images(pixels, labels)


class Random:
    """Random numbers that are the same everywhere and for ever."""

    def __init__(self, seed: int) -> None:
        self._stream = np.random.RandomState(seed)  # the streams of newer generators may change

    def order(self, count: int) -> NDArray[np.int64]:
        return self._stream.permutation(count).astype(np.int64)

    def uniform(self, low: float, high: float, *shape: int) -> Floats:
        return (low + (high - low) * self._stream.random_sample(shape)).astype(np.float32)

    def direction(self, count: int, degrees: int = 180) -> tuple[Floats, Floats]:
        """Return cosine and sine of random angles up to degrees to either side, (N, 1, 1) each."""
        angles = (self._stream.random_sample(count) * (2 * degrees + 1)).astype(np.int64) - degrees  # -1 is 359
        return ROTATIONS[0, angles, None, None], ROTATIONS[1, angles, None, None]

    def sign(self, count: int) -> Floats:
        """Return -1 or 1, (N, 1, 1)."""
        return np.where(self._stream.random_sample((count, 1, 1)) < 0.5, np.float32(-1), np.float32(1))

    def grain(self, *shape: int) -> Floats:
        """Return whole numbers and a half from -127.5 to 127.5: bytes are many times faster than uniform."""
        values = np.frombuffer(self._stream.bytes(math.prod(shape)), np.uint8).reshape(shape)
        return values.astype(np.float32) - np.float32(127.5)


def _images(random: Random, count: int, outline: Callable[[Floats, Floats], Floats]) -> NDArray[np.uint8]:
    ground = random.uniform(20, 235, count, 3)
    planes = _ground(random, ground)
    cover, shade = _shape(random, count, outline)
    ink = _ink(random, ground)
    grain = random.grain(4, count, SIDE, SIDE) * random.uniform(0.01, 0.12, count, 1, 1)
    pixels = np.empty((count, SIDE, SIDE, 3), np.uint8)
    for channel, plane in enumerate(planes):
        plane += (_column(ink, channel) * shade - plane) * cover  # noqa: PLW2901 - in place: half the time
        plane += grain[channel] + grain[3]  # noqa: PLW2901
        pixels[..., channel] = np.minimum(np.maximum(plane, 0), 255)
    return pixels


def _ground(random: Random, ground: Floats) -> list[Floats]:
    """Return a red, a green and a blue plane: two colours mixed by clouds and stripes, crossed by a few lines."""
    count = len(ground)
    texture = _texture(random, count)
    second = random.uniform(-45, 45, count, 3)
    planes: list[Floats] = [_column(ground, channel) + _column(second, channel) * texture for channel in range(3)]
    for _ in range(STRAY_LINES):
        cos, sin = random.direction(count)
        offset, width = random.uniform(-14, 14, count, 1, 1), random.uniform(-0.5, 1.7, count, 1, 1)
        cover = _between(width - abs(COLUMN * cos + (ROW * sin + offset)))
        colour = ground + random.uniform(-60, 60, count, 3)
        for channel, plane in enumerate(planes):
            plane += (_column(colour, channel) - plane) * cover  # noqa: PLW2901
    return planes


def _texture(random: Random, count: int) -> Floats:
    """Return (N, H, W) from 0 to 1: coarse clouds, stripes of any direction and width, or a mixture."""
    cos, sin = random.direction(count)
    stripes_a_pixel = random.uniform(0.03, 0.25, count, 1, 1)
    at = COLUMN * (cos * stripes_a_pixel) + (ROW * (sin * stripes_a_pixel) + random.uniform(0, 1, count, 1, 1))
    stripes = abs(at - np.floor(at) - np.float32(0.5)) * np.float32(2)
    knots = random.uniform(0, 1, count, 6, 6)
    between_knots = np.arange(SIDE, dtype=np.float32) * np.float32(5 / SIDE)
    left = between_knots.astype(np.int64)
    part = between_knots - left.astype(np.float32)
    rows = knots[:, left] + (knots[:, left + 1] - knots[:, left]) * part[:, None]
    clouds = rows[:, :, left] + (rows[:, :, left + 1] - rows[:, :, left]) * part
    return clouds + (stripes - clouds) * random.uniform(0, 1, count, 1, 1)


def _shape(random: Random, count: int, outline: Callable[[Floats, Floats], Floats]) -> tuple[Floats, Floats]:
    """Return how much of each pixel the shape covers, and how light falls on it: (N, H, W) each."""
    size = random.uniform(9.5, 14, count, 1, 1)
    room = np.maximum(np.float32(15.5) - size * np.float32(0.85), 0)
    right = COLUMN - random.uniform(-1, 1, count, 1, 1) * room
    up = random.uniform(-1, 1, count, 1, 1) * room - ROW
    cos, sin = random.direction(count, LARGEST_TURN)
    mirrored = random.sign(count) / size
    x, y = (right * cos + up * sin) * mirrored, (up * cos - right * sin) / size
    cover = _between(np.float32(0.5) - outline(x, y) * size)
    return cover, 1 + random.uniform(-0.2, 0.2, count, 1, 1) * x


def _ink(random: Random, ground: Floats) -> Floats:
    """Return a colour for each shape, (N, 3), that stands out from its ground."""
    gap = random.uniform(20, 235, len(ground), 3) - ground
    largest = np.maximum(np.maximum(abs(gap[:, :1]), abs(gap[:, 1:2])), abs(gap[:, 2:]))
    wanted = np.maximum(largest, random.uniform(75, 110, len(ground), 1))
    return ground + gap * (wanted / np.maximum(largest, 1))


def _column(colours: Floats, channel: int) -> Floats:
    return colours[:, channel, None, None]


def _between(values: Floats) -> Floats:
    inside: Floats = np.minimum(np.maximum(values, 0), 1)
    return inside
