"""What the names of files say about pictures: their classes and splits.

Understood are the layouts of Keras' image_dataset_from_directory, torchvision's ImageFolder and Hugging Face's
imagefolder: class folders, with folders of splits above them (train/cat/1.jpg) or below (cat/train/1.jpg), and any
folders around all of it.
"""

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from imgrec.datasets.own import TEST, TRAIN, VALIDATION
from imgrec.importing.archives import ARCHIVES
from imgrec.importing.sources import File

SPLIT_FOLDERS = {
    **dict.fromkeys(("train", "training"), TRAIN),
    **dict.fromkeys(("val", "valid", "validation", "dev"), VALIDATION),
    **dict.fromkeys(("test", "testing"), TEST),
}
"""Whole names of folders, in any case."""

PICTURES = frozenset(
    ["jpg", "jpeg", "jpe", "jfif", "png", "webp", "avif", "heic", "heif", "tif", "tiff", "bmp", "dib", "gif"]
)
"""Endings of names that are tried. Which kind of picture a file is, its content decides."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A picture, the class that its folder or a list of labels names, and its split, where that is said."""

    file: File
    label: str
    split: int | None = None


@dataclass
class Layout:
    """What was understood: pictures with classes, files that are not taken with reasons, and sentences."""

    placed: list[Placed] = field(default_factory=list)
    ignored: list[tuple[str, str]] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def split_of(name: str) -> int | None:
    """Return the split that a folder or a word in a list names, or None."""
    return SPLIT_FOLDERS.get(unicodedata.normalize("NFKC", name).strip().casefold())


def is_picture(file: File) -> bool:
    """Return whether a file is tried, by its name: one without an ending may be a picture too."""
    stem, dot, ending = file.parts[-1].rpartition(".")
    return not (dot and stem) or ending.casefold() in PICTURES


def not_a_picture(file: File) -> str:
    """Say why a file is not tried."""
    name = file.parts[-1].casefold()
    if name.endswith(ARCHIVES):
        return "an archive: unpack it first"
    return f"not a picture (.{name.rpartition('.')[2][:12]})"


def by_folders(files: Iterable[File]) -> Layout:
    """Understand class folders."""
    layout = Layout()
    pictures = []
    for file in files:
        if is_picture(file):
            pictures.append((file.parts, file))
        else:
            layout.ignored.append((str(file), not_a_picture(file)))
    pictures, wrapper = _unwrapped(pictures)
    if wrapper:
        layout.said.append(f"Everything lies in the folder {'/'.join(wrapper)}, which is no class.")
    above = {parts[0] for parts, _ in pictures if len(parts) > 1 and split_of(parts[0]) is not None}
    if above:
        _with_splits_above(pictures, above, layout)
    else:
        _by_class(pictures, None, layout, {})
    return layout


Named = tuple[tuple[str, ...], File]
"""What is left of a picture's name, and the picture."""


def _unwrapped(pictures: Sequence[Named]) -> tuple[list[Named], list[str]]:
    """Leave out folders around all pictures, as long as there are folders in them."""
    pictures, wrapper = list(pictures), []
    while pictures:
        first = {parts[0] for parts, _ in pictures}
        inside = all(len(parts) > 2 for parts, _ in pictures)
        # A split folder alone, with class folders in it, has nothing to be told apart from.
        if len(first) != 1 or not inside or _has_splits_below(pictures):
            break
        wrapper.append(first.pop())
        pictures = [(parts[1:], file) for parts, file in pictures]
    return pictures, wrapper


def _has_splits_below(pictures: Sequence[Named]) -> bool:
    """Return whether the one folder around all is a class, with splits in it and nothing below these."""
    return all(len(parts) == 3 and split_of(parts[1]) is not None for parts, _ in pictures)


def _with_splits_above(pictures: Sequence[Named], above: set[str], layout: Layout) -> None:
    are = "are splits" if len(above) > 1 else "is a split"
    layout.said.append(f"{_listed(sorted(above))} {are}, not classes.")
    inside: list[Named] = []
    splits: dict[int, int] = {}
    for parts, file in pictures:
        if parts[0] not in above or len(parts) == 1:
            layout.ignored.append((str(file), f"not in {_listed(sorted(above))}"))
        elif len(parts) == 2:
            layout.ignored.append((str(file), f"in {parts[0]}, and in no class folder"))
        else:
            inside.append((parts[1:], file))
            splits[file.number] = SPLIT_FOLDERS[unicodedata.normalize("NFKC", parts[0]).strip().casefold()]
    inside, wrapper = _unwrapped(inside)
    if wrapper:
        layout.said.append(f"In each, everything lies in the folder {'/'.join(wrapper)}, which is no class.")
    _by_class(inside, splits, layout, {})


def _by_class(pictures: Sequence[Named], splits: dict[int, int] | None, layout: Layout, below: dict[str, int]) -> None:
    """Take the first folder for the class, and one of a split's name in it for the split."""
    for parts, file in pictures:
        if len(parts) == 1:
            layout.ignored.append((str(file), "in no class folder"))
            continue
        split = (splits or {}).get(file.number)
        if split is None and len(parts) > 2 and (split := split_of(parts[1])) is not None:
            below[parts[1]] = split
        layout.placed.append(Placed(file, parts[0], split))
    if below:
        layout.said.append(f"{_listed(sorted(below))} in the class folders say which split a picture belongs to.")


def _listed(names: Sequence[str]) -> str:
    """Say names: a, a and b, a, b and c."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
