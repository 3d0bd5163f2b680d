"""Looking at a lock without taking it, and taking one for another process."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout


def is_locked(path: Path) -> bool:
    """Return whether a process holds this lock, and leave it as it is."""
    if not path.exists():
        return False
    if sys.platform == "win32":
        try:
            with FileLock(path, timeout=0):
                return False
        except Timeout:
            return True
    import fcntl  # noqa: PLC0415 - not on Windows

    with path.open("rb") as file, suppress(BlockingIOError):
        # Shared, so that those who look never take one another for the holder, and need no right to write.
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        return False
    return True


@contextmanager
def taken_for_another(path: Path) -> Iterator[int | None]:
    """Take a lock for a process that is about to be started, or give None where it is held already.

    The value is a file descriptor. The lock is held as long as any process has it open: pass it to the new process.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        taken = _take(descriptor)
        while not taken and not is_locked(path):
            time.sleep(0.001)  # someone looks at it just now, which takes an instant
            taken = _take(descriptor)
        yield descriptor if taken else None
    finally:
        os.close(descriptor)


def _take(descriptor: int) -> bool:
    import fcntl  # noqa: PLC0415 - not on Windows

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
