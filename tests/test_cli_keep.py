"""The commands that keep the runs in order."""

import json
from typing import Any

import pytest

from imgrec import cli, edge, jobs, runs
from imgrec.config import RunConfig
from imgrec.runs import Run, State

Said = pytest.CaptureFixture[str]


@pytest.fixture
def run(tiny: RunConfig) -> Run:
    return edge.store().create(tiny, "A run")


def answer(said: Said, *arguments: str) -> Any:
    """Return what a command answers to a program."""
    assert cli.main([*arguments, "--json"]) == 0
    return json.loads(said.readouterr().out)


def test_a_run_is_renamed_and_tagged(run: Run, capsys: Said) -> None:
    assert cli.main(["rename", "latest", "Better"]) == 0
    assert capsys.readouterr().out == "A run is now Better.\n"
    assert cli.main(["tag", run.id, "wide", "slow"]) == 0
    assert capsys.readouterr().out == "Better: wide, slow.\n"
    (row,) = answer(capsys, "runs")["runs"]
    assert (row["name"], row["tags"], row["parent"]) == ("Better", ["wide", "slow"], None)
    assert row["disk_bytes"] == run.disk_bytes
    assert answer(capsys, "tag", "latest")["tags"] == []


def test_a_run_gets_a_star_and_loses_it(run: Run, capsys: Said) -> None:
    assert cli.main(["star", "latest"]) == 0
    assert capsys.readouterr().out == "A run has a star.\n"
    assert run.annotations.starred
    assert answer(capsys, "star", run.id, "--off") == {"run": run.id, "starred": False}
    assert not run.annotations.starred
    assert cli.main(["star", run.id, "--off"]) == 0
    assert capsys.readouterr().out == "A run has no star.\n"


@pytest.mark.parametrize("arguments", [("rename", "latest", " "), ("tag", "latest", "a,b"), ("move", "latest", "up")])
def test_an_unusable_argument_is_refused(run: Run, capsys: Said, arguments: tuple[str, ...]) -> None:
    assert cli.main(arguments) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert run.annotations == runs.Annotations("A run")


def test_a_run_is_deleted_and_brought_back_and_the_trash_is_emptied(run: Run, capsys: Said) -> None:
    assert cli.main(["trash"]) == 0
    assert capsys.readouterr().out == "The trash is empty.\n"
    assert cli.main(["delete", run.id]) == 0
    assert f"trash --restore {run.id}" in capsys.readouterr().out
    assert edge.store().all() == []
    assert answer(capsys, "trash")["trash"] == [{"run": run.id, "bytes": edge.store().deleted()[0].disk_bytes}]
    assert answer(capsys, "trash", "--restore", run.id[:12])["run"] == run.id
    assert [found.id for found in edge.store().all()] == [run.id]
    assert cli.main(["trash", "--restore", "2020"]) == 1
    assert "begins the ids of 0" in capsys.readouterr().err
    answer(capsys, "delete", "latest")
    assert answer(capsys, "trash", "--empty")["freed_bytes"] > 0
    assert edge.store().deleted() == []


def test_a_waiting_run_is_moved(tiny: RunConfig, capsys: Said) -> None:
    for name in "abc":
        edge.store().create(tiny, name)
    assert cli.main(["move", "latest", "-2"]) == 0
    assert capsys.readouterr().out == "c is number 1 of 3 in the queue.\n"
    assert [run.name for run in jobs.queue(edge.store())] == ["c", "a", "b"]


def test_a_run_that_does_not_wait_is_not_moved(run: Run, capsys: Said) -> None:
    jobs.stop(run)
    assert cli.main(["move", run.id, "1"]) == 1
    assert "Only a queued run can be moved" in capsys.readouterr().err


def test_training_further_needs_a_finished_run(run: Run, capsys: Said) -> None:
    assert cli.main(["train", "--further", run.id]) == 1
    assert "Only a finished run can be trained further. A run is queued." in capsys.readouterr().err
    assert cli.main(["train", "--further", "latest"]) == 1
    assert "There is no finished run yet" in capsys.readouterr().err


@pytest.mark.slow
def test_a_finished_run_is_trained_further_from_where_it_ended(trained_run: Run, capsys: Said) -> None:
    slowly = ("--set", "training.epochs=1", "--set", "training.learning_rate=1e-6")
    got = answer(capsys, "train", "--further", "latest", *slowly)
    child = edge.store().get(got["run"])
    assert child.state is State.FINISHED
    assert child.parent == trained_run.id
    evaluation = trained_run.evaluation()
    assert evaluation is not None
    kept = trained_run.history()[evaluation.best_epoch - 1]
    # At this learning rate an epoch hardly moves the weights.
    assert child.history()[0].validation_loss == pytest.approx(kept.validation_loss, rel=1e-3)
    assert cli.main(["train", "--further", trained_run.id, "--set", "training.seed=9"]) == 2
    assert "needs its own seed" in capsys.readouterr().err
