"""Runs that earlier versions wrote, one folder for each schema, open, keep every rule, and go on."""

import shutil
from pathlib import Path

import pytest

from imgrec import edge, jobs, metrics, runs
from imgrec.runs import Run, State, checking
from tests.conftest import WaitFor

GOLDEN = Path(__file__).parent / "golden"
SCHEMAS = sorted(int(folder.name) for folder in GOLDEN.iterdir())


@pytest.fixture
def old(home: Path, schema: int) -> dict[str, Run]:
    """Return the runs of a schema by their names."""
    shutil.copytree(GOLDEN / str(schema), home / "runs")
    return {run.name: run for run in edge.store().all()}


def test_there_is_a_folder_for_every_schema() -> None:
    assert list(range(1, runs.SCHEMA + 1)) == SCHEMAS


@pytest.mark.parametrize("schema", SCHEMAS)
def test_an_old_store_is_read_and_keeps_every_rule(old: dict[str, Run], schema: int) -> None:
    assert {name: run.state for name, run in old.items()} == {"Finished": State.FINISHED, "Paused": State.PAUSED}
    assert [finding.what for finding in checking.check(edge.store())] == []
    finished = old["Finished"]
    assert finished.record["schema"] == schema
    probabilities, labels = finished.predictions()
    matrix = metrics.confusion_matrix(labels, probabilities.argmax(axis=1), 10)
    evaluation = finished.evaluation()
    assert evaluation is not None
    assert metrics.accuracy(matrix) == evaluation.test_accuracy
    assert [row.epoch for row in finished.history()] == [1, 2]
    assert len(old["Paused"].history()) >= 1


@pytest.mark.slow
@pytest.mark.usefixtures("shapes")
@pytest.mark.parametrize("schema", SCHEMAS)
def test_an_old_run_goes_on(old: dict[str, Run], wait_for: WaitFor, schema: int) -> None:
    run = old["Paused"]
    before = run.history()
    jobs.resume(run)
    wait_for(lambda: not jobs.under_way(run))
    assert run.state is State.FINISHED, run.log.read_text()
    assert run.history()[: len(before)] == before
    assert len(run.history()) == run.config.training.epochs
    assert run.record["schema"] == schema
    assert [finding.what for finding in checking.check(edge.store())] == []
