"""`check` finds what breaks a rule of the store, says what can be done, and repairs what can be."""

import io
import json
import os
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from zipfile import ZipFile

import numpy as np
import pytest

from imgrec import cli, edge, jobs, runs
from imgrec.config import RunConfig
from imgrec.records import TrainingState
from imgrec.runs import Run, RunWriter, State, checking, checkpoints, library
from tests.evaluated import epochs, evaluated

NOBODY = 65534
ROWS = epochs(0.1, 0.2)


@pytest.fixture
def begun(tiny: RunConfig) -> RunWriter:
    """Return a run whose worker died after two epochs."""
    run = RunWriter(edge.store().create(tiny, "Begun").folder)
    run.begin()
    for count in (1, 2):
        run.write_checkpoint(checkpoints.Saved(TrainingState(history=ROWS[:count]), {"model/0": np.arange(4.0)}, "f"))
    return run


@pytest.fixture
def finished(begun: RunWriter) -> RunWriter:
    """Return a run with all its results."""
    probabilities = np.eye(10, dtype=np.float32)[[0, 1, 2, 3]]
    begun.write_predictions(probabilities, np.array([0, 1, 2, 9], np.uint8))
    with ZipFile(model := io.BytesIO(), "w") as file:
        file.writestr("model.weights.h5", b"weights" * 100)
    begun.write_model(model.getvalue())
    begun.finish(evaluated(3, 4))
    return begun


def found() -> list[str]:
    return [finding.what for finding in checking.check(edge.store())]


def repair() -> None:
    for finding in list(checking.check(edge.store())):
        assert finding.repair is not None, finding
        finding.repair()
    assert found() == []


@pytest.fixture
def no_right(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Path], None]]:
    """Return a home that every user can enter, and a function that takes the right to a file away from this process."""
    user = os.geteuid()
    with TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        monkeypatch.setenv("IMGREC_HOME", folder)

        def take(path: Path) -> None:
            assert found() == []  # which also loads what another user might not be able to load
            path.chmod(0)
            if user == 0:  # to whom no right is missing
                for each in (Path(folder), *Path(folder).rglob("*")):
                    os.chown(each, NOBODY, NOBODY)
                os.seteuid(NOBODY)

        yield take
        os.seteuid(user)


@pytest.mark.parametrize(
    "name",
    ["config.json", "label.json", "starts.jsonl", "history.jsonl", "evaluation.json", "predictions.npz", "model.keras"],
)
def test_what_may_not_be_read_is_not_taken_for_damaged(
    no_right: Callable[[Path], None], request: pytest.FixtureRequest, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    run: RunWriter = request.getfixturevalue("finished")
    library.rename(run, "Named")
    no_right(run.folder / name)
    assert cli.main(["check", "--repair"]) == 1
    (line,) = capsys.readouterr().out.splitlines()
    assert f"{name}" in line
    assert line.endswith(
        "cannot be read: Permission denied. Give yourself the right to read and write there. "
        "It is left as it is until it can be read."
    )
    (run.folder / name).chmod(0o600)  # the advice
    assert found() == []
    assert edge.store().get(run.id).name == "Named"


@pytest.mark.parametrize(
    "name", ["runs/ID", "runs/ID/checkpoints/0002-0000000.checkpoint", "drafts/a.json", "queue.json"]
)
def test_a_folder_a_checkpoint_and_what_belongs_to_no_run_may_be_locked_away_too(
    no_right: Callable[[Path], None], request: pytest.FixtureRequest, name: str
) -> None:
    run: RunWriter = request.getfixturevalue("begun")
    (edge.home() / "drafts").mkdir()
    (edge.home() / "drafts" / "a.json").write_text(run.config.to_json())
    (edge.home() / "queue.json").write_text("[]")
    path = edge.home() / name.replace("ID", run.id)
    mode = path.stat().st_mode
    no_right(path)
    (finding,) = checking.check(edge.store())
    assert "Permission denied" in finding.what
    assert finding.repair is None
    assert [Run(run.folder).id for run in edge.store().all()] == [run.id]
    assert len(edge.store().readable()) == (name != "runs/ID")
    path.chmod(mode)
    assert found() == []


@pytest.mark.parametrize("count", [1, 2])
def test_where_no_run_can_be_read_none_is_said_to_be_missing(
    tiny: RunConfig, capsys: pytest.CaptureFixture[str], count: int
) -> None:
    for name in "ab"[:count]:
        (edge.store().create(tiny, name).folder / "config.json").write_text("{")
    assert cli.main(["runs"]) == 0
    what = "The only run" if count == 1 else "Each of the 2 runs"
    assert capsys.readouterr().out == f"{what} cannot be read. `python -m imgrec check` says what can be done.\n"
    assert cli.main(["show", "latest"]) == 1
    assert "no run among the runs that can be read" in capsys.readouterr().err
    assert cli.main(["check", "--repair"]) == 0  # the advice
    assert cli.main(["runs"]) == 0
    assert "There are no runs yet" in capsys.readouterr().out


@pytest.mark.usefixtures("finished")
def test_a_whole_store_breaks_no_rule(tiny: RunConfig) -> None:
    edge.store().create(tiny, "Queued")
    stopped = edge.store().create(tiny, "Stopped")
    jobs.stop(stopped)
    library.rename(stopped, "Another name")
    library.delete(edge.store().create(tiny, "Deleted"))
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
    begun: RunWriter, damage: Callable[[Run], None], what: str, state: State
) -> None:
    damage(begun)
    assert all(what in one or "died" in one for one in found())
    assert found()
    repair()
    assert edge.store().get(begun.id).state is state


