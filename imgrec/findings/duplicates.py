"""What twins mean for a dataset: which falsify the test accuracy, count twice, or contradict each other."""

from collections import Counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imgrec import quantities
from imgrec.datasets import OnProgress
from imgrec.datasets.own import LEFT_OUT, TEST, TRAIN, VALIDATION
from imgrec.findings import twins
from imgrec.findings.finding import Action, Case, Correction, Finding, Kind
from imgrec.findings.quality import blank
from imgrec.findings.thumbnails import Glance

SPLIT_NAMES = {TRAIN: "training", VALIDATION: "validation", TEST: "test"}

_SAYS = {
    Kind.TWO_LABELS: (
        "pictures stand under two labels",
        "a network cannot learn both. Where most copies agree, the others are left out, else all of them",
    ),
    Kind.EXACT_ACROSS_SPLITS: (
        "images are in two splits at once",
        "what was learnt by heart would count as recognised. All copies go to the training images",
    ),
    Kind.NEAR_ACROSS_SPLITS: (
        "pictures are in two splits at once, cropped, saved again, mirrored or brighter",
        "what was learnt by heart would count as recognised. All copies go to the training images",
    ),
    Kind.EXACT_WITHIN_SPLIT: (
        "images are there more than once",
        "each counts as often as it is there. One of each is kept",
    ),
    Kind.NEAR_WITHIN_SPLIT: (
        "pictures are there more than once, cropped, saved again, mirrored or brighter",
        "each counts as often as it is there. One of each is kept",
    ),
}


def twin_groups(glance: Glance, rows: NDArray[np.int64], on_progress: OnProgress | None = None) -> "Groups":
    """Find the twins among some images. Blank images are nobody's twins."""
    seen = rows[~blank(glance)[rows]]
    original = np.arange(len(glance.digests))
    original[seen] = seen[twins.same(glance.digests[seen])]
    pairs = twins.find(glance, np.unique(original[seen]), on_progress)
    copies = np.flatnonzero(original != np.arange(len(original)))
    links = np.concatenate([np.stack([original[copies], copies], axis=1), pairs.rows])
    scores = np.concatenate([np.ones(len(copies), np.float32), pairs.scores])
    return Groups(twins.groups(links, len(original)), links, scores, original)


class Groups:
    """Which of N images belong together. of has the number of each image's group: the smallest row in it."""

    def __init__(
        self,
        of: NDArray[np.int64],
        links: NDArray[np.int64],
        scores: NDArray[np.float32],
        original: NDArray[np.int64],
    ) -> None:
        """Take the group of each image, the pairs (P, 2) that were found with their scores, and who equals whom."""
        self.of, self.links, self.scores, self.original = of, links, scores, original

    def members(self) -> list[tuple[NDArray[np.int64], float]]:
        """List the groups of two or more: their rows, ascending, and how alike the least alike pair of twins is."""
        least = np.ones(len(self.of), np.float32)
        np.minimum.at(least, self.of[self.links[:, 0]], self.scores)
        order = np.argsort(self.of, kind="stable")
        starts = np.flatnonzero(np.diff(self.of[order], prepend=-1))
        parts = np.split(order, starts[1:]) if len(order) else []
        return [(part, float(least[part[0]])) for part in parts if len(part) > 1]


def findings(groups: Groups, labels: NDArray[Any], splits: NDArray[Any]) -> list[Finding]:
    """Return what groups of twins mean, each group in one finding; labels and splits are those of all images (N,)."""
    cases: dict[Kind, list[Case]] = {}
    for rows, score in groups.members():
        kept = rows[splits[rows] != LEFT_OUT]
        exact = len(np.unique(groups.original[kept])) == 1
        if len(np.unique(labels[kept])) > 1:
            kind, correction = Kind.TWO_LABELS, _keep_majority(kept, labels)
        elif len(np.unique(splits[kept])) > 1:
            kind = Kind.EXACT_ACROSS_SPLITS if exact else Kind.NEAR_ACROSS_SPLITS
            moved = kept[splits[kept] != TRAIN].tolist()
            correction = Correction(action=Action.MOVE, rows=moved, to=(TRAIN,) * len(moved))
        else:
            kind = Kind.EXACT_WITHIN_SPLIT if exact else Kind.NEAR_WITHIN_SPLIT
            correction = Correction(action=Action.LEAVE_OUT, rows=kept[1:].tolist())
        case = Case(rows=kept.tolist(), score=round(score, 4), says=_where(splits[kept]), correction=correction)
        cases.setdefault(kind, []).append(case)
    return [_finding(kind, cases[kind]) for kind in _SAYS if kind in cases]


def _keep_majority(rows: NDArray[np.int64], labels: NDArray[Any]) -> Correction:
    (label, most), *others = Counter(labels[rows].tolist()).most_common()
    agreed = all(count < most for _, count in others)
    gone = rows[labels[rows] != label] if agreed else rows
    return Correction(action=Action.LEAVE_OUT, rows=gone.tolist())


def _where(splits: NDArray[Any]) -> str:
    """Return in which splits images are: 1 training image, 2 test images."""
    counts = sorted(Counter(splits.tolist()).items())
    return ", ".join(quantities.count(number, f"{SPLIT_NAMES[split]} image") for split, number in counts)


def _finding(kind: Kind, cases: list[Case]) -> Finding:
    what, why = _SAYS[kind]
    if len(cases) == 1:
        what = (
            what.replace("images are", "image is")
            .replace("pictures are", "picture is")
            .replace("pictures stand", "picture stands")
        )
    sentence = f"{len(cases):,} {what}: {why}."
    return Finding(kind=kind, sentence=sentence, cases=tuple(sorted(cases, key=lambda case: (-case.score, case.rows))))
