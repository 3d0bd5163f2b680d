"""What is wrong with classes: empty ones, few images, none to test with, and names that mean the same."""

import re
import unicodedata
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imgrec.datasets.own import TEST, TRAIN, VALIDATION
from imgrec.findings import splitting
from imgrec.findings.finding import Action, Case, Correction, Finding, Kind
from imgrec.metrics import half_interval

WIDE = 0.1
"""Half the width of an interval of test accuracy that is too wide to compare networks by; 93 images give less."""

FEW_TRAINING_IMAGES = 20
"""A class with fewer is hardly learnt, even by a network that begins with another's layers."""

UNEVEN = 3.0
"""How many times the training images of the smallest class the largest may have."""

TEST_SHARE = 0.2
"""Of a class without test images, how many of its training images are to become test images."""


def findings(
    class_names: Sequence[str],
    labels: NDArray[Any],
    splits: NDArray[Any],
    groups: NDArray[Any] | None = None,
) -> list[Finding]:
    """Return what is wrong with the classes of images with these labels and splits, (N,) each.

    Images that are left out do not count. groups (N,) are numbers that images share which must not be parted.
    """
    count = len(class_names)
    learnt = np.bincount(labels[splits <= VALIDATION], minlength=count)
    tested = np.bincount(labels[splits == TEST], minlength=count)
    found = (
        _empty(class_names, learnt + tested),
        _not_in_training(class_names, learnt, tested),
        _not_in_test(class_names, labels, splits, groups, learnt, tested),
        _alike_names(class_names),
        _few_training_images(class_names, learnt),
        _few_test_images(class_names, tested),
        _uneven(class_names, learnt),
    )
    return [finding for finding in found if finding]


