"""One or two processes read pictures. One that a picture brings down is replaced, and the picture is not taken."""

import multiprocessing
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from imgrec.importing.sources import File
from imgrec.importing.tasks import Read, Task

READERS = 2
FEW = 100
"""Pictures that one process reads sooner than another one starts."""
READER = "imgrec.importing.reading"

SECONDS = 60.0
"""A process that is silent for so long over one picture hangs. One of 50 megapixels takes two seconds."""

RETURNS_MEMORY = {"MALLOC_MMAP_THRESHOLD_": "1000000"}
"""Lets glibc give the memory of each picture back at once: it would keep what a large one took for the next."""

_ROOT = Path(__file__).resolve().parents[2]
_FAILED = "Reading it ended the process that read it. Save the picture anew."
_HANGS = f"Reading it takes longer than {SECONDS:.0f} seconds. Save the picture anew."


class _Reader:
    """One process, and the picture that it is at."""

    def __init__(self, task: Task) -> None:
        self.connection: Connection[Any, Any]
        self.connection, theirs = multiprocessing.Pipe()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", READER, str(theirs.fileno())],
                cwd=_ROOT,
                env={**os.environ, **RETURNS_MEMORY},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
            )
        self.place = 0
        self.since = 0.0
        with suppress(OSError):  # it has ended: the first picture is told so
            self.connection.send(task)

    def take(self, place: int, file: File) -> None:
        self.place, self.since = place, time.monotonic()
        with suppress(OSError):  # as above
            self.connection.send((place, file))

    def end(self) -> None:
        self.connection.close()
        self._process.kill()
        self._process.wait()


def read_all(task: Task, files: Sequence[File]) -> Iterator[tuple[int, Read | str]]:
    """Read the pictures in these files of a source; their images come to task.images in this order.

    Yields the place of each with what was read or why it could not be, as soon as that is known.
    """
    waiting = iter(enumerate(files))
    readers: list[_Reader] = []
    try:
        for place, file in waiting:
            readers.append(_Reader(task))
            readers[-1].take(place, file)
            if len(readers) == (1 if len(files) <= FEW else READERS):
                break
        busy = list(readers)
        while busy:
            ready = wait([reader.connection for reader in busy], timeout=1.0)
            for reader in tuple(busy):
                late = time.monotonic() - reader.since > SECONDS
                if reader.connection not in ready and not late:
                    continue
                place, outcome, lives = _answer(reader, late and reader.connection not in ready)
                yield place, outcome
                following = next(waiting, None)
                if lives and following is not None:
                    reader.take(*following)
                    continue
                busy.remove(reader)
                if not lives:
                    readers.remove(reader)
                    reader.end()
                if following is not None:
                    readers.append(_Reader(task))
                    readers[-1].take(*following)
                    busy.append(readers[-1])
    finally:
        for reader in readers:
            reader.end()


def _answer(reader: _Reader, hangs: bool) -> tuple[int, Read | str, bool]:
    """Return the place of the picture that a reader was at, what it says, and whether it can go on."""
    if hangs:
        return reader.place, _HANGS, False
    try:
        place, outcome = reader.connection.recv()
    except (EOFError, OSError):
        return reader.place, _FAILED, False
    return place, outcome, True
