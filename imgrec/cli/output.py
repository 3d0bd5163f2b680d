"""What commands print: results on standard output, everything else on standard error."""

import json
import os
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TextIO

from tqdm import tqdm

from imgrec.errors import ImgrecError
from imgrec.runs import Run

_CONTROLS = re.compile("[\x00-\x08\x0b-\x0c\x0e-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]|\r(?!\n)")
"""What a terminal obeys and does not show; the name of a file may hold any of them."""


def say(text: str, end: str = "\n") -> None:
    """Print a part of the result. Raises ImgrecError where it cannot, BrokenPipeError where nobody reads any more."""
    try:
        print(_harmless(text), end=end, flush=True)  # noqa: T201 - printing is its job
    except BrokenPipeError:
        raise
    except OSError as error:
        discard(sys.stdout)
        raise ImgrecError(
            f"The result needs to be written to the standard output. It cannot be: {error.strerror}. Send it elsewhere."
        ) from error


def tell(text: str) -> None:
    """Print what is not part of the result, above a progress bar if there is one, and if it can be printed."""
    try:
        tqdm.write(_harmless(text), file=sys.stderr)
    except OSError:  # nobody can be told, and the command shall do what it was asked to
        discard(sys.stderr)


def discard(stream: TextIO) -> None:
    """Let what is written to a stream from here on go nowhere; so does what Python itself flushes at its end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def open_closed() -> None:
    """Open the standard streams that are closed (`>&-`), to nowhere.

    Python has no stream then; and the next file that is opened would get the number of one, to which any library may
    write.
    """
    while (nowhere := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(nowhere)
    sys.stdin = sys.stdin or open(0, closefd=False)  # noqa: SIM115 - open as long as the process lives
    sys.stdout = sys.stdout or open(1, "w", closefd=False)  # noqa: SIM115
    sys.stderr = sys.stderr or open(2, "w", closefd=False)  # noqa: SIM115


def _harmless(text: str) -> str:
    return _CONTROLS.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def say_json(value: Mapping[str, Any]) -> None:
    """Print the one line that a program reads. Raises ValueError for NaN, which JSON does not have."""
    say(json.dumps(value, allow_nan=False))


def say_done(as_json: bool, sentence: str, **found: object) -> None:
    """Print what a command has done: a sentence, or what a program reads of it."""
    if as_json:
        say_json(found)
    else:
        say(sentence)


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Set rows in columns; those that hold numbers are flush right."""
    cells = [[str(cell) for cell in row] for row in rows]
    widths = [max(len(row[column]) for row in [list(head), *cells]) for column in range(len(head))]
    right = [bool(cells) and all(row[column][:1] in "0123456789–" for row in cells) for column in range(len(head))]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if flush else cell.ljust(width)
            for cell, width, flush in zip(row, widths, right, strict=True)
        ).rstrip()
        for row in [list(head), *cells]
    )


def command(name: str, run: Run) -> str:
    """Return the line that asks this program about a run."""
    return f"python -m imgrec {name} {run.id}"
