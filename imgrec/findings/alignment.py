"""Whether two small images show the same picture, though one is cropped, moved or stretched a little.

One image is moved and stretched along both axes until it fits the other best, then they are correlated. The fit is
Gauss-Newton on the differences of colour, with contrast and brightness free.
Source: Lucas and Kanade 1981, "An Iterative Image Registration Technique with an Application to Stereo Vision".
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

FARTHEST = 0.2
"""By how much an image may be stretched, and moved as a share of half its side: a crop of a tenth at each edge."""

Floats = NDArray[np.float32]


def fit(first: Floats, second: Floats, start: Floats | None = None, steps: int = 2) -> tuple[Floats, Floats]:
    """Move the second of each pair (P, C, S, S) onto the first. Return how, (P, 4), and how alike they are then, (P,).

    The four numbers are the move and the stretch across, and those down; a move of 1 is half a side. start are such
    numbers to begin with. Alike, from -1 to 1, is the smaller of two correlations: of the images, and of their details.
    """
    moves = _fitted(first, second, start, steps)
    moved, seen = warped(second, moves), _inside(moves, first.shape[-1])
    whole = correlation(first, moved, seen)
    return moves, np.minimum(whole, correlation(detail(first), detail(moved), seen))


def warped(images: Floats, moves: Floats) -> Floats:
    """Return images (P, C, S, S) moved and stretched by (P, 4); what lies outside of them is as their edge."""
    across, down = _weights(moves[:, :2], images.shape[-1]), _weights(moves[:, 2:], images.shape[-1])
    moved: Floats = (down[:, None] @ images @ across.transpose(0, 2, 1)[:, None]).astype(np.float32, copy=False)
    return moved


def correlation(first: Floats, second: Floats, seen: Floats) -> Floats:
    """Return the correlation, from -1 to 1, of each pair (P, C, S, S) over the pixels (P, S, S) where seen is 1: (P,).

    All channels have one contrast, and each its own brightness: a tint of the light counts little, other colours count.
    0 where either has no contrast.
    """
    one, other = _centred(first, seen[:, None]), _centred(second, seen[:, None])
    length = np.sqrt(np.square(one).sum(axis=(1, 2, 3)) * np.square(other).sum(axis=(1, 2, 3)))
    inner = (one * other).sum(axis=(1, 2, 3))
    share: Floats = np.divide(inner, length, out=np.zeros_like(inner), where=length > 1e-6)
    return share


def detail(images: Floats) -> Floats:
    """Return images (P, C, S, S) without what changes slowly over them: without their best quadratic surface.

    Skies and walls correlate with each other by their shading alone.
    """
    base = _surfaces(images.shape[-1])
    flat = images.reshape(*images.shape[:2], len(base))
    return np.asarray(flat - flat @ base @ base.T, np.float32).reshape(images.shape)


@cache
def _surfaces(side: int) -> Floats:
    """Return an orthonormal base (S², 6) of the quadratic surfaces over an image."""
    y, x = np.mgrid[-1 : 1 : side * 1j, -1 : 1 : side * 1j].reshape(2, -1)
    base, _ = np.linalg.qr(np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=1))
    return np.asarray(base, np.float32)


def _fitted(first: Floats, second: Floats, start: Floats | None, steps: int) -> Floats:
    moves = np.zeros((len(first), 4), np.float32) if start is None else start
    pairs, channels, side, _ = first.shape
    places = np.linspace(-1, 1, side, dtype=np.float32)
    target = first.reshape(pairs, channels * side**2, 1)
    for _ in range(steps):
        moved, seen = warped(second, moves), _inside(moves, side)
        down, across = np.gradient(moved, 2 / (side - 1), axis=(2, 3))
        # What each of the four numbers changes, and the contrast. Without their means brightness is free.
        effects = np.stack([across, across * places, down, down * places[:, None], moved], axis=1)
        effect = _centred(effects, seen[:, None, None]).reshape(pairs, 5, channels * side**2)
        square = effect @ effect.transpose(0, 2, 1)
        # A little ridge keeps images without any edges along an axis where they are.
        square += np.eye(5, dtype=np.float32) * (1e-3 * np.trace(square, axis1=1, axis2=2)[:, None, None] / 5 + 1e-6)
        best = np.linalg.solve(square, effect @ target)[..., 0]
        contrast = np.maximum(best[:, 4:], 0.2)
        moves = np.clip(moves + np.clip(best[:, :4] / contrast, -0.1, 0.1), -FARTHEST, FARTHEST)
    return moves


def _positions(move: Floats, side: int) -> Floats:
    """Return from where each pixel along an axis comes, (P, S), in pixels, by the move and the stretch (P, 2)."""
    places = np.linspace(-1, 1, side, dtype=np.float32)
    origins: Floats = (places * (1 + move[:, 1:]) + move[:, :1] + 1) * np.float32((side - 1) / 2)
    return origins


def _weights(move: Floats, side: int) -> Floats:
    """Return the matrices (P, S, S) of linear interpolation along an axis."""
    positions = _positions(move, side).clip(0, side - 1)
    weights: Floats = np.maximum(1 - np.abs(positions[:, :, None] - np.arange(side, dtype=np.float32)), 0)
    return weights


def _inside(moves: Floats, side: int) -> Floats:
    """Return 1 for each pixel (P, S, S) whose origin lies in the image, else 0."""
    across, down = (np.abs(_positions(move, side) / (side - 1) - 0.5) <= 0.52 for move in (moves[:, :2], moves[:, 2:]))
    return (down[:, :, None] & across[:, None, :]).astype(np.float32)


def _centred(images: Floats, seen: Floats) -> Floats:
    """Return images (…, S, S) less their mean over the pixels that are seen, and 0 at the others."""
    mean = (images * seen).sum(axis=(-2, -1), keepdims=True) / seen.sum(axis=(-2, -1), keepdims=True)
    centred: Floats = (images - mean) * seen
    return centred
