"""Starts the process that adds pictures, and looks at it: the handle of pages and of the command line."""

import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
from pydantic import ValidationError

from imgrec import files, profiles
from imgrec.datasets import staging
from imgrec.datasets.own import FOLDER
from imgrec.errors import BudgetError, DatasetError
from imgrec.importing.building import IMPORTED, PROGRESS, Progress, Result
from imgrec.importing.plan import plan
from imgrec.importing.request import Request
from imgrec.importing.sources import Source
from imgrec.locks import taken_for_another
from imgrec.records import Record

REQUEST = "request.json"
PROCESS = "process.json"
LOG = "log.txt"
END_SECONDS = 5.0
"""A process that was killed gives its lock back at once."""

_ROOT = Path(__file__).resolve().parents[2]
_children: list[subprocess.Popen[bytes]] = []
"""Of this process: a child that has ended is one until its parent asks how."""


class Started(Record):
    """What the process of an import is told."""

    id: str
    request: Request
    source: dict[str, Any]


class Import:
    """An import that was started, by whatever process, as everyone may look at it."""

    def __init__(self, store_folder: Path, id: str, name: str) -> None:
        """Take the folder of the store, the import's id, and the name of the dataset that it makes."""
        self.own_datasets, self.id, self.name = store_folder / FOLDER, id, name

    @property
    def is_running(self) -> bool:
        """Whether its process is at it."""
        _reap()
        return self._staging.is_dir() and self._error() is None and staging.is_busy(self.own_datasets)

    def progress(self) -> Progress:
        """Return how far it is."""
        try:
            return Progress.model_validate_json((self._staging / PROGRESS).read_bytes())
        except (OSError, ValidationError):
            return Progress(phase="finished" if self._made() else "starting")

    def result(self) -> Result:
        """Return what it has made. Raises DatasetError where it failed, was ended, or is still at it."""
        if made := self._made():
            return made
        if error := self._error():
            raise DatasetError(error)
        if self.is_running:
            raise DatasetError(f"The dataset {self.name} is not finished. Wait until its pictures are added.")
        if made := self._made():  # it finished a moment ago
            return made
        raise DatasetError(
            f"Adding the pictures of {self.name} was ended before it was done{self._last_words()}. Nothing of it "
            "stays. Add them again."
        )

    def cancel(self) -> None:
        """End it, and remove what it has written so far. A dataset that was just finished stays.

        Raises DatasetError where its process does not end.
        """
        deadline = time.monotonic() + END_SECONDS
        while self.is_running:
            if time.monotonic() > deadline:
                raise DatasetError("The process that adds pictures does not end. Try again in a moment.")
            self._kill()  # again, as one that was just started has not said yet which process it is
            time.sleep(0.01)
        self.forget()

    def forget(self) -> None:
        """Remove what is left of it, once nobody wants to know how it ended. Does nothing while it is running."""
        if not self.is_running:
            shutil.rmtree(self._staging, ignore_errors=True)

    def wait(self) -> None:
        """Return when it is no longer running."""
        while self.is_running:
            time.sleep(0.05)

    def _kill(self) -> None:
        with suppress(OSError, ValueError, KeyError, psutil.Error):
            told = json.loads((self._staging / PROCESS).read_bytes())
            process = psutil.Process(told["pid"])
            if process.create_time() == told["created"]:
                os.kill(process.pid, signal.SIGKILL)

    @property
    def _staging(self) -> Path:
        return staging.folder(self.own_datasets, self.id)

    def _made(self) -> Result | None:
        with suppress(OSError, ValidationError):
            result = Result.model_validate_json((self.own_datasets / self.name / IMPORTED).read_bytes())
            return result if result.id == self.id else None
        return None

    def _error(self) -> str | None:
        try:
            return str(json.loads((self._staging / staging.ERROR).read_bytes())["error"])
        except (OSError, ValueError, KeyError):
            return None

    def _last_words(self) -> str:
        with suppress(OSError, IndexError):
            return f": {(self._staging / LOG).read_text(errors='replace').strip().splitlines()[-1][:200].rstrip('.')}"
        return ""


def start(store_folder: Path, request: Request, source: Source) -> Import:
    """Let a process of its own make a dataset in a store. Returns at once, but for writing what only memory holds.

    Raises DatasetError where the plan has a problem, or where pictures are being added to the store already; and
    BudgetError where as many visitors of the server are at it as its profile allows.
    """
    own_datasets = store_folder / FOLDER
    if problems := plan(source, request, own_datasets).problems:
        raise DatasetError(problems[0])
    _refuse_too_many(store_folder)
    id = secrets.token_hex(8)
    folder = staging.folder(own_datasets, id)
    try:
        own_datasets.mkdir(parents=True, exist_ok=True)
        _let_end(own_datasets)
        with taken_for_another(staging.lock(own_datasets)) as lock:
            if lock is None:
                raise DatasetError("Other pictures are being added already. Wait until they are there, or cancel that.")
            for left in own_datasets.glob(f"{staging.PREFIX}*/"):  # nobody is at them, as the lock was free
                shutil.rmtree(left, ignore_errors=True)
            staging.sweep(own_datasets)
            folder.mkdir()
            try:
                _launch(folder, lock, Started(id=id, request=request, source=source.kept(folder / "source").spec))
            except BaseException:
                shutil.rmtree(folder, ignore_errors=True)
                raise
    except OSError as error:
        raise DatasetError(f"Adding pictures needs to write. {files.cannot_write(own_datasets, error)}") from error
    return Import(store_folder, id, request.name)


def current(store_folder: Path) -> Import | None:
    """Return the import that is under way in a store, or failed a while ago and was not forgotten; None without one."""
    for folder in sorted((store_folder / FOLDER).glob(f"{staging.PREFIX}*/")):
        with suppress(OSError, ValidationError):
            started = Started.model_validate_json((folder / REQUEST).read_bytes())
            return Import(store_folder, started.id, started.request.name)
    return None


def _launch(folder: Path, lock: int, started: Started) -> None:
    files.write_json(folder / REQUEST, started.model_dump(mode="json"))
    with (folder / LOG).open("wb") as log:
        child = subprocess.Popen(
            [sys.executable, "-m", "imgrec.importing", str((folder / REQUEST).absolute()), str(lock)],
            cwd=_ROOT,
            env=files.environment(folder.parent.parent),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            pass_fds=[lock],
            start_new_session=True,  # Ctrl-C in the server's terminal leaves it alone
        )
    _children.append(child)


def _refuse_too_many(store_folder: Path) -> None:
    """Refuse another import where the stores beside this one have as many under way as the server allows at once."""
    allowed = profiles.current().imports
    if allowed is None:
        return
    others = (folder / FOLDER for folder in store_folder.parent.glob("*/") if folder != store_folder)
    if sum(staging.is_busy(own_datasets) for own_datasets in others) >= allowed:
        raise BudgetError("Others are adding pictures just now, as many as this server can. Try again in a minute.")


def _let_end(own_datasets: Path) -> None:
    """Wait for a process that has done its work and is about to end, which takes it an instant."""
    deadline = time.monotonic() + END_SECONDS
    while staging.is_busy(own_datasets) and not staging.at_work(own_datasets) and time.monotonic() < deadline:
        time.sleep(0.01)


def _reap() -> None:
    _children[:] = [child for child in _children if child.poll() is None]