def half_width(test_images: int) -> float:
    """Return what stands behind ± of the test accuracy of a class, in [0, 0.5]; at 50 %, where it is widest."""
    return half_interval(test_images // 2, test_images)


def _empty(names: Sequence[str], images: NDArray[np.int64]) -> Finding | None:
    empty = np.flatnonzero(images == 0).tolist()
    if not empty:
        return None
    cases = tuple(
        Case(classes=(label,), says="no images", correction=Correction(action=Action.DROP, classes=(label,)))
        for label in empty
    )
    sentence = f"{_named(names, empty)} no images to learn from. Add some, or leave the class out."
    return Finding(kind=Kind.EMPTY_CLASS, sentence=sentence, cases=cases)


def _not_in_training(names: Sequence[str], learnt: NDArray[np.int64], tested: NDArray[np.int64]) -> Finding | None:
    absent = np.flatnonzero((learnt == 0) & (tested > 0)).tolist()
    if not absent:
        return None
    cases = tuple(
        Case(
            classes=(label,),
            says=f"{tested[label]:,} test images only",
            correction=Correction(action=Action.DROP, classes=(label,)),
        )
        for label in absent
    )
    sentence = (
        f"{_named(names, absent)} no training images, so that the test images of the class count as wrong. Add "
        "some, or leave the class out."
    )
    return Finding(kind=Kind.NOT_IN_TRAINING, sentence=sentence, cases=cases)


def _not_in_test(
    names: Sequence[str],
    labels: NDArray[Any],
    splits: NDArray[Any],
    groups: NDArray[Any] | None,
    learnt: NDArray[np.int64],
    tested: NDArray[np.int64],
) -> Finding | None:
    absent = np.flatnonzero((tested == 0) & (learnt > 0)).tolist()
    if not absent:
        return None
    cases = []
    for label in absent:
        rows = np.flatnonzero((labels == label) & (splits == TRAIN))
        alike = rows if groups is None else groups[rows]
        one = np.zeros(len(rows), np.int64)  # all are of one class
        moved = rows[splitting.split_off(one, alike, TEST_SHARE, 0)].tolist()
        correction = Correction(action=Action.MOVE, rows=moved, to=(TEST,) * len(moved)) if moved else None
        cases.append(Case(classes=(label,), says=f"{learnt[label]:,} training images", correction=correction))
    sentence = (
        f"{_named(names, absent)} no test images, so that test accuracy says nothing about the class. "
        f"{100 * TEST_SHARE:.0f} % of its training images, chosen at random, can become test images."
    )
    return Finding(kind=Kind.NOT_IN_TEST, sentence=sentence, cases=tuple(cases))


def _alike_names(names: Sequence[str]) -> Finding | None:
    alike: dict[str, list[int]] = {}
    for label, name in enumerate(names):
        alike.setdefault(_bare(name), []).append(label)
    same = [labels for labels in alike.values() if len(labels) > 1]
    if not same:
        return None
    cases = tuple(
        Case(
            classes=tuple(labels),
            says=" and ".join(names[label] for label in labels),
            correction=Correction(action=Action.MERGE, classes=tuple(labels)),
        )
        for labels in same
    )
    return Finding(
        kind=Kind.ALIKE_NAMES,
        sentence=f"{cases[0].says} seem to be the same class: a network cannot tell them apart. They can be merged.",
        cases=cases,
    )


def _bare(name: str) -> str:
    """Return a name without what people write in different ways: case, accents, spaces, signs and the plural."""
    letters = unicodedata.normalize("NFKD", name.casefold())
    bare = re.sub(r"[\W_]+", "", "".join(letter for letter in letters if not unicodedata.combining(letter)))
    return (bare.removesuffix("s") if len(bare) > 3 else bare) or name


def _few_training_images(names: Sequence[str], learnt: NDArray[np.int64]) -> Finding | None:
    few = _by(learnt, np.flatnonzero((learnt > 0) & (learnt < FEW_TRAINING_IMAGES)))
    if not few:
        return None
    cases = tuple(
        Case(classes=(label,), says=_images(learnt[label], "training"), score=1 - learnt[label] / FEW_TRAINING_IMAGES)
        for label in few
    )
    sentence = (
        f"{_named(names, few)} fewer than {FEW_TRAINING_IMAGES} training images: add some, or expect the class to be "
        "missed often."
    )
    return Finding(kind=Kind.FEW_TRAINING_IMAGES, sentence=sentence, cases=cases)


def _few_test_images(names: Sequence[str], tested: NDArray[np.int64]) -> Finding | None:
    widths = np.array([half_width(int(count)) for count in tested])
    few = _by(tested, np.flatnonzero((tested > 0) & (widths > WIDE)))
    if not few:
        return None
    cases = tuple(Case(classes=(label,), says=_width(tested[label]), score=round(widths[label], 3)) for label in few)
    sentence = (
        f"{_named(names, few)} so few test images that the accuracy of a class is known to {_points(tested[few[0]])} "
        f"points at the worst: {_images(tested[few[0]], 'test')} of {names[few[0]]}. More test images make it narrower."
    )
    return Finding(kind=Kind.FEW_TEST_IMAGES, sentence=sentence, cases=cases)


def _uneven(names: Sequence[str], learnt: NDArray[np.int64]) -> Finding | None:
    there = np.flatnonzero(learnt)
    if not there.size:
        return None
    smallest, largest = there[learnt[there].argmin()], there[learnt[there].argmax()]
    if learnt[largest] < UNEVEN * learnt[smallest]:
        return None
    sentence = (
        f"{names[largest]} has {_images(learnt[largest], 'training')}, {names[smallest]} {learnt[smallest]:,}: "
        "accuracy mostly tells of the large classes. Look at the recall of each class, or let the classes weigh the "
        "same in training."
    )
    cases = tuple(
        Case(classes=(label,), says=_images(learnt[label], "training"), score=round(learnt[largest] / learnt[label], 3))
        for label in _by(learnt, there)
    )
    return Finding(kind=Kind.UNEVEN_CLASSES, sentence=sentence, cases=cases)


def _by(counts: NDArray[np.int64], labels: NDArray[np.int64]) -> list[int]:
    """Sort classes by how many images they have, the fewest first."""
    ordered: list[int] = labels[np.argsort(counts[labels], kind="stable")].tolist()
    return ordered


def _named(names: Sequence[str], labels: Sequence[int]) -> str:
    """Return “cat has”, “cat and dog have” or “cat, dog and 3 other classes have”."""
    first = [names[label] for label in labels[:2]]
    if len(labels) == 1:
        return f"{first[0]} has"
    if len(labels) == 2:
        return f"{first[0]} and {first[1]} have"
    more = len(labels) - 2
    return f"{first[0]}, {first[1]} and {more:,} other {'class' if more == 1 else 'classes'} have"


def _images(count: int, split: str) -> str:
    return f"{count:,} {split} {'image' if count == 1 else 'images'}"


def _width(count: int) -> str:
    return f"{_images(count, 'test')}: {_points(count)} points"


def _points(count: int) -> str:
    return f"± {100 * half_width(int(count)):.0f}"
