"""What would become of pictures, before anything is written: classes, splits, what is not taken, and what it costs."""

import shutil
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from imgrec import names, profiles
from imgrec.datasets import own
from imgrec.datasets.dataset import MOST_CLASSES
from imgrec.datasets.own import TEST, TRAIN, VALIDATION
from imgrec.importing import layout, manifests
from imgrec.importing.layout import Placed
from imgrec.importing.request import MOST_LETTERS, Request
from imgrec.importing.sources import Folder, Source
from imgrec.quantities import count, percent, size
from imgrec.records import Record

LISTED = 100
"""Names of files that are kept of those that are not taken for one reason."""

FREE_BYTES = 200_000_000
"""What stays free on the disk."""

READER_BYTES = 40_000_000
"""What each of the processes takes with pictures of a megapixel; one of 50 takes several hundred for a moment."""


COMPARING_BYTES = 120_000_000
"""What looking for near duplicates takes, and some kilobytes for each image."""


class NotTaken(Record):
    """Files that are not taken for the same reason: how many, and the names of the first hundred."""

    reason: str
    count: int
    files: tuple[str, ...]


class PlannedClass(Record):
    """A class: its name, the folders or labels that it is made of, and its pictures by split.

    Pictures without a split are those of train, of which some are set aside for testing where a plan says so.
    """

    name: str
    folders: tuple[str, ...]
    train: int
    validation: int = 0
    test: int = 0


class Plan(Record):
    """What was understood. Where there are problems, nothing can be added until they are solved."""

    source: str
    image_shape: tuple[int, int, int]
    classes: tuple[PlannedClass, ...]
    images: int
    splits_off: bool
    """Whether test images are set aside from those of train, as none are given."""
    said: tuple[str, ...]
    problems: tuple[str, ...]
    not_taken: tuple[NotTaken, ...]
    pixel_bytes: int
    """Of the dataset on the disk."""
    disk_bytes: int
    """That are taken at most while pictures are added."""
    memory_bytes: int
    """That adding takes, in processes of its own."""

    @property
    def class_names(self) -> tuple[str, ...]:
        return tuple(each.name for each in self.classes)


@dataclass(frozen=True)
class Labelled:
    """A picture of a plan: its place in the source, its class and its split, where one is given."""

    number: int
    label: int
    split: int | None


def plan(source: Source, request: Request, own_datasets: Path | None = None) -> Plan:
    """Return what would become of a source's pictures.

    own_datasets is the folder of the store's own datasets: with it, also what keeps a dataset from being made there is
    among the problems.
    """
    return details(source, request, own_datasets)[0]


def details(source: Source, request: Request, own_datasets: Path | None = None) -> tuple[Plan, list[Labelled]]:
    """Return a plan, and each picture of it."""
    only = source.manifest if isinstance(source, Folder) else ""
    found = manifests.understood(source, only) or layout.by_folders(source.files)
    classes, numbered, said, problems = _classes(found.placed, request)
    given = {split for split in (placed.split for placed in numbered) if split is not None}
    refused = [*source.refused, *found.ignored]
    left_out = [
        (str(placed.file), "its class is left out") for placed in found.placed if placed.label in request.left_out
    ]
    pixel_bytes = len(numbered) * request.size * request.size * request.image_shape[2]
    made = Plan(
        source=names.cut(names.tidied(source.name), 80),
        image_shape=request.image_shape,
        classes=tuple(classes),
        images=len(numbered),
        splits_off=TEST not in given,
        said=(*found.said, *said, _testing(given, request)) if numbered else (*found.said, *said),
        problems=(),
        not_taken=grouped([*refused, *left_out]),
        pixel_bytes=pixel_bytes,
        disk_bytes=2 * pixel_bytes + 300 * len(numbered),
        memory_bytes=3 * READER_BYTES + (COMPARING_BYTES + 4_000 * len(numbered)) * (TEST not in given),
    )
    problems = [*found.problems[:5], *problems, *_misfits(made)]
    if own_datasets is not None:
        problems += _room(made, request, own_datasets)
    return made.replace(problems=tuple(problems)), numbered


def grouped(refused: Iterable[tuple[str, str]]) -> tuple[NotTaken, ...]:
    """Put files that are not taken together by their reasons, the most frequent one first."""
    by_reason: dict[str, list[str]] = {}
    counts: dict[str, int] = {}
    for name, reason in refused:
        counts[reason] = counts.get(reason, 0) + 1
        some = by_reason.setdefault(reason, [])
        if len(some) < LISTED:
            some.append(shown(name))
    found = [NotTaken(reason=reason, count=counts[reason], files=tuple(some)) for reason, some in by_reason.items()]
    return tuple(sorted(found, key=lambda each: -each.count))


def shown(name: str) -> str:
    """Return the name of a file as text that can be kept: bytes that are no letters become question marks."""
    return name.encode("utf-8", "replace").decode("utf-8")[-200:]


