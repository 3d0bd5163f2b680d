"""CSV: what is written is what is read, and no text becomes a formula."""

import csv
import io
from datetime import UTC, datetime

import numpy as np
import pytest

from imgrec import spreadsheet
from imgrec.runs import State


def read(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline=""), strict=True))


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        (None, ""),
        ("", ""),
        ("Prächtig 鳥", "Prächtig 鳥"),
        ('a "b", c', 'a "b", c'),
        ("two\r\nlines", "two\r\nlines"),
        (0.1 + 0.2, "0.30000000000000004"),
        (np.float64(0.1), "0.1"),
        (np.float32(0.5), "0.5"),
        (-3, "-3"),
        (-0.5, "-0.5"),
        (True, "true"),
        (State.PAUSED, "paused"),
        (datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC), "2026-01-02T03:04:05.000006+00:00"),
        (("wide", "old"), "wide, old"),
        ((), ""),
    ],
    ids=repr,
)
def test_a_cell_is_read_as_it_was_written(value: object, cell: str) -> None:
    assert read(spreadsheet.to_csv(["a", "b"], [[value, "x"]])) == [["a", "b"], [cell, "x"]]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1+1", '=HYPERLINK("x")', "-"])
def test_a_text_that_would_be_a_formula_is_told_to_be_text(text: str) -> None:
    assert read(spreadsheet.to_csv([text], [[text], [(text, "b")]])) == [[f"'{text}"], [f"'{text}"], [f"'{text}, b"]]


@pytest.mark.parametrize("text", ["a=1", "1+1", "'=1", "a-b", "x@y", "5 %", " a"])
def test_other_texts_stay_as_they_are(text: str) -> None:
    assert read(spreadsheet.to_csv(["a"], [[text]])) == [["a"], [text]]


def test_lines_end_and_quotes_are_doubled_as_in_rfc_4180() -> None:
    text = spreadsheet.to_csv(("name", "n"), [('say "a, b"', 1), ("c", None)])
    assert text == 'name,n\r\n"say ""a, b""",1\r\nc,\r\n'


def test_a_table_without_rows_is_its_head() -> None:
    assert spreadsheet.to_csv(("a", "b"), []) == "a,b\r\n"
