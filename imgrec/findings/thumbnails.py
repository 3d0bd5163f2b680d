"""Small versions of images, and what is read of each image: in chunks, so that a large dataset takes little memory."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imgrec.datasets import OnProgress, Pixels
from imgrec.findings import sharpness

SIDE = 24
"""Pixels on each side of a thumbnail. All images are compared at this size."""

COARSE = 8
"""Cells on each side of an image's signature, by which images are found that may be alike."""

EDGE_LOSS = np.float32(0.5)
"""How much less the cells at the edges of a signature count than those in the middle."""

SHARP_SIDE = 32
"""Pixels on each side of the images whose blur is measured, so that rounding is not taken for edges in large ones."""

CHUNK_BYTES = 8_000_000
"""How many bytes of images are read at once; what is computed with them takes some ten times as much memory."""

GREY = np.array([0.299, 0.587, 0.114], np.float32)
"""What red, green and blue add to the brightness. Source: ITU-R BT.601."""


@dataclass(frozen=True, eq=False)
class Glance:
    """What is known of N images after they have been read once; all checks of images work with this."""

    thumbnails: NDArray[np.uint8]
    """(N, C, SIDE, SIDE)."""
    colours: NDArray[np.float32]
    """(N, 4·4·C): the mean of each channel in 4×4 cells, from 0 to 255."""
    signatures: NDArray[np.float32]
    """(N, 96), of length 1; see _signatures."""
    digests: NDArray[np.void]
    """(N,) of 16 bytes: equal where the pixels are."""
    blur: NDArray[np.float32]
    """(N,) from 0, sharp, to 1 (sharpness.blur)."""
    spread: NDArray[np.float32]
    """(N,) the standard deviation over the pixels, from 0 to 127.5, of the channel where it is largest."""

    def of(self, rows: NDArray[np.int64]) -> "Glance":
        """Return what is known of some of the images."""
        return Glance(*(getattr(self, field.name)[rows] for field in fields(self)))


def glance(pixels: Pixels, on_progress: OnProgress | None = None) -> Glance:
    """Read images (N, H, W, C) uint8, an array or anything that gives arrays for slices, once and in order."""
    count, _, _, channels = pixels.shape
    cells = (COARSE // 2) ** 2
    thumbnails = np.empty((count, channels, SIDE, SIDE), np.uint8)
    colours = np.empty((count, channels * cells), np.float32)
    signatures = np.empty((count, COARSE**2 + (2 * cells if channels == 3 else 0)), np.float32)
    digests = np.empty(count, "V16")
    blur, spread = np.empty(count, np.float32), np.empty(count, np.float32)
    for part, images in chunks(pixels):
        planes = np.ascontiguousarray(images.transpose(0, 3, 1, 2), np.float32)
        grey = brightness(planes)
        thumbnails[part] = np.rint(_cells(planes, SIDE)).clip(0, 255)
        coarse = _cells(planes, COARSE // 2)
        colours[part] = coarse.reshape(len(images), -1)
        signatures[part] = _signatures(_cells(grey, COARSE), coarse)
        for place, image in zip(range(part.start, part.stop), images, strict=True):
            digests[place] = np.void(hashlib.blake2b(image.data, digest_size=16).digest())
        blur[part] = sharpness.blur(_cells(grey, min(SHARP_SIDE, *grey.shape[1:])))
        spread[part] = planes.std(axis=(2, 3)).max(axis=1)
        if on_progress:
            on_progress(part.stop, count)
    return Glance(thumbnails, colours, signatures, digests, blur, spread)


def chunks(pixels: Pixels) -> Iterator[tuple[slice, NDArray[np.uint8]]]:
    """Yield images (N, H, W, C) in order, a few at a time, each time with the slice that they are."""
    count = len(pixels)
    step = max(1, CHUNK_BYTES // max(1, int(np.prod(pixels.shape[1:]))))
    for first in range(0, count, step):
        part = slice(first, min(first + step, count))
        yield part, np.ascontiguousarray(pixels[part])


def brightness(planes: NDArray[Any]) -> NDArray[np.float32]:
    """Return how bright each pixel of images (N, C, H, W) is, float32 (N, H, W) from 0 to 255."""
    if planes.shape[1] == 1:
        return planes[:, 0].astype(np.float32)
    red, green, blue = (np.float32(GREY[channel]) * planes[:, channel] for channel in range(3))
    bright: NDArray[np.float32] = red + green + blue
    return bright


def averaging(size: int, to: int) -> NDArray[np.float32]:
    """Return the matrix (to, size) that resizes a line of pixels: each new one is the mean of those that it covers.

    Source: area resampling, as Pillow's BOX; unlike interpolation it leaves out no pixel when it makes images smaller.
    """
    edges = np.arange(to + 1) * (size / to)
    cells = np.arange(size)
    overlap = np.minimum(edges[1:, None], cells + 1) - np.maximum(edges[:-1, None], cells)
    matrix: NDArray[np.float32] = (overlap.clip(0) * (to / size)).astype(np.float32)
    return matrix


def _signatures(grey: NDArray[np.float32], colours: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return numbers for each image that hardly change when it is cropped or moved a little, of length 1: (N, 96).

    Brightness in 8×8 cells (N, 8, 8), less its mean, and how much bluer and redder than that colours in 4×4 cells are
    (N, C, 4, 4). Cells count the less the nearer they are to an edge, as a crop moves them most. The left half of each
    row of cells plus the right half mirrored comes first, then the left half less that: mirrored images differ only in
    the sign of the second.
    """
    parts = [grey - grey.mean(axis=(1, 2), keepdims=True)]
    if colours.shape[1] == 3:
        bright = brightness(colours)
        parts += [colours[:, 2] - bright, colours[:, 0] - bright]
    even, odd = [], []
    for cells in parts:
        half = cells.shape[2] // 2
        weight = 1 - EDGE_LOSS * np.linspace(-1, 1, cells.shape[2], dtype=np.float32) ** 2
        weighted = cells * weight * weight[:, None]
        left, right = weighted[..., :half], weighted[..., : -half - 1 : -1]
        even.append((left + right).reshape(len(cells), -1))
        odd.append((left - right).reshape(len(cells), -1))
    signatures = np.concatenate(even + odd, axis=1)
    length = np.linalg.norm(signatures, axis=1, keepdims=True)
    equal: NDArray[np.float32] = signatures / np.maximum(length, 1e-6)
    return equal


def resized(images: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """Return images (N, H, W, C) with so many pixels on each side, and three channels: (N, side, side, 3)."""
    planes = np.rint(_cells(images.transpose(0, 3, 1, 2), side)).clip(0, 255).astype(np.uint8)
    return np.ascontiguousarray(np.broadcast_to(planes, (len(images), 3, side, side)).transpose(0, 2, 3, 1))


def _cells(values: NDArray[Any], cells: int) -> NDArray[np.float32]:
    height, width = values.shape[-2:]
    averaged: NDArray[np.float32] = averaging(height, cells) @ values @ averaging(width, cells).T
    return averaged
