"""What was read of the runs of a store, remembered in memory and in a file, so that thousands are listed at once.

The file saves time and holds nothing else: what it says of a run counts only while the marks of the run's files are
those that it had, and it may be removed at any time. Another process may write it in the same moment: either is right.
"""

from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Generic, TypeVar

from imgrec import files
from imgrec.runs import checksum
from imgrec.runs.looks import Marks

SAVED_AT = 200
"""What was read of so many runs since is written; reading it again would take a fifth of a second."""

Value = TypeVar("Value")


class Remembered(Generic[Value]):
    """A value of each run, by its id, and the marks of the files that it was read from.

    pack and unpack turn a value into what JSON has and back; fields names its parts, so that a file of an imgrec with
    others is not read.
    """

    def __init__(
        self,
        path: Path,
        fields: Sequence[str],
        pack: Callable[[Value], list[Any]],
        unpack: Callable[[list[Any]], Value],
    ) -> None:
        self._path, self._fields, self._pack = path, list(fields), pack
        self._kept: dict[str, tuple[Marks, Value]] = {}
        self._unsaved = 0
        with suppress(OSError, ValueError, TypeError, KeyError):  # there is none, or it is another imgrec's, or damaged
            head, *rows = checksum.verify_lines(path.read_text(encoding="utf-8"))
            if head["fields"] == self._fields:
                self._kept = {
                    row["run"]: (tuple(mark and tuple(mark) for mark in row["marks"]), unpack(row["values"]))
                    for row in rows
                }

    def find(self, id: str) -> tuple[Marks, Value] | None:
        """Return what was last read of a run, with the marks that its files had."""
        return self._kept.get(id)

    def get(self, id: str, marks: Marks, read: Callable[[], Value]) -> Value:
        """Return the value of a run whose files have these marks, reading it where they had others."""
        known = self._kept.get(id)
        if known is not None and known[0] == marks:
            return known[1]
        value = read()
        self._kept[id] = marks, value
        self._unsaved += 1
        return value

    def keep(self, ids: Collection[str]) -> None:
        """Forget all but these runs, and write the file where much was read since."""
        if len(self._kept) > len(ids):
            there = set(ids)
            self._kept = {id: known for id, known in self._kept.items() if id in there}
        if self._unsaved < SAVED_AT:
            return
        self._unsaved = 0
        rows = [
            {"run": id, "marks": marks, "values": self._pack(value)} for id, (marks, value) in list(self._kept.items())
        ]
        # Where it cannot be written, as on a full disk, the next process reads the runs themselves.
        with suppress(OSError, ValueError):
            files.write_bytes(self._path, checksum.lines_with([{"fields": self._fields}, *rows]).encode())
