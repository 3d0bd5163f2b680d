"""Classes of a dataset of own pictures get other names, become one, or are left out."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from imgrec.datasets.own import LEFT_OUT, MAX_CLASS_NAME
from imgrec.errors import DatasetError
from imgrec.names import unusable


def renamed(
    names: Sequence[str], labels: NDArray[np.int64], splits: NDArray[np.int64], wanted: Sequence[str | None]
) -> tuple[tuple[str, ...], NDArray[np.int64], NDArray[np.int64], str]:
    """Return the classes, labels and splits where each class has the name that is wanted, or none, and what changed.

    Classes with the same name become one, at the place of the first. Raises DatasetError for fewer than two, and for a
    name that cannot be one.
    """
    for name in filter(None, wanted):
        if (why := unusable(name)) or len(name) > MAX_CLASS_NAME:
            raise DatasetError(f"A class needs a name of 1 to {MAX_CLASS_NAME} letters. Received: {name[:60]!r}{why}.")
    new = tuple(dict.fromkeys(name for name in wanted if name))
    if len(new) < 2:
        raise DatasetError(
            f"A dataset needs at least 2 classes. Received: {', '.join(new) or 'none'}. Keep another one."
        )
    place = np.array([new.index(name) if name else 0 for name in wanted])
    gone = np.array([not name for name in wanted])
    said = []
    for before, after in zip(names, wanted, strict=True):
        if not after:
            said.append(f"Left out the class {before}.")
        elif after != before:
            said.append(f"{'Merged' if wanted.count(after) > 1 else 'Renamed'} {before} to {after}.")
    return new, place[labels], np.where(gone[labels], LEFT_OUT, splits), " ".join(said)
