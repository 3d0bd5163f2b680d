"""Where trainings are carried out. To add a place: a class with the methods of Executor, and its use in the worker.

The worker stays the one writer of a run's folder. An executor only computes: it is given values and callbacks, and
returns values.
"""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Protocol

import numpy as np

from imgrec import limits
from imgrec.datasets import Pixels
from imgrec.fitting import Asked, Fitted, OnCheckpoint, OnProgress, OnShare, Task


class Executor(Protocol):
    """Fits and scores. The same task gives the same result, bit for bit, wherever it is carried out."""

    def prepare(self) -> None:
        """Get ready to compute, which may take seconds."""

    def fit(
        self, task: Task, on_progress: OnProgress, on_checkpoint: OnCheckpoint, asked: Callable[[], Asked]
    ) -> Fitted | None:
        """Train, and return the best epoch's model; asked to pause, None.

        asked is called after each chunk of steps. An epoch that a stop cuts short counts only if it is the first. From
        a checkpoint of the same task it goes on as if it had never been away. Raises ImgrecError in words for a network
        that diverges in its first epoch, or does not fit the images or the memory.
        """

    def score(self, model: bytes, images: Pixels, test_time_augmentation: str, on_share: OnShare) -> np.ndarray:
        """Return the probabilities (N, classes) float32 of images (N, H, W, C) uint8."""

    def convert(self, model: bytes, known: np.ndarray) -> bytes | None:
        """Return a model as the content of a .tflite file, which imgrec/lite.py asks. None: there is no such form.

        It also tells how unlike the known images (N, H, W, C) uint8 another is, some of those it has learnt from.
        """

    def peak_memory(self) -> int | None:
        """Return the largest resident size, in bytes, of the process that computes, where its system tells."""

    def close(self) -> None:
        """Give back what it computes with."""


class LocalExecutor:
    """Computes in this process, with the engine. Models pass through files in a folder, which is left as it was."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def prepare(self) -> None:
        import_module("imgrec.engine.fit")

    def fit(
        self, task: Task, on_progress: OnProgress, on_checkpoint: OnCheckpoint, asked: Callable[[], Asked]
    ) -> Fitted | None:
        from imgrec.engine.fit import fit  # noqa: PLC0415

        return fit(task, on_progress, on_checkpoint, asked, self._folder)

    def score(self, model: bytes, images: Pixels, test_time_augmentation: str, on_share: OnShare) -> np.ndarray:
        from imgrec.engine.fit import score  # noqa: PLC0415

        return score(model, images, test_time_augmentation, on_share, self._folder)

    def convert(self, model: bytes, known: np.ndarray) -> bytes | None:
        from imgrec.engine.fit import convert  # noqa: PLC0415

        return convert(model, known, self._folder)

    def peak_memory(self) -> int | None:
        return limits.size("VmHWM")  # not getrusage, whose figure a process inherits from the one that started it

    def close(self) -> None:
        """Do nothing: it ends with this process."""
