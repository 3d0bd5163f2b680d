"""The queue, with real worker processes, killed for real."""

import errno
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psutil
import pytest

from benchmarks.home import processes
from imgrec import edge, files, jobs, presets
from imgrec.config import RunConfig
from imgrec.errors import RunError, SettingsError, ShapeError
from imgrec.jobs import machine
from imgrec.runs import Run, RunWriter, State, library, looks
from tests.conftest import WaitFor
from tests.evaluated import evaluated

ROOT = Path(__file__).resolve().parent.parent


def ids(found: Sequence[Run]) -> list[str]:
    return [run.id for run in found]


def test_runs_start_in_the_order_of_their_creation_one_at_a_time(tiny: RunConfig, started: list[RunWriter]) -> None:
    order = [edge.store().create(tiny, name) for name in ("first", "second", "third", "fourth", "fifth")]
    assert ids(jobs.queue(edge.store())) == ids(order)
    jobs.start_next(edge.home())
    jobs.start_next(edge.home())
    assert ids(started) == ids(order[:1])
    assert ids(jobs.queue(edge.store())) == ids(order[1:])
    started[0].finish(evaluated())
    jobs.start_next(edge.home())
    assert ids(started) == ids(order[:2])


def test_as_many_runs_train_as_there_are_slots(
    tiny: RunConfig, started: list[RunWriter], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IMGREC_SLOTS", "2")
    for name in ("a", "b", "c"):
        edge.store().create(tiny, name)
    jobs.start_next(edge.home())
    assert len(started) == len(jobs.running(edge.store())) == 2
    assert len(jobs.queue(edge.store())) == 1


def test_one_look_at_the_queue_looks_at_each_run_once(
    tiny: RunConfig, started: list[RunWriter], monkeypatch: pytest.MonkeyPatch
) -> None:
    ended, running, waiting = (edge.store().create(tiny, name) for name in ("Ended", "Running", "Waiting"))
    RunWriter(ended.folder).finish(evaluated())
    seen: Counter[str] = Counter()
    at = looks.at

    def counted(run: Run) -> looks.Look:
        seen[run.id] += 1
        return at(run)

    monkeypatch.setattr(looks, "at", counted)
    with RunWriter(running.folder).lock():
        # A second look could find that a run has ended between the two.
        assert jobs.active(edge.store()) == [(running, State.RUNNING), (waiting, State.QUEUED)]
        assert seen == dict.fromkeys((running.id, waiting.id), 1), "a finished run is known by one file"
        jobs.start_next(edge.home())
        assert seen == dict.fromkeys((running.id, waiting.id), 2)
    assert started == []


@pytest.mark.parametrize(("slots", "threads"), [("1", None), ("2", "4"), ("3", "2"), ("20", "1")])
def test_workers_share_the_cores_and_take_the_fast_kernels(
    monkeypatch: pytest.MonkeyPatch, slots: str, threads: str | None
) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 8)
    monkeypatch.setenv("IMGREC_SLOTS", slots)
    environment = jobs.worker_environment(edge.home())
    assert environment.get("TF_NUM_INTRAOP_THREADS") == threads
    assert environment["TF_ENABLE_ONEDNN_OPTS"] == "1"


