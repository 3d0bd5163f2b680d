"""What a check says: findings with the images that they are about, and the correction that mends each.

All of them are records that JSON holds, so that a dataset is checked once, in a process of its own, and kept.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from imgrec.datasets.own import LEFT_OUT
from imgrec.records import Record


class Kind(StrEnum):
    """What a finding is about, in the order in which findings are shown: what falsifies figures stands first."""

    TWO_LABELS = "the same picture under two labels"
    EXACT_ACROSS_SPLITS = "the same image on both sides"
    NEAR_ACROSS_SPLITS = "almost the same image on both sides"
    WRONG_LABEL = "probably wrong label"
    EMPTY_CLASS = "class without images"
    NOT_IN_TRAINING = "class without training images"
    NOT_IN_TEST = "class without test images"
    ALIKE_NAMES = "classes with almost the same name"
    FEW_TRAINING_IMAGES = "class with few training images"
    FEW_TEST_IMAGES = "class with few test images"
    UNEVEN_CLASSES = "classes of uneven size"
    EXACT_WITHIN_SPLIT = "the same image more than once"
    NEAR_WITHIN_SPLIT = "almost the same image more than once"
    BLANK = "blank image"
    DARK = "dark image"
    BRIGHT = "overexposed image"
    LITTLE_INFORMATION = "image with little in it"
    BLURRED = "blurred image"
    TINY = "tiny picture"
    ODD_SHAPE = "odd-shaped picture"
    OUTLIER = "image unlike its class"


class Action(StrEnum):
    """What a correction does."""

    LEAVE_OUT = "leave out images"
    MOVE = "move images"
    RELABEL = "relabel images"
    MERGE = "merge classes"
    DROP = "leave out classes"


class Correction(Record):
    """A change of a dataset, as data.

    LEAVE_OUT: the images in rows are no longer used. MOVE: to has the split of each row. RELABEL: to has the label of
    each row. MERGE: classes become one, the first of them. DROP: classes go, and their images are left out.
    """

    action: Action
    rows: tuple[int, ...] = ()
    to: tuple[int, ...] = ()
    classes: tuple[int, ...] = ()


class Case(Record):
    """One instance of a finding: an image, a group of images, or a class.

    score says how sure or how strong it is, the larger the more; what it measures depends on the kind. says is a short
    text beside the images, empty where they say it themselves. correction is None where only people can mend it.
    """

    rows: tuple[int, ...] = ()
    classes: tuple[int, ...] = ()
    score: float = 1.0
    says: str = ""
    correction: Correction | None = None


class Finding(Record):
    """Everything of one kind that was found in a dataset: one sentence, and its cases, those of highest score first."""

    kind: Kind
    sentence: str
    cases: tuple[Case, ...]

    @property
    def rows(self) -> tuple[int, ...]:
        """The images that it is about, ascending."""
        return tuple(sorted({row for case in self.cases for row in case.rows}))

    def correction(self, cases: Iterable[Case] | None = None) -> Correction | None:
        """Return the one correction that mends these of its cases (None: all), or None where there is none."""
        chosen = self.cases if cases is None else cases
        return joined([case.correction for case in chosen if case.correction])


class Findings(Record):
    """All that was found in a dataset of so many images."""

    images: int
    found: tuple[Finding, ...] = ()

    def of(self, kind: Kind) -> Finding | None:
        """Return the finding of a kind, or None."""
        return next((finding for finding in self.found if finding.kind == kind), None)

    def with_(self, *findings: Finding | None) -> "Findings":
        """Return these findings with others in place of those of the same kind, in the order of Kind."""
        new = {finding.kind: finding for finding in (*self.found, *findings) if finding}
        return self.replace(found=tuple(new[kind] for kind in Kind if kind in new))


class Corrected(NamedTuple):
    """What a dataset is after a correction: its class names, and the label and the split of each image (N,)."""

    class_names: tuple[str, ...]
    labels: NDArray[np.int64]
    splits: NDArray[np.int64]


def joined(corrections: Iterable[Correction]) -> Correction | None:
    """Return one correction that does what several of the same action do; None of none.

    Of two values for the same row the first counts. Raises ValueError for different actions.
    """
    every = list(corrections)
    actions = {each.action for each in every}
    if len(actions) > 1:
        raise ValueError(f"Corrections that are joined need one action. Received: {', '.join(sorted(actions))}.")
    if len(every) < 2:
        return every[0] if every else None
    action = every[0].action
    if action is Action.MERGE:
        raise ValueError("Classes are merged one group at a time. Received: several groups.")
    to: dict[int, int] = {}
    for each in every:
        for row, value in zip(each.rows, each.to or (LEFT_OUT,) * len(each.rows), strict=True):
            to.setdefault(row, value)
    rows = tuple(sorted(to))
    classes = tuple(sorted({label for each in every for label in each.classes}))
    kept = () if action in {Action.LEAVE_OUT, Action.DROP} else tuple(to[row] for row in rows)
    return Correction(action=action, rows=rows, to=kept, classes=classes)


def corrected(
    correction: Correction, class_names: tuple[str, ...], labels: NDArray[Any], splits: NDArray[Any]
) -> Corrected:
    """Return what a dataset is after a correction; the arrays given stay as they are.

    labels (N,) and splits (N,) are those of all images. Classes that go make the numbers of those after them smaller.
    """
    names = list(class_names)
    label, split = labels.astype(np.int64), splits.astype(np.int64)
    rows, to = list(correction.rows), list(correction.to)
    match correction.action:
        case Action.LEAVE_OUT:
            split[rows] = LEFT_OUT
        case Action.MOVE:
            split[rows] = to
        case Action.RELABEL:
            label[rows] = to
        case Action.MERGE | Action.DROP:
            kept, *gone = correction.classes if correction.action is Action.MERGE else (-1, *correction.classes)
            of_gone = np.isin(label, gone)
            if correction.action is Action.MERGE:
                label[of_gone] = kept
            else:
                split[of_gone], label[of_gone] = LEFT_OUT, 0
            stay = [place for place in range(len(names)) if place not in gone]
            number = np.zeros(len(names), np.int64)
            number[stay] = np.arange(len(stay))
            label, names = number[label], [names[place] for place in stay]
    return Corrected(tuple(names), label, split)
