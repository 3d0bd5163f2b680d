"""A worker that hangs is found by its progress, by a clock that no one can set."""

import os
import signal
from pathlib import Path

import pytest

from imgrec import edge, jobs, presets, scheduler
from imgrec.config import RunConfig
from imgrec.layers import Conv2D
from imgrec.records import Progress
from imgrec.runs import RunWriter, State
from tests.conftest import WaitFor


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Return the clock, as a list of one number."""
    now = [0.0]
    monkeypatch.setattr("imgrec.scheduler.time.monotonic", lambda: now[0])
    return now


def test_a_run_that_gets_on_does_not_hang_however_slowly(tiny: RunConfig, clock: list[float]) -> None:
    run, watch = RunWriter(edge.store().create(tiny, "Slow").folder), scheduler.Watch(hang_seconds=10)
    with run.lock():
        for step in range(5):
            run.write_progress(Progress(step=step))
            assert not watch.hanging(run)
            clock[0] += 9
            assert not watch.hanging(run)
            clock[0] += 9


def test_a_run_that_says_nothing_new_hangs_after_a_while(tiny: RunConfig, clock: list[float]) -> None:
    run, watch = RunWriter(edge.store().create(tiny, "Still").folder), scheduler.Watch(hang_seconds=10)
    run.write_progress(Progress(step=1))
    assert not watch.hanging(run)
    clock[0] += 10
    run.write_progress(Progress(step=1))  # the same again is nothing new
    assert not watch.hanging(run)
    clock[0] += 1
    assert not watch.hanging(run), "it has no worker"
    with run.lock():
        assert watch.hanging(run)
        run.write_progress(Progress(step=2))
        assert not watch.hanging(run)


def test_a_network_of_which_one_step_takes_long_has_the_time(tiny: RunConfig, clock: list[float]) -> None:
    wide = (Conv2D(filters=512, kernel_size=7), Conv2D(filters=512, kernel_size=7))
    config = tiny.replace(layers=wide).with_setting("training.batch_size", 2048)
    run, watch = RunWriter(edge.store().create(config, "Large").folder), scheduler.Watch()
    run.write_progress(Progress(step=1))
    with run.lock():
        assert not watch.hanging(run)
        clock[0] += 2 * scheduler.HANG_SECONDS
        assert not watch.hanging(run)
        clock[0] += scheduler.longest_step(run)
        assert watch.hanging(run)


@pytest.mark.parametrize("preset", presets.PRESETS.values(), ids=presets.PRESETS)
def test_no_preset_hangs_much_longer_than_others(preset: presets.Preset) -> None:
    assert scheduler.longest_step(edge.store().create(preset.config, "A run")) < 1.1 * scheduler.HANG_SECONDS


@pytest.mark.slow
@pytest.mark.usefixtures("shapes")
@pytest.mark.skipif(not Path("/proc").is_dir(), reason="only Linux tells what a process is")
def test_a_worker_that_stands_still_is_killed_and_nothing_else_is(tiny: RunConfig, wait_for: WaitFor) -> None:
    run = jobs.launch(edge.store(), tiny.with_setting("training.epochs", 500))
    wait_for(lambda: len(run.history()) > 3)
    process = run.attempts()[-1].process
    os.kill(process, signal.SIGSTOP)
    other = edge.store().create(tiny, "Other")
    jobs.kill(other)
    assert run.state is State.RUNNING
    jobs.kill(run)
    wait_for(lambda: len(run.attempts()) == 2)
    assert run.attempts()[-1].epoch >= 3
