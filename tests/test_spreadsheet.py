"""CSV: what is written is what is read, and no text becomes a formula."""

import csv
import io
import re
import unicodedata
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from imgrec import spreadsheet
from imgrec.runs import State, listing
from imgrec.runs.listing import RunRow
from imgrec.ui import downloads
from imgrec.ui.predict import answers, sources
from tests.payloads import PAYLOADS


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


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t1", "\r1", "  =1+1", "\uff1d1", "\x00=1", '=HYPERLINK("x")', "-"]
)
def test_a_text_that_would_be_a_formula_is_told_to_be_text(text: str) -> None:
    assert read(spreadsheet.to_csv([text], [[text], [(text, "b")]])) == [[f"'{text}"], [f"'{text}"], [f"'{text}, b"]]


@pytest.mark.parametrize(
    ("text", "cell"),
    [("a;=1", "a;'=1"), ('a; "-1"', 'a; \'"-1"'), ("a\n@b", "a\n'@b"), ("\t=1", "'\t'=1"), (";;+1", ";;'+1")],
)
def test_a_formula_within_a_text_is_told_to_be_text_where_other_separators_begin_a_cell(text: str, cell: str) -> None:
    assert read(spreadsheet.to_csv(["a"], [[text]])) == [["a"], [cell]]


@pytest.mark.parametrize("text", ["a=1", "a; b-c", "\n b", "1+1", "'=1", "a-b", "x@y", "5 %", " a"])
def test_other_texts_stay_as_they_are(text: str) -> None:
    assert read(spreadsheet.to_csv(["a"], [[text]])) == [["a"], [text]]


def test_lines_end_and_quotes_are_doubled_as_in_rfc_4180() -> None:
    text = spreadsheet.to_csv(("name", "n"), [('say "a, b"', 1), ("c", None)])
    assert text == 'name,n\r\n"say ""a, b""",1\r\nc,\r\n'


def test_a_table_without_rows_is_its_head() -> None:
    assert spreadsheet.to_csv(("a", "b"), []) == "a,b\r\n"


def formulas(text: str) -> list[str]:
    """Return the cells of a file that are formulas to a spreadsheet, whichever separator its language has."""
    seen = [
        cell for mark in ",;\t" for row in csv.reader(io.StringIO(text, newline=""), delimiter=mark) for cell in row
    ]
    # What stands before it and is not seen does not keep a spreadsheet from it; nor does a wide sign.
    bare = [re.sub(r"^[\s\x00-\x1f\x7f\u200b-\u200f\ufeff]+", "", cell) for cell in seen]
    return [
        cell
        for cell in bare
        if unicodedata.normalize("NFKC", cell).startswith(("=", "+", "-", "@"))
        and not re.fullmatch(r"-?[0-9.e+-]+", cell)
    ]


@pytest.mark.parametrize("text", PAYLOADS)
def test_no_text_is_a_formula_in_any_language(text: str) -> None:
    written = spreadsheet.to_csv(["a", text, "b"], [["c", text, "d"], [text, 1, (text, text)], ["e", "f", text]])
    assert formulas(written) == []
    head, *_ = read(written)
    assert head[1].replace("'", "") == text.replace("'", "")


def test_none_of_the_exports_holds_a_formula(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [row_called(text) for text in PAYLOADS]
    assert formulas(spreadsheet.to_csv(*listing.to_table(rows))) == []

    classes = len(PAYLOADS)
    run: Any = SimpleNamespace(
        name=PAYLOADS[-1],
        dataset=SimpleNamespace(class_names=PAYLOADS),
        predictions=lambda: (np.eye(classes, dtype=np.float32), np.arange(classes)),
    )
    assert formulas(spreadsheet.to_csv(*downloads.predictions_table(run))) == []

    asked = [sources.Source(str(place), text, b"") for place, text in enumerate(PAYLOADS)]
    kept = [
        answers.Kept(row, "clear", text, b"")
        for row, text in zip(np.eye(classes, dtype=np.float32), PAYLOADS, strict=True)
    ]
    kept[-1] = answers.Kept(None, "", PAYLOADS[-1], b"")
    monkeypatch.setattr(answers, "_answers", lambda _run, _asked: kept)
    assert formulas(spreadsheet.to_csv(*answers.table([run], asked))) == []


def row_called(text: str) -> RunRow:
    """Return a row in which every text is the same."""
    made: dict[str, Any] = dict.fromkeys(RunRow.__dataclass_fields__, 1)
    texts = ("id", "name", "dataset", "dataset_title", "optimizer", "parent", "fingerprint", "recipe")
    return RunRow(
        **{
            **made,
            **dict.fromkeys(texts, text),
            "tags": (text, text),
            "created": datetime.now(UTC),
            "state": State.FAILED,
        }
    )
