"""What the process of an import does: reads the pictures of a plan into a dataset. python -m imgrec.importing."""

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imgrec import files, findings
from imgrec.datasets import making, own
from imgrec.datasets.dataset import AT_ONCE
from imgrec.datasets.making import Making
from imgrec.datasets.own import SPLITS, TEST, TRAIN, VALIDATION
from imgrec.errors import DatasetError
from imgrec.importing.plan import Labelled, NotTaken, Plan, details, grouped, shown
from imgrec.importing.readers import read_all
from imgrec.importing.request import Request
from imgrec.importing.sources import Source
from imgrec.importing.tasks import Read, Task
from imgrec.quantities import count
from imgrec.records import Record

IMPORTED = "imported.json"
"""In the folder of the dataset: the Result."""

PROGRESS = "progress.json"
PROGRESS_SECONDS = 0.3
SHOWN = 20


class Progress(Record):
    """How far an import is: what it is at, and how many of the pictures of that are done."""

    phase: str = "starting"
    done: int = 0
    total: int = 0
    seconds_left: float | None = None


class Result(Record):
    """What an import has made. What it says of the pictures is what a person should look at."""

    id: str
    name: str
    title: str = ""
    version: str
    images: int
    train: int
    validation: int
    test: int
    class_names: tuple[str, ...]
    not_taken: tuple[NotTaken, ...]
    """Files that were not read, were no pictures, or were there twice in a class."""
    found: tuple[str, ...]
    """Problems of the pictures that were taken, as the same one in two classes."""
    said: tuple[str, ...]
    seconds: float


Kept = tuple[str, Read, Labelled, int]
"""The name of a picture's file, what was read of it, its class and split, and the place of its image."""


def build(id: str, staging: Path, own_datasets: Path, source: Source, request: Request) -> Result:
    """Make the dataset that is asked for in the folder staging, and give it its name at the end.

    Raises DatasetError where it cannot be one.
    """
    begun = time.monotonic()
    plan, pictures = details(source, request, own_datasets)
    if plan.problems:
        raise DatasetError(plan.problems[0])
    images = staging / "images"
    kept, refused, notes = _read(staging, images, source, request, plan, pictures)
    _tell(staging, Progress(phase="sorting", total=len(kept)))
    kept, twice, found = _without_duplicates(kept, plan)
    not_taken = [*refused, *twice]
    plan, kept, small = _without_small_classes(plan, kept)
    labels = np.array([each.label for _, _, each, _ in kept])
    splits = np.array([TRAIN if each.split is None else each.split for _, _, each, _ in kept])
    with making.new(staging / request.name) as made:
        pixels = made.pixels(len(kept), plan.image_shape)
        _sort(images, pixels, [place for *_, place in kept])
        images.unlink()
        if plan.splits_off:
            splits = _set_aside(staging, pixels, labels, splits, request)
        del pixels
        _tell(staging, Progress(phase="finishing", done=len(kept), total=len(kept)))
        result = _finish(id, made, request, plan, kept, labels, splits).replace(
            not_taken=(*plan.not_taken, *grouped(not_taken)),
            found=found,
            said=(*plan.said, *small, *notes),
            seconds=round(time.monotonic() - begun, 1),
        )
        files.write_json(made.folder / IMPORTED, result.model_dump(mode="json"))
    try:
        (staging / request.name).rename(own_datasets / request.name)
    except OSError:
        raise DatasetError(
            f"There is a dataset {request.name} already. Choose another name, or remove that one first."
        ) from None
    files.sync_folder(own_datasets)
    return result


def _read(
    staging: Path, images: Path, source: Source, request: Request, plan: Plan, pictures: Sequence[Labelled]
) -> tuple[list[Kept], list[tuple[str, str]], list[str]]:
    """Read all pictures into the file `images`, in the order of the plan."""
    by_number = {file.number: file for file in source.files}
    images.touch()
    task = Task(source.spec, images, plan.image_shape, request.way)
    kept: list[Kept] = []
    refused: list[tuple[str, str]] = []
    notes: dict[str, int] = {}
    begun = told = time.monotonic()
    for done, (place, outcome) in enumerate(read_all(task, [by_number[each.number] for each in pictures]), 1):
        picture = pictures[place]
        if isinstance(outcome, str):
            refused.append((str(by_number[picture.number]), outcome))
        else:
            kept.append((shown(str(by_number[picture.number])), outcome, picture, place))
            for note in outcome.notes:
                said = "smaller: enlarged" if note.startswith("Smaller") else note[0].lower() + note[1:-1]
                notes[said] = notes.get(said, 0) + 1
        now = time.monotonic()
        if now - told > PROGRESS_SECONDS or done == len(pictures):
            told = now
            left = (now - begun) / done * (len(pictures) - done)
            _tell(staging, Progress(phase="reading", done=done, total=len(pictures), seconds_left=round(left, 1)))
    return kept, refused, [f"{_are(number, 'picture')} {note}." for note, number in sorted(notes.items())]


def _are(number: int, what: str) -> str:
    return f"{count(number, what)} {'is' if number == 1 else 'are'}"


