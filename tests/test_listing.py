"""The rows of a table of runs: what they say, that finished runs are read once, and which differ in the seed alone."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from unittest import mock

import pytest

from imgrec import datasets, edge, runs
from imgrec.config import RunConfig
from imgrec.errors import RunError
from imgrec.layers import Flatten, MaxPooling2D
from imgrec.records import TrainingState
from imgrec.runs import Run, RunWriter, State, checkpoints, library, listing
from imgrec.runs.listing import RunRow
from tests.evaluated import epochs, evaluated

GOLDEN = Path(__file__).parent / "golden"
EVALUATION = evaluated(3, 4, validation_accuracy=0.7, seconds=12.5, images_per_second=900.0, fingerprint="f1")


@pytest.fixture
def run(tiny: RunConfig) -> RunWriter:
    return RunWriter(edge.store().create(tiny.with_setting("training.seed", 5), "A run").folder)


@pytest.fixture
def finished(run: RunWriter) -> RunWriter:
    run.write_history(epochs(0.6, 0.5))
    run.finish(EVALUATION)
    return run


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """List the runs whose row was read from their files, as it happens."""
    reads: list[str] = []
    read = listing._read

    def noted(run: Run) -> RunRow:
        reads.append(run.id)
        return read(run)

    monkeypatch.setattr(listing, "_read", noted)
    return reads


def test_the_row_of_a_waiting_run_has_its_settings_and_no_scores(run: RunWriter) -> None:
    library.tag(run, ["wide"])
    row = listing.row(run)
    assert (row.id, row.name, row.tags, row.starred) == (run.id, "A run", ("wide",), False)
    assert (row.state, row.dataset, row.seed, row.parent, row.colour) == (State.QUEUED, "shapes", 5, None, 0)
    assert (row.epochs, row.epochs_wanted) == (0, 2)
    assert (row.optimizer, row.learning_rate, row.batch_size) == ("Adam", 0.001, 64)
    assert row.created == run.created
    assert row.disk_bytes == run.disk_bytes > 500
    assert (row.test_accuracy, row.test_correct, row.test_images, row.validation_accuracy) == (None,) * 4
    assert (row.seconds, row.images_per_second, row.fingerprint) == (None,) * 3


def test_the_row_of_a_finished_run_has_what_was_measured(finished: RunWriter) -> None:
    library.star(finished, True)
    row = listing.row(finished)
    shown = EVALUATION.model_dump().keys() & RunRow.__dataclass_fields__
    assert "test_accuracy" in shown
    assert all(getattr(row, name) == getattr(EVALUATION, name) for name in shown - {"params"})
    assert (row.state, row.epochs, row.starred) == (State.FINISHED, 2, True)


def test_the_row_of_a_run_under_way_has_its_best_epoch_so_far(run: RunWriter) -> None:
    run.begin()
    run.write_checkpoint(checkpoints.Saved(TrainingState(history=epochs(0.2, 0.4, 0.3)), {}, "f1"))
    row = listing.row(run)
    assert (row.state, row.epochs, row.validation_accuracy) == (State.INTERRUPTED, 3, 0.4)


def test_a_run_that_ends_while_its_row_is_read_is_not_half_finished(
    run: RunWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ends(_: Run) -> State:
        run.finish(EVALUATION)
        return State.RUNNING

    monkeypatch.setattr(Run, "state", property(ends))
    row = listing.row(run)
    assert (row.state, row.test_accuracy) == (State.RUNNING, None)


def test_a_network_is_counted_with_its_output_layer(tiny: RunConfig) -> None:
    row = listing.row(edge.store().create(tiny, "A run"))
    after_pooling = 8 * 8 * 3
    assert row.params == (after_pooling + 1) * 16 + (16 + 1) * 10
    assert row.multiply_adds == after_pooling * 16 + 16 * 10


def test_a_network_that_does_not_fit_its_dataset_is_not_counted(tiny: RunConfig) -> None:
    row = listing.row(edge.store().create(tiny.replace(layers=(Flatten(), MaxPooling2D())), "A run"))
    assert (row.params, row.multiply_adds) == (None, None)


def test_the_row_of_a_run_is_the_same_when_its_dataset_is_gone(run: RunWriter) -> None:
    before = listing.row(run)
    with mock.patch.dict(datasets.DATASETS):  # which is put back in its order
        del datasets.DATASETS["shapes"]
        assert listing.row(Run(run.folder)) == before
    assert (before.dataset_title, before.params) == ("Shapes", (8 * 8 * 3 + 1) * 16 + (16 + 1) * 10)


def test_rows_are_newest_first_and_a_damaged_run_is_a_sentence(tiny: RunConfig) -> None:
    first, damaged, last = (edge.store().create(tiny, name) for name in "abc")
    (damaged.folder / "label.json").write_text("{")
    found, unreadable = listing.rows(edge.store())
    assert [row.id for row in found] == [last.id, first.id]
    (sentence,) = unreadable
    assert f"label.json of run {damaged.id} is damaged" in sentence


@pytest.mark.parametrize("schema", sorted(path.name for path in GOLDEN.iterdir()))
def test_runs_of_every_schema_have_rows(home: Path, schema: str) -> None:
    shutil.copytree(GOLDEN / schema, home / "runs")
    found, unreadable = listing.rows(edge.store())
    assert unreadable == []
    assert {row.name: (row.epochs, row.params is None, row.starred) for row in found} == {
        "Finished": (2, False, False),
        "Paused": (3, False, False),
    }
    by_id = {row.id: int(row.id[-8:], 16) % runs.COLOURS for row in found}
    assert {row.id: row.colour for row in found} == by_id or schema == "3", "from schema 3 on it is written down"


def test_a_run_is_read_once_and_one_that_trains_each_time(
    finished: RunWriter, tiny: RunConfig, reads: list[str]
) -> None:
    waiting, trains = (edge.store().create(tiny, name) for name in ("Waiting", "Trains"))
    with RunWriter(trains.folder).lock():
        first = listing.rows(edge.store())
        assert listing.rows(edge.store()) == first
    assert sorted(reads) == sorted([finished.id, waiting.id, trains.id, trains.id])
    assert [row.state for row in first[0]] == [State.RUNNING, State.QUEUED, State.FINISHED]
    assert [row.state for row in listing.rows(edge.store())[0]] == [State.QUEUED, State.QUEUED, State.FINISHED]


def cancelled(run: RunWriter) -> None:
    run.ask("stop")


def taken_up(run: RunWriter) -> None:
    run.begin()


def failed(run: RunWriter) -> None:
    run.fail("It went wrong.", "")


def one_epoch_further(run: RunWriter) -> None:
    run.write_history(epochs(0.2))


@pytest.mark.parametrize("change", [cancelled, taken_up, failed, one_epoch_further])
def test_a_waiting_run_that_changes_is_read_again(run: RunWriter, change: Callable[[RunWriter], None]) -> None:
    before = listing.row(run)
    change(run)
    after = listing.row(run)
    assert after != before
    assert after == listing._read(Run(run.folder))


def renamed(run: RunWriter) -> None:
    library.rename(run, "Another name")


def scored_anew(run: RunWriter) -> None:
    run.finish(EVALUATION.replace(test_accuracy=0.5))


def trained_anew(run: RunWriter) -> None:
    run.remove_results()


def rid_of_what_was_left_behind(run: RunWriter) -> None:
    (run.folder / "log.txt").unlink()


@pytest.mark.parametrize("change", [renamed, scored_anew, trained_anew, rid_of_what_was_left_behind])
def test_a_finished_run_that_changes_is_read_again(finished: RunWriter, change: Callable[[RunWriter], None]) -> None:
    finished.log.write_text("x" * 1000)
    os.utime(finished.folder, (1, 1))  # a while ago: a tick of the clock may be longer than this test
    before = listing.row(finished)
    change(finished)
    after = listing.row(finished)
    assert after != before
    assert after == listing._read(Run(finished.folder))


@pytest.mark.parametrize("name", ["config.json", "label.json", "evaluation.json", "history.jsonl"])
def test_a_finished_run_that_is_damaged_later_has_no_row(finished: RunWriter, name: str) -> None:
    library.star(finished, True)
    path = finished.folder / name
    os.utime(path, (1, 1))  # the same
    listing.row(finished)
    path.write_bytes(path.read_bytes().replace(b":", b";", 1))
    with pytest.raises(RunError, match=f"{name} of run {finished.id} is damaged"):
        listing.row(finished)


def test_two_changes_within_a_tick_of_the_clock_are_told_apart(finished: RunWriter) -> None:
    def in_the_same_tick() -> RunRow:
        os.utime(finished.folder / "label.json", (1, 1))
        os.utime(finished.folder, (1, 1))
        return listing.row(finished)

    library.rename(finished, "One")
    assert in_the_same_tick().name == "One"
    library.rename(finished, "Two")
    assert in_the_same_tick().name == "Two"


def test_the_seeds_of_a_run_are_the_finished_ones_that_differ_in_nothing_else(tiny: RunConfig) -> None:
    def made(seed: int, config: RunConfig = tiny, parent: Run | None = None, images: str = "one") -> RunWriter:
        run = RunWriter(edge.store().create(config.with_setting("training.seed", seed), f"Seed {seed}", parent).folder)
        run.finish(EVALUATION.replace(fingerprint=images))
        return run

    last, first = made(7), made(2)
    first.write_model(b"")
    edge.store().create(tiny.with_setting("training.seed", 3), "Waiting")
    made(4, tiny.with_setting("training.epochs", 3))
    elsewhere = made(6, images="other")
    child, other = made(2, parent=first), made(5, parent=first)
    rows, _ = listing.rows(edge.store())
    ids = [first.id, last.id]
    assert [row.id for row in listing.seeds_of(first, rows)] == ids
    assert [row.id for row in listing.seeds_of(listing.row(last), rows)] == ids
    assert [row.id for row in listing.seeds_of(child, rows)] == [child.id, other.id]
    assert [row.id for row in listing.seeds_of(elsewhere, rows)] == [elsewhere.id]


def test_the_seeds_of_a_run_hold_each_seed_once_and_none_that_was_stopped(tiny: RunConfig) -> None:
    def made(seed: int, stopped: bool = False) -> RunWriter:
        run = RunWriter(edge.store().create(tiny.with_setting("training.seed", seed), f"Seed {seed}").folder)
        run.finish(EVALUATION.replace(stopped=stopped))
        return run

    same, run, again = made(1), made(1), made(1)
    made(2, stopped=True)
    for own in (same, run, again):
        assert [row.id for row in listing.seeds_of(own, listing.rows(edge.store())[0])] == [own.id]


def test_the_seeds_of_a_waiting_run_are_those_that_have_ended(run: RunWriter) -> None:
    assert listing.seeds_of(run, listing.rows(edge.store())[0]) == []
