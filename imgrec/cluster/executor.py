"""RayExecutor: carries out a run's training on a node of a Ray cluster."""

import hashlib
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np

from imgrec import files, quantities
from imgrec.cluster.environment import MEMORY
from imgrec.cluster.node import without_pixels
from imgrec.cluster.slots import note_slots
from imgrec.datasets import Pixels
from imgrec.errors import ImgrecError
from imgrec.fitting import Asked, Checkpoint, Fitted, OnCheckpoint, OnProgress, OnShare, Task
from imgrec.records import Progress

LOOK_SECONDS = 0.1
"""How often a worker looks whether something is asked of its run."""

PATIENCE_SECONDS = 2.0
"""How long a cluster may take to give a run its place until pages say that the run waits for it."""

AGAIN_SECONDS = 2.0
"""How long after a loss the cluster is asked again."""

DEATHS = 3
"""How often a process on a node may end before the next epoch is complete; a node that is lost does not count."""

HASHED_IMAGES = 4096
"""Images that are read at once for their key."""

_ROOT = Path(__file__).resolve().parents[2]


class LostError(Exception):
    """A node or the cluster is gone; where the process on the node has ended alone, why is what Ray says of it."""

    def __init__(self, why: str | None = None) -> None:
        self.why = why


class GivenUpError(Exception):
    """The run no longer waits for the cluster."""


