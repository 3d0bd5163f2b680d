"""What a table of runs shows: a row for each, quickly also where there are many; and finding, ordering, exporting."""

import hashlib
from collections.abc import Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass, fields
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from imgrec import architecture, files, names
from imgrec.config import RunConfig
from imgrec.errors import ImgrecError, SettingsError
from imgrec.records import SweepPlace, best_epoch
from imgrec.runs import library, looks
from imgrec.runs.remembered import Remembered
from imgrec.runs.run import Run, State
from imgrec.runs.store import Store
from imgrec.settings import unknown

FILE = "rows.jsonl"
"""The file of a store in which rows are remembered."""

MOST_STORES = 64
"""Stores of which rows are remembered, about 2 kB each."""

MOST_NAMES = 20_000
"""Names that are remembered of runs without a row, as those in the trash."""

SORTABLE = (
    "created",
    "name",
    "test_accuracy",
    "params",
    "multiply_adds",
    "seconds",
    "images_per_second",
    "disk_bytes",
)

_LABEL = looks.OF_A_FINISHED_RUN.index("label.json")


@dataclass(frozen=True)
class RunRow:
    """What a table shows of one run. None stands for what is not known, as the scores of a run before its end."""

    id: str
    name: str
    starred: bool
    tags: tuple[str, ...]
    state: State
    dataset: str
    dataset_title: str
    test_accuracy: float | None
    test_correct: int | None
    test_images: int | None
    validation_accuracy: float | None
    """That of the best epoch so far."""
    epochs: int
    """Those that are complete."""
    epochs_wanted: int
    params: int | None
    """None where the network does not fit its dataset; so are the multiply-adds, which are those for one image."""
    multiply_adds: int | None
    seconds: float | None
    images_per_second: float | None
    optimizer: str
    learning_rate: float
    batch_size: int
    seed: int
    created: datetime
    parent: str | None
    colour: int
    fingerprint: str | None
    """The SHA-256 of the images that it was trained and scored with."""
    disk_bytes: int
    stopped: bool
    """By hand, before its last epoch."""
    recipe: str
    """The same for runs that differ in nothing but the seed."""
    sweep: SweepPlace | None = None

    @property
    def score(self) -> tuple[int, int]:
        """How many test images are right, of how many; of a finished run."""
        assert self.test_correct is not None
        assert self.test_images is not None
        return self.test_correct, self.test_images


def finished(rows: Iterable[RunRow]) -> list[RunRow]:
    """Return the rows of the runs that have been scored, in their order."""
    return [row for row in rows if row.state is State.FINISHED]


def row(run: Run) -> RunRow:
    """Return what a table shows of a run. Raises ImgrecError where it cannot be read."""
    return _row(str(run.folder), run.id, _remembered(run.folder.parents[1]))


def rows(store: Store) -> tuple[list[RunRow], list[str]]:
    """Return the rows of a store's runs, newest first, and a sentence for each run that cannot be read."""
    found: list[RunRow] = []
    unreadable: list[str] = []
    remembered, runs, ids = _remembered(store.folder), str(store.runs), store.ids()
    for id in ids:
        try:
            found.append(_row(f"{runs}/{id}", id, remembered))
        except ImgrecError as error:
            unreadable.append(str(error))
    remembered.keep(ids)
    return found, unreadable


def rows_of_sweep(store: Store, sweep: str) -> list[RunRow]:
    """Return the rows of the runs that can be read and come of a sweep, newest first; others are hardly looked at."""
    found: list[RunRow] = []
    remembered, runs, ids = _remembered(store.folder), str(store.runs), store.ids()
    for id in ids:
        # Which sweep a run comes of never changes.
        known = remembered.find(id)
        if known is None or (known[1].sweep and known[1].sweep.id == sweep):
            with suppress(ImgrecError):
                found.append(_row(f"{runs}/{id}", id, remembered))
    remembered.keep(ids)
    return [row for row in found if row.sweep and row.sweep.id == sweep]


def sweep_of(run: Run) -> str | None:
    """Return the id of the sweep that a run comes of, if any; None also where it cannot be read."""
    known = _remembered(run.folder.parents[1]).find(run.id)
    with suppress(ImgrecError):
        found = (known[1] if known else row(run)).sweep
        return found.id if found else None
    return None


def names_in(store: Store) -> list[str]:
    """Return the names of all runs of a store, also of damaged ones and those in the trash."""
    remembered, found = _remembered(store.folder), []
    for folder, ids in ((store.runs, store.ids()), (store.trash, store.deleted_ids())):
        for id in ids:
            path = f"{folder}/{id}"
            # Only that file gives a run another name.
            known, label = remembered.find(id), files.mark(f"{path}/label.json")
            found.append(known[1].name if known and known[0][_LABEL] == label else _name(path, label))
    return found


def filtered(
    rows: Iterable[RunRow],
    search: str = "",
    states: Collection[str] = (),
    datasets: Collection[str] = (),
    tags: Collection[str] = (),
    starred: bool = False,
) -> list[RunRow]:
    """Return the rows that suit: every word of search in what names a run, a state, a dataset, and all of the tags.

    Of what is empty or False, everything suits.
    """
    words = names.tidied(search).casefold().split()
    return [
        row
        for row in rows
        if (not states or row.state in states)
        and (not datasets or row.dataset in datasets)
        and {names.tidied(tag) for tag in tags} <= {names.tidied(tag) for tag in row.tags}
        and (row.starred or not starred)
        and all(word in _names(row) for word in words)
    ]


