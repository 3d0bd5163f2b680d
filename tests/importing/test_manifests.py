"""Lists of labels beside pictures."""

from pathlib import Path

import pytest

from benchmarks.layouts import write
from imgrec import importing
from imgrec.importing import Plan, Request


def understood(folder: Path, files: dict[str, str], list_of_labels: str = "") -> Plan:
    write(folder, {f"{number}.png": b"x" for number in range(8)})
    write(folder, {name: text.encode() for name, text in files.items()})
    return importing.plan(importing.at(folder / list_of_labels), Request(name="pets"))


def counts(plan: Plan) -> dict[str, tuple[int, int, int]]:
    return {each.name: (each.train, each.validation, each.test) for each in plan.classes}


def test_a_table_names_classes_and_splits(tmp_path: Path) -> None:
    rows = "".join(
        f"{number}.png;{'cat' if number % 2 else 'dog'};{'test' if number > 5 else 'train'}\n" for number in range(8)
    )
    plan = understood(tmp_path, {"labels.csv": f"\ufeffFile_Name;Label;Split\n{rows}"})
    assert counts(plan) == {"cat": (3, 0, 1), "dog": (3, 0, 1)}
    assert plan.said[0] == "Classes are those in labels.csv."
    assert plan.not_taken == ()


def test_what_is_in_no_list_or_names_no_file_is_listed(tmp_path: Path) -> None:
    plan = understood(
        tmp_path, {"a.csv": "file_name,label,split\n0.png,cat,\n9.png,cat,\n1.png,,\n2.png,cat,later\n../3.png,x,\n"}
    )
    assert counts(plan) == {"cat": (1, 0, 0)}
    reasons = {each.reason: each.count for each in plan.not_taken}
    assert reasons == {
        "in no list of labels": 7,
        "in a.csv, but there is no such file": 1,
        "in a.csv, without a label": 1,
        "in a.csv, with a split that is not train, validation or test": 1,
        "in a.csv, but its name leads out of the folder": 1,
    }


def test_a_picture_with_two_labels_is_a_problem(tmp_path: Path) -> None:
    plan = understood(tmp_path, {"a.jsonl": '{"file_name": "0.png", "label": 1}\n{"file_name": "0.png", "label": 2}\n'})
    assert plan.problems[0] == "0.png has two labels in the list, 1 and 2. Give it one."


def test_a_table_of_something_else_is_no_list(tmp_path: Path) -> None:
    plan = understood(
        tmp_path, {"results.csv": "epoch,loss\n1,2\n", "cat/1.png": "x", "other.csv": "path,label\nnone,a\n"}
    )
    assert counts(plan) == {"cat": (1, 0, 0)}


def test_the_list_that_was_given_counts(tmp_path: Path) -> None:
    files = {"a.csv": "file_name,label\n0.png,cat\n", "b.csv": "file_name,label\n0.png,dog\n"}
    assert counts(understood(tmp_path, files, "b.csv")) == {"dog": (1, 0, 0)}


def test_a_picture_is_found_by_its_name_alone_where_no_other_has_it(tmp_path: Path) -> None:
    plan = understood(tmp_path, {"a.csv": "image,class\nsomewhere/else/0.png,cat\n", "x/1.png": "x"})
    assert counts(plan) == {"cat": (1, 0, 0)}


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"\xff\xfe\xff", "it is not written in UTF-8"),
        (b"{", "its line 1 is not JSON"),
        (b"[1]\n", "its line 1 needs the form"),
        (b'{"a": 1}', "it needs the columns file_name and label"),
        (b"", "it is empty"),
    ],
)
def test_a_list_that_cannot_be_read_says_why(tmp_path: Path, content: bytes, why: str) -> None:
    write(tmp_path, {"a.jsonl": content, "0.png": b"x"})
    plan = importing.plan(importing.at(tmp_path / "a.jsonl"), Request(name="pets"))
    assert any(each.reason.startswith(f"not a list of labels: {why}") for each in plan.not_taken)
