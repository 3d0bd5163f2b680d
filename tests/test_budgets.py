"""A visitor of a server starts no more than its profile allows, whatever asks for it."""

import json
import re
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from imgrec import edge, jobs, presets, runs
from imgrec.config import RunConfig
from imgrec.errors import BudgetError
from imgrec.jobs import budgets, memory
from imgrec.layers import Conv2D
from imgrec.profiles import PROFILES
from imgrec.runs import Run, State, Store
from tests.conftest import Allow, start_nothing


@pytest.fixture(autouse=True)
def no_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    start_nothing(monkeypatch)


@pytest.fixture
def visitor(home: Path) -> Store:
    return Store(home / "visitors" / ("a" * 32))


@pytest.fixture
def other(home: Path) -> Store:
    return Store(home / "visitors" / ("b" * 32))


LARGE = (Conv2D(filters=128),)


@pytest.mark.parametrize(
    ("budget", "changes", "said"),
    [
        ({"parameters": 1000}, {}, "at most 1,000 parameters. Received: 3,258."),
        ({"multiply_adds": 100}, {}, "at most 100 multiply-adds for an image. Received: 3,232."),
        ({"epochs": 1}, {}, "at most 1 epochs. Received: 2."),
        ({"memory_mb": 600}, {"layers": LARGE}, "at most 600 MB of memory. This one needs at least"),
    ],
    ids=lambda value: str(next(iter(value))) if isinstance(value, dict) and value else None,
)
@pytest.mark.parametrize("way", ["launch", "repeat", "resume", "problem"])
def test_a_training_that_is_too_large_is_refused_whatever_asks_for_it(
    visitor: Store,
    tiny: RunConfig,
    allow: Allow,
    budget: dict[str, int],
    changes: dict[str, object],
    said: str,
    way: str,
) -> None:
    config = tiny
    if "layers" in changes:
        config = config.replace(layers=changes["layers"]).with_setting("training.batch_size", 1024)
    allow(**budget)
    run = visitor.create(config, "Made when more was allowed")
    if way == "problem":
        assert said in str(jobs.problem(config, visitor))
        return
    run.ask("pause")
    with pytest.raises(BudgetError) as raised:
        {
            "launch": lambda: jobs.launch(visitor, config),
            "repeat": lambda: jobs.repeat(run, 1),
            "resume": lambda: jobs.resume(run),
        }[way]()
    assert said in str(raised.value)
    assert [one.id for one in visitor.all()] == [run.id]
    assert run.state is State.PAUSED


def test_the_store_of_the_computer_has_no_budget(tiny: RunConfig, allow: Allow) -> None:
    allow(parameters=1, epochs=1, unfinished=1, launches=1)
    assert [jobs.launch(edge.store(), tiny).state for _ in range(3)] == [State.QUEUED] * 3


def test_a_visitor_has_few_unfinished_runs(visitor: Store, other: Store, tiny: RunConfig, allow: Allow) -> None:
    allow(unfinished=2)
    first, _ = jobs.launch(visitor, tiny), jobs.launch(visitor, tiny)
    with pytest.raises(BudgetError, match=re.escape("at most 2 unfinished runs. There are 2.")):
        jobs.launch(visitor, tiny)
    with pytest.raises(BudgetError, match="at most 2 unfinished runs"):
        jobs.repeat(first, 1)
    jobs.launch(other, tiny)  # is another visitor's
    jobs.stop(first)
    jobs.launch(visitor, tiny)


def test_a_failed_run_that_goes_on_counts_as_unfinished(visitor: Store, tiny: RunConfig, allow: Allow) -> None:
    allow(unfinished=1)
    failed = visitor.create(tiny, "Failed")
    runs.RunWriter(failed.folder).fail("The disk is full.", "", again=True)
    jobs.launch(visitor, tiny)
    with pytest.raises(BudgetError, match=re.escape("at most 1 unfinished run. There is 1.")):
        jobs.resume(failed)
    assert failed.state is State.FAILED


def test_the_queue_of_all_visitors_has_an_end(visitor: Store, other: Store, tiny: RunConfig, allow: Allow) -> None:
    allow(waiting=2)
    jobs.launch(visitor, tiny)
    jobs.launch(other, tiny)
    with pytest.raises(BudgetError, match=re.escape("lets at most 2 runs wait. There are 2.")):
        jobs.launch(other, tiny)


def test_starts_within_an_hour_are_counted_for_a_visitor_also_when_the_runs_are_gone(
    visitor: Store, tiny: RunConfig, allow: Allow, monkeypatch: pytest.MonkeyPatch
) -> None:
    allow(launches=2)
    for _ in range(2):
        run = jobs.launch(visitor, tiny)
        runs.library.delete(run)
    runs.library.empty_trash(visitor)
    with pytest.raises(
        BudgetError, match=re.escape("each visitor starts at most 2 runs within an hour. There were 2.")
    ) as raised:
        jobs.launch(visitor, tiny)
    assert "in 60 minutes" in str(raised.value)
    later = time.time() + 3601
    monkeypatch.setattr(time, "time", lambda: later)
    jobs.launch(visitor, tiny)


def test_starts_are_counted_for_an_address_whoever_asks(home: Path, tiny: RunConfig, allow: Allow) -> None:
    """A browser that gives up its cookie is another visitor, and stays at its address."""
    allow(launches_of_address=3)
    stores = [Store(home / "visitors" / (letter * 32)) for letter in "abcde"]
    for store in stores[:3]:
        jobs.launch(store, tiny, address="203.0.113.9")
    with pytest.raises(BudgetError, match="each internet address starts at most 3 runs"):
        jobs.launch(stores[3], tiny, address="203.0.113.9")
    jobs.launch(stores[3], tiny, address="203.0.113.10")
    assert "203.0.113" not in (home / budgets.LAUNCHES).read_text()


