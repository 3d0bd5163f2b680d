"""A worker that hangs is found by its progress, by a clock that no one can set."""

import os
import signal
from pathlib import Path

import pytest

from imgrec import jobs, keeper, runs
from imgrec.config import RunConfig
from imgrec.runs import State, Work
from tests.conftest import WaitFor


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Gives the clock, as a list of one number."""
    now = [0.0]
    monkeypatch.setattr(keeper.time, "monotonic", lambda: now[0])
    return now


def test_a_run_that_gets_on_does_not_hang_however_slowly(tiny: RunConfig, clock: list[float]) -> None:
    run, watch = Work(runs.create(tiny, "Slow").folder), keeper.Watch(hang_seconds=10)
    with run.lock():
        for step in range(5):
            run.write_progress({"phase": "training", "step": step})
            assert not watch.hanging(run)
            clock[0] += 9
            assert not watch.hanging(run)
            clock[0] += 9


def test_a_run_that_says_nothing_new_hangs_after_a_while(tiny: RunConfig, clock: list[float]) -> None:
    run, watch = Work(runs.create(tiny, "Still").folder), keeper.Watch(hang_seconds=10)
    run.write_progress({"phase": "training", "step": 1})
    assert not watch.hanging(run)
    clock[0] += 10
    run.write_progress({"phase": "training", "step": 1})  # the same again is nothing new
    assert not watch.hanging(run)
    clock[0] += 1
    assert not watch.hanging(run), "it has no worker"
    with run.lock():
        assert watch.hanging(run)
        run.write_progress({"phase": "training", "step": 2})
        assert not watch.hanging(run)


@pytest.mark.slow
@pytest.mark.usefixtures("shapes")
@pytest.mark.skipif(not Path("/proc").is_dir(), reason="only Linux tells what a process is")
def test_a_worker_that_stands_still_is_killed_and_nothing_else_is(tiny: RunConfig, wait_for: WaitFor) -> None:
    run = jobs.launch(tiny.with_setting("training.epochs", 500))
    wait_for(lambda: len(run.history()) > 3)
    process = run.starts()[-1]["process"]
    os.kill(process, signal.SIGSTOP)
    other = runs.create(tiny, "Other")
    jobs.kill(other)
    assert run.state is State.RUNNING
    jobs.kill(run)
    wait_for(lambda: len(run.starts()) == 2)
    assert run.starts()[-1]["epoch"] >= 3
