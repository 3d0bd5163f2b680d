"""A queued run says when it starts, as far as that can be told."""

import pytest

from imgrec import edge, jobs
from imgrec.config import RunConfig
from imgrec.jobs import estimate
from imgrec.records import Progress
from imgrec.runs import Run, RunWriter, Store


@pytest.fixture
def forecast(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every training be expected to take a minute."""
    monkeypatch.setattr("imgrec.jobs.estimate._median_speed", lambda store, alone: 1.0)  # noqa: ARG005
    monkeypatch.setattr("imgrec.jobs.estimate._work", lambda config, dataset: 60.0 - estimate.AROUND_SECONDS)  # noqa: ARG005


@pytest.mark.usefixtures("forecast")
def test_the_wait_is_what_is_left_of_the_runs_before(tiny: RunConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    visitor, other = edge.visitor("a" * 32), edge.visitor("b" * 32)
    running = other.create(tiny, "Runs")
    first, second = visitor.create(tiny, "First"), visitor.create(tiny, "Second")
    work = RunWriter(running.folder)
    with work.lock():
        assert jobs.wait(first, jobs.earlier(first)) == 60
        work.write_progress(Progress(seconds_left=20.0))
        assert jobs.wait(first, jobs.earlier(first)) == 20
        assert jobs.wait(second, jobs.earlier(second)) == 80
        monkeypatch.setenv("IMGREC_SLOTS", "2")
        assert jobs.wait(second, jobs.earlier(second)) == 40


def test_the_last_runs_are_read_once_however_many_wait(tiny: RunConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    store, asked = edge.store(), list[Store]()
    runs = [store.create(tiny, f"Run {number}") for number in range(5)]

    def speed(store: Store, alone: bool) -> float:  # noqa: ARG001
        asked.append(store)
        return 1e9

    monkeypatch.setattr(estimate, "_median_speed", speed)
    first = jobs.wait(runs[-1], jobs.earlier(runs[-1]))
    monkeypatch.setattr(estimate, "_work", lambda config, dataset: pytest.fail("counted again"))  # noqa: ARG005
    assert jobs.wait(runs[-1], jobs.earlier(runs[-1])) == first is not None
    assert asked == [store, store]


def test_where_nothing_has_finished_yet_the_wait_is_not_known(tiny: RunConfig) -> None:
    edge.store().create(tiny, "First")
    second = edge.store().create(tiny, "Second")
    assert jobs.wait(second, jobs.earlier(second)) is None


def test_a_visitor_without_a_finished_run_is_told_by_those_of_others(trained_run: Run, tiny: RunConfig) -> None:
    own = edge.visitor("a" * 32)
    assert jobs.forecast(own, tiny) == jobs.forecast(Store.of(trained_run), tiny)
    assert jobs.forecast(own, tiny) is not None
