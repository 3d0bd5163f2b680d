"""Looking at a lock without taking it."""

import sys
from contextlib import suppress
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
