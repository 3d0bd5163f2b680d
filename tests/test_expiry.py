"""What visitors leave on a server is removed after its time, and never what trains, waits or is shared."""

import os
import time
from pathlib import Path

import pytest

from imgrec import edge, jobs
from imgrec.config import RunConfig
from imgrec.runs import Run, RunWriter, Store, library
from tests.conftest import Allow

DAY = 24 * 3600


@pytest.fixture(autouse=True)
def a_day(allow: Allow) -> None:
    allow(hours_kept=24)


@pytest.fixture
def visitor() -> Store:
    return edge.visitor("a" * 32)


def age(folder: Path, seconds: float) -> None:
    """Let a folder and what is in it look as if nothing had been done with it for so long."""
    then = time.time() - seconds
    for path in (*folder.rglob("*"), folder):
        os.utime(path, (then, then))


def failed(store: Store, tiny: RunConfig) -> Run:
    run = store.create(tiny, "Failed")
    RunWriter(run.folder).fail("The disk was full.", "")
    return run


def test_a_run_that_has_rested_for_its_time_is_removed(visitor: Store, tiny: RunConfig, home: Path) -> None:
    old, young = failed(visitor, tiny), failed(visitor, tiny)
    age(old.folder, DAY + 60)
    age(young.folder, DAY - 3600)
    assert jobs.seconds_left(old) == 0
    assert jobs.seconds_left(young) == pytest.approx(3600, abs=60)
    assert jobs.sweep(home) == 1
    assert visitor.all() == [young]
    assert visitor.deleted() == []


def test_what_is_done_with_a_run_keeps_it(visitor: Store, tiny: RunConfig, home: Path) -> None:
    run = failed(visitor, tiny)
    age(run.folder, DAY + 60)
    library.rename(run, "Needed")
    assert jobs.sweep(home) == 0


def test_what_waits_trains_or_is_shared_stays(visitor: Store, tiny: RunConfig, trained_run: Run, home: Path) -> None:
    waiting, training = visitor.create(tiny, "Waits"), visitor.create(tiny, "Trains")
    trained_run.folder.rename(visitor.runs / trained_run.id)
    shared = visitor.get(trained_run.id)
    copy = library.share(shared)
    with RunWriter(training.folder).lock():
        for run in (waiting, training, shared, copy):
            age(run.folder, 10 * DAY)
        assert jobs.sweep(home) == 0
        assert [jobs.seconds_left(run) for run in (waiting, training, shared, copy)] == [None] * 4
    library.withdraw(shared)
    age(shared.folder, 10 * DAY)
    assert jobs.sweep(home) == 1


def test_a_paused_run_rests(visitor: Store, tiny: RunConfig, home: Path) -> None:
    run = visitor.create(tiny, "Paused")
    run.ask("pause")
    age(run.folder, DAY + 60)
    assert jobs.sweep(home) == 1


def test_the_trash_is_emptied_after_its_time(visitor: Store, tiny: RunConfig, home: Path) -> None:
    run = failed(visitor, tiny)
    library.delete(run)
    assert jobs.sweep(home) == 0
    age(visitor.trash / run.id, DAY + 60)
    assert jobs.sweep(home) == 1
    assert visitor.deleted() == []


def test_a_visitor_with_nothing_left_has_no_folder(visitor: Store, tiny: RunConfig, home: Path) -> None:
    run = failed(visitor, tiny)
    visitor.drafts.mkdir()
    (visitor.drafts / "draft.json").write_text("{}")
    age(visitor.folder, DAY + 60)
    assert jobs.sweep(home) == 1
    age(visitor.folder, DAY + 60)
    jobs.sweep(home)
    assert not visitor.folder.exists()
    assert not run.exists


def test_the_owner_of_the_computer_keeps_everything(tiny: RunConfig, home: Path, allow: Allow) -> None:
    run = failed(edge.store(), tiny)
    age(run.folder, 1000 * DAY)
    assert jobs.sweep(home) == 0
    assert jobs.seconds_left(run) is None
    allow()
    assert jobs.sweep(home) == 0
