"""What a sentence advises works when it is followed: the cause is removed as it says, and then it is done."""

import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks import stub_engine
from imgrec import cli, datasets, edge, jobs, outcome, worker
from imgrec.config import RunConfig
from imgrec.errors import DatasetError
from imgrec.outcome import Next
from imgrec.runs import RunWriter, State
from tests.conftest import WaitFor, start_nothing

ROOT = Path(__file__).resolve().parents[1]

SMALL = 7000
"""Bytes of a file that a disk has room for: less than a checkpoint takes, and more than what says so."""


@pytest.fixture
def run(tiny: RunConfig) -> RunWriter:
    return RunWriter(edge.store().create(tiny, "A run").folder)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every worker have the engine that learns nothing."""
    for name, value in stub_engine.environment().items():
        monkeypatch.setenv(name, value)


def told(capsys: pytest.CaptureFixture[str], run: RunWriter) -> str:
    assert cli.main(["show", run.id, "--json"]) == 0
    return str(json.loads(capsys.readouterr().out)["error"])


@pytest.mark.slow
@pytest.mark.usefixtures("shapes", "quick")
def test_a_run_that_found_no_room_for_its_first_checkpoint_begins_anew_once_there_is(
    run: RunWriter, wait_for: WaitFor, capsys: pytest.CaptureFixture[str]
) -> None:
    command = [sys.executable, "-m", "imgrec.worker", str(run.folder)]
    full = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (SMALL, SMALL))  # noqa: E731
    subprocess.run(command, cwd=ROOT, preexec_fn=full, check=False, capture_output=True)
    assert run.state is State.FAILED
    assert not run.has_checkpoint
    said = told(capsys, run)
    assert "cannot be used: File too large. Make room there. Then resume the run." in said
    assert f"`python -m imgrec resume {run.id}` begins it anew." in said
    assert cli.main(["resume", run.id]) == 0
    assert capsys.readouterr().out == "A run begins anew, as soon as a place is free.\n"
    wait_for(lambda: run.state is State.FINISHED)


@pytest.mark.parametrize("kept", [True, False])
@pytest.mark.parametrize(
    ("error", "advice"),
    [
        (PermissionError(13, "Permission denied", "/there"), "Give yourself the right to read and write there."),
        (OSError(28, "No space left on device", "/there"), "Make room there."),
        (OSError(5, "Input/output error", "/there"), "Check that disk: it does not answer as it should."),
        (MemoryError(), "Start a copy with a smaller batch size, or free memory and resume it."),
        (DatasetError("IMGREC_CIFAR10 needs to name a folder."), "IMGREC_CIFAR10 needs to name a folder."),
        (RuntimeError("a bug"), "Its log has the details."),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_failed_of_something_outside_can_be_resumed(
    run: RunWriter, monkeypatch: pytest.MonkeyPatch, error: Exception, advice: str, kept: bool
) -> None:
    def fail(*_: object) -> None:
        if kept:
            run.checkpoints_folder.mkdir()
            (run.checkpoints_folder / "0001-0000000.checkpoint").touch()
        raise error

    monkeypatch.setattr(datasets, "load", fail)
    start_nothing(monkeypatch)
    assert worker.main(run.folder) == 1
    assert advice in outcome.why(run)
    assert outcome.next_step(run) is (Next.GO_ON if kept else Next.BEGIN_ANEW)
    jobs.resume(run)
    assert run.state is State.QUEUED
    assert run.error() is None


@pytest.mark.slow
@pytest.mark.usefixtures("shapes")
def test_a_training_that_diverges_does_not_with_the_learning_rate_that_is_advised(
    tiny: RunConfig, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tiny.with_setting("layers.2.activation", "linear").with_setting("training.optimizer", "sgd")
    run = RunWriter(edge.store().create(config.with_setting("training.learning_rate", 10.0), "Too fast").folder)
    assert subprocess.run([sys.executable, "-m", "imgrec.worker", str(run.folder)], cwd=ROOT, check=False).returncode
    assert not jobs.can_resume(run)
    assert cli.main(["resume", run.id]) == 1
    assert "would fail again. Start a copy with other ones." in capsys.readouterr().err
    assert f"`python -m imgrec train --copy {run.id} --set SETTING=VALUE` starts a copy." in told(capsys, run)
    for tenth in ("1", "0.1", "0.01"):
        shown = " ".join([outcome.why(run), *outcome.remarks(run)])
        assert f"a learning rate of at most {tenth}, a tenth of that where it diverges again" in shown
        cli.main(["train", "--copy", run.id, "--set", f"training.learning_rate={tenth}", "--json"])
        run = RunWriter(edge.store().get(json.loads(capsys.readouterr().out)["run"]).folder)
        if run.state is State.FINISHED and not any("Training diverged" in remark for remark in outcome.remarks(run)):
            return
    pytest.fail("It diverges with each of the learning rates that were advised.")


def lay_a_folder(path: Path) -> Callable[[], None]:
    """Put a folder where a file has to be written. Return what takes it away."""
    path.mkdir()
    return path.rmdir


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("labels.lock", ["star", "latest"]),
        ("queue.lock", ["move", "latest", "1"]),
        ("launch.lock", ["repeat", "latest", "1"]),
    ],
)
def test_what_could_not_be_written_is_written_once_that_is_put_right(
    run: RunWriter,
    home: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    arguments: list[str],
) -> None:
    start_nothing(monkeypatch)
    assert run.exists
    put_right = lay_a_folder(home / name)
    assert cli.main(arguments) == 1
    said = capsys.readouterr().err
    assert "Put that right first." in said
    assert len(said.splitlines()) == 1
    put_right()
    assert cli.main(arguments) == 0


def test_a_copy_of_a_run_is_what_the_command_line_says_it_is(
    run: RunWriter, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also of one whose dataset is not there: the sentence of that is one that can be followed."""
    monkeypatch.setenv("IMGREC_CIFAR10", os.devnull)
    assert cli.main(["train", "--copy", run.id, "--dataset", "cifar10"]) == 1
    assert "IMGREC_CIFAR10 needs to name a folder" in capsys.readouterr().err
    assert len(edge.store().all()) == 1
