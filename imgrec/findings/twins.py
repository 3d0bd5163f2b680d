"""Images that show the same picture: exactly, or cropped, saved again, resized, mirrored, brighter or darker.

Signatures of all images are compared by products of matrices, and the pairs that come out are aligned and looked at
more closely. Without the second step, pictures of a plane in the sky would be twins; without the alignment, a crop of
one pixel would hide a twin.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from imgrec.datasets import OnProgress
from imgrec.findings import alignment
from imgrec.findings.thumbnails import Glance

ALIKE = 0.85
"""The cosine of two signatures from which a pair is looked at more closely: 3 in 10,000 pairs of CIFAR-10."""

MOST_CANDIDATES = 8
"""Pairs for each image that are looked at more closely, on average; where there were more, those most alike."""

TWINS = 0.93
"""How alike two images are that are twins (alignment.fit)."""

MOST_TINT = 22.0
"""How far the colours of twins may be apart (tint). Of 506 planted pairs of CIFAR-10 none is above 21, of which the
brightest have lost their lightest colours; drawn discs of different colours are at 30 to 60.
"""

_SURELY_TWINS = 0.99
"""The same where all images look alike."""

_ROUGHLY, _HARDLY = 0.8, 0.6
"""The same at half the size, from which the full size is looked at; and where the other way round will be no better."""

_SHARE_OF_USUAL = 0.2
_RANDOM_PAIRS, _FEWEST = 1024, 50
_TILE = 1024, 8192
_PAIRS_AT_ONCE = 512


@dataclass(frozen=True, eq=False)
class Pairs:
    """P pairs of images: their rows, the first the smaller, and how much they are alike, from -1 to 1, exactly 1 only
    where all pixels are equal.
    """

    rows: NDArray[np.int64]
    scores: NDArray[np.float32]


def same(digests: NDArray[np.void]) -> NDArray[np.int64]:
    """Return of each image the first image that has the same pixels, (N,): its own row where it is that."""
    _, first, number = np.unique(digests, return_index=True, return_inverse=True)
    return first[number].astype(np.int64)


def find(glance: Glance, rows: NDArray[np.int64], on_progress: OnProgress | None = None) -> Pairs:
    """Return the pairs of twins among some images, no two of which have equal pixels, sorted by rows."""
    found = _candidates(glance.signatures[rows], on_progress)
    pairs = np.stack([rows[found.first], rows[found.second]], axis=1)
    scores = alike(glance, pairs, found.mirrored)
    twins = np.flatnonzero(scores >= limit(glance, rows))
    twins = twins[tint(glance, pairs[twins]) <= MOST_TINT]
    order = twins[np.lexsort((pairs[twins, 1], pairs[twins, 0]))]
    return Pairs(pairs[order], scores[order])


def limit(glance: Glance, rows: NDArray[np.int64]) -> float:
    """Return how alike two of these images have to be to be called twins: TWINS, or more where all images look alike.

    Drawn digits are more alike than photos. What counts is how alike the most similar hundredth of random pairs are; of
    a few images more of the pairs, as many of them are twins where each image has some.
    """
    if len(rows) < _FEWEST:
        return TWINS
    rng = np.random.default_rng(0)
    first = rng.integers(0, len(rows), _RANDOM_PAIRS)
    second = (first + rng.integers(1, len(rows), _RANDOM_PAIRS)) % len(rows)
    pairs = np.stack([rows[first], rows[second]], axis=1)
    scores = np.full(len(pairs), -1, np.float32)
    for start in range(0, len(pairs), _PAIRS_AT_ONCE):
        part = slice(start, start + _PAIRS_AT_ONCE)
        one, other = (_halved(glance.thumbnails[pairs[part, side]].astype(np.float32)) for side in (0, 1))
        for turned in (other, other[..., ::-1]):
            scores[part] = np.maximum(scores[part], alignment.fit(one, turned)[1])
    usual = float(np.quantile(scores, 1 - max(0.01, 5 / len(rows))))
    return float(np.clip(1 - _SHARE_OF_USUAL * (1 - usual), TWINS, _SURELY_TWINS))


def alike(glance: Glance, pairs: NDArray[np.int64], mirrored: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Return how alike the images of pairs (P, 2) are once they are aligned, the second mirrored before: (P,), -1 to 1.

    Either may be part of the other, so each is moved onto the other. Most pairs are told apart at half the size, and
    have -1 then.
    """
    scores = np.full(len(pairs), -1, np.float32)
    for start in range(0, len(pairs), _PAIRS_AT_ONCE):
        places = np.arange(start, min(start + _PAIRS_AT_ONCE, len(pairs)))
        for one, other in ((0, 1), (1, 0)):
            images, others = (
                _looks(glance, pairs[places, side], mirrored[places] & (side == 1)) for side in (one, other)
            )
            moves, rough = alignment.fit(_halved(images), _halved(others))
            near = rough >= _ROUGHLY
            _, exact = alignment.fit(images[near], others[near], moves[near], steps=3)
            scores[places[near]] = np.maximum(scores[places[near]], exact)
            places = places[rough >= _HARDLY]
    return scores


