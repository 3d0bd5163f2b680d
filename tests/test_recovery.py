"""Real workers killed for real: the run goes on, and ends as if nothing had happened."""

import os
import random
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from benchmarks.stage import serving
from imgrec import edge, jobs
from imgrec.config import RunConfig
from imgrec.errors import RunError
from imgrec.layers import Dropout
from imgrec.runs import Run, RunWriter, State, library
from tests.conftest import WaitFor

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("shapes")]
MEASURED = ("epoch", "loss", "accuracy", "validation_loss", "validation_accuracy", "learning_rate")
SEED = 4


@pytest.fixture(scope="module")
def longer(tiny: RunConfig) -> RunConfig:
    """Return a config that trains for a few seconds, and draws while it does."""
    config = tiny.replace(layers=(*tiny.layers, Dropout()))
    return config.with_setting("training.epochs", 60).with_setting("training.train_share", 0.3)


@contextmanager
def shared(home: Path, drawn: Path) -> Iterator[None]:
    """Let what several tests share be made in a home of its own, and wait until nothing works there."""
    (home / "datasets").symlink_to(drawn / "datasets")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IMGREC_HOME", str(home))
        yield
        for child in jobs.processes._children:
            child.wait()


@pytest.fixture(scope="module")
def unbroken(longer: RunConfig, drawn: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Return a finished run of `longer` that nothing happened to, in a home of its own."""
    with shared(tmp_path_factory.mktemp("unbroken"), drawn):
        run = jobs.launch(edge.store(), longer, "Unbroken")
    assert run.state is State.FINISHED, run.log.read_text()
    return run


@pytest.fixture(scope="module")
def paused_elsewhere(
    longer: RunConfig, drawn: Path, tmp_path_factory: pytest.TempPathFactory, wait_for: WaitFor
) -> Run:
    """Return a run of `longer` that was paused after some epochs, in a home of its own, and has left its place."""
    with shared(tmp_path_factory.mktemp("paused"), drawn):
        run = jobs.launch(edge.store(), longer, "Paused")
        wait_for(lambda: len(run.history()) > 3)
        jobs.pause(run)
        jobs.pause(run)  # asking twice is asking once
        wait_for(lambda: run.state is State.PAUSED)
        assert not run.alive()
    return run


@pytest.fixture
def paused(paused_elsewhere: Run) -> Run:
    """Return a copy of the paused run in the test's own home."""
    return copied(paused_elsewhere)


def copied(run: Run) -> Run:
    """Copy a run of another home into the test's own."""
    shutil.copytree(run.folder, edge.store().runs / run.id)
    return edge.store().get(run.id)


def kill(run: Run) -> None:
    os.kill(run.attempts()[-1].process, signal.SIGKILL)


def same(one: Run, other: Run) -> None:
    for first, second in zip(one.predictions(), other.predictions(), strict=True):
        np.testing.assert_array_equal(first, second)
    rows = [[[getattr(row, name) for name in MEASURED] for row in run.history()] for run in (one, other)]
    np.testing.assert_allclose(rows[0], rows[1], rtol=1e-6)


def test_a_run_whose_worker_is_killed_twice_goes_on_by_itself_and_ends_as_if_it_had_not(
    longer: RunConfig, unbroken: Run, wait_for: WaitFor
) -> None:
    draw = random.Random(SEED)
    run = jobs.launch(edge.store(), longer, "Killed")
    for kills in (1, 2):
        seen = len(run.history())
        wait_for(lambda seen=seen: len(run.history()) > seen + 5)  # type: ignore[misc]
        time.sleep(draw.uniform(0, 0.3))
        shown = run.history()
        kill(run)
        # Without anyone asking: by the scheduler alone.
        wait_for(lambda kills=kills: len(run.attempts()) == kills + 1)  # type: ignore[misc]
        assert run.attempts()[-1].epoch >= len(shown), "a complete epoch was lost"
        assert run.history()[: len(shown)] == shown
    wait_for(lambda: run.state not in jobs.ACTIVE)
    assert run.state is State.FINISHED, run.log.read_text()
    assert [row.epoch for row in run.history()] == list(range(1, 61))
    same(unbroken, run)


def test_a_paused_run_leaves_its_place_and_goes_on_where_it_was(unbroken: Run, paused: Run, wait_for: WaitFor) -> None:
    assert paused.has_checkpoint
    jobs.resume(paused)
    jobs.resume(paused)
    wait_for(lambda: paused.state is State.FINISHED)
    assert len(paused.attempts()) == 2
    same(unbroken, paused)


def test_a_run_that_dies_without_coming_farther_is_not_tried_again(longer: RunConfig, wait_for: WaitFor) -> None:
    run = jobs.launch(edge.store(), longer.with_setting("training.epochs", 20), "A run")
    wait_for(run.progress)
    kill(run)
    wait_for(lambda: run.state is State.INTERRUPTED)
    wait_for(lambda: all(child.poll() is not None for child in jobs.processes._children))  # the scheduler gives it up
    assert len(run.attempts()) == 1
    assert jobs.can_resume(run)
    jobs.resume(run)
    wait_for(lambda: run.state is State.FINISHED)


def test_a_paused_run_that_is_stopped_is_scored(paused: Run, wait_for: WaitFor) -> None:
    epochs = len(paused.history())
    jobs.stop(paused)
    wait_for(lambda: paused.state is State.FINISHED)
    evaluation = paused.evaluation()
    assert evaluation is not None
    assert evaluation.stopped
    assert evaluation.epochs_trained == epochs
    with pytest.raises(RunError, match="Only a run that has not ended"):
        jobs.resume(paused)


def test_a_run_that_failed_goes_on_once_the_cause_is_gone(paused: Run, wait_for: WaitFor) -> None:
    RunWriter(paused.folder).fail("The disk was full.", "", again=True)
    assert paused.state is State.FAILED
    jobs.resume(paused)
    wait_for(lambda: paused.state is State.FINISHED)
    assert len(paused.history()) == 60


def test_a_waiting_run_that_is_paused_is_passed_over(tiny: RunConfig, wait_for: WaitFor) -> None:
    first, second = edge.store().create(tiny, "First"), edge.store().create(tiny, "Second")
    jobs.pause(first)
    jobs.look_after(edge.store())
    wait_for(lambda: second.state is State.FINISHED)
    assert first.state is State.PAUSED
    assert first.attempts() == ()


def test_a_run_whose_folder_is_deleted_while_it_trains_ends_and_the_next_one_begins(
    longer: RunConfig, tiny: RunConfig, wait_for: WaitFor, tmp_path: Path
) -> None:
    run, after = jobs.launch(edge.store(), longer, "A run"), jobs.launch(edge.store(), tiny, "After")
    wait_for(lambda: len(run.history()) > 3)
    process = run.attempts()[-1].process
    run.folder.rename(tmp_path / "elsewhere")
    shutil.rmtree(tmp_path / "elsewhere")
    assert [found.id for found in edge.store().all()] == [after.id]
    wait_for(lambda: after.state is State.FINISHED)
    wait_for(lambda: not Path(f"/proc/{process}").exists())
    assert not run.folder.exists()
    assert run.state is State.INTERRUPTED
    assert not jobs.under_way(run)


def test_what_waited_goes_on_when_the_server_starts_with_no_page_open(
    tiny: RunConfig, home: Path, wait_for: WaitFor
) -> None:
    run = edge.store().create(tiny, "Waiting since before the reboot")
    with serving(str(home)):
        wait_for(lambda: run.state is State.FINISHED)


def test_a_run_that_is_trained_further_is_not_moved_by_what_happens_to_it(
    longer: RunConfig, unbroken: Run, wait_for: WaitFor
) -> None:
    parent, ended = copied(unbroken), []
    for name in ("Unbroken", "Killed"):
        run = jobs.launch(edge.store(), longer.with_setting("training.epochs", 30), name, parent=parent)
        if name == "Killed":
            library.delete(parent)  # it has what it needs
            wait_for(lambda run=run: len(run.history()) > 5)  # type: ignore[misc]
            kill(run)
        wait_for(lambda run=run: run.state is State.FINISHED)  # type: ignore[misc]
        ended.append(run)
    same(*ended)
