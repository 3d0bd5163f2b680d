"""What the tests of classes share: a server with visitors, two of them, and how a class and a run of it are made."""

import pytest

from imgrec import classroom, edge, jobs
from imgrec.classroom import Classroom, Task
from imgrec.config import RunConfig
from imgrec.records import EpochMetrics
from imgrec.runs import Run, RunWriter, Store
from tests.conftest import Allow, start_nothing


@pytest.fixture(autouse=True)
def hosted(allow: Allow, monkeypatch: pytest.MonkeyPatch) -> None:
    allow()
    start_nothing(monkeypatch)


@pytest.fixture
def pupil() -> Store:
    return edge.visitor("a" * 32)


@pytest.fixture
def other() -> Store:
    return edge.visitor("b" * 32)


def made(config: RunConfig, **changes: object) -> Classroom:
    """Make a class whose task begins with this config."""
    return classroom.create(edge.home(), Task.parse({"title": "Small", "config": config, **changes}))[0]


def learnt(store: Store, config: RunConfig, *accuracies: float) -> Run:
    """Launch a run that has learnt so many epochs."""
    run = jobs.launch(store, config)
    RunWriter(run.folder).write_history(
        [
            EpochMetrics(
                epoch=epoch,
                loss=1.0,
                accuracy=0.5,
                validation_loss=1.0,
                validation_accuracy=accuracy,
                learning_rate=0.001,
                images_per_second=1.0,
                seconds=1.0,
            )
            for epoch, accuracy in enumerate(accuracies, start=1)
        ]
    )
    return run
