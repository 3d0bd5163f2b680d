"""The images that a node keeps on its disk: they are sent once, however many runs learn from them there."""

import os
import time
from pathlib import Path

import numpy as np
from filelock import FileLock

KEPT_BYTES = 10_000_000_000
"""Images that a node keeps at most; those that were not used for longest go first."""

USED_SECONDS = 86_400.0
"""Images that were asked for so recently stay: a run may learn from them, and goes back to them after a pause."""


class NodeImages:
    """A folder with an array of images in each file, by the key that tells them from others. Nodes may share it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def has(self, key: str) -> bool:
        """Return whether these images are here."""
        return self._path(key).exists()

    def get(self, key: str) -> np.ndarray:
        """Return images (N, H, W, C) uint8, which are read from the disk as they are looked at."""
        os.utime(self._path(key))
        return np.asarray(np.load(self._path(key), mmap_mode="r"))

    def keep(self, key: str, pixels: np.ndarray) -> None:
        """Keep images (N, H, W, C) uint8, once where several runs bring them."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with FileLock(self._folder / "keep.lock"):
            if self.has(key):
                return
            self._make_room(pixels.nbytes)
            temporary = self._folder / f".{key}.tmp"
            with temporary.open("wb") as file:
                np.save(file, pixels)
            temporary.replace(self._path(key))

    def _make_room(self, needed: int) -> None:
        """Remove images that were not used for longest, until so many bytes more are no more than are kept."""
        room = KEPT_BYTES - needed
        found = [(path.stat().st_mtime, path.stat().st_size, path) for path in self._folder.glob("*.npy")]
        for used, size, path in sorted(found, reverse=True):
            room -= size
            if room < 0 and time.time() - used > USED_SECONDS:
                path.unlink()

    def _path(self, key: str) -> Path:
        return self._folder / f"{key}.npy"