@pytest.fixture
def two_gpus(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Return a machine whose nvidia-smi lists two GPUs."""
    tool = tmp_path / "nvidia-smi"
    tool.write_text("#!/bin/sh\necho 'GPU 0: one (UUID: GPU-a)'\necho 'GPU 1: other (UUID: GPU-b)'\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    machine._installed.cache_clear()
    yield
    machine._installed.cache_clear()


@pytest.mark.usefixtures("two_gpus")
def test_there_is_a_slot_for_each_gpu_and_each_worker_sees_its_own(
    tiny: RunConfig, started: list[RunWriter], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert jobs.slots(edge.home()) == 2
    assert [jobs.worker_environment(edge.home(), slot)["CUDA_VISIBLE_DEVICES"] for slot in (0, 1)] == ["0", "1"]
    for name in "abc":
        edge.store().create(tiny, name)
    jobs.start_next(edge.home())
    assert [run.slot for run in started] == [0, 1]
    started[0].finish(evaluated())
    jobs.start_next(edge.home())
    assert [run.slot for run in started] == [0, 1, 0], "the GPU that became free"
    monkeypatch.setenv("IMGREC_SLOTS", "4")
    environments = [jobs.worker_environment(edge.home(), slot) for slot in range(4)]
    assert [environment["CUDA_VISIBLE_DEVICES"] for environment in environments] == ["0", "1", "0", "1"]


@pytest.mark.parametrize(("chosen", "slots"), [("3", 1), ("2,5,7", 3), ("", 1), ("-1", 1)])
@pytest.mark.usefixtures("two_gpus")
def test_the_gpus_that_the_host_allows_are_the_ones_used(
    monkeypatch: pytest.MonkeyPatch, chosen: str, slots: int
) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", chosen)
    assert jobs.slots(edge.home()) == slots
    assert jobs.worker_environment(edge.home(), slots - 1)["CUDA_VISIBLE_DEVICES"] == chosen.rsplit(",", maxsplit=1)[-1]


def test_what_the_host_has_set_for_tensorflow_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMGREC_SLOTS", "2")
    monkeypatch.setenv("TF_NUM_INTRAOP_THREADS", "5")
    monkeypatch.setenv("TF_ENABLE_ONEDNN_OPTS", "0")
    environment = jobs.worker_environment(edge.home())
    assert (environment["TF_NUM_INTRAOP_THREADS"], environment["TF_ENABLE_ONEDNN_OPTS"]) == ("5", "0")


@pytest.mark.parametrize("text", ["", "0", "-1", "65", "two", "1.5", "²", "9" * 5000])
def test_a_wrong_number_of_slots_is_refused_before_there_is_a_run(
    tiny: RunConfig, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IMGREC_SLOTS", text)
    with pytest.raises(SettingsError, match="IMGREC_SLOTS needs a whole number from 1 to 64"):
        jobs.launch(edge.store(), tiny)
    assert edge.store().all() == []


def test_a_config_that_cannot_be_trained_makes_no_run(tiny: RunConfig) -> None:
    with pytest.raises(SettingsError, match="at least one layer"):
        jobs.launch(edge.store(), tiny.replace(layers=()))
    with pytest.raises(ShapeError, match="Layer 4"):
        jobs.launch(edge.store(), tiny.replace(layers=(*tiny.layers, tiny.layers[0])))
    assert edge.store().all() == []


def test_a_waiting_run_that_is_stopped_leaves_the_queue(tiny: RunConfig, started: list[RunWriter]) -> None:
    run = edge.store().create(tiny, "A run")
    jobs.stop(run)
    assert run.state is State.CANCELLED
    jobs.start_next(edge.home())
    assert started == []
    with pytest.raises(RunError, match="Only a run that has not ended can be stopped"):
        jobs.stop(run)


@pytest.mark.parametrize(
    "change",
    [{"created": "junk"}, {"created": 5}, {"created": "2026-01-01T00:00:00"}, {"schema": "1"}, {"config": []}, None],
    ids=str,
)
def test_a_damaged_run_does_not_stop_the_queue(
    tiny: RunConfig, started: list[RunWriter], change: dict[str, object] | None
) -> None:
    damaged, sound = edge.store().create(tiny, "a"), edge.store().create(tiny, "b")
    (damaged.folder / "config.json").write_text("{" if change is None else json.dumps({**damaged.record, **change}))
    jobs.start_next(edge.home())
    assert ids(started) == [sound.id]


@pytest.mark.parametrize(
    ("layers", "name"), [((), "Custom 1"), (None, "Quick 1")], ids=["own layers", "a preset's layers"]
)
def test_a_run_is_named_after_its_preset(tiny: RunConfig, layers: tuple[()] | None, name: str) -> None:
    quick = presets.get("quick").config
    assert jobs.default_name(edge.store(), quick if layers is None else tiny.replace(layers=layers)) == name


def test_the_runs_of_a_preset_are_numbered_by_themselves(tiny: RunConfig) -> None:
    quick = presets.get("quick").config
    for name in ("Article 6", "Quick 2", "Quick 11", "Quick 12 again", "Quick 9999999", "Not Quick 40"):
        edge.store().create(tiny, name)
    assert jobs.default_name(edge.store(), quick) == "Quick 12"
    assert jobs.default_name(edge.store(), presets.get("deep").config) == "Deep 1"
    library.delete(edge.store().create(tiny, "Quick 12"))
    assert jobs.default_name(edge.store(), quick) == "Quick 13", "the one in the trash may come back"
    (edge.store().create(tiny, "Damaged").folder / "config.json").write_text("{")
    library.rename(edge.store().create(tiny, "Quick 13"), "Best")
    assert jobs.default_name(edge.store(), quick) == "Quick 13", "no run is called so any more"


@pytest.mark.slow
def test_a_home_that_cannot_be_written_is_said_in_words(tiny: RunConfig, home: Path) -> None:
    (home / "scheduler.lock").mkdir()
    with pytest.raises(RunError, match="Starting a run needs to write"):
        jobs.launch(edge.store(), tiny)


def test_a_worker_finds_the_folders_that_its_starter_means(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("IMGREC_HOME", "here")
    monkeypatch.setenv("IMGREC_CIFAR10", "there")
    environment = files.environment(edge.home())
    assert environment["IMGREC_HOME"] == str(edge.home()) == str(tmp_path / "here")
    assert environment["IMGREC_CIFAR10"] == str(tmp_path / "there")


def test_a_forecast_is_judged_by_the_runs_before(tiny: RunConfig, started: list[RunWriter]) -> None:
    assert jobs.forecast(edge.store(), tiny) is None
    jobs.launch(edge.store(), tiny)
    jobs.start_next(edge.home())
    started[0].finish(evaluated(images_per_second=1000.0))
    learnt, scored = 20_000 * 0.98 * 0.05, 20_000 * 0.02
    expected = jobs.estimate.AROUND_SECONDS + 2 * (learnt + scored / 3) / 1000
    assert jobs.forecast(edge.store(), tiny) == pytest.approx(expected)
    twice = tiny.with_setting("training.epochs", 4)
    assert jobs.forecast(edge.store(), twice) == pytest.approx(2 * expected - jobs.estimate.AROUND_SECONDS)


def test_a_run_that_says_nothing_of_speed_makes_no_forecast(tiny: RunConfig, started: list[RunWriter]) -> None:
    jobs.launch(edge.store(), tiny)
    jobs.start_next(edge.home())
    started[0].finish(evaluated(images_per_second=0.0))
    assert jobs.forecast(edge.store(), tiny) is None


def test_a_worker_that_cannot_begin_makes_the_run_failed(
    tiny: RunConfig, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(jobs.processes, "_ROOT", tmp_path)  # where there is no imgrec to import
    run = edge.store().create(tiny, "A run")
    jobs.start_next(edge.home())
    assert run.state is State.FAILED
    error = run.error()
    assert error is not None
    assert error.sentence == "The worker ended before it began, with exit status 1. Its log has more."
    assert "No module named" in error.traceback


def test_a_scheduler_that_cannot_begin_is_said_with_its_log_and_tried_again(
    tiny: RunConfig, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, wait_for: WaitFor
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(jobs.processes, "_ROOT", tmp_path)  # where there is no imgrec to import
        run = jobs.launch(edge.store(), tiny)
        jobs.processes._children[-1].wait()
        with pytest.raises(RunError, match=r"ended with exit status 1\. .*scheduler\.log says why"):
            jobs.look_after(edge.store())
    assert "No module named" in (edge.home() / "scheduler.log").read_text(encoding="utf-8")
    assert run.state is State.QUEUED
    jobs.look_after(edge.store())
    wait_for(lambda: run.state is not State.QUEUED)


def test_a_scheduler_at_rest_goes_on_at_once_when_it_is_woken(
    tiny: RunConfig, home: Path, started: list[RunWriter]
) -> None:
    assert started == []
    waking = threading.Timer(0.2, lambda: jobs.launch(edge.store(), tiny))
    waking.start()
    began = time.monotonic()
    jobs.rest(home, 60)
    assert time.monotonic() - began < 30
    waking.join()


def test_a_scheduler_that_the_system_cannot_start_is_said_and_leaves_the_lock_free(
    tiny: RunConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_process(*_: object, **__: object) -> None:
        raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")  # as fork does at a limit of processes

    monkeypatch.setattr(jobs.processes, "_spawn", no_process)
    with pytest.raises(RunError, match="Resource temporarily unavailable"):
        jobs.launch(edge.store(), tiny)
    assert not jobs.scheduler_alive(edge.store())


@pytest.mark.slow
def test_of_many_that_look_at_once_one_starts_the_scheduler(
    tiny: RunConfig, monkeypatch: pytest.MonkeyPatch, wait_for: WaitFor
) -> None:
    """Fifty that start beside one another would keep a small machine busy for half a minute."""
    spawned: list[str] = []
    spawn = jobs.processes._spawn

    def counted(module: str, *arguments: str, **options: Any) -> subprocess.Popen[bytes]:
        spawned.append(module)
        return spawn(module, *arguments, **options)

    monkeypatch.setattr(jobs.processes, "_spawn", counted)
    run = edge.store().create(tiny, "A run")
    with ThreadPoolExecutor(20) as threads:
        list(threads.map(jobs.look_after, [edge.store()] * 20))
    assert spawned == ["imgrec.scheduler"]
    wait_for(run.attempts)  # and that one does its work


@pytest.mark.slow
@pytest.mark.usefixtures("shapes")
@pytest.mark.parametrize(
    ("begins_with", "state"),
    [
        ("while time.process_time() < 3: pass", State.RUNNING),
        ("time.sleep(600)", State.FAILED),
    ],
)
def test_a_worker_may_begin_late_as_long_as_it_is_busy(
    tiny: RunConfig,
    begins_with: str,
    state: State,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    (tmp_path / "sitecustomize.py").write_text(f"import time\n{begins_with}", encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}{os.pathsep}{ROOT}")
    monkeypatch.setattr(jobs.processes, "IDLE_SECONDS", 1.5)
    run = edge.store().create(endless(tiny), "A run")
    jobs.start_next(edge.home())
    assert run.state is state
    if state is State.FAILED:
        error = run.error()
        assert error is not None
        assert "ended before it began, as its process hung and was ended" in error.sentence


@pytest.mark.slow
@pytest.mark.usefixtures("shapes")
def test_two_servers_that_start_the_next_run_at_once_start_it_once(
    tiny: RunConfig, home: Path, wait_for: WaitFor
) -> None:
    run = edge.store().create(endless(tiny), "A run")
    code = (
        "import time; from pathlib import Path; from imgrec import edge, jobs\n"
        "while not Path('go').exists(): time.sleep(0.001)\n"
        "jobs.look_after(edge.store())"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    servers = [subprocess.Popen([sys.executable, "-c", code], cwd=home, env=environment) for _ in range(2)]
    (home / "go").touch()
    assert [server.wait() for server in servers] == [0, 0]
    wait_for(lambda: run.state is State.RUNNING)
    # The scheduler that came second ends by itself, and its worker was never started.
    wait_for(lambda: sorted(modules_in(home)) == ["imgrec.scheduler", "imgrec.worker"])
    jobs.stop(run)
    wait_for(lambda: run.state not in jobs.ACTIVE)
    assert len(run.attempts()) == 1


@pytest.mark.slow
@pytest.mark.usefixtures("shapes")
def test_a_killed_worker_leaves_an_interrupted_run_and_the_queue_goes_on(tiny: RunConfig, wait_for: WaitFor) -> None:
    first, second = jobs.launch(edge.store(), endless(tiny)), edge.store().create(endless(tiny), "Second")
    wait_for(first.attempts)  # which it writes a moment after it has its lock
    assert second.state is State.QUEUED
    os.kill(first.attempts()[-1].process, signal.SIGKILL)
    wait_for(lambda: first.state is State.INTERRUPTED)
    wait_for(lambda: second.state is State.RUNNING)  # by the scheduler, as no one has looked
    jobs.stop(second)  # while it loads: nothing is learnt yet, so nothing is kept
    wait_for(lambda: second.state is State.CANCELLED)


@pytest.mark.slow
@pytest.mark.usefixtures("shapes")
def test_a_stopped_run_is_finished_with_its_best_epoch_and_the_next_begins(tiny: RunConfig, wait_for: WaitFor) -> None:
    first = jobs.launch(edge.store(), endless(tiny), "First")
    second = jobs.launch(edge.store(), endless(tiny), "Second")
    wait_for(lambda: len(first.history()) >= 2 or first.state not in jobs.ACTIVE)
    assert second.state is State.QUEUED
    jobs.stop(first)
    wait_for(lambda: first.state not in jobs.ACTIVE)
    assert first.state is State.FINISHED, first.error()
    evaluation = first.evaluation()
    assert evaluation is not None
    assert evaluation.stopped
    epochs = [row.validation_accuracy for row in first.history()]
    assert evaluation.epochs_trained == len(epochs) < 500
    assert epochs[evaluation.best_epoch - 1] == max(epochs) == evaluation.validation_accuracy
    assert first.model.exists()
    # The next starts by itself: no page and no command line is needed for that.
    wait_for(lambda: second.state is not State.QUEUED)
    jobs.stop(second)
    wait_for(lambda: second.state is State.CANCELLED)


def modules_in(home: Path) -> list[str]:
    """List the modules of imgrec that run as processes in a home."""
    found = [psutil.Process(process).cmdline() for process in processes(home)]
    return [part for command in found for part in command if part.startswith("imgrec.")]


def endless(config: RunConfig) -> RunConfig:
    return config.with_setting("training.epochs", 500)