def _without_duplicates(kept: list[Kept], plan: Plan) -> tuple[list[Kept], list[tuple[str, str]], tuple[str, ...]]:
    """Order pictures by class and content, so that the same ones make the same dataset wherever they lay.

    Of files that are the same in one class the first is kept: of test before validation, and these before train.
    Returns also those that were left out, and what is to say of files that are in several classes.
    """
    preferred = {TEST: 0, VALIDATION: 1, TRAIN: 2, None: 2}
    kept = sorted(kept, key=lambda each: (each[2].label, each[1].sha256, preferred[each[2].split], each[0]))
    first: dict[tuple[int, str], str] = {}
    left, twice = [], []
    by_content: dict[str, list[Kept]] = {}
    for each in kept:
        name, read, picture, _ = each
        if (picture.label, read.sha256) in first:
            twice.append((name, "the same file is there twice in its class"))
            continue
        first[picture.label, read.sha256] = name
        left.append(each)
        by_content.setdefault(read.sha256, []).append(each)
    several = [same for same in by_content.values() if len(same) > 1]
    found = [
        f"The same picture is in {' and in '.join(plan.class_names[each.label] for _, _, each, _ in same)}: "
        f"{', '.join(name for name, *_ in same)}."
        for same in several[:SHOWN]
    ]
    if len(several) > SHOWN:
        found.append(f"{_are(len(several) - SHOWN, 'more picture')} in several classes.")
    return left, twice, tuple(found)


def _without_small_classes(plan: Plan, kept: list[Kept]) -> tuple[Plan, list[Kept], list[str]]:
    """Leave out the classes of which too few pictures could be read, and say so.

    Raises DatasetError where fewer than two classes are left.
    """
    learnt = np.bincount(
        [each.label for _, _, each, _ in kept if each.split in {TRAIN, None}], minlength=len(plan.class_names)
    )
    needed = own.FEWEST + plan.splits_off
    enough = learnt >= needed
    if enough.all():
        return plan, kept, []
    small = [
        f"{name} ({number})" for name, number, fine in zip(plan.class_names, learnt, enough, strict=True) if not fine
    ]
    listed = f"{', '.join(small[:SHOWN])}{' …' if len(small) > SHOWN else ''}"
    if enough.sum() < 2:
        raise DatasetError(
            f"At least two classes need {needed} pictures or more that can be read and are not there twice. Received "
            f"fewer of: {listed}. Add some."
        )
    renumbered = np.cumsum(enough) - 1
    fitting = [
        (name, read, replace(each, label=int(renumbered[each.label])), place)
        for name, read, each, place in kept
        if enough[each.label]
    ]
    are = "class is" if len(small) == 1 else "classes are"
    said = f"{len(small)} {are} left out, of which fewer than {needed} pictures could be read: {listed}."
    classes = tuple(one for one, fine in zip(plan.classes, enough, strict=True) if fine)
    return plan.replace(classes=classes), fitting, [said]


def _sort(images: Path, pixels: NDArray[np.uint8], places: Sequence[int]) -> None:
    """Copy images from the places where they were read to an array, in their order."""
    unsorted = np.memmap(images, np.uint8, "r").reshape(-1, *pixels.shape[1:])
    for first in range(0, len(places), AT_ONCE):
        pixels[first : first + AT_ONCE] = unsorted[places[first : first + AT_ONCE]]
    assert isinstance(pixels, np.memmap)
    pixels.flush()


def _set_aside(
    staging: Path, pixels: NDArray[np.uint8], labels: NDArray[Any], splits: NDArray[Any], request: Request
) -> NDArray[Any]:
    """Return the splits with some training images of each class as test images; twins stay on one side."""
    told = 0.0

    def tell(done: int, total: int) -> None:
        nonlocal told
        if time.monotonic() - told > PROGRESS_SECONDS:
            told = time.monotonic()
            _tell(staging, Progress(phase="looking for duplicates", done=done, total=total))

    trained = np.flatnonzero(splits == TRAIN)
    groups = findings.twin_groups(pixels, tell)[trained]
    splits = splits.copy()
    splits[trained[findings.split_off(labels[trained], groups, request.test_share, request.seed)]] = TEST
    return splits


def _finish(
    id: str,
    made: Making,
    request: Request,
    plan: Plan,
    kept: Sequence[Kept],
    labels: NDArray[Any],
    splits: NDArray[Any],
) -> Result:
    sources = [
        own.Source(file=name, sha256=read.sha256, width=read.width, height=read.height) for name, read, *_ in kept
    ]
    title = request.title.strip() or request.name
    said = f"Added {count(len(kept), 'picture')}."
    version = made.finish(request.name, title, plan.source, sources, plan.class_names, labels, splits, said)
    counts = {name: int((splits == split).sum()) for name, split in SPLITS.items() if name != "left_out"}
    return Result(
        id=id,
        name=request.name,
        title=title,
        version=version.id,
        images=len(kept),
        **counts,
        class_names=plan.class_names,
        not_taken=(),
        found=(),
        said=(),
        seconds=0.0,
    )


def _tell(staging: Path, progress: Progress) -> None:
    files.write_json(staging / PROGRESS, progress.model_dump(mode="json"))
