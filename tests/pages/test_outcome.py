"""Pages and commands give the same account of what became of a run."""

import json
import os
import signal

import numpy as np
import pytest

from imgrec import cli, datasets, edge, jobs, outcome
from imgrec.config import RunConfig
from imgrec.runs import Ending, Run, RunWriter, State
from tests.conftest import WaitFor, start_nothing
from tests.pages.conftest import OpenPage
from tests.pages.test_train import said
from tests.test_outcome import died, finished


@pytest.fixture
def begun(tiny: RunConfig) -> RunWriter:
    """Return a run whose worker is gone."""
    run = RunWriter(edge.store().create(tiny, "A run").folder)
    run.begin()
    return run


def shown(capsys: pytest.CaptureFixture[str], run: Run) -> tuple[str, dict[str, object]]:
    assert cli.main(["show", run.id, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert cli.main(["show", run.id]) == 0
    return capsys.readouterr().out, told


@pytest.mark.usefixtures("shapes")
def test_every_page_and_command_gives_the_same_remarks(
    tiny: RunConfig, open_page: OpenPage, capsys: pytest.CaptureFixture[str]
) -> None:
    run = RunWriter(edge.store().create(tiny, "A run").folder)
    labels = datasets.load("shapes", edge.location("shapes"))[1].labels
    measured = {
        "test_accuracy": 0.1,
        "test_loss": 2.3,
        "validation_accuracy": 0.1,
        "params": 10,
        "seconds": 1.0,
        "images_per_second": 1.0,
        "training_images": 1,
        "validation_images": 1,
        "peak_memory_bytes": None,
        "fingerprint": datasets.fingerprint(*datasets.load("shapes", edge.location("shapes"))),
    }
    finished(run, np.full(len(labels), 3), labels, diverged="Training diverged: in epoch 2 the loss rose.", **measured)
    remarks = outcome.remarks(run)
    assert len(remarks) == 2
    other = RunWriter(edge.store().create(run.config, "Other").folder)
    finished(other, labels.astype(int), labels, **measured)
    text, told = shown(capsys, run)
    assert told["remarks"] == remarks
    pages = [said(open_page(page, run=run.id)) for page in ("train", "results")]
    pages.append(said(open_page("compare", runs=f"{run.id},{other.id}")))
    for remark in remarks:
        assert all(remark in one for one in (text, *pages))


def test_every_page_and_command_gives_the_same_reason(
    begun: RunWriter, open_page: OpenPage, capsys: pytest.CaptureFixture[str]
) -> None:
    died(begun, Ending(-signal.SIGKILL))
    text, told = shown(capsys, begun)
    assert outcome.why(begun) in text
    assert f"`python -m imgrec resume {begun.id}` begins it anew." in str(told["error"])
    for page in ("train", "results"):
        app = open_page(page, run=begun.id)
        assert outcome.why(begun) in said(app)
        assert "**Resume** begins it anew." in said(app)
        assert "Resume" in [button.label for button in app.button]


def test_a_copy_is_started_from_a_run_that_crashed(
    begun: RunWriter, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, open_page: OpenPage
) -> None:
    died(begun, Ending(-signal.SIGSEGV))
    _, told = shown(capsys, begun)
    assert f"`python -m imgrec train --copy {begun.id} --set SETTING=VALUE` starts a copy." in str(told["error"])
    app = open_page("train", run=begun.id)
    assert "Edit a copy" in [button.label for button in app.button]
    start_nothing(monkeypatch)
    monkeypatch.setattr(cli.data, "prepare", lambda _: None)
    monkeypatch.setattr(cli.train, "follow", lambda *_: False)
    assert cli.main(["train", "--copy", begun.id, "--set", "training.batch_size=16"]) == 1
    copy = edge.store().all()[0]
    assert copy.config == begun.config.with_setting("training.batch_size", 16)
    assert copy.state is State.QUEUED


@pytest.mark.slow
@pytest.mark.usefixtures("shapes")
@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGKILL])
def test_a_worker_that_a_signal_ends_is_said_on_page_and_command_line(
    tiny: RunConfig,
    open_page: OpenPage,
    capsys: pytest.CaptureFixture[str],
    wait_for: WaitFor,
    number: signal.Signals,
) -> None:
    run = jobs.launch(edge.store(), tiny.with_setting("training.epochs", 500), "A run")
    wait_for(run.attempts)
    os.kill(run.attempts()[-1].process, number)
    wait_for(run.ending)
    app = open_page("train", run=run.id)
    text, _ = shown(capsys, run)
    for where in (said(app), text):
        assert number.name in where
        assert "disk" not in where
    if number is signal.SIGSEGV:
        assert "Segmentation fault" in run.log.read_text(encoding="utf-8"), "the log has the place in the code"
