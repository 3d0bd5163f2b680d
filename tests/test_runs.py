"""A run is its folder: its state follows from its files, and damage is said in words."""

import json
import os
import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from imgrec import edge, files, runs
from imgrec.config import RunConfig
from imgrec.errors import RunError, SettingsError
from imgrec.records import TrainingState
from imgrec.runs import RunWriter, State, checkpoints, checksum
from tests.evaluated import epochs, evaluated

EPOCH = epochs(0.3)[0]


@pytest.fixture
def run(tiny: RunConfig) -> RunWriter:
    return RunWriter(edge.store().create(tiny, "A run").folder)


def began(run: RunWriter) -> None:
    run.begin()


def learnt(run: RunWriter) -> None:
    run.write_checkpoint(checkpoints.Saved(TrainingState(history=(EPOCH,)), {"model/0": np.arange(4.0)}, "f"))


def stopped(run: RunWriter) -> None:
    run.ask("stop")


def paused(run: RunWriter) -> None:
    run.ask("pause")


def resumed(run: RunWriter) -> None:
    run.ask("resume")


def finished(run: RunWriter) -> None:
    run.finish(evaluated())


def failed(run: RunWriter) -> None:
    run.fail("It broke.", "")


def forgiven(run: RunWriter) -> None:
    run.clear_error()


@pytest.mark.parametrize(
    ("steps", "state"),
    [
        ((), State.QUEUED),
        ((stopped,), State.CANCELLED),
        ((paused,), State.PAUSED),
        ((paused, resumed), State.QUEUED),
        ((paused, stopped), State.CANCELLED),
        ((began,), State.INTERRUPTED),
        ((began, stopped), State.CANCELLED),
        ((began, paused), State.PAUSED),
        ((began, paused, resumed), State.QUEUED),
        ((began, paused, resumed, began), State.INTERRUPTED),
        ((began, learnt), State.INTERRUPTED),
        ((began, learnt, stopped), State.QUEUED),
        ((began, learnt, stopped, began), State.INTERRUPTED),
        ((began, learnt, paused), State.PAUSED),
        ((began, learnt, paused, stopped), State.QUEUED),
        ((began, learnt, resumed), State.QUEUED),
        ((began, learnt, finished), State.FINISHED),
        ((began, learnt, stopped, finished), State.FINISHED),
        ((failed,), State.FAILED),
        ((began, failed), State.FAILED),
        ((began, stopped, failed), State.FAILED),
        ((began, learnt, failed, forgiven, resumed), State.QUEUED),
    ],
)
def test_the_state_follows_from_the_files(
    run: RunWriter, steps: tuple[Callable[[RunWriter], None], ...], state: State
) -> None:
    for step in steps:
        step(run)
    assert run.state is state


@pytest.mark.parametrize("steps", [(), (began,), (began, learnt), (began, learnt, stopped)])
def test_whoever_holds_the_lock_makes_the_run_running(
    run: RunWriter, steps: tuple[Callable[[RunWriter], None], ...]
) -> None:
    for step in steps:
        step(run)
    with run.lock():
        assert run.state is State.RUNNING
    assert run.state is not State.RUNNING


@pytest.mark.parametrize(("step", "state"), [(finished, State.FINISHED), (failed, State.FAILED)])
def test_a_run_has_ended_before_its_worker_lets_go(
    run: RunWriter, step: Callable[[RunWriter], None], state: State
) -> None:
    with run.lock():
        step(run)
        assert run.state is state


def test_a_run_is_what_it_was_created_as(tiny: RunConfig, run: RunWriter) -> None:
    again = edge.store().get(run.id)
    assert (again.name, again.config, again.record["schema"]) == ("A run", tiny, runs.SCHEMA)
    assert again.record["versions"].keys() == {"imgrec", "keras", "tensorflow", "numpy"}
    assert again.created.tzinfo is not None
    assert [found.id for found in edge.store().all()] == [run.id]


def test_a_run_that_could_not_be_written_leaves_nothing(
    tiny: RunConfig, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_path: Path, _value: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files, "write_json", full)
    with pytest.raises(RunError, match="cannot be written: No space left on device"):
        edge.store().create(tiny, "A run")
    assert list((home / "runs").iterdir()) == []


def test_a_run_that_is_still_being_written_is_not_listed(home: Path, run: RunWriter) -> None:
    (home / "runs" / f".{run.id}").mkdir()
    (home / "runs" / "notes.txt").write_text("not a run")
    assert [found.id for found in edge.store().all()] == [run.id]


def test_before_the_first_run_there_are_none() -> None:
    assert edge.store().all() == edge.store().readable() == edge.store().finished() == []


def test_a_history_with_half_a_line_more_is_damaged(run: RunWriter) -> None:
    run.write_history([EPOCH])
    assert run.history() == (EPOCH,)
    with (run.folder / "history.jsonl").open("a") as file:
        file.write('{"epoch": 2, "lo')
    with pytest.raises(RunError, match=r"history.jsonl of run .* is damaged"):
        run.history()


