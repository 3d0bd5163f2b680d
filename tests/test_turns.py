"""Which run starts next, and that one form makes one run."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from imgrec import edge, jobs
from imgrec.config import RunConfig
from imgrec.errors import RunError, SettingsError
from imgrec.runs import Run, RunWriter, library
from tests.conftest import start_nothing
from tests.evaluated import evaluated


@pytest.fixture
def waiting(tiny: RunConfig) -> list[Run]:
    return [edge.store().create(tiny, name) for name in "abcd"]


@pytest.fixture
def no_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let runs wait for ever."""
    start_nothing(monkeypatch)


def names() -> str:
    return "".join(run.name for run in jobs.queue(edge.store()))


@pytest.mark.parametrize(
    ("moved", "by", "order"),
    [
        (0, 1, "bacd"),
        (0, -1, "abcd"),
        (3, -1, "abdc"),
        (3, -3, "dabc"),
        (3, 1, "abcd"),
        (1, 99, "acdb"),
        (2, -99, "cabd"),
    ],
)
def test_a_waiting_run_starts_earlier_or_later(waiting: list[Run], moved: int, by: int, order: str) -> None:
    jobs.move(waiting[moved], by)
    assert names() == order
    assert [run.name for run, _ in jobs.active(edge.store())] == list(order)


def test_runs_made_later_wait_behind_those_that_were_put_in_order(waiting: list[Run], tiny: RunConfig) -> None:
    jobs.move(waiting[3], -3)
    edge.store().create(tiny, "e")
    assert names() == "dabce"
    jobs.move(waiting[0], -1)
    assert names() == "adbce"


def test_a_run_that_does_not_wait_is_not_moved(waiting: list[Run]) -> None:
    jobs.stop(waiting[0])
    with pytest.raises(RunError, match=r"Only a queued run can be moved\. a is cancelled"):
        jobs.move(waiting[0], 1)


def test_an_order_that_is_damaged_costs_only_the_order(waiting: list[Run], home: Path) -> None:
    jobs.move(waiting[3], -3)
    (home / "queue.json").write_text("{")
    assert names() == "abcd"
    jobs.move(waiting[1], -1)
    assert names() == "bacd"


@pytest.mark.usefixtures("no_worker")
def test_a_form_that_is_sent_twice_makes_one_run(tiny: RunConfig) -> None:
    edge.store().create(tiny, "Before")
    known = jobs.known(edge.store())
    first, second = jobs.launch(edge.store(), tiny, known=known), jobs.launch(edge.store(), tiny, known=known)
    assert first.id == second.id
    assert len(edge.store().all()) == 2
    assert jobs.launch(edge.store(), tiny, known=jobs.known(edge.store())).id != first.id, (
        "a form that was drawn later is another"
    )
    assert jobs.launch(edge.store(), tiny.with_setting("training.seed", 1), known=known).id != first.id
    assert len(edge.store().all()) == 4


@pytest.mark.usefixtures("no_worker")
def test_a_form_that_is_sent_twice_makes_one_run_whatever_the_clock_said_and_says(tiny: RunConfig) -> None:
    ahead = edge.store().create(tiny, "Made while the clock was ahead")
    ahead.folder.rename(edge.store().runs / "20990101-000000-00000000")
    deleted = edge.store().create(tiny, "Deleted")
    library.delete(deleted)
    known = jobs.known(edge.store())
    first = jobs.launch(edge.store(), tiny, known=known)
    library.restore(edge.store().deleted()[0])
    assert jobs.launch(edge.store(), tiny, known=known).id == first.id
    assert len(edge.store().all()) == 3


@pytest.mark.usefixtures("no_worker")
def test_a_form_that_is_sent_by_many_at_once_makes_one_run(tiny: RunConfig) -> None:
    with ThreadPoolExecutor(20) as threads:
        launched = [threads.submit(jobs.launch, edge.store(), tiny, known=()) for _ in range(20)]
    assert {launch.result().id for launch in launched} == {run.id for run in edge.store().all()}
    assert len(edge.store().all()) == 1


@pytest.mark.usefixtures("no_worker")
def test_a_damaged_run_does_not_stop_a_launch(tiny: RunConfig) -> None:
    (edge.store().create(tiny, "Damaged").folder / "config.json").write_text("{")
    jobs.launch(edge.store(), tiny, known=())
    assert len(edge.store().readable()) == 1


@pytest.fixture
def parent(tiny: RunConfig) -> Run:
    """Return a finished run."""
    run = RunWriter(edge.store().create(tiny, "Parent").folder)
    run.model.write_bytes(b"a model")
    run.finish(evaluated())
    return run


@pytest.mark.usefixtures("no_worker")
def test_a_run_that_goes_on_from_another_has_that_ones_model_and_name(parent: Run, tiny: RunConfig) -> None:
    child = jobs.launch(edge.store(), tiny.with_setting("training.epochs", 9), parent=parent)
    assert child.parent == parent.id
    assert child.name == "Parent · further"
    assert child.start.read_bytes() == b"a model"
    assert jobs.launch(edge.store(), tiny, "x" * 60, parent=parent).name == "x" * 60


@pytest.mark.usefixtures("no_worker")
@pytest.mark.parametrize(
    ("setting", "value", "what"),
    [
        ("dataset", "cifar10", "dataset"),
        ("training.seed", 1, "seed"),
        ("training.validation_share", 0.1, "validation share"),
        ("layers.2.units", 9, "network"),
    ],
)
def test_a_run_goes_on_from_another_only_with_its_network_and_images(
    parent: Run, tiny: RunConfig, setting: str, value: object, what: str
) -> None:
    with pytest.raises(SettingsError, match=f"needs its own {what}"):
        jobs.launch(edge.store(), tiny.with_setting(setting, value), parent=parent)
    assert len(edge.store().all()) == 1


@pytest.mark.usefixtures("no_worker")
def test_only_a_finished_run_can_be_trained_further(waiting: list[Run], tiny: RunConfig) -> None:
    with pytest.raises(RunError, match=r"Only a finished run can be trained further\. a is queued"):
        jobs.launch(edge.store(), tiny, parent=waiting[0])
