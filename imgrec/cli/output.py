"""What commands print: results on standard output, everything else on standard error."""

import json
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tqdm import tqdm

from imgrec.runs import Run

_CONTROLS = re.compile("[\x00-\x08\x0b-\x0c\x0e-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]|\r(?!\n)")
"""What a terminal obeys and does not show; the name of a file may hold any of them."""


def say(text: str, end: str = "\n") -> None:
    """Prints a part of the result."""
    print(_harmless(text), end=end)  # noqa: T201 - printing is its job


def tell(text: str) -> None:
    """Prints what is not part of the result, above a progress bar if there is one."""
    tqdm.write(_harmless(text), file=sys.stderr)


def _harmless(text: str) -> str:
    return _CONTROLS.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def say_json(value: Mapping[str, Any]) -> None:
    """Prints the one line that a program reads. Raises ValueError for NaN, which JSON does not have."""
    say(json.dumps(value, allow_nan=False))


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Sets rows in columns; those that hold numbers are flush right."""
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


def percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.1f} %"


def megabytes(size: int) -> str:
    return f"{size / 1e6:,.1f} MB"


def duration(seconds: float) -> str:
    """Says a time in the two largest units that it needs: 42 s, 3 min 20 s, 2 h 5 min."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def command(name: str, run: Run) -> str:
    """Gives the line that asks this program about a run."""
    return f"python -m imgrec {name} {run.id}"
