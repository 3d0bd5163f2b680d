"""Rows of a table of runs are found, sorted and exported."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from imgrec import datasets
from imgrec.errors import SettingsError
from imgrec.runs import State, listing
from imgrec.runs.listing import RunRow

ROW = RunRow(
    id="20260101-000000-00000000",
    name="Breite Straße",
    starred=False,
    tags=(),
    state=State.FINISHED,
    dataset="cifar10",
    dataset_title="CIFAR-10",
    test_accuracy=0.5,
    test_correct=5,
    test_images=10,
    validation_accuracy=0.6,
    epochs=2,
    epochs_wanted=2,
    params=100,
    multiply_adds=200,
    seconds=3.0,
    images_per_second=4.0,
    optimizer="Adam",
    learning_rate=0.001,
    batch_size=64,
    seed=0,
    created=datetime(2026, 1, 1, tzinfo=UTC),
    parent=None,
    colour=0,
    fingerprint="f1",
    disk_bytes=1000,
    stopped=False,
    recipe="r1",
)
ROWS = (
    ROW,
    replace(
        ROW,
        id="20260102-000000-00000000",
        name="narrow",
        starred=True,
        tags=("wide", "old"),
        dataset="shapes",
        dataset_title="Shapes",
    ),
    replace(ROW, id="20260103-000000-00000000", name="Third", tags=("wide",), state=State.PAUSED, test_accuracy=None),
)


def changed(field: str, value: object) -> RunRow:
    """Return the row with one field changed."""
    change: dict[str, Any] = {field: value}
    return replace(ROW, **change)


@pytest.mark.parametrize(
    ("choice", "places"),
    [
        ({}, [0, 1, 2]),
        ({"search": "  "}, [0, 1, 2]),
        ({"search": "STRASSE"}, [0]),
        ({"search": "wide narrow"}, [1]),
        ({"search": "wide straße"}, []),
        ({"search": "WIDE"}, [1, 2]),
        ({"search": "20260102"}, [1]),
        ({"search": "cifar-10"}, [0, 2]),
        ({"search": "paus"}, [2]),
        ({"states": ["paused"]}, [2]),
        ({"states": ["paused", State.FINISHED]}, [0, 1, 2]),
        ({"states": ["failed"]}, []),
        ({"datasets": ["shapes"]}, [1]),
        ({"datasets": ("shapes", "cifar10")}, [0, 1, 2]),
        ({"tags": ["wide"]}, [1, 2]),
        ({"tags": ["wide", "old"]}, [1]),
        ({"tags": ["wid"]}, []),
        ({"starred": True}, [1]),
        ({"tags": ["wide"], "states": ["paused"], "search": "third"}, [2]),
        ({"tags": ["wide"], "states": ["paused"], "starred": True}, []),
    ],
    ids=str,
)
def test_rows_are_found_by_all_that_is_asked(choice: dict[str, object], places: list[int]) -> None:
    assert datasets.get("cifar10").title == "CIFAR-10"
    assert [ROWS.index(row) for row in listing.filtered(ROWS, **choice)] == places  # type: ignore[arg-type]


def test_a_run_of_a_dataset_that_is_gone_is_found_by_its_name() -> None:
    gone = replace(ROW, dataset="gone", dataset_title="Gone")
    assert listing.filtered([ROW, gone], "gone") == [gone]


@pytest.mark.parametrize(
    ("by", "values", "upwards"),
    [
        ("name", ("b", "A", "C"), "AbC"),
        ("test_accuracy", (0.5, 0.25, 0.75), (0.25, 0.5, 0.75)),
        ("created", [datetime(2026, 1, day, tzinfo=UTC) for day in (2, 1, 3)], None),
        ("disk_bytes", (900, 1000, 80), (80, 900, 1000)),
    ],
)
def test_rows_are_sorted_by_a_column_in_both_directions(
    by: str, values: tuple[object, ...], upwards: tuple[object, ...] | None
) -> None:
    rows = [changed(by, value) for value in values]
    expected = list(upwards or sorted(values))  # type: ignore[type-var]
    assert [getattr(row, by) for row in listing.ordered(rows, by, False)] == expected
    assert [getattr(row, by) for row in listing.ordered(rows, by, True)] == expected[::-1]


@pytest.mark.parametrize("by", ["test_accuracy", "params", "multiply_adds", "seconds", "images_per_second"])
@pytest.mark.parametrize("descending", [False, True])
def test_rows_without_a_value_are_last_in_either_direction(by: str, descending: bool) -> None:
    rows = [changed(by, value) for value in (None, 1, None, 2)]
    expected = [2, 1, None, None] if descending else [1, 2, None, None]
    assert [getattr(row, by) for row in listing.ordered(rows, by, descending)] == expected


def test_every_sortable_column_is_one_of_a_row() -> None:
    for by in listing.SORTABLE:
        assert listing.ordered([ROW], by, False) == [ROW]


def test_rows_are_not_sorted_by_what_has_no_order() -> None:
    with pytest.raises(SettingsError, match=r"Unknown column: 'test_acuracy'\. Did you mean test_accuracy\?"):
        listing.ordered(ROWS, "test_acuracy", False)


def test_a_table_has_a_cell_for_each_of_its_columns_and_says_its_units() -> None:
    head, cells = listing.to_table(ROWS)
    assert head[:2] == ("run", "name")
    assert {"test_accuracy", "seconds", "images_per_second", "disk_bytes"} < set(head)
    first, _, last = (dict(zip(head, row, strict=True)) for row in cells)
    assert (first["run"], first["disk_bytes"], first["created"]) == (ROW.id, 1000, ROW.created)
    assert (last["tags"], last["test_accuracy"]) == (("wide",), None)
    assert listing.to_table([]) == (head, [])
