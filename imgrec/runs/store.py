"""The store: a folder with runs and all that belongs to them. Whoever has one sees what is in it, and nothing else.

IMGREC_HOME is a store. Others may lie in its folder `visitors`, each the same inside; the built-in datasets and the
scheduler are those of IMGREC_HOME.
"""

import os
import secrets
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version
from itertools import islice
from pathlib import Path

from filelock import FileLock

from imgrec import __version__, datasets, files, names
from imgrec.config import RUN_ID, RunConfig
from imgrec.datasets import Dataset, Location
from imgrec.errors import RunError
from imgrec.records import SweepPlace
from imgrec.runs import checksum, looks, source, starts
from imgrec.runs.documents import CONFIG, EVALUATION, SCHEMA
from imgrec.runs.run import COLOURS, Run, State

VISITORS = "visitors"

SHARED = "shared"
"""The name, among those of visitors, of the store of the runs that they share."""

_LIBRARIES = ("keras", "tensorflow", "numpy")


def is_id(name: str) -> bool:
    """Return whether a run's folder can have this name."""
    return RUN_ID.fullmatch(name) is not None


def new_id(now: datetime) -> str:
    """Return an id that sorts by time, to the microsecond; the last three digits tell apart what one of them made."""
    return f"{now:%Y%m%d-%H%M%S}-{now.microsecond:05x}{secrets.token_hex(2)[:3]}"


