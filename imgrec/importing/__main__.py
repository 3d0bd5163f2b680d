"""The process of an import: `python -m imgrec.importing REQUEST.json LOCK`, started by process.py.

REQUEST.json lies in the folder that it works in. LOCK is the number of the file descriptor of the store's lock: the
process has inherited it, and gives it back when it ends, however that happens.
"""

import os
import shutil
import sys
from contextlib import suppress
from pathlib import Path

import psutil

from imgrec import files
from imgrec.datasets import staging
from imgrec.errors import ImgrecError
from imgrec.importing.building import build
from imgrec.importing.opening import opened
from imgrec.importing.process import PROCESS, REQUEST, Started

LOWER_PRIORITY = 5
"""Pages come first."""


def main(path: Path, lock: int) -> None:
    """Make the dataset, or leave the sentence that says why that is not possible. Nothing else stays."""
    os.set_inheritable(lock, False)
    os.nice(LOWER_PRIORITY)
    folder = path.parent
    files.write_json(folder / PROCESS, {"pid": os.getpid(), "created": psutil.Process().create_time()})
    started = Started.model_validate_json(path.read_bytes())
    try:
        build(started.id, folder, folder.parent, opened(started.source), started.request)
    except (ImgrecError, MemoryError, OSError) as error:
        _leave(folder, _sentence(error, folder))
    else:
        shutil.rmtree(folder, ignore_errors=True)
    os.close(lock)


def _sentence(error: Exception, folder: Path) -> str:
    if isinstance(error, ImgrecError):
        return str(error)
    if isinstance(error, OSError):
        return f"Adding pictures needs to write. {files.cannot_write(folder.parent, error)}"
    return "Adding pictures needs more memory than is free. End other programs, and try again."


def _leave(folder: Path, sentence: str) -> None:
    """Remove all that an import has written but the sentence that says why it failed, and what was asked for."""
    with suppress(OSError):
        files.write_json(folder / staging.ERROR, {"error": sentence})
    for entry in folder.iterdir():
        if entry.is_dir():
            shutil.rmtree(entry, ignore_errors=True)
        elif entry.name not in {staging.ERROR, REQUEST}:
            entry.unlink(missing_ok=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
