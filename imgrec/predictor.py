"""The handle of the prediction process: one warm child that previews augmentations and answers for saved models."""

import multiprocessing
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from imgrec.augmentations import Augmentation
from imgrec.classifier import Answer
from imgrec.errors import ImgrecError
from imgrec.files import environment
from imgrec.framing import CENTRE, Framing
from imgrec.runs import Run
from imgrec.uploads import Picture

ANSWER_SECONDS = 120.0
"""Importing TensorFlow and loading a model takes about 10 s on two cores; a child that is silent longer hangs."""

QUICK_SECONDS = 30.0
"""The same for answers by LiteRT, of which the slowest part takes 2 s; meanwhile others wait."""

END_SECONDS = 5.0
"""A child that has hung up ends at once; how it ended is asked for so long at most."""

PART_BYTES = 20_000_000
"""Pictures that are sent to the child at once: one of the largest, or several of a usual size."""

PART_FILES = 100
"""Pictures that are sent at once, however small: they are answered within seconds, and then someone else has a turn."""

RETURNS_MEMORY = {"MALLOC_MMAP_THRESHOLD_": "1000000"}
"""Lets glibc give the memory of each picture back at once: it would keep what a large one took for the next."""

LINES_KEPT = 50
"""Of what a child writes on standard error: a traceback has fewer, and its last line is the one to show."""

_ROOT = Path(__file__).resolve().parent.parent


