"""Checks a dataset: its images, its classes and its splits. It reads the images once and writes nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from imgrec.datasets import OnProgress, Pixels
from imgrec.datasets.own import LEFT_OUT
from imgrec.errors import DatasetError
from imgrec.findings import classes, duplicates, quality, thumbnails
from imgrec.findings.finding import Findings
from imgrec.findings.thumbnails import Glance


@dataclass(frozen=True, eq=False)
class Compared:
    """What is known of N images once each has been read and compared with all others."""

    glance: Glance
    groups: duplicates.Groups
    longest_side: int
    """Pixels on the longest side of every image."""


def compare(pixels: Pixels, splits: NDArray[Any], on_progress: OnProgress | None = None) -> Compared:
    """Read the images (N, H, W, C), and find the twins among those that are not left out. The rest is as for check."""
    count = len(pixels)

    def tell(done: int, _: int) -> None:
        if on_progress:
            on_progress(done, 2 * count)

    glance = thumbnails.glance(pixels, tell)
    rows = np.flatnonzero(splits != LEFT_OUT)
    groups = duplicates.twin_groups(glance, rows, lambda done, _: tell(count + done, 0))
    tell(2 * count, 0)
    return Compared(glance, groups, max(pixels.shape[1:3]))


def check(
    pixels: Pixels,
    labels: NDArray[Any],
    splits: NDArray[Any],
    class_names: Sequence[str],
    sizes: ArrayLike | None = None,
    on_progress: OnProgress | None = None,
) -> Findings:
    """Return what is found in a dataset without any training.

    pixels are uint8 (N, H, W, C), an array or anything that gives arrays for slices; labels (N,) are places in
    class_names, splits (N,) are TRAIN, VALIDATION, TEST or LEFT_OUT, and what is left out is not looked at. sizes (N,
    2) are the widths and heights of the pictures that the images were made from. on_progress counts each image twice:
    it is read, and compared with all others. Raises DatasetError where they do not fit each other.
    """
    if not len(pixels) == len(labels) == len(splits):
        raise DatasetError(
            f"A check needs one label and one split for each image. Received: {len(pixels):,} images, {len(labels):,} "
            f"labels, {len(splits):,} splits."
        )
    if len(labels) and not 0 <= labels.min() <= labels.max() < len(class_names):
        raise DatasetError(
            f"A check needs labels from 0 to {len(class_names) - 1}. Received: {labels.min()} to {labels.max()}."
        )

    return judged(compare(pixels, splits, on_progress), labels, splits, class_names, sizes)


def judged(
    compared: Compared,
    labels: NDArray[Any],
    splits: NDArray[Any],
    class_names: Sequence[str],
    sizes: ArrayLike | None = None,
) -> Findings:
    """Return what is found in images that have been compared. The rest is as for check."""
    rows = np.flatnonzero(splits != LEFT_OUT)
    found = [
        *duplicates.findings(compared.groups, labels, splits),
        *classes.findings(class_names, labels, splits, compared.groups.of),
        *quality.findings(compared.glance, rows),
        *(quality.of_sizes(sizes, compared.longest_side, rows) if sizes is not None else []),
    ]
    return Findings(images=len(rows)).with_(*found)


def twin_groups(pixels: Pixels, on_progress: OnProgress | None = None) -> NDArray[np.int64]:
    """Return of each image (N, H, W, C) the number of its group of twins, (N,): what a split must not part.

    on_progress counts each image twice, as that of check does.
    """
    return compare(pixels, np.zeros(len(pixels), np.uint8), on_progress).groups.of
