"""Checks a dataset: its images, its classes and its splits. It reads the images once and writes nothing."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from imgrec.datasets import OnProgress, Pixels
from imgrec.datasets.own import LEFT_OUT
from imgrec.errors import DatasetError
from imgrec.findings import classes, duplicates, quality, thumbnails
from imgrec.findings.finding import Findings


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
    count = len(pixels)
    if not count == len(labels) == len(splits):
        raise DatasetError(
            f"A check needs one label and one split for each image. Received: {count:,} images, {len(labels):,} "
            f"labels, {len(splits):,} splits."
        )
    if count and not 0 <= labels.min() <= labels.max() < len(class_names):
        raise DatasetError(
            f"A check needs labels from 0 to {len(class_names) - 1}. Received: {labels.min()} to {labels.max()}."
        )

    def tell(done: int, _: int) -> None:
        if on_progress:
            on_progress(done, 2 * count)

    rows = np.flatnonzero(splits != LEFT_OUT)
    seen = thumbnails.glance(pixels, tell)
    groups = duplicates.twin_groups(seen, rows, lambda done, _: tell(count + done, 0))
    tell(2 * count, 0)
    found = [
        *duplicates.findings(groups, labels, splits),
        *classes.findings(class_names, labels, splits, groups.of),
        *quality.findings(seen, rows),
        *(quality.of_sizes(sizes, max(pixels.shape[1:3]), rows) if sizes is not None else []),
    ]
    return Findings(images=len(rows)).with_(*found)


def twin_groups(pixels: Pixels, on_progress: OnProgress | None = None) -> NDArray[np.int64]:
    """Return of each image (N, H, W, C) the number of its group of twins, (N,): what a split must not part.

    on_progress counts each image twice, as that of check does.
    """
    count = len(pixels)

    def tell(done: int, _: int) -> None:
        if on_progress:
            on_progress(done, 2 * count)

    seen = thumbnails.glance(pixels, tell)
    return duplicates.twin_groups(seen, np.arange(count), lambda done, _: tell(count + done, 0)).of
