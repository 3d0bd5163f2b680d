"""How many runs the cluster takes at once: a file in the home, as the scheduler and the pages know no Ray."""

from pathlib import Path

from imgrec import files


def note_slots(home: Path, slots: int) -> None:
    """Note how many runs fit on the cluster now. Raises OSError where the home cannot be written."""
    if known_slots(home) != slots:
        files.write_bytes(_path(home), f"{slots}\n".encode())


def known_slots(home: Path) -> int:
    """Return how many runs the cluster takes at once; 1 until the first run has asked it."""
    try:
        return max(1, int(_path(home).read_text(encoding="ascii")))
    except (OSError, ValueError):
        return 1


def _path(home: Path) -> Path:
    return home / "cluster-slots"
