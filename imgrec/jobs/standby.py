"""A worker that is started before there is a run for it, so that a training begins at once.

Importing TensorFlow takes seconds. So while someone works on a network, the scheduler keeps one worker that has done so
already. That takes memory, and the processor for a moment; IMGREC_STANDBY=0 turns it off.
"""

import os
import subprocess
import time
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path

from imgrec import profiles
from imgrec.cluster import chosen
from imgrec.errors import SettingsError
from imgrec.jobs.machine import free_memory

EXPECTED_SECONDS = 600.0
"""How long a run is expected after a page about a network was drawn."""

NEEDED_BYTES = 3_000_000_000
"""Memory that must be free: less than 1 GB for a worker that waits, and what it takes when it trains."""

ARGUMENT = "--standby"
"""Asks imgrec.worker to wait for its run. The file descriptor of its end of the connection and a dataset follow."""


def expect(home: Path, dataset: str) -> None:
    """Note that someone may start a run on a dataset soon. Raises OSError where the folder cannot be written."""
    _expected(home).write_text(dataset, encoding="utf-8")


def dataset(home: Path) -> str:
    """Return the name of the dataset of the run that is expected."""
    return _expected(home).read_text(encoding="utf-8")


def is_expected(home: Path) -> bool:
    """Return whether someone may start a run soon, and the host lets a worker be kept ready for it."""
    if not is_on():
        return False
    try:
        return abs(time.time() - _expected(home).stat().st_mtime) < EXPECTED_SECONDS
    except FileNotFoundError:
        return False


def is_on() -> bool:
    """Return whether the host lets a worker be kept ready. Raises SettingsError where the environment says neither."""
    text = os.environ.get("IMGREC_STANDBY", "1")
    if text not in {"0", "1"}:
        raise SettingsError(f"IMGREC_STANDBY needs 1 (on) or 0 (off). Received: {text[:40]!r}.")
    return text == "1" and not profiles.current().one_tensorflow and chosen() is None


def is_possible() -> bool:
    """Return whether there is memory for a worker that waits."""
    return free_memory() > NEEDED_BYTES


class Standby:
    """A worker that gets ready and then waits for a run, in one of the machine's slots."""

    def __init__(self, process: subprocess.Popen[bytes], connection: Connection, slot: int) -> None:
        self.process, self.slot = process, slot
        self._connection = connection

    def takes(self, folder: Path, seconds: float) -> bool:
        """Give it the run of a folder. Return False where it has ended, or is not ready in so many seconds."""
        with suppress(OSError, EOFError):
            if self._connection.poll(seconds):
                self._connection.recv()  # it is ready
                self._connection.send(str(folder))
                return True
        return False

    def dismiss(self) -> None:
        """End it."""
        self._connection.close()
        self.process.kill()
        self.process.wait()


def _expected(home: Path) -> Path:
    return home / "expected"
