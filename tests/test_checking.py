"""`check` finds what breaks a rule of the store, says what can be done, and repairs what can be."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pytest

from imgrec import cli, jobs, runs
from imgrec.config import RunConfig
from imgrec.runs import Run, State, Work, checking, checkpoints, library

ROWS = [{"epoch": epoch, "loss": 1.0 / epoch, "validation_accuracy": 0.1 * epoch} for epoch in (1, 2)]


@pytest.fixture
def begun(tiny: RunConfig) -> Work:
    """Gives a run whose worker died after two epochs."""
    run = Work(runs.create(tiny, "Begun").folder)
    run.begin()
    for epochs in (1, 2):
        run.write_checkpoint(checkpoints.Saved({"history": ROWS[:epochs], "step": 0}, {"model/0": np.arange(4.0)}))
    return run


@pytest.fixture
def finished(begun: Work) -> Work:
    """Gives a run with all its results."""
    probabilities = np.eye(10, dtype=np.float32)[[0, 1, 2, 3]]
    begun.write_predictions(probabilities, np.array([0, 1, 2, 9], np.uint8))
    begun.write_model(lambda path: ZipFile(path, "w").writestr("model.weights.h5", b"weights" * 100))
    begun.finish({"test_correct": 3, "test_images": 4, "test_accuracy": 0.75, "epochs_trained": 2})
    return begun


def found() -> list[str]:
    return [finding.what for finding in checking.check()]


def repair() -> None:
    for finding in list(checking.check()):
        assert finding.repair is not None, finding
        finding.repair()
    assert found() == []


@pytest.mark.usefixtures("finished")
def test_a_whole_store_breaks_no_rule(tiny: RunConfig) -> None:
    runs.create(tiny, "Queued")
    stopped = runs.create(tiny, "Stopped")
    jobs.stop(stopped)
    library.rename(stopped, "Another name")
    library.delete(runs.create(tiny, "Deleted"))
    assert found() == []


def test_before_the_first_run_no_rule_is_broken() -> None:
    assert found() == []


def damaged(name: str) -> Callable[[Run], None]:
    def damage(run: Run) -> None:
        path = run.folder / name
        data = path.read_bytes()
        path.write_bytes(data[:40] + bytes([data[40] ^ 1]) + data[41:])

    return damage


def left_behind(run: Run) -> None:
    (run.folder / ".progress.tmp").write_text("{")
    (run.checkpoints_folder / ".0002.tmp").write_text("")


@pytest.mark.parametrize(
    ("damage", "what", "state"),
    [
        (damaged("history.jsonl"), "history.jsonl of run", State.INTERRUPTED),
        (damaged("starts.jsonl"), "starts.jsonl of run", State.QUEUED),
        (damaged("checkpoints/0002-0000000.checkpoint"), "The checkpoint 0002-0000000", State.INTERRUPTED),
        (left_behind, "was being written when its writer died", State.INTERRUPTED),
        (lambda run: (run.folder / "progress.json").write_text("{"), "progress.json of run", State.INTERRUPTED),
        (lambda run: (run.folder / "request.json").write_text("{}"), "request.json of run", State.INTERRUPTED),
        (lambda run: (run.folder / "label.json").write_text("{}"), "label.json of run", State.INTERRUPTED),
        (lambda run: (run.folder / "error.json").write_text("{}"), "error.json of run", State.INTERRUPTED),
    ],
)
def test_damage_in_a_run_that_has_not_ended_is_repaired(
    begun: Work, damage: Callable[[Run], None], what: str, state: State
) -> None:
    damage(begun)
    assert all(what in one or "died" in one for one in found())
    assert found()
    repair()
    assert runs.get(begun.id).state is state


def test_a_damaged_history_is_written_anew_from_the_newest_intact_checkpoint(begun: Work) -> None:
    damaged("history.jsonl")(begun)
    damaged("checkpoints/0002-0000000.checkpoint")(begun)
    repair()
    assert begun.history() == ROWS[:1]


@pytest.mark.parametrize("name", ["evaluation.json", "history.jsonl", "predictions.npz", "model.keras"])
def test_a_run_with_a_damaged_result_is_trained_again(finished: Work, name: str) -> None:
    path = finished.folder / name
    path.write_bytes(path.read_bytes()[:-60])
    assert len(found()) == 1
    repair()
    assert finished.state is State.INTERRUPTED
    assert jobs.can_resume(finished)
    assert not jobs.under_way(finished), "someone has to ask for it"


def test_a_stopped_run_with_a_damaged_result_cannot_be_made_again(finished: Work) -> None:
    finished.ask("stop")
    finished.model.unlink()
    (finding,) = checking.check()
    assert "model.keras cannot be read" in finding.what
    assert "stopped by hand" in finding.remedy
    assert finding.repair is None


def test_scores_that_are_not_those_of_the_predictions_are_found(finished: Work) -> None:
    finished.write_predictions(np.eye(10, dtype=np.float32)[[0, 1, 2, 3]], np.array([0, 1, 3, 9], np.uint8))
    assert found() == ["evaluation.json counts 3 of 4 test images as right, and the predictions 2 of 4."]


def test_checkpoints_that_a_finished_run_still_has_are_removed(finished: Work) -> None:
    checkpoints.write(finished.checkpoints_folder, checkpoints.Place(2, 0), checkpoints.Saved({"history": ROWS}, {}))
    assert found() == ["It is finished and still has checkpoints, which it needs no more."]
    repair()
    assert finished.state is State.FINISHED


def test_a_run_whose_config_is_damaged_goes_to_the_trash(begun: Work, finished: Work) -> None:
    assert begun.id == finished.id
    damaged("config.json")(finished)
    repair()
    assert runs.all() == []
    assert len(library.trash()) == 1


def test_a_run_of_a_newer_imgrec_is_left_alone(begun: Work) -> None:
    (begun.folder / "config.json").write_text(json.dumps({**begun.record, "schema": runs.SCHEMA + 1}))
    (finding,) = checking.check()
    assert "newer imgrec" in finding.what
    assert finding.repair is None


def test_what_a_worker_is_writing_is_left_to_it(begun: Work) -> None:
    left_behind(begun)
    with begun.lock():
        assert found() == []
    assert len(found()) == 2


def test_a_run_that_a_worker_took_up_meanwhile_is_not_repaired(begun: Work) -> None:
    left_behind(begun)
    findings = list(checking.check())
    with begun.lock():
        for finding in findings:
            assert finding.repair
            finding.repair()
    assert len(found()) == 2


def test_what_lies_between_the_runs_is_found(begun: Work, home: Path) -> None:
    building = begun.folder.with_name(f".{begun.id}")
    building.mkdir()
    assert found() == [], "it may be being made now"
    os.utime(building, (0, 0))
    (home / "runs" / "notes.txt").write_text("")
    assert found() == ["It was being made when its maker died, and never became a run.", "This is no run."]


def test_a_model_to_go_on_from_that_is_gone_is_found(finished: Work, tiny: RunConfig) -> None:
    child = runs.create(tiny, "Child", finished)
    assert found() == []
    child.start.write_bytes(b"")
    (finding,) = checking.check()
    assert "start.keras cannot be read" in finding.what
    assert finding.repair is None


def test_a_full_disk_is_said(begun: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    assert begun.exists
    monkeypatch.setattr(checking, "LOW_BYTES", 1e18)
    (finding,) = checking.check()
    assert "MB are free" in finding.what


def test_the_order_of_the_queue_and_drafts_are_looked_at(home: Path) -> None:
    (home / "queue.json").write_text("{")
    (home / "drafts").mkdir()
    (home / "drafts" / "abc.json").write_text("{")
    assert len(found()) == 2
    repair()


def test_the_command_finds_and_repairs(begun: Work, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["check"]) == 0
    assert capsys.readouterr().out == "Every rule holds.\n"
    left_behind(begun)
    assert cli.main(["check"]) == 1
    assert "With --repair: It is removed." in capsys.readouterr().out
    assert cli.main(["check", "--repair", "--json"]) == 0
    assert [row["repaired"] for row in json.loads(capsys.readouterr().out)["found"]] == [True, True]
    assert cli.main(["check"]) == 0