def ordered(rows: Iterable[RunRow], by: str, descending: bool) -> list[RunRow]:
    """Sort rows by one of SORTABLE; those without a value are last, whichever the direction.

    Raises SettingsError for another column.
    """
    if by not in SORTABLE:
        raise SettingsError(unknown("column", by, list(SORTABLE)))
    valued: list[tuple[Any, RunRow]] = []
    without: list[RunRow] = []
    for row in rows:
        value = getattr(row, by)
        if value is None:
            without.append(row)
        else:
            valued.append((value.casefold() if isinstance(value, str) else value, row))
    return [row for _, row in sorted(valued, key=lambda pair: pair[0], reverse=descending)] + without


def seeds_of(of: RunRow | Run, rows: Iterable[RunRow]) -> list[RunRow]:
    """Return the finished rows that differ from a finished run in nothing but the seed, by seed, and one for each seed.

    They learnt and were scored on the same images. None was stopped by hand; its own is among them unless it was.
    """
    own = of if isinstance(of, RunRow) else row(of)
    alike = [other for other in rows if (other.recipe, other.fingerprint) == (own.recipe, own.fingerprint)]
    found = [other for other in alike if other.state is State.FINISHED and not other.stopped]
    one_each = {other.seed: other for other in sorted(found, key=lambda other: other.id == of.id)}  # its own comes last
    return sorted(one_each.values(), key=lambda other: other.seed)


def recipe(config: RunConfig, parent: str | None) -> str:
    """Name what a run does but for its seed."""
    return hashlib.sha256(f"{config.without_seed()} {parent}".encode()).hexdigest()[:16]


def to_table(rows: Iterable[RunRow]) -> tuple[tuple[str, ...], list[tuple[object, ...]]]:
    """Return the names of the columns and the cells of rows, for a spreadsheet or a program."""
    left_out = {"colour", "dataset_title", "recipe", "sweep"}
    names = [field.name for field in fields(RunRow) if field.name not in left_out]
    return ("run", *names[1:]), [tuple(getattr(row, name) for name in names) for row in rows]


@lru_cache(maxsize=MOST_NAMES)
def _name(folder: str, mark: tuple[int, int] | None) -> str:
    del mark  # it is there to be compared
    return library.called(Run(Path(folder)))


@lru_cache(maxsize=MOST_STORES)
def _remembered(folder: Path) -> Remembered[RunRow]:
    return Remembered(folder / FILE, [field.name for field in fields(RunRow)], _packed, _unpacked)


def _row(folder: str, id: str, remembered: Remembered[RunRow]) -> RunRow:
    marks = looks.marks(folder)
    if looks.has_worker(folder, marks):  # and soon is farther
        return _read(Run(Path(folder)))
    return remembered.get(id, marks, lambda: _read(Run(Path(folder))))


def _packed(row: RunRow) -> list[Any]:
    values = {field.name: getattr(row, field.name) for field in fields(RunRow)}
    values["created"] = row.created.isoformat()
    values["sweep"] = row.sweep and row.sweep.model_dump(mode="json")
    return list(values.values())


def _unpacked(values: list[Any]) -> RunRow:
    found = dict(zip((field.name for field in fields(RunRow)), values, strict=True))
    found["tags"] = tuple(found["tags"])
    found["state"] = State(found["state"])
    found["created"] = datetime.fromisoformat(found["created"])
    found["sweep"] = found["sweep"] and SweepPlace.model_validate(found["sweep"])
    return RunRow(**found)


def _read(run: Run) -> RunRow:
    annotations, config, state, history = run.annotations, run.config, run.state, run.history()
    # By the state that is shown: the run may have ended since that was read.
    evaluation = run.evaluation() if state is State.FINISHED else None
    chosen = evaluation or best_epoch(history)
    params, multiply_adds = _size(run)
    return RunRow(
        id=run.id,
        name=annotations.name,
        starred=annotations.starred,
        tags=annotations.tags,
        state=state,
        dataset=config.dataset,
        dataset_title=run.dataset.title,
        test_accuracy=evaluation.test_accuracy if evaluation else None,
        test_correct=evaluation.test_correct if evaluation else None,
        test_images=evaluation.test_images if evaluation else None,
        validation_accuracy=chosen.validation_accuracy if chosen else None,
        epochs=len(history),
        epochs_wanted=config.training.epochs,
        params=params,
        multiply_adds=multiply_adds,
        seconds=evaluation.seconds if evaluation else None,
        images_per_second=evaluation.images_per_second if evaluation else None,
        optimizer=type(config.training.optimizer).__name__,
        learning_rate=config.training.learning_rate,
        batch_size=config.training.batch_size,
        seed=config.training.seed,
        created=run.created,
        parent=run.parent,
        colour=run.colour,
        fingerprint=evaluation.fingerprint if evaluation else None,
        disk_bytes=run.disk_bytes,
        stopped=evaluation.stopped if evaluation else False,
        recipe=recipe(config, run.parent),
        sweep=run.sweep,
    )


def _size(run: Run) -> tuple[int, int] | tuple[None, None]:
    """Return a network's parameters and multiply-adds, or None for both where it does not fit its dataset."""
    traced = architecture.trace(run.config.layers, run.dataset.image_shape, len(run.dataset.class_names))
    return (None, None) if traced.problem else (traced.params, traced.multiply_adds)


def _names(row: RunRow) -> str:
    parts = (row.name, *row.tags, row.id, row.dataset_title, row.state)
    return "\n".join(map(names.tidied, parts)).casefold()