class RayExecutor:
    """Computes on a node of a Ray cluster: what is lost there goes on from its newest checkpoint, on another one.

    show receives where the run waits or is when that is not the training itself.
    """

    def __init__(self, home: Path, show: OnProgress) -> None:
        self._home, self._show = home, show
        self._bridge: subprocess.Popen[bytes] | None = None
        self._connection: Connection[Any, Any] | None = None
        self._place: str | None = None
        self._asked: Asked = None
        self._shown = ""
        self._keys: list[tuple[Pixels, str]] = []
        self._peak_memory: int | None = None

    def prepare(self) -> None:
        """Ask the cluster for a place. Does not wait for it."""
        if self._bridge is not None:
            return
        ours, theirs = socket.socketpair()
        with theirs:
            self._bridge = subprocess.Popen(
                [sys.executable, "-m", "imgrec.cluster.bridge", str(theirs.fileno())],
                cwd=_ROOT,
                env=files.environment(self._home),
                pass_fds=[theirs.fileno()],
            )
        self._connection = Connection(ours.detach())
        self._place, self._asked = None, None

    def fit(
        self, task: Task, on_progress: OnProgress, on_checkpoint: OnCheckpoint, asked: Callable[[], Asked]
    ) -> Fitted | None:
        newest = task.checkpoint

        def keep(found: Checkpoint) -> None:
            nonlocal newest
            newest = found
            on_checkpoint(found)

        def arguments() -> tuple[Task]:
            return (replace(without_pixels(task), checkpoint=newest, start=None if newest else task.start),)

        def gives_up() -> bool:
            what = asked()
            return what == "pause" or (what == "stop" and newest is None)

        tell = {
            "progress": lambda progress: on_progress(progress.model_copy(update={"place": self._place})),
            "checkpoint": keep,
        }
        try:
            found: Fitted | None = self._carry_out("fit", arguments, task.split.images.pixels, tell, asked, gives_up)
        except GivenUpError:
            return None
        return found

    def score(self, model: bytes, images: Pixels, test_time_augmentation: str, on_share: OnShare) -> np.ndarray:
        none = np.empty((0, *images.shape[1:]), np.uint8)
        found: np.ndarray = self._carry_out(
            "score", lambda: (model, none, test_time_augmentation), images, {"share": on_share}
        )
        return found

    def convert(self, model: bytes, known: np.ndarray) -> bytes | None:
        found: bytes | None = self._carry_out("convert", lambda: (model, known), None, {})
        return found

    def peak_memory(self) -> int | None:
        return self._peak_memory

    def close(self) -> None:
        """Give the place on the cluster back."""
        if self._connection is not None:
            self._connection.close()
        if self._bridge is not None:
            self._bridge.kill()
            self._bridge.wait()
        self._bridge = self._connection = None

    def _carry_out(
        self,
        name: str,
        arguments: Callable[[], tuple[Any, ...]],
        pixels: Pixels | None,
        tell: Mapping[str, Callable[[Any], object]],
        asked: Callable[[], Asked] = lambda: None,
        gives_up: Callable[[], bool] = lambda: False,
    ) -> Any:
        """Let a node do something, and another one where it is lost."""
        deaths, since = 0, time.monotonic()

        def told(kind: str, value: Any) -> None:
            nonlocal deaths, since
            since, self._shown = time.monotonic(), ""
            if kind == "checkpoint":
                deaths = 0
            if kind in tell:
                tell[kind](value)

        while True:
            self.prepare()
            try:
                return self._once(name, arguments(), pixels, told, asked, lambda: self._wait(since, gives_up))
            except LostError as error:
                self.close()
                if error.why:
                    deaths += 1
                    if deaths == DEATHS:
                        raise ImgrecError(
                            f"The process that trained on the cluster ended {DEATHS} times in a row before the next "
                            "epoch was complete. Start a copy with a smaller batch size, or give each run more memory "
                            f"with {MEMORY}. Ray says: {error.why}"
                        ) from None
            again = time.monotonic() + AGAIN_SECONDS
            while time.monotonic() < again:
                self._wait(since, gives_up)
                time.sleep(LOOK_SECONDS)

    def _once(
        self,
        name: str,
        arguments: tuple[Any, ...],
        pixels: Pixels | None,
        told: Callable[[str, Any], None],
        asked: Callable[[], Asked],
        waiting: Callable[[], None],
    ) -> Any:
        wanted = ("do", name, arguments, None if pixels is None else self._key(pixels))
        if self._place is not None:
            self._send(wanted)
        while True:
            if (asks := asked()) != self._asked:
                self._send(("asked", asks))
                self._asked = asks
            message = self._received()
            if message is None and self._place is None:
                waiting()
            match message:
                case ("done", (found, peak)):
                    self._peak_memory = peak
                    return found
                case ("raised", error):
                    raise error
                case ("died", why):
                    raise LostError(why)
                case ("place", place):
                    self._place = place
                    told("place", place)
                    self._send(wanted)
                case ("slots", slots):
                    with suppress(OSError):  # the queue is as long as before then
                        note_slots(self._home, slots)
                case ("need", _):
                    self._send(("images", np.asarray(pixels)))
                case (kind, value):
                    told(kind, value)

    def _send(self, message: tuple[Any, ...]) -> None:
        assert self._connection is not None
        try:
            self._connection.send(message)
        except OSError:
            raise LostError from None

    def _received(self) -> tuple[str, Any] | None:
        """Return the next message, or None where there is none for a moment."""
        assert self._connection is not None
        try:
            return self._connection.recv() if self._connection.poll(LOOK_SECONDS) else None
        except (OSError, EOFError):
            raise LostError from None

    def _wait(self, since: float, gives_up: Callable[[], bool]) -> None:
        """Show that the run waits, in words that change now and then: a worker that says nothing new seems to hang."""
        if gives_up():
            self.close()
            raise GivenUpError
        if (seconds := time.monotonic() - since) > PATIENCE_SECONDS:
            long = f" for {quantities.duration(60 * (seconds // 60))}" if seconds >= 60 else ""
            phase = f"waiting for the cluster{long}"
            if phase != self._shown:
                self._show(Progress(phase=phase))
            self._shown = phase

    def _key(self, pixels: Pixels) -> str:
        """Return what tells these images from any others."""
        for known, key in self._keys:
            if known is pixels:
                return key
        found = hashlib.sha256(repr(pixels.shape).encode())
        for start in range(0, len(pixels), HASHED_IMAGES):
            found.update(np.ascontiguousarray(pixels[start : start + HASHED_IMAGES]).data)
        self._keys.append((pixels, found.hexdigest()[:32]))
        return self._keys[-1][1]
