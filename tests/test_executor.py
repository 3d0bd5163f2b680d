"""A training is a function of plain values: carried out in another process, over a pipe, it ends the same."""

from collections.abc import Iterator

import pytest

from benchmarks.pipe_executor import PipeExecutor, config_of, same, trained
from imgrec import edge, worker
from imgrec.executor import LocalExecutor
from imgrec.layers import Flatten

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("shapes")]


@pytest.fixture
def piped() -> Iterator[PipeExecutor]:
    executor = PipeExecutor()
    yield executor
    executor.end()


def test_a_training_over_a_pipe_is_bit_identical_also_with_a_pause(piped: PipeExecutor) -> None:
    here = trained(config_of(1), lambda run: LocalExecutor(run.folder))
    there = trained(config_of(1), lambda _: piped, pauses_after=1)
    assert same(here, there)
    other = trained(config_of(2), lambda _: piped)
    assert not same(here, other)


def test_what_goes_wrong_on_the_other_side_is_said_in_the_run(
    piped: PipeExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = config_of(0).replace(layers=(Flatten(),)).with_setting("training.learning_rate", 10.0)
    monkeypatch.setattr(worker, "executor_of", lambda _: piped)
    run = edge.store().create(config, "Diverges")
    worker.main(run.folder)
    error = run.error()
    assert error is not None
    assert "Training diverged" in error.sentence
