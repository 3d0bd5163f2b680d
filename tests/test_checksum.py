"""What is damaged on the disk is noticed, and never read as something else."""

import random
from collections.abc import Callable

import pytest

from imgrec import edge
from imgrec.config import RunConfig
from imgrec.errors import RunError
from imgrec.records import TrainingState
from imgrec.runs import Run, RunWriter, checkpoints, checksum, library
from tests.evaluated import epochs, evaluated
from tests.test_checkpoints import damage

ROWS = epochs(0.1, 0.2, 0.3, 0.4, 0.5)

READERS: dict[str, Callable[[Run], object]] = {
    "config.json": lambda run: run.config,
    "history.jsonl": lambda run: run.history(),
    "starts.jsonl": lambda run: run.attempts(),
    "evaluation.json": lambda run: run.evaluation(),
    "request.json": lambda run: run.request,
    "label.json": lambda run: run.annotations,
}


@pytest.fixture
def run(tiny: RunConfig) -> Run:
    """Return a run with every sealed document."""
    run = RunWriter(edge.store().create(tiny, "A run").folder)
    run.ask("stop")
    library.rename(run, "Another name")
    run.begin()
    run.write_checkpoint(checkpoints.Saved(TrainingState(history=ROWS), {}, "f"))
    run.finish(evaluated(5, 10))
    return run


@pytest.mark.parametrize("name", READERS)
def test_what_was_written_is_read(run: Run, name: str) -> None:
    read = READERS[name]
    assert read(edge.store().get(run.id)) == read(run)
    assert (run.folder / name).exists()


@pytest.mark.parametrize("name", READERS)
def test_of_three_hundred_damages_none_is_read_as_something_else(run: Run, name: str) -> None:
    path, read = run.folder / name, READERS[name]
    whole, value = path.read_bytes(), read(run)
    noticed = 0
    for seed in range(300):
        path.write_bytes(damage(whole, random.Random(seed)))
        try:
            assert read(Run(run.folder)) == value, "only the last line break may be missing"
        except RunError:
            noticed += 1
    assert noticed >= 297


def test_lines_that_are_cut_at_the_end_of_one_are_noticed() -> None:
    rows = [row.model_dump(mode="json") for row in ROWS]
    text = checksum.lines_with(rows)
    assert checksum.verify_lines(text) == rows
    for lines in range(len(ROWS)):
        with pytest.raises(ValueError, match="checksum"):
            checksum.verify_lines("".join(line + "\n" for line in text.split("\n")[:lines]))


def test_no_line_is_a_line_too() -> None:
    assert checksum.verify_lines(checksum.lines_with([])) == []


@pytest.mark.parametrize("value", [[], "text", None, {}, {"a": 1}])
def test_what_was_never_sealed_is_not_read(value: object) -> None:
    with pytest.raises(ValueError, match="checksum"):
        checksum.verify(value)
