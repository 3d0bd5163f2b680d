"""What one run has on a node of the cluster: a process that computes, and tells what comes of it when asked."""

import getpass
import os
import platform
import tempfile
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

import numpy as np

from imgrec import limits
from imgrec.cluster.images import NodeImages
from imgrec.datasets import Images
from imgrec.errors import ImgrecError
from imgrec.executor import LocalExecutor
from imgrec.fitting import Asked, Task

Message = tuple[str, Any]
"""What has happened: progress, checkpoint or share with its value; at the end done or raised."""


@dataclass(frozen=True)
class Where:
    """A node as it tells of itself; id is what Ray calls it. Other versions than the worker's give other results."""

    name: str
    id: str
    versions: dict[str, str]


class Node:
    """Computes for one run. Ray starts it as an actor, whose calls come one after another and return soon."""

    def __init__(self, threads: int, images: str = "") -> None:
        """Compute with so many threads; images is the folder of images on the nodes, empty for one of Linux's own."""
        # Before TensorFlow is imported, which reads them once.
        os.environ.update(TF_ENABLE_ONEDNN_OPTS="1", KERAS_BACKEND="tensorflow", TF_NUM_INTRAOP_THREADS=str(threads))
        self._folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        self._executor = LocalExecutor(Path(self._folder.name))
        self._messages: SimpleQueue[Message] = SimpleQueue()
        self._asked: Asked = None
        self._images = NodeImages(Path(images) if images else _own_folder())
        threading.Thread(target=self._executor.prepare, daemon=True).start()

    def where(self) -> Where:
        """Tell which node this is."""
        import ray  # noqa: PLC0415 - which runs this process

        address = ray.util.get_node_ip_address()  # type: ignore[no-untyped-call]
        return Where(f"{platform.node()} ({address})", ray.get_runtime_context().get_node_id(), versions())

    def has(self, key: str) -> bool:
        """Return whether the images with this key are on this node."""
        return self._images.has(key)

    def keep(self, key: str, pixels: np.ndarray) -> None:
        """Keep images (N, H, W, C) uint8 on this node, for all runs."""
        self._images.keep(key, pixels)

    def begin(self, name: str, arguments: tuple[Any, ...], key: str | None) -> None:
        """Begin to fit, score or convert. Images with a key take the place of the empty ones in the arguments."""
        if key is not None:
            arguments = _with_pixels(arguments, self._images.get(key))
        threading.Thread(target=self._do, args=(name, arguments), daemon=True).start()

    def next(self, asked: Asked, seconds: float) -> list[Message]:
        """Take note of what is asked of the training. Return what has happened, after so many seconds at most."""
        self._asked = asked
        found = []
        try:
            found.append(self._messages.get(timeout=seconds))
            while True:
                found.append(self._messages.get_nowait())
        except Empty:
            return found

    def _do(self, name: str, arguments: tuple[Any, ...]) -> None:
        tell: dict[str, tuple[Callable[..., object], ...]] = {
            "fit": (self._telling("progress"), self._telling("checkpoint"), lambda: self._asked),
            "score": (self._telling("share"),),
            "convert": (),
        }
        try:
            found = getattr(self._executor, name)(*arguments, *tell[name])
        except (ImgrecError, MemoryError) as error:  # the worker judges it, as if it had happened there
            self._messages.put(("raised", error))
        except Exception:  # not every error can be sent
            self._messages.put(("raised", RuntimeError(traceback.format_exc())))
        else:
            self._messages.put(("done", (found, limits.size("VmHWM"))))

    def _telling(self, kind: str) -> Callable[[Any], None]:
        return lambda value: self._messages.put((kind, value))


def versions() -> dict[str, str]:
    """Return the versions of what results depend on."""
    return {name: version(name) for name in ("tensorflow", "keras", "numpy")}


def without_pixels(task: Task) -> Task:
    """Return a task without its images, which a node may have already."""
    return _of(task, np.empty((0, *task.split.images.pixels.shape[1:]), np.uint8))


def _with_pixels(arguments: tuple[Any, ...], pixels: np.ndarray) -> tuple[Any, ...]:
    return tuple(
        _of(each, pixels) if isinstance(each, Task) else pixels if isinstance(each, np.ndarray) else each
        for each in arguments
    )


def _of(task: Task, pixels: np.ndarray) -> Task:
    images = Images(pixels, task.split.images.labels, task.split.images.validation)
    return replace(task, split=replace(task.split, images=images))


def _own_folder() -> Path:
    return Path(tempfile.gettempdir()) / f"imgrec-images-{getpass.getuser()}"
