"""`runs` finds, sorts and exports, and `repeat` queues copies."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from imgrec import cli, edge
from imgrec.config import RunConfig
from imgrec.runs import Run, RunWriter, library
from tests.conftest import start_nothing
from tests.evaluated import evaluated

Said = pytest.CaptureFixture[str]


@pytest.fixture
def three(tiny: RunConfig) -> dict[str, Run]:
    """Return a finished run with a star, a waiting one, and one of another dataset that was taken out of the queue."""
    made = {
        name: edge.store().create(tiny.replace(dataset=dataset), name)
        for name, dataset in (("Alpha", "shapes"), ("beta", "shapes"), ("Gamma", "cifar10"))
    }
    RunWriter(made["Alpha"].folder).finish(evaluated(50, 100, seconds=2.0))
    library.star(made["Alpha"], True)
    library.tag(made["Alpha"], ["wide", "old"])
    library.tag(made["beta"], ["wide"])
    made["Gamma"].ask("stop")
    return made


def named(said: Said, *arguments: str) -> list[str]:
    """Return the names of the runs that a program is told of."""
    assert cli.main(["runs", *arguments, "--json"]) == 0
    return [row["name"] for row in json.loads(said.readouterr().out)["runs"]]


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        ("", ["Gamma", "beta", "Alpha"]),
        ("--search ALPHA", ["Alpha"]),
        ("--search wide --state queued", ["beta"]),
        ("--state queued --state cancelled", ["Gamma", "beta"]),
        ("--dataset cifar10", ["Gamma"]),
        ("--tag wide", ["beta", "Alpha"]),
        ("--tag wide --tag old", ["Alpha"]),
        ("--starred", ["Alpha"]),
        ("--starred --dataset cifar10", []),
        ("--sort name", ["Alpha", "beta", "Gamma"]),
        ("--sort name --descending", ["Gamma", "beta", "Alpha"]),
        ("--sort test_accuracy", ["Alpha", "Gamma", "beta"]),
        ("--sort created --tag wide", ["Alpha", "beta"]),
    ],
)
@pytest.mark.usefixtures("three")
def test_runs_are_chosen_and_sorted(capsys: Said, arguments: str, names: list[str]) -> None:
    assert named(capsys, *arguments.split()) == names


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("--state done", "invalid choice: 'done' (choose from 'queued', 'running'"),
        ("--sort speed", "invalid choice: 'speed'"),
        ("--dataset mnist", "Unknown dataset: 'mnist'. Known: cifar10, shapes, fashion_mnist, cifar100."),
    ],
)
def test_what_no_run_can_be_is_refused(capsys: Said, arguments: str, said: str) -> None:
    assert cli.main(["runs", *arguments.split()]) == 2
    output, errors = capsys.readouterr()
    assert output == ""
    assert said in errors
    assert len(errors.splitlines()) == 1


def test_the_table_shows_stars(three: dict[str, Run], capsys: Said) -> None:
    assert cli.main(["runs", "--search", "a"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == [
        "run",
        "name",
        "state",
        "dataset",
        "test",
        "accuracy",
        "epochs",
        "on",
        "disk",
        "created",
    ]
    assert [line.split(maxsplit=1)[1][:7] for line in lines[1:]] == ["Gamma  ", "beta   ", "★ Alpha"]
    assert lines[3].startswith(f"{three['Alpha'].id}  ★ Alpha  finished   shapes    50.0 % ± 9.6     0/2")


@pytest.mark.usefixtures("three")
def test_where_no_run_is_like_that_a_sentence_says_so(capsys: Said) -> None:
    assert cli.main(["runs", "--search", "delta"]) == 0
    assert capsys.readouterr().out == "None of the 3 runs is like that. `python -m imgrec runs` lists them.\n"


def test_a_program_is_told_what_it_was_told_before_and_more(three: dict[str, Run], capsys: Said) -> None:
    assert cli.main(["runs", "--starred", "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)["runs"]
    run = three["Alpha"]
    expected: dict[str, Any] = {
        "run": run.id,
        "name": "Alpha",
        "state": "finished",
        "dataset": "shapes",
        "test_accuracy": 0.5,
        "epochs": 0,
        "epochs_wanted": 2,
        "tags": ["wide", "old"],
        "parent": None,
        "disk_bytes": run.disk_bytes,
        "created": run.created.isoformat(),
        "starred": True,
        "seed": 0,
        "seconds": 2.0,
    }
    assert {key: row[key] for key in expected} == expected


def test_the_csv_on_the_standard_output_is_nothing_but_the_csv(three: dict[str, Run], capsys: Said) -> None:
    library.rename(three["beta"], "=1+1")
    assert cli.main(["runs", "--csv", "-", "--tag", "wide", "--sort", "name"]) == 0
    text = capsys.readouterr().out
    assert text.count("\r\n") == text.count("\n") == 3
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert [row["name"] for row in rows] == ["'=1+1", "Alpha"]
    assert (rows[1]["run"], rows[1]["tags"], rows[1]["test_accuracy"]) == (three["Alpha"].id, "wide, old", "0.5")
    assert (rows[0]["test_accuracy"], rows[0]["starred"], rows[1]["starred"]) == ("", "false", "true")


@pytest.mark.usefixtures("three")
def test_the_csv_in_a_file_is_one_that_excel_reads(capsys: Said, tmp_path: Path) -> None:
    file = tmp_path / "runs.csv"
    assert cli.main(["runs", "--csv", str(file), "--starred"]) == 0
    output, errors = capsys.readouterr()
    assert (output, errors) == ("", f"{file} has 1 run.\n")
    assert file.read_bytes().startswith(b"\xef\xbb\xbfrun,name,")
    assert file.read_bytes().count(b"\r\n") == 2
    assert named(capsys, "--csv", str(file), "--dataset", "cifar10") == ["Gamma"]
    assert b"Gamma" in file.read_bytes()


@pytest.mark.usefixtures("three")
def test_a_csv_that_cannot_be_written_is_one_sentence(capsys: Said, tmp_path: Path) -> None:
    assert cli.main(["runs", "--csv", str(tmp_path)]) == 1
    assert capsys.readouterr().err == f"{tmp_path} cannot be written: Is a directory. Choose another file.\n"


def test_a_run_is_repeated(three: dict[str, Run], capsys: Said, monkeypatch: pytest.MonkeyPatch) -> None:
    start_nothing(monkeypatch)
    assert cli.main(["repeat", three["Alpha"].id, "2"]) == 0
    second, first, *_ = edge.store().all()
    # beta is of the same recipe, and has seed 0 like Alpha.
    assert capsys.readouterr().out == (f"Alpha · seed 1 is run {first.id}.\nAlpha · seed 2 is run {second.id}.\n")
    assert cli.main(["repeat", "latest", "1", "--json"]) == 0
    (told,) = json.loads(capsys.readouterr().out)["runs"]
    assert told == {"run": edge.store().all()[0].id, "name": "Alpha · seed 3", "seed": 3}


@pytest.mark.parametrize("copies", ["0", "11", "many"])
@pytest.mark.usefixtures("three")
def test_a_wrong_number_of_copies_is_one_sentence(capsys: Said, copies: str) -> None:
    assert cli.main(["repeat", "latest", copies]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1
    assert len(edge.store().all()) == 3


def test_standard_output_takes_csv_or_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["runs", "--csv", "-", "--json"]) == 2
    assert "Name a file for --csv" in capsys.readouterr().err
