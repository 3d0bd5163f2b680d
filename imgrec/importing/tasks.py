"""What the processes that read pictures are told, and what they say."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from imgrec.framing import Framing


@dataclass(frozen=True)
class Task:
    """What all pictures of an import have in common."""

    spec: dict[str, Any]
    images: Path
    shape: tuple[int, int, int]
    framing: Framing


@dataclass(frozen=True, slots=True)
class Read:
    """A picture that was read: the SHA-256 of its file, its width and height, and what is to be known of it."""

    sha256: str
    width: int
    height: int
    notes: tuple[str, ...]
