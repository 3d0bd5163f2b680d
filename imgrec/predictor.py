"""The handle of the prediction process: one warm child that previews augmentations and answers for saved models."""

import secrets
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from multiprocessing.connection import Client, Connection
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imgrec.augmentations import Augmentation
from imgrec.errors import ImgrecError
from imgrec.files import environment
from imgrec.pictures import Picture
from imgrec.runs import Run

ANSWER_SECONDS = 120.0
"""Importing TensorFlow and loading a model takes about 10 s on two cores; a child that is silent longer hangs."""

_ROOT = Path(__file__).resolve().parent.parent


class Predictor:
    """Asks the child, from any thread, one question at a time. A child that died is started anew with the next one."""

    def __init__(self, *, quiet: bool = False) -> None:
        """Keeps what TensorFlow says of the machine off standard error where quiet."""
        self._stderr = subprocess.DEVNULL if quiet else None
        self._lock = threading.Lock()
        self._child: subprocess.Popen[str] | None = None
        self._connection: Connection[Any, Any] | None = None

    def preview(self, pixels: np.ndarray, augmentations: Sequence[Augmentation], seed: int) -> np.ndarray:
        """Gives images (N, H, W, C) uint8 as training would see them."""
        shown: np.ndarray = self._ask("preview", pixels, tuple(augmentations), seed)
        return shown

    def load(self, run: Run) -> tuple[int, ...]:
        """Loads a finished run's model and gives the image shape (H, W, C) that it takes."""
        shape: tuple[int, ...] = self._ask("load", *_model(run))
        return shape

    def predict(self, run: Run, files: Sequence[bytes]) -> list[tuple[Picture, np.ndarray] | str]:
        """Gives for each picture what was read of it and its probabilities (classes,), or why it cannot be read."""
        answers: list[tuple[Picture, np.ndarray] | str] = self._ask("predict", *_model(run), tuple(files))
        return answers

    def explain(self, run: Run, pixels: NDArray[np.uint8], target: int) -> NDArray[np.float32]:
        """Gives how much each pixel of an image (H, W, C) speaks for a class in the eyes of the run: (H, W), 0 to 1.

        Raises ImgrecError for a network without a convolution.
        """
        heat: NDArray[np.float32] = self._ask("explain", *_model(run), pixels, target)
        return heat

    def close(self) -> None:
        """Ends the child."""
        with self._lock:
            self._end()

    def _ask(self, name: str, *arguments: Any) -> Any:
        with self._lock:
            try:
                connection = self._connected()
                connection.send((name, arguments))
                if not connection.poll(ANSWER_SECONDS):
                    raise TimeoutError
                kind, value = connection.recv()
            except (EOFError, OSError) as error:  # TimeoutError is an OSError
                self._end()
                raise ImgrecError(
                    "The prediction process ended or hung before it answered. It starts anew with the next try; if it "
                    "fails again, the machine is short of memory."
                ) from error
        if kind == "refused":
            raise ImgrecError(value)
        if kind == "broken":
            raise RuntimeError(value)
        return value

    def _connected(self) -> "Connection[Any, Any]":
        if self._connection is not None and self._child is not None and self._child.poll() is None:
            return self._connection
        self._end()
        key = secrets.token_bytes(32)
        self._child = subprocess.Popen(
            [sys.executable, "-m", "imgrec.engine.serve"],
            cwd=_ROOT,
            env=environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            text=True,
        )
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        self._child.stdin.write(key.hex() + "\n")
        self._child.stdin.flush()
        address = self._child.stdout.readline().strip()
        if not address:
            raise EOFError
        self._connection = Client(address, authkey=key)
        return self._connection

    def _end(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        if self._child is not None:
            self._child.kill()
            self._child.wait()
            for pipe in (self._child.stdin, self._child.stdout):
                if pipe is not None:
                    with suppress(BrokenPipeError):
                        pipe.close()
            self._child = None


def _model(run: Run) -> tuple[Path, int, str]:
    try:
        return run.model, run.model.stat().st_mtime_ns, run.config.training.test_time_augmentation
    except OSError:
        raise ImgrecError(f"{run.name} has no model yet. Choose a finished run.") from None