def test_many_at_once_do_not_exceed_a_budget(home: Path, tiny: RunConfig, allow: Allow) -> None:
    allow(waiting=5, launches_of_address=8, unfinished=2)
    stores = [Store(home / "visitors" / (letter * 32)) for letter in "abcd" * 6]

    def attempt(store: Store) -> Run | None:
        try:
            return jobs.launch(store, tiny, address="203.0.113.9")
        except BudgetError:
            return None

    with ThreadPoolExecutor(24) as threads:
        made = [run for run in threads.map(attempt, stores) if run]
    assert len(made) == 5
    assert sum(len(store.all()) for store in Store.below(home)) == 5


@pytest.mark.parametrize(
    ("budget", "said"),
    [("disk_mb", "of each visitor take at most 1 MB. Yours take 2 MB"), ("disk_mb_in_all", "take more than 1 MB")],
)
def test_a_full_disk_takes_no_more_runs(visitor: Store, tiny: RunConfig, allow: Allow, budget: str, said: str) -> None:
    run = visitor.create(tiny, "Large")
    run.model.write_bytes(bytes(2_000_000))
    runs.library.delete(run)  # what is in the trash takes room as well
    allow(**{budget: 1})
    with pytest.raises(BudgetError, match=said):
        jobs.launch(visitor, tiny)
    runs.library.empty_trash(visitor)
    jobs.launch(visitor, tiny)


def test_a_server_that_is_drained_starts_nothing_new(visitor: Store, home: Path, tiny: RunConfig) -> None:
    waiting = jobs.launch(visitor, tiny)
    jobs.drain(home, True)
    with pytest.raises(BudgetError, match="about to be maintained"):
        jobs.launch(visitor, tiny)
    assert [run.id for run in jobs.start_next(home)] == [waiting.id]
    assert waiting.state is State.QUEUED
    assert waiting.attempts() == ()
    jobs.drain(home, False)
    jobs.drain(home, False)
    assert not jobs.is_drained(home)
    jobs.launch(visitor, tiny.with_setting("training.seed", 1))


@pytest.mark.parametrize("name", presets.PRESETS)
def test_the_least_memory_is_below_what_a_preset_was_measured_to_take(name: str, visitor: Store) -> None:
    """The README's table: record took 2.0 GB on CIFAR-10, the others 1.0 to 1.3 GB."""
    config = presets.get(name).config
    needed = memory.least(config, jobs.check(config, visitor))
    assert 500e6 < needed < (2.0e9 if name == "record" else 1.0e9)


def test_the_hosted_profile_lets_visitors_train_what_the_first_page_offers(visitor: Store, allow: Allow) -> None:
    allow(**{name: value for name, value in PROFILES["hosted"] if name not in {"name", "private"}})
    refused = [name for name, preset in presets.PRESETS.items() if jobs.problem(preset.config, visitor)]
    assert refused == ["record"]


def test_a_budget_is_read_anew(visitor: Store, tiny: RunConfig, allow: Allow) -> None:
    allow(epochs=1)
    assert jobs.problem(tiny, visitor)
    allow(epochs=2)
    assert jobs.problem(tiny, visitor) is None


def test_a_home_with_a_damaged_list_of_starts_still_starts_runs(visitor: Store, home: Path, tiny: RunConfig) -> None:
    jobs.launch(visitor, tiny)
    (home / budgets.LAUNCHES).write_text("{damaged\n" + json.dumps([1.0]) + "\n")
    jobs.launch(visitor, tiny)


def test_on_a_small_machine_one_process_at_a_time_has_tensorflow(home: Path, allow: Allow) -> None:
    allow(one_tensorflow=True)
    with (
        jobs.tensorflow_turn(home, wait=True),
        pytest.raises(BudgetError, match="Try again when the training has ended"),
        jobs.tensorflow_turn(home, wait=False),
    ):
        pass
    with jobs.tensorflow_turn(home, wait=False):
        pass
    assert not jobs.standby.is_on()
    allow()
    with jobs.tensorflow_turn(home, wait=True), jobs.tensorflow_turn(home, wait=False):
        pass


def paused(store: Store, config: RunConfig) -> Run:
    run = store.create(config, "Paused")
    run.ask("pause")
    return run


def test_a_paused_run_does_not_go_on_where_the_queue_of_all_visitors_is_full(
    visitor: Store, other: Store, tiny: RunConfig, allow: Allow
) -> None:
    run = paused(visitor, tiny)
    allow(waiting=1)
    waits = jobs.launch(other, tiny)
    with pytest.raises(BudgetError, match=r"at most 1 run wait\. There are 1\."):
        jobs.resume(run)
    assert visitor.in_state(State.PAUSED) == [run]
    waits.ask("pause")
    jobs.resume(run)
    jobs.resume(run)  # it waits already
    assert visitor.in_state(State.QUEUED) == [run]


def test_runs_that_go_on_at_the_same_moment_are_no_more_than_allowed(
    visitor: Store, tiny: RunConfig, allow: Allow
) -> None:
    runs = [paused(visitor, tiny) for _ in range(8)]
    allow(waiting=2)

    def go_on(run: Run) -> None:
        with suppress(BudgetError):
            jobs.resume(run)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(go_on, runs))
    assert [run.state for run in runs].count(State.QUEUED) == 2
