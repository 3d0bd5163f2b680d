"""A worker that is kept ready for the next run."""

import os
import signal
import time
from pathlib import Path

import pytest

from benchmarks.home import processes, waiting
from imgrec import edge, jobs
from imgrec.config import RunConfig
from imgrec.errors import SettingsError
from imgrec.jobs import machine, standby
from imgrec.runs import State
from tests.conftest import WaitFor


@pytest.fixture
def on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a worker be kept ready, however little memory the machine has."""
    monkeypatch.setenv("IMGREC_STANDBY", "1")


@pytest.mark.slow
@pytest.mark.usefixtures("on", "shapes")
def test_a_worker_that_waits_trains_the_next_run_and_another_takes_its_place(
    home: Path, tiny: RunConfig, wait_for: WaitFor
) -> None:
    jobs.expect(edge.store(), "shapes")
    wait_for(lambda: waiting(home))
    (worker,) = waiting(home)
    run = jobs.launch(edge.store(), tiny)
    wait_for(lambda: run.state is State.FINISHED)
    assert [attempt.process for attempt in run.attempts()] == [worker.pid]
    wait_for(lambda: waiting(home) not in ([], [worker]))
    after = jobs.launch(edge.store(), tiny.with_setting("training.seed", 1))
    wait_for(lambda: after.state is State.FINISHED)
    assert after.attempts()[0].process != worker.pid


@pytest.mark.slow
@pytest.mark.usefixtures("on", "shapes")
def test_a_run_begins_also_where_the_worker_that_waits_was_killed(
    home: Path, tiny: RunConfig, wait_for: WaitFor
) -> None:
    jobs.expect(edge.store(), "shapes")
    wait_for(lambda: waiting(home))
    waiting(home)[0].kill()
    run = jobs.launch(edge.store(), tiny)
    wait_for(lambda: run.state is State.FINISHED)
    assert len(run.attempts()) == 1


@pytest.mark.slow
@pytest.mark.usefixtures("on", "shapes")
def test_how_a_worker_ended_that_had_waited_is_known_and_in_its_runs_log(
    home: Path, tiny: RunConfig, wait_for: WaitFor
) -> None:
    jobs.expect(edge.store(), "shapes")
    wait_for(lambda: waiting(home))
    run = jobs.launch(edge.store(), tiny.with_setting("training.epochs", 500))
    wait_for(run.attempts)
    jobs.kill(run)
    wait_for(lambda: run.state is State.INTERRUPTED)
    jobs.resume(run)
    wait_for(lambda: len(run.attempts()) == 2 and run.alive())
    os.kill(run.attempts()[-1].process, signal.SIGSEGV)
    wait_for(run.ending)
    ending = run.ending()
    assert ending is not None
    assert ending.status == -signal.SIGSEGV
    assert "Segmentation fault" in run.log.read_text(encoding="utf-8")


@pytest.mark.slow
@pytest.mark.usefixtures("on")
def test_a_worker_waits_only_as_long_as_a_run_is_expected(home: Path, wait_for: WaitFor) -> None:
    jobs.expect(edge.store(), "shapes")
    wait_for(lambda: waiting(home))
    long_ago = time.time() - 2 * standby.EXPECTED_SECONDS
    os.utime(home / "expected", (long_ago, long_ago))
    wait_for(lambda: processes(home) == [])


def test_no_worker_waits_where_the_host_does_not_want_it(home: Path) -> None:
    earlier = list(jobs.processes._children)  # of tests in the same process
    jobs.expect(edge.store(), "shapes")
    assert not (home / "expected").exists()
    assert jobs.processes._children == earlier
    standby.expect(home, "shapes")
    assert not jobs.is_expected(home)
    jobs.start_next(home)
    assert jobs.processes._standby is None


@pytest.mark.usefixtures("on")
def test_no_worker_waits_where_memory_is_short(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(standby, "free_memory", lambda: standby.NEEDED_BYTES)
    standby.expect(home, "shapes")
    assert jobs.is_expected(home)
    jobs.start_next(home)
    assert jobs.processes._standby is None


def test_a_container_has_the_memory_that_its_limit_leaves(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(machine, "_CGROUP", tmp_path)
    whole = machine.free_memory()
    assert whole > 0
    (tmp_path / "memory.current").write_text("1000000\n")
    (tmp_path / "memory.max").write_text("max\n")
    assert machine.free_memory() == pytest.approx(whole, rel=0.5)
    (tmp_path / "memory.max").write_text("3000000\n")
    assert machine.free_memory() == 2_000_000
    (tmp_path / "memory.stat").write_text("anon 400000\nactive_file 100000\ninactive_file 200000\n")
    assert machine.free_memory() == 2_300_000, "files that are kept in memory are let go of"


@pytest.mark.parametrize("text", ["", "yes", "2"])
def test_a_wrong_setting_is_refused_before_there_is_a_run(
    tiny: RunConfig, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setenv("IMGREC_STANDBY", text)
    with pytest.raises(SettingsError, match=r"IMGREC_STANDBY needs 1 \(on\) or 0 \(off\)"):
        jobs.launch(edge.store(), tiny)
    assert edge.store().all() == []
