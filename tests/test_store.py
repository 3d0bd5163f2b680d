"""A store is a value: several of them lie side by side, and one scheduler serves them all."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import stub_engine
from imgrec import datasets, edge, jobs
from imgrec.config import RunConfig
from imgrec.errors import RunError
from imgrec.jobs import turns
from imgrec.runs import Run, State, Store, library, listing
from tests.conftest import WaitFor


@pytest.fixture
def stores(home: Path) -> tuple[Store, Store, Store]:
    """Return the store of the computer and those of two visitors."""
    return edge.store(), Store(home / "visitors" / "anna"), Store(home / "visitors" / "ben")


class Locked:
    """Hold a run's lock, as its worker does."""

    def __init__(self, run: Run) -> None:
        self._run = run

    def __enter__(self) -> None:
        code = (
            "import sys; from pathlib import Path; from imgrec.runs import RunWriter\n"
            "with RunWriter(Path(sys.argv[1])).lock(): print(flush=True); sys.stdin.read()"
        )
        command = [sys.executable, "-c", code, str(self._run.folder)]
        self._holder = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self._holder.stdout is not None
        self._holder.stdout.readline()

    def __exit__(self, *_: object) -> None:
        self._holder.communicate()


def test_a_store_sees_only_what_is_in_it(tiny: RunConfig, stores: tuple[Store, Store, Store]) -> None:
    own, anna, ben = stores
    run = anna.create(tiny, "Anna's")
    deleted = anna.create(tiny, "Deleted")
    library.delete(deleted)
    assert [one.id for one in anna.all()] == [run.id]
    assert [one.id for one in anna.deleted()] == [deleted.id]
    for other in (own, ben):
        assert (other.all(), other.deleted(), jobs.queue(other), listing.rows(other)) == ([], [], [], ([], []))
        with pytest.raises(RunError, match="There is no run"):
            other.get(run.id)
        assert jobs.default_name(other, tiny) == "Custom 1"


def test_a_run_knows_its_store_also_from_the_trash(tiny: RunConfig, stores: tuple[Store, Store, Store]) -> None:
    for store in stores:
        run = store.create(tiny, "A run")
        assert Store.of(run) == store
        library.delete(run)
        (deleted,) = store.deleted()
        assert Store.of(deleted) == store


def test_stores_of_visitors_share_the_datasets_of_the_computer(stores: tuple[Store, Store, Store], home: Path) -> None:
    assert [store.home for store in stores] == [home] * 3
    assert Store.below(home) == [stores[0]]
    for store in stores[1:]:
        store.folder.mkdir(parents=True)
    assert Store.below(home) == list(stores)
    assert edge.location("shapes") == datasets.built_in("shapes", home)


def test_stores_have_their_turns(tiny: RunConfig, stores: tuple[Store, Store, Store]) -> None:
    """Whoever queues many runs does not keep others from theirs."""
    own, anna, ben = stores
    many = [anna.create(tiny, f"Anna {number}") for number in range(3)]
    few = [ben.create(tiny, "Ben 0")]
    one = [own.create(tiny, "Own 0")]
    for place, store in enumerate((ben, own)):
        store.last_start.touch()
        os.utime(store.last_start, (place, place + 1))
    found = [run.id for run, _ in turns.in_turns(stores)]
    assert found == [run.id for run in (many[0], *few, *one, *many[1:])]


def test_a_store_that_cannot_be_read_keeps_no_other_from_its_turn(
    tiny: RunConfig, stores: tuple[Store, Store, Store], home: Path
) -> None:
    _, anna, ben = stores
    anna.folder.mkdir(parents=True)
    (anna.folder / "runs").write_text("no folder")
    (home / "visitors" / "no store").touch()
    run = ben.create(tiny, "Ben's")
    assert [found.id for found, _ in turns.in_turns(Store.below(home))] == [run.id]


@pytest.mark.slow
def test_a_run_that_trains_is_the_turn_of_its_store(tiny: RunConfig, stores: tuple[Store, Store, Store]) -> None:
    _, anna, ben = stores
    running, waiting = anna.create(tiny, "Running"), anna.create(tiny, "Waiting")
    other = ben.create(tiny, "Other")
    with Locked(running):
        found = turns.in_turns((anna, ben))
    assert [(run.id, state) for run, state in found] == [
        (running.id, State.RUNNING),
        (other.id, State.QUEUED),
        (waiting.id, State.QUEUED),
    ]


@pytest.mark.slow
@pytest.mark.usefixtures("shapes")
def test_one_scheduler_trains_the_runs_of_all_stores_one_at_a_time(
    tiny: RunConfig, stores: tuple[Store, Store, Store], wait_for: WaitFor, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in stub_engine.environment().items():  # an engine that learns nothing, in less time
        monkeypatch.setenv(name, value)
    waiting = [store.create(tiny, f"{store.folder.name} {number}") for store in stores for number in range(2)]
    jobs.look_after(stores[1])
    wait_for(lambda: all(run.state is State.FINISHED for run in waiting))
    begun = sorted((run.attempts()[0].time, run.attempts()[0].slot, Store.of(run).folder.name) for run in waiting)
    assert {slot for _, slot, _ in begun} == {0}
    assert all(len(run.attempts()) == 1 for run in waiting)
    # Each store has had its turn before one has its second.
    assert len({name for _, _, name in begun[:3]}) == len({name for _, _, name in begun[3:]}) == 3
