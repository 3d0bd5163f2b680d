"""Checks a version of a dataset of own pictures in a process of its own, and keeps what was found beside it.

`python -m imgrec.inspection FOLDER VERSION LOCK` does the checking. Side effects: holds the lock with that file
descriptor while it lives, and writes findings.json, or findings-error.json, into the folder of the version.
"""

import os
import subprocess
import sys
import traceback
from contextlib import suppress
from pathlib import Path

import numpy as np
from pydantic import ValidationError

from imgrec import features, files, findings
from imgrec.datasets import Rows
from imgrec.datasets.own import LEFT_OUT, TEST, OwnDataset, Version
from imgrec.errors import DatasetError
from imgrec.findings import Findings
from imgrec.locks import is_locked, taken_for_another

FINDINGS, FAILED, LOCK, PROGRESS = "findings.json", "findings-error.json", "findings.lock", "findings-progress.json"
NICENESS = 10

ENOUGH_IMAGES = 50
"""Training images below which labels and outliers are not judged: a person sees them all."""

_COMPARING, _DESCRIBING = 0.4, 0.5
"""Shares of the time for which images are compared, and described."""

_ROOT = Path(__file__).resolve().parents[1]
_children: list[subprocess.Popen[bytes]] = []


def found(kept: OwnDataset, version: Version) -> Findings | None:
    """Return what was found in a version, or None before it was checked. Raises DatasetError where checking failed."""
    folder = kept.folder_of(version)
    with suppress(OSError, ValidationError):
        return Findings.model_validate_json((folder / FINDINGS).read_bytes())
    if (folder / FAILED).exists():
        raise DatasetError("Checking these images ended with an unexpected error. The server's log has the details.")
    return None


def is_under_way(kept: OwnDataset, version: Version) -> bool:
    """Return whether a process checks a version now."""
    _children[:] = [child for child in _children if child.poll() is None]
    return is_locked(kept.folder_of(version) / LOCK)


def share(kept: OwnDataset, version: Version) -> float:
    """Return how much of the checking is done, from 0 to 1."""
    try:
        return float((kept.folder_of(version) / PROGRESS).read_text())
    except (OSError, ValueError):
        return 0.0


def start(kept: OwnDataset, version: Version) -> None:
    """Let a process check a version, unless one does. Raises DatasetError where the folder cannot be written."""
    folder = kept.folder_of(version)
    try:
        with taken_for_another(folder / LOCK) as lock:
            if lock is None:
                return
            (folder / FAILED).unlink(missing_ok=True)
            command = [sys.executable, "-m", "imgrec.inspection", str(kept.folder.absolute()), version.id, str(lock)]
            _children.append(
                subprocess.Popen(command, cwd=_ROOT, stdin=subprocess.DEVNULL, pass_fds=[lock], start_new_session=True)
            )
    except OSError as error:
        raise DatasetError(f"Checking images needs to write. {files.cannot_write(folder, error)}") from error


def inspect(kept: OwnDataset, version: Version) -> Findings:
    """Check the images, classes and labels of a version, and return what was found."""
    folder, pixels = kept.folder_of(version), kept.pixels()
    labels, splits = kept.rows(version)
    sizes = [(source.width, source.height) for source in kept.sources()]

    def tell(share: float) -> None:
        with suppress(OSError):
            (folder / PROGRESS).write_text(f"{share:.3f}")

    compared = findings.compare(pixels, splits, lambda done, total: tell(_COMPARING * done / max(total, 1)))
    checked = findings.judged(compared, labels, splits, version.class_names, sizes)
    # Of the test images a finished run says which labels are doubtful, on its Results page.
    rows = np.flatnonzero((splits != LEFT_OUT) & (splits != TEST))
    if len(rows) < ENOUGH_IMAGES:
        return checked
    own, classes, glance = labels[rows], len(version.class_names), compared.glance.of(rows)
    described = features.described(Rows(pixels, rows), glance, lambda share: tell(_COMPARING + _DESCRIBING * share))
    probabilities = features.probabilities(described, own, classes, compared.groups.of[rows])
    return checked.with_(
        findings.wrong_labels(probabilities, own, version.class_names, rows),
        findings.outliers(findings.colours_and_edges(glance), own, version.class_names, rows),
    )


def main(folder: Path, id: str) -> int:
    """Check a version, and keep what was found. Return the exit status: 0 done, 1 failed."""
    if hasattr(os, "nice"):
        os.nice(NICENESS)
    kept = OwnDataset(folder)
    version = kept.version(id)
    try:
        checked = inspect(kept, version)
        files.write_bytes(kept.folder_of(version) / FINDINGS, checked.model_dump_json().encode())
    except Exception:  # whoever looks is told that it failed, and not left waiting
        traceback.print_exc()
        files.write_json(kept.folder_of(version) / FAILED, {"error": traceback.format_exc()})
        return 1
    finally:
        (kept.folder_of(version) / PROGRESS).unlink(missing_ok=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2]))  # the lock, which the third names, is held by being open
