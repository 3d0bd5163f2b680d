"""Images with little to see: blank, dark, overexposed, blurred; and pictures that are tiny or of an odd shape."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from imgrec.findings.finding import Action, Case, Correction, Finding, Kind
from imgrec.findings.thumbnails import SIDE, Glance, brightness

BLANK_SPREAD, SURELY_BLANK_SPREAD = 4.0, 1.5
"""A standard deviation over the pixels, of 255, of blank images; the second where they are dark or bright as well."""

DARK, BRIGHT = 40, 220
"""Brightness, of 255: dark is an image of which 95 % of the pixels are below, overexposed one with 95 % above."""

LITTLE_BITS = 1.0
"""Entropy of the brightness, in 32 levels, of an image that has little in it; a photo has 4 bits."""

BLURRED = 0.8
"""How blurred an image is that is called so (sharpness.blur): one of CIFAR-10's 10,000 test images, and all of them
after a Gaussian blur of 1.5 pixels.
"""

STYLE_SHARE = 0.2
"""A property that more of the images have than this is how they all are, and no reason to leave some out."""

TINY_SHARE = 0.5
"""A picture is tiny where its shorter side is less than this share of the side of the dataset's images."""

ODD_RATIO = 3.0
"""A picture has an odd shape where its longer side is so many times the shorter one."""

_SAYS = {
    Kind.BLANK: ("is blank", "are blank", "there is nothing to learn from"),
    Kind.DARK: ("is almost black", "are almost black", "hardly anything can be seen"),
    Kind.BRIGHT: ("is almost white", "are almost white", "hardly anything can be seen"),
    Kind.LITTLE_INFORMATION: (
        "has hardly any content",
        "have hardly any content",
        "there is one flat area and little else",
    ),
    Kind.BLURRED: (
        "is blurred",
        "are blurred",
        "details are gone. Small pictures that were enlarged look so, too",
    ),
}


def findings(glance: Glance, rows: NDArray[np.int64]) -> list[Finding]:
    """Return what is wrong with single images among rows. Of an image the first of BLANK, DARK, … is said."""
    dark_end, bright_end, bits = _brightness(glance.thumbnails, rows)
    dark, bright = bright_end < DARK, dark_end > BRIGHT
    spread, blur = glance.spread[rows], glance.blur[rows]
    blank = (spread < SURELY_BLANK_SPREAD) | ((spread < BLANK_SPREAD) & ~dark & ~bright)
    scores = {
        Kind.BLANK: (blank, 1 - spread / BLANK_SPREAD),
        Kind.DARK: (dark, 1 - bright_end / DARK),
        Kind.BRIGHT: (bright, (dark_end - BRIGHT) / (255 - BRIGHT)),
        Kind.LITTLE_INFORMATION: (bits < LITTLE_BITS, 1 - bits / LITTLE_BITS),
        Kind.BLURRED: (blur > BLURRED, blur),
    }
    said = np.zeros(len(rows), np.bool_)
    found = []
    for kind, (has, score) in scores.items():
        new = np.flatnonzero(has & ~said)
        said |= has
        if new.size:
            found.append(_finding(kind, rows[new], score[new], len(rows)))
    return found


def _brightness(thumbnails: NDArray[np.uint8], rows: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return of images the brightness that 5 % of the pixels are below and above, and its entropy in bits: (3, N)."""
    found = np.empty((3, len(rows)))
    for start in range(0, len(rows), 4096):  # some at a time, as floats take four times the memory of a thumbnail
        part = slice(start, start + 4096)
        grey = np.rint(brightness(thumbnails[rows[part]])).astype(np.uint8).reshape(-1, SIDE**2)
        grey.sort(axis=1)
        found[:, part] = grey[:, SIDE**2 // 20], grey[:, -1 - SIDE**2 // 20], entropy(grey)
    return found


def blank(glance: Glance) -> NDArray[np.bool_]:
    """Return which images (N,) are blank: all blank images look alike, which makes them no twins."""
    return glance.spread < SURELY_BLANK_SPREAD


def entropy(brightness: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return the entropy, in bits, of the brightness of images (N, pixels), in 32 levels: (N,) from 0 to 5."""
    shares = np.stack([(brightness // 8 == level).mean(axis=1) for level in range(32)], axis=1)
    bits: NDArray[np.float64] = -(shares * np.log2(shares, out=np.zeros_like(shares), where=shares > 0)).sum(axis=1)
    return bits


def of_sizes(sizes: ArrayLike, side: int, rows: NDArray[np.int64] | None = None) -> list[Finding]:
    """Return which pictures are tiny or of an odd shape, by their original widths and heights, (N, 2) in pixels.

    side is that of the dataset's images, rows the images that are looked at (None: all). The import knows the sizes.
    """
    every = np.asarray(sizes, np.float64).reshape(-1, 2)
    looked_at = np.arange(len(every)) if rows is None else rows
    every = every[looked_at]
    shorter, longer = every.min(axis=1), every.max(axis=1)
    tiny = shorter < TINY_SHARE * side
    odd = (longer > ODD_RATIO * shorter) & ~tiny
    found = []
    if tiny.any():
        sentence = (
            f"{_count(tiny.sum(), 'picture is', 'pictures are')} less than {TINY_SHARE * side:.0f} pixels wide or "
            f"high, and enlarged to {side}: what the file does not hold cannot be learnt."
        )
        found.append(_of_sizes(Kind.TINY, sentence, looked_at[tiny], every[tiny], 1 - shorter[tiny] / side))
    if odd.any():
        sentence = (
            f"{_count(odd.sum(), 'picture is', 'pictures are')} more than {ODD_RATIO:.0f} times as long as wide: "
            "cropped to a square little of it is left, and padded it is small."
        )
        found.append(_of_sizes(Kind.ODD_SHAPE, sentence, looked_at[odd], every[odd], longer[odd] / shorter[odd]))
    return found


def _finding(kind: Kind, rows: NDArray[np.int64], scores: NDArray[np.floating], images: int) -> Finding:
    one, many, why = _SAYS[kind]
    style = kind is not Kind.BLANK and len(rows) > STYLE_SHARE * images
    said = f"{_count(len(rows), f'image {one}', f'images {many}')}"
    sentence = f"{said}: {why}."
    if style:
        sentence = f"{said} of {images:,}: this seems to be how the pictures of this dataset are, so none is left out."
    order = np.lexsort((rows, -scores))
    cases = tuple(
        Case(rows=(row,), score=round(score, 3), correction=None if style else _leave_out(row))
        for row, score in zip(rows[order].tolist(), scores[order].tolist(), strict=True)
    )
    return Finding(kind=kind, sentence=sentence, cases=cases)


def _of_sizes(
    kind: Kind, sentence: str, rows: NDArray[np.int64], sizes: NDArray[np.float64], scores: NDArray[np.float64]
) -> Finding:
    cases = tuple(
        Case(
            rows=(int(rows[place]),),
            score=round(float(scores[place]), 3),
            says=f"{sizes[place, 0]:.0f}×{sizes[place, 1]:.0f} pixels",
            correction=_leave_out(int(rows[place])),
        )
        for place in np.lexsort((rows, -scores))
    )
    return Finding(kind=kind, sentence=sentence, cases=cases)


def _leave_out(row: int) -> Correction:
    return Correction(action=Action.LEAVE_OUT, rows=(row,))


def _count(count: int, one: str, many: str) -> str:
    return f"{count:,} {one if count == 1 else many}"