def tint(glance: Glance, pairs: NDArray[np.int64]) -> NDArray[np.float32]:
    """Return how far the mean colours of pairs (P, 2) are apart, with one contrast and brightness for all channels.

    (P,) from 0 to 255; 0 for grey images. A correlation hardly sees it where images have few colours.
    """
    first, second = (glance.thumbnails[pairs[:, side]].astype(np.float32) for side in (0, 1))
    means = [images.mean(axis=(2, 3)) for images in (first, second)]
    contrasts = [images.std(axis=(2, 3)) for images in (first, second)]
    gain = np.linalg.norm(contrasts[0], axis=1) / np.maximum(np.linalg.norm(contrasts[1], axis=1), 1e-6)
    apart = means[0] - gain[:, None] * means[1]
    found: NDArray[np.float32] = np.abs(apart - apart.mean(axis=1, keepdims=True)).max(axis=1, initial=0)
    return found


def _looks(glance: Glance, rows: NDArray[np.int64], turned: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Return thumbnails (P, C, S, S) of images, those that are turned mirrored."""
    images = glance.thumbnails[rows].astype(np.float32)
    images[turned] = images[turned, ..., ::-1]
    return images


def _halved(images: NDArray[np.float32]) -> NDArray[np.float32]:
    half = images.shape[-1] // 2
    small: NDArray[np.float32] = images.reshape(*images.shape[:2], half, 2, half, 2).mean(axis=(3, 5))
    return small


def groups(rows: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """Return of each of count images the number of its group, (count,): the smallest row in it.

    rows (P, 2) are pairs of images that belong together; who has a twin in common does too.
    """
    group = np.arange(count)
    while True:
        lowest = group.copy()
        np.minimum.at(lowest, rows[:, 0], group[rows[:, 1]])
        np.minimum.at(lowest, rows[:, 1], group[rows[:, 0]])
        lowest = lowest[lowest]
        if (lowest == group).all():
            return group
        group = lowest


class _Candidates(NamedTuple):
    """Pairs of places that may be twins, the first the smaller; whether the second is mirrored then; their cosines."""

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    mirrored: NDArray[np.bool_]
    cosines: NDArray[np.float32]


def _candidates(signatures: NDArray[np.float32], on_progress: OnProgress | None) -> _Candidates:
    """Return the pairs of signatures (N, numbers) that are alike, at most MOST_CANDIDATES for each image on average."""
    count, numbers = signatures.shape
    even, odd = signatures[:, : numbers // 2], signatures[:, numbers // 2 :]
    nothing = np.zeros(0, np.int64)
    found = [_Candidates(nothing, nothing, nothing.astype(np.bool_), nothing.astype(np.float32))]
    most, least = MOST_CANDIDATES * count, ALIKE
    for top in range(0, count, _TILE[0]):
        for left in range(top, count, _TILE[1]):
            same_way = even[top : top + _TILE[0]] @ even[left : left + _TILE[1]].T
            turned = odd[top : top + _TILE[0]] @ odd[left : left + _TILE[1]].T
            cosines = np.abs(turned)
            cosines += same_way
            first, second = np.divmod(np.flatnonzero(cosines >= least), cosines.shape[1])
            ahead = first + top < second + left
            first, second = first[ahead], second[ahead]
            found.append(_Candidates(first + top, second + left, turned[first, second] < 0, cosines[first, second]))
        if sum(len(part.first) for part in found) > 2 * most:
            found = [_best(found, most)]
            least = float(found[0].cosines.min())
        if on_progress:
            on_progress(min(top + _TILE[0], count), count)
    return _best(found, most)


def _best(found: list[_Candidates], most: int) -> _Candidates:
    """Join what was found, and keep the pairs that are most alike."""
    joined = _Candidates(*(np.concatenate(parts) for parts in zip(*found, strict=True)))
    if len(joined.first) <= most:
        return joined
    kept = joined.cosines >= np.partition(joined.cosines, -most)[-most]
    return _Candidates(*(part[kept] for part in joined))
