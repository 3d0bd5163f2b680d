"""Where datasets of own pictures are while they are added: folders beside them that nobody takes for datasets.

One process of a store adds pictures at a time, and holds a lock meanwhile. What lies in such a folder without it was
left behind by one that was killed.
"""

import shutil
import time
from contextlib import suppress
from pathlib import Path

from imgrec.locks import is_locked

PREFIX = ".importing-"
ERROR = "error.json"
"""What a process leaves that could not add the pictures: the sentence that says why. Nothing else stays then."""

KEPT_SECONDS = 3600.0
"""How long an error is kept for whoever started the import, and a folder under construction counts as one."""


def lock(own_datasets: Path) -> Path:
    """Return the lock of the one process that adds pictures."""
    return own_datasets / ".importing.lock"


def folder(own_datasets: Path, id: str) -> Path:
    """Return the folder in which an import works."""
    return own_datasets / f"{PREFIX}{id}"


def is_busy(own_datasets: Path) -> bool:
    """Return whether a process is adding pictures."""
    return is_locked(lock(own_datasets))


def at_work(own_datasets: Path) -> list[Path]:
    """List the folders of imports that did not end with an error: of the one under way, and what is left over."""
    return [path for path in own_datasets.glob(f"{PREFIX}*/") if not (path / ERROR).exists()]


def leftovers(own_datasets: Path) -> list[Path]:
    """List the folders that nobody works in any more: of imports, of versions, and of datasets that were removed."""
    found = []
    if not is_busy(own_datasets):
        found += [path for path in own_datasets.glob(f"{PREFIX}*/") if not (path / ERROR).exists() or _is_old(path)]
    found += [*own_datasets.glob(".gone-*/"), *(path for path in own_datasets.glob("*/versions/.*/") if _is_old(path))]
    return sorted(found)


def sweep(own_datasets: Path) -> int:
    """Remove what is left over, and return how many folders these were."""
    found = leftovers(own_datasets)
    for path in found:
        shutil.rmtree(path, ignore_errors=True)
    return len(found)


def _is_old(path: Path) -> bool:
    with suppress(FileNotFoundError):
        return time.time() - path.stat().st_mtime > KEPT_SECONDS
    return False
