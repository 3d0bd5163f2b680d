"""A training that takes more of the machine than it may is ended, and its run says so."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from imgrec import allowance, edge, jobs, outcome, worker
from imgrec.allowance import Allowance
from imgrec.config import RunConfig
from imgrec.executor import LocalExecutor
from imgrec.fitting import Asked, OnProgress
from imgrec.layers import Conv2D
from imgrec.records import Progress
from imgrec.runs import Run, State, Store
from tests.conftest import Allow

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def visitor(home: Path) -> Store:
    return Store(home / "visitors" / ("a" * 32))


def train(run: Run, before: str = "") -> int:
    """Train in a process of its own, as the queue does."""
    code = (
        f"import sys, pathlib\nfrom imgrec import allowance, worker\n{before}\n"
        "sys.exit(worker.main(pathlib.Path(sys.argv[1])))"
    )
    with run.log.open("wb") as log:
        command = [sys.executable, "-c", code, str(run.folder)]
        environment = jobs.worker_environment(edge.home())
        return subprocess.run(command, cwd=ROOT, env=environment, stdout=log, stderr=log, check=False).returncode


def test_only_a_visitors_training_has_the_budgets_of_the_profile(visitor: Store, tiny: RunConfig, allow: Allow) -> None:
    allow(minutes=20, memory_mb=2000)
    assert Allowance.of(visitor.create(tiny, "A visitor's")) == Allowance(20, 2000)
    assert Allowance.of(edge.store().create(tiny, "The owner's")) == Allowance()


def test_the_minutes_are_over_only_after_them() -> None:
    assert not Allowance(minutes=20).is_over(1200)
    assert Allowance(minutes=20).is_over(1201)
    assert not Allowance().is_over(1e9)


@pytest.mark.slow
@pytest.mark.usefixtures("shapes")
def test_a_network_that_needs_more_memory_than_it_may_is_ended_with_a_sentence(
    visitor: Store, tiny: RunConfig, allow: Allow
) -> None:
    allow(memory_mb=1000)
    large = tiny.replace(layers=(Conv2D(filters=512), Conv2D(filters=512))).with_setting("training.batch_size", 1024)
    run = visitor.create(large.with_setting("training.train_share", 1.0), "Needs 30 GB")
    assert train(run) == 1
    failure = run.error()
    assert failure is not None
    assert "at most 1,000 MB of memory. This one needed more, and was ended." in failure.sentence
    assert not run.may_try_again


@pytest.mark.slow
@pytest.mark.usefixtures("shapes")
def test_a_training_ends_before_the_machine_has_no_memory_left(tiny: RunConfig) -> None:
    run = edge.store().create(tiny, "A run")
    assert train(run, "allowance.LEAST_FREE = 10**15") == 1
    failure = run.error()
    assert failure is not None
    assert failure.sentence.startswith("The machine's memory was nearly full. This training took")
    assert run.may_try_again


@pytest.mark.slow
@pytest.mark.usefixtures("shapes")
def test_a_training_whose_minutes_are_over_keeps_its_best_epoch_and_says_so(tiny: RunConfig) -> None:
    run = edge.store().create(tiny.with_setting("training.epochs", 500), "Long")
    assert train(run, "allowance.Allowance.of = classmethod(lambda cls, run: cls(minutes=0))") == 0
    evaluation = run.evaluation()
    assert evaluation is not None
    assert evaluation.stopped
    assert evaluation.epochs_trained == 1
    assert run.state is State.FINISHED
    assert "Stopped after epoch 1 of 500: on this server, a training takes at most 0 minutes." in outcome.remarks(run)


@pytest.mark.slow
@pytest.mark.usefixtures("shapes")
def test_a_process_is_no_longer_watched_once_its_training_has_ended(tiny: RunConfig) -> None:
    run = edge.store().create(tiny, "A run")
    before = """
import time
train = worker.main
def train_and_wait(folder):
    status = train(folder)
    allowance.LEAST_FREE = 10**15
    time.sleep(10 * allowance.LOOK_SECONDS)
    return status
worker.main = train_and_wait
"""
    assert train(run, before) == 0
    assert run.error() is None


@pytest.mark.slow
@pytest.mark.usefixtures("shapes")
def test_the_minutes_begin_with_the_training_and_not_with_the_wait_for_a_cluster(
    visitor: Store, tiny: RunConfig, allow: Allow, monkeypatch: pytest.MonkeyPatch
) -> None:
    allow(minutes=1)
    monkeypatch.setattr(Allowance, "is_over", lambda _, seconds: seconds >= 0)
    monkeypatch.setattr(LocalExecutor, "prepare", lambda _: None)
    answers = []

    def fit(_: object, __: object, on_progress: OnProgress, ___: object, asked: Callable[[], Asked]) -> None:
        answers.append(asked())
        on_progress(Progress())
        answers.append(asked())

    monkeypatch.setattr(LocalExecutor, "fit", fit)
    worker.main(visitor.create(tiny, "A run").folder)
    assert answers == [None, "stop"]


@pytest.mark.skipif(not Path("/proc/self/oom_score_adj").exists(), reason="only Linux has it")
def test_linux_ends_a_training_before_a_server(tiny: RunConfig) -> None:
    code = """
import sys; from pathlib import Path; from imgrec.allowance import Allowance; from imgrec.runs import RunWriter
with Allowance().guarding(RunWriter(Path(sys.argv[1]))): print(Path('/proc/self/oom_score_adj').read_text())
"""
    run = edge.store().create(tiny, "A run")
    found = subprocess.run(
        [sys.executable, "-c", code, str(run.folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        env=os.environ,
    )
    assert found.stdout.strip() == allowance.FIRST_TO_END
