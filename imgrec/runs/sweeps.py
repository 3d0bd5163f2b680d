"""The sweeps of a store: STORE/sweeps/ID.json holds one each, and the runs that come of it name it in their record."""

from contextlib import suppress
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

from pydantic import ValidationError

from imgrec import files, names
from imgrec.errors import RunError, SettingsError
from imgrec.records import Record, misfit
from imgrec.runs import checksum
from imgrec.runs.documents import read_json
from imgrec.runs.store import Store, is_id, new_id
from imgrec.sweep import Sweep

FOLDER = "sweeps"

MOST_KEPT = 1000
"""Sweeps that are remembered, as the scheduler looks at all of them every second."""


class Refused(Record):
    """A point whose values do not go together, and the sentence that says why."""

    point: tuple[bool | int | float | str, ...]
    why: str


class KeptSweep(Record):
    """A sweep that was started. chosen says whether the best points have been chosen and are trained in full."""

    id: str
    name: str
    created: str
    sweep: Sweep
    refused: tuple[Refused, ...] = ()
    chosen: bool = False

    @property
    def waits(self) -> bool:
        """Says whether the best points are still to be chosen."""
        return bool(self.sweep.first_epochs) and not self.chosen


def keep(store: Store, sweep: Sweep, name: str, refused: tuple[Refused, ...]) -> KeptSweep:
    """Write a new sweep. Raises SettingsError for an unusable name, RunError where it cannot be written."""
    now = datetime.now(UTC)
    kept = KeptSweep(
        id=new_id(now),
        name=names.checked(name),
        created=now.isoformat(timespec="seconds"),
        sweep=sweep,
        refused=refused,
    )
    write(store, kept)
    return kept


def write(store: Store, kept: KeptSweep) -> None:
    """Write a sweep again. Raises RunError where it cannot be written."""
    path = _path(store, kept.id)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        files.write_json(path, checksum.add(kept.model_dump(mode="json")))
    except OSError as error:
        raise RunError(f"A sweep needs a file of its own. {files.cannot_write(path, error)}") from error


def get(store: Store, id: str) -> KeptSweep:
    """Return the sweep of this id. Raises RunError where there is none, or it is damaged."""
    path = _path(store, id)
    mark = files.mark(path) if is_id(id) else None
    if mark is None:
        raise _none(id)
    return _read(path, mark)


def every(store: Store) -> list[KeptSweep]:
    """List the sweeps that can be read, newest first."""
    found = []
    for path in sorted((store.folder / FOLDER).glob("*.json"), reverse=True):
        with suppress(RunError):
            found.append(get(store, path.stem))
    return found


def remove(store: Store, id: str) -> None:
    """Forget a sweep; its runs stay. Raises RunError where there is none, or it cannot be removed."""
    if not is_id(id) or not _path(store, id).is_file():
        raise _none(id)
    try:
        _path(store, id).unlink()
    except OSError as error:
        raise RunError(files.cannot_write(_path(store, id), error)) from error


def _path(store: Store, id: str) -> Path:
    return store.folder / FOLDER / f"{id}.json"


def _none(id: str) -> RunError:
    return RunError(f"There is no sweep {id[:60]!r}. `python -m imgrec sweeps` lists those that there are.")


@lru_cache(maxsize=MOST_KEPT)
def _read(path: Path, mark: tuple[int, int]) -> KeptSweep:
    del mark  # it is there to be compared
    try:
        value = checksum.verify(read_json(path))
        return KeptSweep.model_validate({**value, "sweep": Sweep.parse(value["sweep"])})
    except (ValueError, KeyError, SettingsError) as error:
        why = misfit(error) if isinstance(error, ValidationError) else error
        raise RunError(
            f"The sweep {path.stem} is damaged: {why}. Its runs are as they were; remove the sweep."
        ) from None