class Predictor:
    """Asks the child, from any thread, one question at a time. A child that died is started anew with the next one."""

    def __init__(self, home: Path, *, quiet: bool = False) -> None:
        """Keep what TensorFlow says of the machine off standard error where quiet; Keras' own settings lie in home."""
        self._home = home
        self._quiet = quiet
        self._lock = threading.Lock()
        self._child: subprocess.Popen[str] | None = None
        self._connection: Connection[Any, Any] | None = None
        self._listener: threading.Thread | None = None
        self._said: deque[str] = deque(maxlen=LINES_KEPT)

    def start(self) -> None:
        """Start the child now, as it takes half a second, and something will be asked soon. Does not wait for it."""
        if self._lock.acquire(blocking=False):  # else it is being asked something
            try:
                with suppress(OSError):  # whoever asks learns why
                    self._connected()
            finally:
                self._lock.release()

    def preview(self, pixels: np.ndarray, augmentations: Sequence[Augmentation], seed: int) -> np.ndarray:
        """Return images (N, H, W, C) uint8 as training would see them."""
        shown: np.ndarray = self._ask("preview", pixels, tuple(augmentations), seed)
        return shown

    def read(
        self, files: Sequence[bytes], shape: tuple[int, int, int], framing: Framing = CENTRE
    ) -> list[Picture | str]:
        """Return what a network of this image shape (H, W, C) receives of each picture, or why it cannot be read."""
        found: list[Picture | str] = []
        for part in _parts(files):
            found += self._ask("read", shape, [(file, framing) for file in part], seconds=QUICK_SECONDS)
        return found

    def load(self, run: Run) -> tuple[int, ...]:
        """Load a finished run's model and return the image shape (H, W, C) that it takes."""
        shape: tuple[int, ...] = self._ask("load", *_model(run))
        return shape

    def predict(self, run: Run, files: Sequence[bytes], framings: Sequence[Framing] = ()) -> list[Answer | str]:
        """Return the answer to each picture, or why it cannot be read. Without framings the centres are asked about."""
        answers: list[Answer | str] = []
        framed = iter(framings or [CENTRE] * len(files))
        for part in _parts(files):
            model = _model(run)
            seconds = QUICK_SECONDS if model[-1] else ANSWER_SECONDS
            answers += self._ask("predict", *model, [(file, next(framed)) for file in part], seconds=seconds)
        return answers

    def explain(self, run: Run, pixels: NDArray[np.uint8], target: int) -> NDArray[np.float32]:
        """Return how much each pixel of an image (H, W, C) speaks for a class in the eyes of the run: (H, W), 0 to 1.

        Raises ImgrecError for a network without a convolution.
        """
        heat: NDArray[np.float32] = self._ask("explain", *_model(run), pixels, target)
        return heat

    def maps(self, run: Run, pixels: NDArray[np.uint8], position: int) -> tuple[NDArray[np.uint8], int]:
        """Return maps (N, h, w) of an image (H, W, C) after the layer at a position, and how many there are.

        The most active ones come first. Layers without maps give their values as maps of one pixel.
        """
        found: tuple[NDArray[np.uint8], int] = self._ask("maps", *_model(run), pixels, position)
        return found

    def filters(self, run: Run) -> NDArray[np.uint8] | None:
        """Return the filters (N, h, w, C) of the first layer of a run's network, or None where it has none."""
        found: NDArray[np.uint8] | None = self._ask("filters", *_model(run))
        return found

    def close(self) -> None:
        """End the child."""
        with self._lock:
            self._end()

    def _ask(self, name: str, *arguments: Any, seconds: float = ANSWER_SECONDS) -> Any:
        with self._lock:
            try:
                connection = self._connected()
            except OSError as error:
                self._end()
                raise ImgrecError(
                    f"The prediction process cannot be started: {error.strerror or error}. End other programs, and "
                    "try again."
                ) from error
            try:
                connection.send((name, arguments))
                if not connection.poll(seconds):
                    raise TimeoutError(f"did not answer within {seconds:g} seconds.")
                kind, value = connection.recv()
            except (EOFError, OSError) as error:  # TimeoutError is an OSError
                why = self._why(error)
                self._end()
                raise ImgrecError(f"The prediction process {why} It starts anew with the next try.") from error
        if kind == "refused":
            raise ImgrecError(value)
        if kind == "broken":
            raise RuntimeError(value)
        return value

    def _connected(self) -> "Connection[Any, Any]":
        if self._connection is not None and self._child is not None and self._child.poll() is None:
            return self._connection
        self._end()
        # The child inherits its end. Nothing listens anywhere, so there is no address that others could find, or that
        # could be too long; and each side reads an end of file when the other is gone.
        self._connection, theirs = multiprocessing.Pipe()
        with theirs:
            self._child = subprocess.Popen(
                [sys.executable, "-m", "imgrec.engine.serve", str(theirs.fileno())],
                cwd=_ROOT,
                env={**environment(self._home), **RETURNS_MEMORY},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
                errors="replace",
                pass_fds=[theirs.fileno()],
            )
        assert self._child.stderr is not None
        self._said.clear()
        self._listener = threading.Thread(target=self._listen, args=(self._child.stderr,), daemon=True)
        self._listener.start()
        return self._connection

    def _listen(self, stderr: IO[str]) -> None:
        """Keep the last lines that a child writes on standard error, and pass them on unless quiet."""
        for line in stderr:
            self._said.append(line)
            if not self._quiet and sys.stderr is not None:
                with suppress(OSError, ValueError):  # nobody reads it any more; the child shall be able to write
                    sys.stderr.write(line)

    def _why(self, error: Exception) -> str:
        """Say how the child failed to answer, as far as that can be known."""
        assert self._child is not None
        assert self._listener is not None
        if isinstance(error, TimeoutError):
            return str(error)
        try:
            status = self._child.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            return "hung up before it answered."
        if status == -signal.SIGKILL:
            return "was killed before it answered (SIGKILL), which a system does that has run out of memory."
        ended = f"by {_signal(-status)}" if status < 0 else f"with exit status {status}"
        return f"ended {ended} before it answered{self._exception(status)}."

    def _exception(self, status: int) -> str:
        """Return the last line of a child that said why it gave up; what comes before a crash is no reason."""
        assert self._listener is not None
        self._listener.join(END_SECONDS)
        gave_up = status > 0 or status == -signal.SIGABRT
        return f": {self._said[-1].strip().removesuffix('.')}" if gave_up and self._said else ""

    def _end(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        if self._child is not None:
            self._child.kill()
            self._child.wait()
            if self._listener is not None:
                self._listener.join(END_SECONDS)
            assert self._child.stderr is not None
            self._child.stderr.close()
            self._child = None


def _signal(number: int) -> str:
    with suppress(ValueError):
        return signal.Signals(number).name
    return f"signal {number}"


def _parts(files: Sequence[bytes]) -> Iterator[tuple[bytes, ...]]:
    """Yield files in their order, in parts of at most PART_BYTES or of one file; an empty one where there is none."""
    part: list[bytes] = []
    size = 0
    for file in files:
        if part and (size + len(file) > PART_BYTES or len(part) == PART_FILES):
            yield tuple(part)
            part, size = [], 0
        part.append(file)
        size += len(file)
    yield tuple(part)


def _model(run: Run) -> tuple[Path, int, str, tuple[Path, str] | None]:
    """Return what a question about a run's model begins with: see imgrec.engine.serve."""
    try:
        modified = run.model.stat().st_mtime_ns
    except OSError:
        raise ImgrecError(f"{run.name} has no model yet. Choose a finished run.") from None
    evaluation = run.evaluation()
    sha256 = evaluation.lite_sha256 if evaluation else None
    return run.model, modified, run.config.training.test_time_augmentation, (run.lite, sha256) if sha256 else None