def _key(name: str) -> str:
    """Return what names have in common that people take for the same: Cat, cat, ｃat and "cat."."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold()).strip(" .")


def _classes(
    placed: Sequence[Placed], request: Request
) -> tuple[list[PlannedClass], list[Labelled], list[str], list[str]]:
    """Return the classes, the pictures with the places of theirs, and what is to say of names."""
    counts = Counter(each.label for each in placed if each.label not in request.left_out)
    together: dict[str, list[str]] = {}
    called = {label: names.tidied(request.renamed.get(label, label)) for label in sorted(counts)}
    for label, name in called.items():
        together.setdefault(_key(name), []).append(label)
    said, problems = [], []
    chosen: dict[str, str] = {}
    for labels in together.values():
        most = max(labels, key=lambda label: counts[label])
        name = called[most].strip(" .") or called[most]
        spellings = sorted({called[label] for label in labels})
        if len(spellings) > 1:
            said.append(f"{' and '.join(f'“{each}”' for each in spellings)} are one class: {name}.")
        if why := names.unusable(name):
            problems.append(f"A class needs a name. {shown(most)[:60]!r} cannot be one{why}. Give it another.")
        elif len(name) > MOST_LETTERS:
            problems.append(
                f"A class name needs at most {MOST_LETTERS} letters. {name[:60]!r} has {len(name)}. Shorten it."
            )
        chosen.update(dict.fromkeys(labels, shown(name)))
    ordered = sorted(set(chosen.values()), key=lambda name: (name.casefold(), name))
    places = {name: place for place, name in enumerate(ordered)}
    numbered = [
        Labelled(each.file.number, places[chosen[each.label]], each.split) for each in placed if each.label in chosen
    ]
    tally = Counter((one.label, one.split or TRAIN) for one in numbered)
    classes = [
        PlannedClass(
            name=name,
            folders=tuple(shown(label) for label in chosen if chosen[label] == name),
            train=tally[place, TRAIN],
            validation=tally[place, VALIDATION],
            test=tally[place, TEST],
        )
        for place, name in enumerate(ordered)
    ]
    return classes, numbered, said, problems


def _testing(given: set[int], request: Request) -> str:
    if TEST not in given:
        share = percent(request.test_share, 0)
        return f"{share} of each class are set aside for testing, chosen by the seed {request.seed}."
    validation = ", and so are those of validation" if VALIDATION in given else ""
    return f"Test images are those that are given{validation}."


def _misfits(made: Plan) -> Iterable[str]:
    """Yield what keeps pictures from being a dataset."""
    if not made.images:
        yield (
            "Pictures in class folders are needed, as cat/1.jpg and dog/1.jpg, or a list of labels beside them. "
            "Received: none. Put the pictures of each class into a folder of its name."
        )
        return
    if not 2 <= len(made.classes) <= MOST_CLASSES:
        yield (
            f"A dataset needs 2 to {MOST_CLASSES:,} classes. Received: {len(made.classes):,}"
            f"{f' ({made.classes[0].name})' if len(made.classes) == 1 else ''}. Put the pictures of each class into a "
            "folder of its name."
        )
    fewest = own.FEWEST + made.splits_off
    if few := [each.name for each in made.classes if each.train < fewest]:
        what = "to learn from and to test with" if made.splits_off else "to learn from"
        yield (
            f"Each class needs at least {fewest} pictures {what}. Received fewer of: {', '.join(few[:5])}"
            f"{' …' if len(few) > 5 else ''}. Add some, or leave the class out."
        )


def _taken(folders: Iterable[Path]) -> int:
    """Return how many bytes the datasets in folders of own datasets take."""
    return sum(kept.disk_bytes() for folder in folders for kept in own.every(folder))


def _room(made: Plan, request: Request, own_datasets: Path) -> Iterable[str]:
    """Yield what keeps a dataset from being made in a store."""
    if (own_datasets / request.name).exists():
        yield f"There is a dataset {request.name} already. Choose another name, or remove that one first."
    profile = profiles.current()
    allowed, allowed_in_all = profile.own_datasets_mb, profile.own_datasets_mb_in_all
    taken = _taken([own_datasets]) if allowed else 0
    if allowed and taken + made.pixel_bytes > allowed * 1_000_000:
        yield (
            f"Datasets of your own may take {allowed:,} MB here. Those that you have take {size(taken)}, and this one "
            f"{size(made.pixel_bytes)}. Choose smaller images, add fewer, or remove a dataset."
        )
    every_visitors = own_datasets.parents[1].glob(f"*/{own.FOLDER}")
    if allowed_in_all and _taken(every_visitors) + made.pixel_bytes > allowed_in_all * 1_000_000:
        yield (
            f"This server is full: the datasets of its visitors' own pictures may take {allowed_in_all:,} MB. Those "
            "that rest for long are removed by themselves. Try again later, or add them on your own computer."
        )
    existing = next(folder for folder in (own_datasets, *own_datasets.parents) if folder.exists())
    free = shutil.disk_usage(existing).free - FREE_BYTES
    if made.disk_bytes > free:
        yield (
            f"Adding {count(made.images, 'picture')} takes {size(made.disk_bytes)} on the disk for a while. "
            f"{size(max(free, 0))} are free. Make room, or choose smaller images."
        )
