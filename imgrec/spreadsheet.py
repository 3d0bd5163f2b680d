"""Tables as CSV that programs read exactly and spreadsheets open safely."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import chain

ENCODING = "utf-8-sig"
"""UTF-8 with the mark at its beginning without which Excel takes a file for another encoding."""

BLOCK = 1 << 16
"""Letters that are written at once, about."""

_UNSEEN = r"\s\x00-\x1f\x7f\u200b-\u200f\ufeff"
"""What may stand before a formula, as a spreadsheet leaves it out."""

_SIGN = r"[=+\-@\uff1d\uff0b\uff0d\uff20]"
"""What a spreadsheet takes for the beginning of a formula, the wide ones too. Source: OWASP, "CSV Injection"."""

_BEGINS_FORMULA = re.compile(rf"[{_UNSEEN}]*{_SIGN}|[\t\r]")

_FORMULA_WITHIN = re.compile(rf"([;\t\r\n][{_UNSEEN}]*+)(?=\"*{_SIGN})")
"""A formula after what separates cells elsewhere: Excel splits by semicolons in languages with a decimal comma, and
heeds quotes only where a cell begins.
"""


def to_csv(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Write a table as in RFC 4180. What a spreadsheet would take for a formula gets an apostrophe before it.

    None is an empty cell; floats have all their digits; times are ISO 8601; a tuple's parts are joined by commas.
    """
    return "".join(blocks(head, rows))


def blocks(head: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """Write a table as to_csv does, some rows at a time: for one that should not be in memory as a whole."""
    written = io.StringIO(newline="")
    for row in chain([head], rows):
        csv.writer(written).writerow([_cell(value) for value in row])
        if written.tell() >= BLOCK:
            yield written.getvalue()
            written = io.StringIO(newline="")
    yield written.getvalue()


def is_formula(text: str) -> bool:
    """Return whether a spreadsheet would take a text for a formula."""
    return _BEGINS_FORMULA.match(text) is not None


def _cell(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case float():
            return repr(float(value))  # NumPy's own shows its type
        case int():
            return str(value)
    text = _FORMULA_WITHIN.sub(r"\1'", _said(value))
    return f"'{text}" if is_formula(text) else text


def _said(value: object) -> str:
    match value:
        case datetime():
            return value.isoformat()
        case tuple():
            return ", ".join(map(str, value))
    return str(value)