def test_nan_is_never_written(run: RunWriter) -> None:
    with pytest.raises(ValueError, match="Out of range float"):
        run.write_history([EPOCH.replace(loss=float("nan"))])
    with pytest.raises(ValueError, match="Out of range float"):
        run.finish(evaluated(test_loss=float("inf")))
    assert run.history() == ()
    assert run.evaluation() is None


@pytest.mark.parametrize(
    "run_id",
    ["", ".", "..", "../runs", "/etc", "20250101-000000-0123abcd", "20250101-000000-0123abcd/..", "a" * 5000, "x\0y"],
)
def test_an_id_that_is_no_run_is_refused(run_id: str, run: RunWriter) -> None:
    assert run.folder.is_dir()
    with pytest.raises(RunError, match="There is no run"):
        edge.store().get(run_id)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"name": "x"}', "\xff"])
def test_a_damaged_run_is_listed_and_says_so(run: RunWriter, tiny: RunConfig, content: str) -> None:
    other = edge.store().create(tiny, "Another")
    (run.folder / "config.json").write_bytes(content.encode("latin-1"))
    assert {found.id for found in edge.store().all()} == {run.id, other.id}
    assert [found.id for found in edge.store().readable()] == [other.id]
    assert [found.id for found in edge.store().in_state(State.QUEUED)] == [other.id]
    with pytest.raises(RunError, match="damaged"):
        _ = edge.store().get(run.id).record


def test_a_run_whose_config_is_unknown_here_does_not_hide_the_others(run: RunWriter, tiny: RunConfig) -> None:
    other = edge.store().create(tiny, "Another")
    record = {**run.record, "config": {"layers": [{"type": "Conv9D"}]}}
    (run.folder / "config.json").write_text(json.dumps(checksum.add(record)))
    assert [found.id for found in edge.store().readable()] == [other.id]
    with pytest.raises(SettingsError, match="Unknown layer: 'Conv9D'"):
        _ = edge.store().get(run.id).config


def test_a_run_of_a_newer_imgrec_asks_for_an_update(run: RunWriter) -> None:
    record = {**run.record, "schema": runs.SCHEMA + 1}
    (run.folder / "config.json").write_text(json.dumps(record))
    with pytest.raises(RunError, match=r"newer imgrec.*Update imgrec"):
        _ = edge.store().get(run.id).name


def test_damaged_predictions_are_said_in_words(run: RunWriter) -> None:
    with pytest.raises(RunError, match="cannot be read"):
        run.predictions()
    run.write_predictions(np.eye(3, dtype=np.float32), np.arange(3, dtype=np.uint8))
    path = run.folder / "predictions.npz"
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(RunError, match="cannot be read"):
        run.predictions()


@pytest.mark.parametrize("name", ["", "  ", "x" * (runs.MAX_NAME + 1), "a\x1b[31mred", "a\0b"])
def test_an_unusable_name_is_refused(tiny: RunConfig, name: str) -> None:
    with pytest.raises(SettingsError, match="A run's name needs"):
        edge.store().create(tiny, name)
    assert edge.store().all() == []


def test_a_name_may_be_in_any_language_and_is_tidied(tiny: RunConfig) -> None:
    assert edge.store().create(tiny, "  Vögel \n 鳥 🐦 ").name == "Vögel 鳥 🐦"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_whether_a_worker_lives_can_be_seen_with_the_right_to_read_alone(run: RunWriter) -> None:
    began(run)
    with run.lock():
        (run.folder / "worker.lock").chmod(0o444)
        run.folder.chmod(0o555)
        found = run.state
    assert [found, run.state] == [State.RUNNING, State.INTERRUPTED]
    run.folder.chmod(0o755)


def test_one_who_looks_at_a_run_is_not_taken_for_its_worker(run: RunWriter) -> None:
    began(run)
    with run.lock():
        pass
    states: set[State] = set()

    def look() -> None:
        states.update(run.state for _ in range(200))

    watchers = [threading.Thread(target=look) for _ in range(4)]
    for watcher in watchers:
        watcher.start()
    for watcher in watchers:
        watcher.join()
    assert states == {State.INTERRUPTED}


def test_runs_made_one_after_the_other_are_listed_newest_first(tiny: RunConfig) -> None:
    made = [edge.store().create(tiny, str(number)).id for number in range(30)]
    assert [run.id for run in edge.store().all()] == made[::-1]


def test_a_run_whose_folder_was_deleted_is_not_waited_for(run: RunWriter) -> None:
    shutil.rmtree(run.folder)
    assert run.state is State.INTERRUPTED


def test_a_damaged_history_is_said_in_words(run: RunWriter) -> None:
    (run.folder / "history.jsonl").write_text("{\n")
    with pytest.raises(RunError, match=r"history.jsonl of run .* is damaged"):
        run.history()


def test_a_home_that_is_a_file_is_said_in_words(home: Path) -> None:
    (home / "runs").write_text("")
    with pytest.raises(RunError, match="Runs need a folder that can be read"):
        edge.store().all()


def test_a_stop_that_cannot_be_written_is_said_in_words(run: RunWriter) -> None:
    (run.folder / "request.json").mkdir()
    with pytest.raises(RunError, match="Asking a run to stop needs to write"):
        run.ask("stop")
