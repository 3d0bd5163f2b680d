"""Keeping the runs in order: names, tags, stars, shares, and the trash, where deleted runs wait until it is emptied."""

import shutil
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from filelock import Timeout

from imgrec import files, names
from imgrec.errors import RunError, SettingsError
from imgrec.runs import sharing
from imgrec.runs.run import Run
from imgrec.runs.store import Store
from imgrec.runs.writer import RunWriter

MAX_TAG = 24
MAX_TAGS = 8


def rename(run: Run, name: str) -> None:
    """Return a run another name. Raises SettingsError for an unusable one."""
    _annotate(run, name=names.checked(name))


def tag(run: Run, tags: Sequence[str]) -> None:
    """Return a run these tags in place of those that it has. Raises SettingsError for an unusable one."""
    _annotate(run, tags=checked_tags(tags))


def star(run: Run, starred: bool) -> None:
    """Put a run among the starred ones, or take it from them."""
    _annotate(run, starred=starred)


def share(run: Run) -> Run:
    """Return the copy of a finished run that others may see, made now if there is none."""
    found = sharing.copy_of(run)
    if found is None:
        found = sharing.copy(run)
        _annotate(run, shared=found.id)
    return found


def withdraw(run: Run) -> None:
    """Let others no longer see a run: its copy is removed."""
    sharing.withdraw(run)
    _annotate(run, shared="")


def _annotate(run: Run, **changes: Any) -> None:
    """Change a part of the annotations. The rest is read under a lock, as someone else may be changing it."""
    _check_own(run)
    try:
        with Store.of(run).lock("labels"):
            run.write_annotations(replace(run.annotations, **changes))
    except OSError as error:
        raise RunError(files.cannot_write(Store.of(run).folder, error)) from error


def _check_own(run: Run) -> None:
    if sharing.is_shared_copy(run):
        raise RunError(f"{called(run)} is a copy that somebody shares, and can only be looked at. Edit a copy of it.")


def checked_tags(tags: Iterable[str]) -> tuple[str, ...]:
    """Return tags with their spaces tidied, each once, in their order. Raises SettingsError where one is unusable."""
    clean = tuple(dict.fromkeys(map(names.tidied, tags)))
    for tag in clean:
        why = names.unusable(tag)
        if why or len(tag) > MAX_TAG or "," in tag:
            raise SettingsError(
                f"A tag needs 1 to {MAX_TAG} printable characters without a comma. Received: {tag[:40]!r}{why}."
            )
    if len(clean) > MAX_TAGS:
        raise SettingsError(f"A run takes at most {MAX_TAGS} tags. Received: {len(clean)}.")
    return clean


def delete(run: Run) -> None:
    """Move a run to the trash, and withdraw its shared copy. Raises RunError while it runs."""
    _check_own(run)
    store = Store.of(run)
    with suppress(RunError):  # damaged, and so not known to be shared
        if run.annotations.shared:
            withdraw(run)
    target = store.trash / run.id
    try:
        # Held meanwhile, so that no worker takes up what is leaving.
        with RunWriter(run.folder).lock().acquire(timeout=0):
            target.parent.mkdir(exist_ok=True)
            run.folder.rename(target)
    except Timeout:
        raise RunError(f"{called(run)} is running. Stop it first, and then delete it.") from None
    except OSError as error:
        why = f"{error.strerror}. {files.remedy(error)}"
        raise RunError(f"{called(run)} cannot be moved to {store.trash}: {why}") from error
    files.sync_folder(target.parent)
    files.sync_folder(store.runs)


def restore(run: Run) -> Run:
    """Bring a run back from the trash. Raises RunError where it cannot be moved."""
    store = Store.of(run)
    target = store.runs / run.id
    try:
        target.parent.mkdir(exist_ok=True)
        run.folder.rename(target)
    except OSError as error:
        why = f"{error.strerror}. {files.remedy(error)}"
        raise RunError(f"{called(run)} cannot be moved to {store.runs}: {why}") from error
    files.sync_folder(target.parent)
    return Run(target)


def empty_trash(store: Store) -> int:
    """Remove what is in the trash for good. Return how many bytes that freed. Raises RunError where it cannot."""
    freed = 0
    for run in store.deleted():
        size = run.disk_bytes
        try:
            shutil.rmtree(run.folder)
        except OSError as error:
            raise RunError(f"{run.folder} cannot be removed: {error.strerror}. Remove it by hand.") from error
        freed += size
    return freed


def called(run: Run) -> str:
    """Return the name of a run, also of a damaged one."""
    try:
        return run.name
    except RunError:
        return f"Run {run.id}"
