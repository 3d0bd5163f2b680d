"""How blurred images are, told without knowing them sharp."""

import numpy as np
from numpy.typing import NDArray

REACH = 1
"""Pixels to each side that are averaged to blur an image again."""


def blur(grey: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return how blurred images (N, H, W) of brightness 0 to 255 are, (N,), from 0 (sharp) to 1.

    Blurring a sharp image again changes it much, and a blurred one little. 1 where an image has no edges at all.
    Source: Crete, Dolmiere, Ladret and Nicolas 2007, "The blur effect: perception and estimation with a new
    no-reference perceptual blur metric".
    """
    along, down = _blur_along(grey), _blur_along(grey.transpose(0, 2, 1))
    blurred: NDArray[np.float32] = np.maximum(along, down)
    return blurred


def _blur_along(grey: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the same for the differences between pixels that are neighbours in the last axis."""
    again = _averaged(grey)
    before = np.abs(np.diff(grey, axis=-1))
    lost = np.maximum(before - np.abs(np.diff(again, axis=-1)), 0)
    total = before.sum(axis=(1, 2))
    # Smaller differences are what rounding leaves of a blank image.
    share = np.divide(lost.sum(axis=(1, 2)), total, out=np.zeros_like(total), where=total > 0.05 * before[0].size)
    kept: NDArray[np.float32] = 1 - share
    return kept


def _averaged(grey: NDArray[np.float32]) -> NDArray[np.float32]:
    size = 2 * REACH + 1
    padded = np.pad(grey, ((0, 0), (0, 0), (REACH + 1, REACH)), mode="edge")
    sums = padded.cumsum(axis=-1, dtype=np.float32)
    means: NDArray[np.float32] = (sums[..., size:] - sums[..., :-size]) / np.float32(size)
    return means