@dataclass(frozen=True)
class Store:
    """A folder of runs, their queue, drafts and trash."""

    folder: Path

    @classmethod
    def of(cls, run: Run) -> "Store":
        """Return the store that a run lies in, be it in the trash."""
        return cls(run.folder.parents[1])

    @classmethod
    def below(cls, home: Path) -> list["Store"]:
        """List the stores of a home: its own, then those of visitors."""
        visitors = sorted((home / VISITORS).glob("*/"))
        return [cls(home), *(cls(folder) for folder in visitors if folder.name != SHARED)]

    @property
    def shared(self) -> "Store":
        """The store of the runs that visitors share, which no one lists."""
        return Store(self.home / VISITORS / SHARED)

    @property
    def home(self) -> Path:
        """The folder whose datasets and scheduler the store uses: its own, or of a visitor's the one around it."""
        return self.folder.parents[1] if self.is_visitors else self.folder

    @property
    def is_visitors(self) -> bool:
        """Says whether the store is one of a visitor of a server, and not that of the computer."""
        return self.folder.parent.name == VISITORS

    @property
    def runs(self) -> Path:
        """The folder that holds the folder of each run."""
        return self.folder / "runs"

    @property
    def trash(self) -> Path:
        """The folder of deleted runs."""
        return self.folder / "trash"

    @property
    def drafts(self) -> Path:
        """The folder of what each browser last edited."""
        return self.folder / "drafts"

    @property
    def own_datasets(self) -> Path:
        """The folder of the datasets of a person's own pictures."""
        return self.folder / datasets.own.FOLDER

    def dataset(self, name: str) -> Dataset:
        """Return a dataset that runs of this store may learn from. Raises DatasetError where there is none."""
        return datasets.get(name, self.own_datasets)

    def location(self, name: str) -> Location:
        """Return where the files of a dataset are: where the environment says, beside all stores, or in this one."""
        return datasets.location(name, self.home, self.own_datasets)

    @property
    def queue_order(self) -> Path:
        """The file with the order in which waiting runs start, where a user has changed it."""
        return self.folder / "queue.json"

    @property
    def last_start(self) -> Path:
        """An empty file whose time tells when the last run of the store was started."""
        return self.folder / "last-start"

    def lock(self, name: str) -> FileLock:
        """Return a lock of the store by its name, as launch, labels or queue."""
        return FileLock(self.folder / f"{name}.lock")

    def create(
        self,
        config: RunConfig,
        name: str,
        parent: Run | None = None,
        like: Run | None = None,
        origin: Run | None = None,
        sweep: SweepPlace | None = None,
        after: Run | None = None,
    ) -> Run:
        """Write the folder of a new run, which thereby waits in the queue; it goes on from its parent's model, if any.

        It learns from the images of its parent or of the run that it is to be like, else from those that this process
        would load. origin is the run whose layers it begins with; where it is like another run, that one's copy is
        taken. sweep says which one it comes of, if any. after is the newest run, where the caller knows it. Raises
        SettingsError for an unusable name, RunError where it cannot be written or another run's model not be read.
        """
        now, before = datetime.now(UTC), parent or like
        run = Run(self.runs / new_id(now))
        record = {
            "schema": SCHEMA,
            "name": names.checked(name),
            "colour": (after.colour + 1) % COLOURS if after else self._next_colour(),
            "created": now.isoformat(timespec="microseconds"),
            "config": config.model_dump(mode="json"),
            "dataset": (before.dataset if before else self.dataset(config.dataset).info).model_dump(mode="json"),
            "versions": {"imgrec": __version__} | _versions(),
            "images": (source.inherited(before) if before else source.here(config.dataset)).record(),
            **({"parent": parent.id} if parent else {}),
            **({"sweep": sweep.model_dump(mode="json")} if sweep else {}),
        }
        try:
            start, more = starts.of(config, parent, like, origin)
            with files.new_folder(run.folder) as building:
                if start is not None:  # a copy, so that the other run can be deleted
                    files.write_bytes(building / run.start.name, start)
                files.write_json(building / CONFIG, checksum.add(record | more))
        except OSError as error:
            raise RunError(f"A run needs a folder of its own. {files.cannot_write(self.runs, error)}") from error
        return run

    def get(self, run_id: str) -> Run:
        """Return the run of this id. Raises RunError where there is none."""
        if not is_id(run_id) or not (self.runs / run_id).is_dir():
            raise RunError(f"There is no run {run_id[:60]!r}. The list of runs shows those that there are.")
        return Run(self.runs / run_id)

    def ids(self) -> list[str]:
        """List the ids of every run, newest first; quickly, as nothing of them is looked at."""
        try:
            return _ids_in(self.runs)
        except FileNotFoundError:
            return []
        except OSError as error:
            raise RunError(
                f"Runs need a folder that can be read. Received: {self.runs}: {error.strerror}. Set IMGREC_HOME to "
                "another."
            ) from error

    def all(self) -> list[Run]:
        """List every run, newest first. Damaged ones are listed too; reading their record raises RunError."""
        folder = self.runs
        return [Run(folder / id) for id in self.ids()]

    def deleted(self) -> list[Run]:
        """List the runs in the trash, newest first."""
        folder = self.trash
        return [Run(folder / id) for id in self.deleted_ids()]

    def deleted_ids(self) -> list[str]:
        """List the ids of the runs in the trash, newest first."""
        return _ids_in(self.trash) if self.trash.is_dir() else []

    def readable(self, most: int | None = None) -> list[Run]:
        """List the runs whose files can be read, newest first; so many of them at most."""
        return self.in_state(*State, most=most)

    def finished(self, most: int | None = None) -> list[Run]:
        """List the runs that have an evaluation, newest first; so many of them at most."""
        return self.in_state(State.FINISHED, most=most)

    def in_state(self, *states: State, most: int | None = None) -> list[Run]:
        """List the readable runs that are doing one of these, newest first; so many of them at most."""
        return [run for run, _ in self.with_state(*states, most=most)]

    def with_state(self, *states: State, most: int | None = None) -> list[tuple[Run, State]]:
        """List the readable runs that are doing one of these with what one look found each of them doing."""
        return list(islice(self._looks(frozenset(states)), most))

    def _looks(self, states: frozenset[State]) -> Iterator[tuple[Run, State]]:
        folder, skip = self.runs, State.FINISHED not in states
        for id in self.ids():
            # Most runs are finished, which is one look where the rest is several.
            if skip and os.path.exists(f"{folder}/{id}/{EVALUATION}"):  # noqa: PTH110 - Path takes several times as long
                continue
            run = Run(folder / id)
            state, is_readable = looks.at(run)
            if state in states and is_readable:
                yield run, state

    def _next_colour(self) -> int:
        """Return the colour after that of the newest run, so that neighbours differ."""
        for id in self.ids():
            with suppress(RunError):  # damaged, or of a newer imgrec: the one before it counts
                return (Run(self.runs / id).colour + 1) % COLOURS
        return 0


@cache
def _versions() -> dict[str, str]:
    return {library: version(library) for library in _LIBRARIES}


def _ids_in(folder: Path) -> list[str]:
    return sorted(filter(is_id, os.listdir(folder)), reverse=True)  # noqa: PTH208 - Path takes several times as long