def test_a_damaged_history_is_written_anew_from_the_newest_intact_checkpoint(begun: RunWriter) -> None:
    damaged("history.jsonl")(begun)
    damaged("checkpoints/0002-0000000.checkpoint")(begun)
    repair()
    assert begun.history() == ROWS[:1]


@pytest.mark.parametrize("name", ["evaluation.json", "history.jsonl", "predictions.npz", "model.keras"])
def test_a_run_with_a_damaged_result_is_trained_again(finished: RunWriter, name: str) -> None:
    path = finished.folder / name
    path.write_bytes(path.read_bytes()[:-60])
    assert len(found()) == 1
    repair()
    assert finished.state is State.INTERRUPTED
    assert jobs.can_resume(finished)
    assert not jobs.under_way(finished), "someone has to ask for it"


def test_a_damaged_quick_form_of_a_model_is_removed(finished: RunWriter) -> None:
    evaluation = finished.evaluation()
    assert evaluation is not None
    finished.write_lite(b"as it was written")
    finished.finish(evaluation.replace(lite_sha256=sha256(b"as it was written").hexdigest()))
    assert found() == []
    finished.lite.write_bytes(b"as it was writteN")
    assert found() == ["model.tflite does not have its checksum."]
    repair()
    assert not finished.lite.exists()
    assert finished.state is State.FINISHED


def test_a_stopped_run_with_a_damaged_result_cannot_be_made_again(finished: RunWriter) -> None:
    finished.ask("stop")
    finished.model.unlink()
    (finding,) = checking.check(edge.store())
    assert "model.keras cannot be read" in finding.what
    assert "stopped by hand" in finding.remedy
    assert finding.repair is None


def test_scores_that_are_not_those_of_the_predictions_are_found(finished: RunWriter) -> None:
    finished.write_predictions(np.eye(10, dtype=np.float32)[[0, 1, 2, 3]], np.array([0, 1, 3, 9], np.uint8))
    assert found() == ["evaluation.json counts 3 of 4 test images as right, and the predictions 2 of 4."]


def test_checkpoints_that_a_finished_run_still_has_are_removed(finished: RunWriter) -> None:
    saved = checkpoints.Saved(TrainingState(history=ROWS), {}, "f")
    checkpoints.write(finished.checkpoints_folder, checkpoints.Place(2, 0), saved)
    assert found() == ["It is finished and still has checkpoints, which it needs no more."]
    repair()
    assert finished.state is State.FINISHED


def test_a_run_whose_config_is_damaged_goes_to_the_trash(begun: RunWriter, finished: RunWriter) -> None:
    assert begun.id == finished.id
    damaged("config.json")(finished)
    repair()
    assert edge.store().all() == []
    assert len(edge.store().deleted()) == 1


def test_a_run_of_a_newer_imgrec_is_left_alone(begun: RunWriter) -> None:
    (begun.folder / "config.json").write_text(json.dumps({**begun.record, "schema": runs.SCHEMA + 1}))
    (finding,) = checking.check(edge.store())
    assert "newer imgrec" in finding.what
    assert finding.repair is None


def test_what_a_worker_is_writing_is_left_to_it(begun: RunWriter) -> None:
    left_behind(begun)
    with begun.lock():
        assert found() == []
    assert len(found()) == 2


def test_a_run_that_a_worker_took_up_meanwhile_is_not_repaired(begun: RunWriter) -> None:
    left_behind(begun)
    findings = list(checking.check(edge.store()))
    with begun.lock():
        for finding in findings:
            assert finding.repair
            finding.repair()
    assert len(found()) == 2


def test_what_lies_between_the_runs_is_found(begun: RunWriter, home: Path) -> None:
    building = begun.folder.with_name(f".{begun.id}")
    building.mkdir()
    assert found() == [], "it may be being made now"
    os.utime(building, (0, 0))
    (home / "runs" / "notes.txt").write_text("")
    assert found() == ["It was being made when its maker died, and never became a run.", "This is no run."]


def test_a_model_to_go_on_from_that_is_gone_is_found(finished: RunWriter, tiny: RunConfig) -> None:
    child = edge.store().create(tiny, "Child", finished)
    assert found() == []
    child.start.write_bytes(b"")
    (finding,) = checking.check(edge.store())
    assert "start.keras, and that is absent or damaged" in finding.what
    assert finding.repair is None


def test_a_full_disk_is_said(begun: RunWriter, monkeypatch: pytest.MonkeyPatch) -> None:
    assert begun.exists
    monkeypatch.setattr(checking, "LOW_BYTES", 1e18)
    (finding,) = checking.check(edge.store())
    assert "MB are free" in finding.what


def test_the_order_of_the_queue_and_drafts_are_looked_at(home: Path) -> None:
    (home / "queue.json").write_text("{")
    (home / "drafts").mkdir()
    (home / "drafts" / "abc.json").write_text("{")
    assert len(found()) == 2
    repair()


def test_the_command_finds_and_repairs(begun: RunWriter, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["check"]) == 0
    assert capsys.readouterr().out == "Every rule holds.\n"
    left_behind(begun)
    assert cli.main(["check"]) == 1
    assert "With --repair: It is removed." in capsys.readouterr().out
    assert cli.main(["check", "--repair", "--json"]) == 0
    assert [row["repaired"] for row in json.loads(capsys.readouterr().out)["found"]] == [True, True]
    assert cli.main(["check"]) == 0
