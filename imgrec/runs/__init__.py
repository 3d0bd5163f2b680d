"""The runs of this machine: made, found and listed. What a run is stands in imgrec/runs/run.py."""

import re
import secrets
import shutil
from contextlib import suppress
from datetime import UTC, datetime
from importlib.metadata import version
from itertools import islice
from pathlib import Path

from imgrec import __version__, files
from imgrec.config import RunConfig
from imgrec.errors import RunError, SettingsError
from imgrec.runs import checksum, names, source
from imgrec.runs.documents import CONFIG, SCHEMA
from imgrec.runs.ending import Ending
from imgrec.runs.run import COLOURS, Annotations, Run, State
from imgrec.runs.writer import RunWriter

__all__ = [
    "COLOURS",
    "MAX_NAME",
    "SCHEMA",
    "Annotations",
    "Ending",
    "Run",
    "RunWriter",
    "State",
    "all",
    "checked_name",
    "create",
    "finished",
    "folder",
    "get",
    "in_state",
    "is_id",
    "readable",
]

MAX_NAME = 60
"""Letters of a run's name that fit a card on a phone in two lines."""

_ID = re.compile(r"\d{8}-\d{6}-[0-9a-f]{8}")
_LIBRARIES = ("keras", "tensorflow", "numpy")


def create(config: RunConfig, name: str, parent: Run | None = None, like: Run | None = None) -> Run:
    """Write the folder of a new run, which thereby waits in the queue; it goes on from its parent's model, if any.

    It learns from the images of its parent or of the run that it is to be like, else from those that this process
    would load. Raises SettingsError for an unusable name, RunError where it cannot be written or the parent's model not
    be read.
    """
    now, before = datetime.now(UTC), parent or like
    # Sorts by time, to the microsecond; the last three digits tell apart what is made in the same one.
    run = Run(folder() / f"{now:%Y%m%d-%H%M%S}-{now.microsecond:05x}{secrets.token_hex(2)[:3]}")
    record = {
        "schema": SCHEMA,
        "name": checked_name(name),
        "colour": _next_colour(),
        "created": now.isoformat(timespec="microseconds"),
        "config": config.model_dump(mode="json"),
        "versions": {"imgrec": __version__} | {library: version(library) for library in _LIBRARIES},
        "images": (source.inherited(before) if before else source.here(config.dataset)).record(),
        **({"parent": parent.id} if parent else {}),
    }
    # Built under another name and renamed, so that no reader meets a run without its config.
    building = run.folder.with_name(f".{run.id}")
    try:
        building.mkdir(parents=True)
        if parent:  # a copy, so that the parent can be deleted
            files.write_bytes(building / run.start.name, parent.model.read_bytes())
        files.write_json(building / CONFIG, checksum.add(record))
        building.rename(run.folder)
    except OSError as error:
        shutil.rmtree(building, ignore_errors=True)
        raise RunError(f"A run needs a folder of its own. {files.cannot_write(folder(), error)}") from error
    files.sync_folder(run.folder.parent)
    return run


def checked_name(name: str) -> str:
    """Return a run's name with its spaces tidied. Raises SettingsError where it is unusable."""
    clean = names.tidied(name)
    why = names.unusable(clean)
    if why or len(clean) > MAX_NAME:
        raise SettingsError(f"A run's name needs 1 to {MAX_NAME} printable characters. Received: {name[:80]!r}{why}.")
    return clean


def is_id(name: str) -> bool:
    """Return whether a run's folder can have this name."""
    return _ID.fullmatch(name) is not None


def get(run_id: str) -> Run:
    """Return the run of this id. Raises RunError where there is none."""
    if not is_id(run_id) or not (folder() / run_id).is_dir():
        raise RunError(f"There is no run {run_id[:60]!r}. The list of runs shows those that there are.")
    return Run(folder() / run_id)


def all() -> list[Run]:
    """List every run, newest first. Damaged ones are listed too; reading their record raises RunError."""
    try:
        return [Run(path) for path in sorted(folder().iterdir(), reverse=True) if is_id(path.name)]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise RunError(
            f"Runs need a folder that can be read. Received: {folder()}: {error.strerror}. Set IMGREC_HOME to another."
        ) from error


def readable(most: int | None = None) -> list[Run]:
    """List the runs whose files can be read, newest first; so many of them at most."""
    return in_state(*State, most=most)


def finished(most: int | None = None) -> list[Run]:
    """List the runs that have an evaluation, newest first; so many of them at most."""
    return in_state(State.FINISHED, most=most)


def in_state(*states: State, most: int | None = None) -> list[Run]:
    """List the readable runs that are doing one of these, newest first; so many of them at most."""
    # The state first: most runs have long ended, which is one look, where the record is a file to parse.
    return list(islice((run for run in all() if _state(run) in states and _is_readable(run)), most))


def folder() -> Path:
    """Return the folder that holds the folder of each run."""
    return files.home() / "runs"


def _next_colour() -> int:
    """Return the colour after that of the newest run, so that neighbours differ."""
    for run in all():
        with suppress(RunError):  # damaged, or of a newer imgrec: the one before it counts
            return (run.colour + 1) % COLOURS
    return 0


def _state(run: Run) -> State | None:
    try:
        return run.state
    except (RunError, OSError):  # a file of it is damaged or locked away: it is listed by all(), and no one's to start
        return None


def _is_readable(run: Run) -> bool:
    try:
        _ = run.config, run.annotations
    except (RunError, SettingsError):
        return False
    return True
