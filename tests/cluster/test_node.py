"""What one run has on a node, without a cluster around it: it computes, and tells when it is asked."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from imgrec import executor
from imgrec.cluster.node import Message, Node, without_pixels
from imgrec.config import RunConfig
from imgrec.datasets import Images
from imgrec.errors import ImgrecError, TrainingError
from imgrec.fitting import Asked, Split, Task
from imgrec.records import Progress

PIXELS = np.arange(3 * 4 * 4 * 3, dtype=np.uint8).reshape(3, 4, 4, 3)


@pytest.fixture
def node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Node]:
    for name in ("TF_ENABLE_ONEDNN_OPTS", "KERAS_BACKEND", "TF_NUM_INTRAOP_THREADS"):
        monkeypatch.setenv(name, "")  # is set back after the test
    monkeypatch.setattr(executor.LocalExecutor, "prepare", lambda _: None)
    node = Node(1, str(tmp_path / "images"))
    yield node
    node._folder.cleanup()


@pytest.fixture
def task(tiny: RunConfig) -> Task:
    split = Split(Images(PIXELS, np.zeros(3, np.uint8)), np.array([0, 1]), np.array([2]))
    return Task(tiny, split, classes=10)


def all_of(node: Node, asked: Asked = None) -> list[Message]:
    found: list[Message] = []
    while not found or found[-1][0] not in {"done", "raised"}:
        found += node.next(asked, 0.05)
    return found


def test_it_tells_what_happens_in_order_and_gives_the_result(
    node: Node, task: Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fit(_: object, given: Task, on_progress: Any, on_checkpoint: Any, asked: Any) -> Any:
        on_progress(Progress(epoch=1))
        on_checkpoint("a checkpoint")
        while asked() is None:
            time.sleep(0.01)
        return asked(), given.split.images.pixels

    monkeypatch.setattr(executor.LocalExecutor, "fit", fit)
    node.keep("key", PIXELS)
    node.begin("fit", (without_pixels(task),), "key")
    assert node.next(None, 5.0)[0] == ("progress", Progress(epoch=1))
    *_, (kind, ((asked, pixels), peak)) = all_of(node, "stop")
    assert (kind, asked) == ("done", "stop")
    np.testing.assert_array_equal(pixels, PIXELS)
    assert peak > 1e6


def test_a_task_is_sent_without_its_images(task: Task) -> None:
    assert without_pixels(task).split.images.pixels.shape == (0, 4, 4, 3)
    np.testing.assert_array_equal(without_pixels(task).split.images.labels, task.split.images.labels)


@pytest.mark.parametrize(
    ("raised", "sent"),
    [
        (TrainingError("It diverged."), TrainingError),
        (ImgrecError("It does not fit."), ImgrecError),
        (MemoryError(), MemoryError),
        (ZeroDivisionError("a bug"), RuntimeError),
    ],
)
def test_what_is_raised_there_is_raised_here(
    node: Node, monkeypatch: pytest.MonkeyPatch, raised: Exception, sent: type[Exception]
) -> None:
    def score(*_: object) -> None:
        raise raised

    monkeypatch.setattr(executor.LocalExecutor, "score", score)
    node.begin("score", (b"", PIXELS[:0], "none"), None)
    [(kind, error)] = all_of(node)
    assert kind == "raised"
    assert type(error) is sent
    assert str(raised) in str(error)
