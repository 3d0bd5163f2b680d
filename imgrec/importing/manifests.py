"""Lists of labels beside pictures: a CSV or JSONL file with the columns file_name, label and perhaps split."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from imgrec.errors import ImageError
from imgrec.importing.layout import Layout, Placed, is_picture, not_a_picture, split_of
from imgrec.importing.sources import File, Source, parts_of

ENDINGS = (".csv", ".tsv", ".jsonl")
MOST_BYTES = 50_000_000
MOST_LISTS = 20
"""Of these that are looked into."""
FILE = ("file_name", "filename", "file", "image", "path")
LABEL = ("label", "class", "category")
SPLIT = ("split", "set", "subset")
"""What columns are called, in any case; the first one that is there counts."""

Row = tuple[str, str, str]
"""The name of a picture's file, its class, and its split, which may be empty."""


def understood(source: Source, only: str = "") -> Layout | None:
    """Understand the lists of a source, or return None where none names a picture. only names the one that counts.

    A file that a list names lies beside it, or in a folder beside it; else it is the only file of its name.
    """
    lists = [file for file in source.files if file.parts[-1].casefold().endswith(ENDINGS)]
    if only:
        lists = [file for file in lists if str(file) == only]
    layout, used = Layout(), []
    found: dict[int, Placed] = {}
    pictures = {file.parts: file for file in source.files if is_picture(file)}
    by_name = _only_ones(pictures.values())
    for file in lists[:MOST_LISTS]:
        try:
            rows = list(_rows(file, source.read(file, MOST_BYTES)))
        except (ImageError, ValueError, csv.Error) as error:
            layout.ignored.append((str(file), f"not a list of labels: {error}"))
            continue
        used.append(file)
        _place(file, rows, pictures, by_name, found, layout)
    if not found and not only:  # of something else, as a table of results
        return None
    layout.placed = list(found.values())
    layout.said.append(f"Classes are those in {', '.join(map(str, used[:3]))}{' …' if len(used) > 3 else ''}.")
    for file in source.files:
        if file in used or file in lists:
            continue
        if not is_picture(file):
            layout.ignored.append((str(file), not_a_picture(file)))
        elif file.number not in found:
            layout.ignored.append((str(file), "in no list of labels"))
    return layout


def _place(
    manifest: File,
    rows: Sequence[Row],
    pictures: dict[tuple[str, ...], File],
    by_name: dict[str, File],
    found: dict[int, Placed],
    layout: Layout,
) -> None:
    folder = manifest.parts[:-1]
    for name, label, split in rows:
        parts, why = parts_of(name)
        file = None if why else pictures.get((*folder, *parts)) or by_name.get(parts[-1])
        if file is None:
            layout.ignored.append((name, f"in {manifest}, but {why or 'there is no such file'}"))
            continue
        if not label:
            layout.ignored.append((name, f"in {manifest}, without a label"))
            continue
        if split and split_of(split) is None:
            layout.ignored.append((name, f"in {manifest}, with a split that is not train, validation or test"))
            continue
        by_folder = next((said for said in map(split_of, file.parts[:-1]) if said is not None), None)
        placed = Placed(file, label, split_of(split) if split else by_folder)
        before = found.setdefault(file.number, placed)
        if before.label != label:
            layout.problems.append(f"{file} has two labels in the list, {before.label} and {label}. Give it one.")


def _only_ones(files: Iterable[File]) -> dict[str, File]:
    """Return the files whose name no other has, by that name."""
    found: dict[str, File | None] = {}
    for file in files:
        name = file.parts[-1]
        found[name] = None if name in found else file
    return {name: file for name, file in found.items() if file is not None}


def _rows(file: File, content: bytes) -> Iterator[Row]:
    """Return the rows of a list. Raises ValueError or csv.Error where it is none."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError("it is not written in UTF-8") from None
    columns: dict[str, str] = {}
    for row in _objects(text) if file.parts[-1].casefold().endswith(".jsonl") else _table(text):
        if not columns:
            columns = _columns(row)
        values = (row.get(columns[what]) if what in columns else None for what in ("file", "label", "split"))
        name, label, split = ("" if value is None else str(value).strip() for value in values)
        if name:
            yield name, label, split
    if not columns:
        raise ValueError("it is empty")


def _columns(row: dict[str, Any]) -> dict[str, str]:
    names = {str(name).strip().casefold(): str(name) for name in row if name is not None}
    found: dict[str, str] = {}
    for what, known in (("file", FILE), ("label", LABEL), ("split", SPLIT)):
        for name in known:
            if name in names:
                found.setdefault(what, names[name])
    if "file" not in found or "label" not in found:
        raise ValueError("it needs the columns file_name and label")
    return found


def _objects(text: str) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            found = json.loads(line)
        except (ValueError, RecursionError):
            raise ValueError(f"its line {number} is not JSON") from None
        if not isinstance(found, dict):
            raise ValueError(  # noqa: TRY004 - of a file, not of an argument
                f'its line {number} needs the form {{"file_name": …, "label": …}}'
            )
        yield found


def _table(text: str) -> Iterator[dict[str, Any]]:
    head = text.partition("\n")[0]
    delimiter = max(",;\t", key=head.count)
    yield from csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter)
