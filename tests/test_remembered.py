"""Thousands of runs are listed at once, as what was read of them is remembered; and nothing that changed is missed."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from benchmarks import many_runs
from imgrec import edge, jobs
from imgrec.jobs import launching
from imgrec.runs import Run, RunWriter, State, checksum, library, listing, remembered, sweeps
from imgrec.runs.listing import RunRow
from tests.evaluated import epochs, evaluated

MANY = 100


@pytest.fixture
def runs(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Run]]:  # noqa: ARG001 - it is the store's
    """Return many runs, newest first: finished, failed, cancelled, of a sweep, and some that wait."""
    monkeypatch.setattr(remembered, "SAVED_AT", MANY)
    many_runs.fill(edge.store(), MANY)
    found = edge.store().all()
    for run in found:
        os.utime(run.folder, (1, 1))  # a while ago: a tick of the clock may be longer than this test
    another_process()
    yield found
    another_process()


def another_process() -> None:
    """Forget what this process has read, as another one has not read it."""
    listing._remembered.cache_clear()


@pytest.fixture
def unread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no run be read any more."""

    def refused(path: Path, **_: object) -> str:
        assert edge.store().runs not in path.parents, f"{path} was opened"
        return path.open(encoding="utf-8").read()

    listing.rows(edge.store())
    jobs.active(edge.store())
    monkeypatch.setattr(Path, "read_text", refused)


@pytest.mark.usefixtures("runs", "unread")
def test_a_second_list_opens_no_file_of_a_run() -> None:
    rows, unreadable = listing.rows(edge.store())
    assert len(rows) == MANY
    assert unreadable == []
    assert {row.state for row in rows} == {State.FINISHED, State.FAILED, State.CANCELLED, State.QUEUED}
    assert len(listing.names_in(edge.store())) == MANY


@pytest.mark.usefixtures("runs", "unread")
def test_a_second_look_at_the_queue_opens_no_file_of_a_run() -> None:
    assert [state for _, state in jobs.active(edge.store())] == [State.QUEUED] * (MANY // 10)


@pytest.mark.usefixtures("runs")
def test_another_process_reads_one_file_in_place_of_the_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    before = listing.rows(edge.store())
    another_process()
    monkeypatch.setattr(listing, "_read", lambda run: pytest.fail(f"{run.id} was read"))
    assert listing.rows(edge.store()) == before


def test_another_process_reads_a_run_that_has_changed_since(runs: list[Run]) -> None:
    listing.rows(edge.store())
    library.rename(runs[7], "Another name")
    another_process()
    assert listing.rows(edge.store())[0][7].name == "Another name"
    assert "Another name" in listing.names_in(edge.store())


def flip_a_bit(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def cut_off(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def of_another_imgrec(path: Path) -> None:
    rows: list[dict[str, object]] = [
        {"fields": ["id", "name"]},
        {"run": "20260101-000000-00000001", "marks": [], "values": ["a", "b"]},
    ]
    path.write_text(checksum.lines_with(rows))


def of_another_kind(path: Path) -> None:
    path.write_text(checksum.lines_with([{"fields": list(RunRow.__dataclass_fields__)}, {"run": 1}]))


@pytest.mark.parametrize("damage", [flip_a_bit, cut_off, of_another_imgrec, of_another_kind, Path.unlink])
@pytest.mark.usefixtures("runs")
def test_without_a_whole_file_of_this_imgrec_the_runs_are_read(damage: Callable[[Path], None]) -> None:
    before = listing.rows(edge.store())
    path = edge.store().folder / listing.FILE
    damage(path)
    another_process()
    assert listing.rows(edge.store()) == before
    assert path.exists()


def test_a_few_rows_write_no_file(home: Path) -> None:
    many_runs.fill(edge.store(), 10)
    listing.rows(edge.store())
    assert not (home / listing.FILE).exists()


@pytest.mark.usefixtures("runs")
def test_a_list_is_shown_where_its_file_cannot_be_written(home: Path) -> None:
    (home / listing.FILE).mkdir()
    assert len(listing.rows(edge.store())[0]) == MANY


def test_a_run_that_is_gone_is_forgotten(runs: list[Run]) -> None:
    listing.rows(edge.store())
    library.delete(runs[3])
    listing.rows(edge.store())
    assert listing._remembered(edge.store().folder).find(runs[3].id) is None
    assert runs[3].name in listing.names_in(edge.store()), "a name in the trash is not given again"


def test_the_rows_of_a_sweep_are_those_of_all_runs_that_come_of_it(runs: list[Run]) -> None:
    (kept,) = sweeps.every(edge.store())
    expected = [row for row in listing.rows(edge.store())[0] if row.sweep is not None]
    another_process()
    assert len(expected) == 20
    assert listing.rows_of_sweep(edge.store(), kept.id) == expected
    assert listing.rows_of_sweep(edge.store(), "another") == []
    library.star(next(run for run in runs if run.id == expected[4].id), True)
    assert listing.rows_of_sweep(edge.store(), kept.id)[4].starred


@pytest.mark.usefixtures("runs")
def test_a_run_is_seen_to_train_and_to_train_no_more() -> None:
    """Though no file of it changes, as where the process that holds its lock is killed at once."""
    run = jobs.queue(edge.store())[0]
    with RunWriter(run.folder).lock():
        assert jobs.running(edge.store()) == [run]
    assert jobs.running(edge.store()) == []
    assert run in jobs.queue(edge.store())


def test_what_is_asked_of_a_run_is_seen_at_once(runs: list[Run]) -> None:
    store = edge.store()
    waiting = jobs.queue(store)[0]
    waiting.ask("pause")
    assert waiting in store.in_state(State.PAUSED)
    waiting.ask("resume")
    assert waiting in store.in_state(State.QUEUED)
    (ended,) = [run for run in store.in_state(State.FAILED) if run == next(r for r in reversed(runs) if r.error())]
    RunWriter(ended.folder).clear_error()
    assert ended in store.in_state(State.QUEUED)
    RunWriter(ended.folder).write_history(epochs(0.5))
    RunWriter(ended.folder).finish(evaluated(3, 4))
    assert ended in store.finished()


def test_a_form_that_was_sent_twice_finds_its_run_among_many(runs: list[Run]) -> None:
    store, config = edge.store(), runs[0].config.with_setting("training.seed", 12345)
    known = launching.known(store)
    made = store.create(config, "Made")
    assert launching._made(store, config, None, known) == made
    assert launching._made(store, config, None, launching.known(store)) is None
