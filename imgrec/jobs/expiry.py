"""What visitors leave on a server is removed once it has rested for as long as the profile says."""

import shutil
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from imgrec import classroom, profiles
from imgrec.datasets import own, staging
from imgrec.errors import ImgrecError
from imgrec.jobs.budgets import HOUR, counting
from imgrec.jobs.own_datasets import remove_dataset
from imgrec.jobs.turns import under_way
from imgrec.runs import Run, Store, library, sharing


def seconds_left(run: Run) -> float | None:
    """Return in how many seconds a visitor's run is removed if it rests until then; None where it stays.

    What waits, trains or is shared stays.
    """
    hours = profiles.current().hours_kept
    store = Store.of(run)
    if hours is None or not store.is_visitors or store == store.shared:
        return None
    if sharing.copy_of(run) is not None or under_way(run):
        return None
    return max(0.0, _last_change(run.folder) + hours * HOUR - time.time())


def sweep(home: Path) -> int:
    """Remove what has rested for too long in the stores of visitors, and classes. Return how many runs that were.

    In every store goes what is left of pictures that were being added when the process that did it ended.
    """
    classroom.sweep(home)
    for store in Store.below(home):
        staging.sweep(store.own_datasets)
    hours = profiles.current().hours_kept
    if hours is None:
        return 0
    removed = 0
    for store in Store.below(home)[1:]:
        for run in _expired(store):
            with suppress(ImgrecError, OSError):  # it was taken up meanwhile, or is gone
                if run.folder.parent == store.runs:
                    library.delete(run)  # holds its lock, so that no worker takes it up
                shutil.rmtree(store.trash / run.id)
                removed += 1
        _remove_datasets(store, time.time() - hours * HOUR)
        _remove_drafts(store, time.time() - hours * HOUR)
    return removed


def _expired(store: Store) -> Iterator[Run]:
    for run in (*store.all(), *store.deleted()):
        with suppress(ImgrecError, OSError):  # damaged: it is not known whether it is shared
            if seconds_left(run) == 0:
                yield run


def _remove_datasets(store: Store, before: float) -> None:
    """Remove old datasets of own pictures that no run of the store was made with."""
    for kept in own.every(store.own_datasets):
        with suppress(ImgrecError, OSError):  # a run has begun to learn from it, or it is gone
            if _last_change(kept.folder) < before and not any(_is_made_with(kept.name, run) for run in store.all()):
                remove_dataset(store, kept.name)


def _is_made_with(name: str, run: Run) -> bool:
    with suppress(ImgrecError):  # damaged: it can be made no more
        return run.config.dataset.startswith(f"{name}@")
    return False


def _remove_drafts(store: Store, before: float) -> None:
    """Remove old drafts, and the folder of a visitor who has nothing left."""
    with suppress(OSError):
        for draft in store.drafts.glob("*"):
            if draft.stat().st_mtime < before:
                draft.unlink()
        left = (*store.all(), *store.deleted(), *store.drafts.glob("*"), *store.own_datasets.glob("*/"))
        if any(left) or store.folder.stat().st_mtime > before:
            return
        with counting(store):  # no run is made meanwhile
            if not store.all() and not staging.is_busy(store.own_datasets):
                shutil.rmtree(store.folder)


def _last_change(folder: Path) -> float:
    newest = 0.0
    for path in (folder, *folder.iterdir()):
        with suppress(FileNotFoundError):
            newest = max(newest, path.stat().st_mtime)
    return newest
