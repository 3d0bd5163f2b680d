"""An executor in another process, over a pipe: it shows that what an executor is given and returns are plain values.

`python -m benchmarks.pipe_executor --runs 10` trains configs locally and over the pipe, each in a run folder of its
own, and compares weights, predictions and histories bit for bit. Exit status 1 where one differs.
"""

import argparse
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Literal
from unittest import mock

import numpy as np

from benchmarks import contest, home
from imgrec import datasets, edge, files, worker
from imgrec.augmentations import HorizontalFlip, Shift
from imgrec.config import RunConfig, Training
from imgrec.datasets import Pixels
from imgrec.errors import ImgrecError
from imgrec.executor import Executor, LocalExecutor
from imgrec.fitting import Asked, Fitted, OnCheckpoint, OnProgress, OnShare, Task
from imgrec.layers import BatchNormalization, Conv2D, Dropout, GlobalAveragePooling2D
from imgrec.optimizers import SGD
from imgrec.runs import Run, RunWriter, State

MEASURED = ("epoch", "loss", "accuracy", "validation_loss", "validation_accuracy", "learning_rate")


class PipeExecutor:
    """Lets a process of its own compute. Everything goes through a socket; callbacks are messages back."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            self._child = subprocess.Popen(
                [sys.executable, "-m", "benchmarks.pipe_executor", "--serve", str(theirs.fileno())],
                cwd=contest.ROOT,
                env=files.environment(edge.home()),
                pass_fds=[theirs.fileno()],
            )
        self._connection: Connection[Any, Any] = Connection(ours.detach())

    def prepare(self) -> None:
        self._ask("prepare", (), {})

    def fit(
        self, task: Task, on_progress: OnProgress, on_checkpoint: OnCheckpoint, asked: Callable[[], Asked]
    ) -> Fitted | None:
        answers: dict[str, Callable[..., object]] = {
            "on_progress": on_progress,
            "on_checkpoint": on_checkpoint,
            "asked": asked,
        }
        found: Fitted | None = self._ask("fit", (task,), answers)
        return found

    def score(self, model: bytes, images: Pixels, test_time_augmentation: str, on_share: OnShare) -> np.ndarray:
        found: np.ndarray = self._ask("score", (model, images, test_time_augmentation), {"on_share": on_share})
        return found

    def convert(self, model: bytes, known: np.ndarray) -> bytes | None:
        found: bytes | None = self._ask("convert", (model, known), {})
        return found

    def peak_memory(self) -> int | None:
        return None

    def close(self) -> None:
        """Do nothing: other runs follow."""

    def end(self) -> None:
        """End the process."""
        self._connection.close()
        self._child.wait()

    def _ask(self, name: str, arguments: tuple[Any, ...], callbacks: dict[str, Callable[..., object]]) -> Any:
        self._connection.send((name, arguments, tuple(callbacks)))
        while True:
            kind, value = self._connection.recv()
            if kind == "done":
                return value
            if kind == "raised":
                raise value
            self._connection.send(callbacks[kind](*value))


def serve(descriptor: int) -> None:
    """Compute what is asked for over a socket, until the other side closes it."""
    connection: Connection[Any, Any] = Connection(descriptor)

    def callback(name: str) -> Callable[..., Any]:
        def call(*value: object) -> Any:
            connection.send((name, value))
            return connection.recv()

        return call

    with tempfile.TemporaryDirectory() as folder:
        executor = LocalExecutor(Path(folder))
        while True:
            try:
                name, arguments, callbacks = connection.recv()
            except EOFError:
                return
            try:
                found = getattr(executor, name)(*arguments, *map(callback, callbacks))
            except ImgrecError as error:
                connection.send(("raised", error))
            else:
                connection.send(("done", found))


def config_of(seed: int) -> RunConfig:
    """Return a config that draws in its pipeline and in its layers, another for each seed."""
    return RunConfig(
        dataset="shapes",
        augmentations=(HorizontalFlip(), Shift(pixels=2)),
        layers=(Conv2D(filters=8, strides=2), BatchNormalization(), Dropout(rate=0.1), GlobalAveragePooling2D()),
        training=Training(
            epochs=3,
            optimizer=SGD(weight_decay=0.001),
            learning_rate=0.05,
            schedule="one-cycle",
            train_share=0.05,
            validation_share=0.02,
            test_time_augmentation=("none", "mirror")[seed % 2],
            seed=seed,
        ),
    )


def trained(config: RunConfig, executor: Callable[[RunWriter], Executor], pauses_after: int | None = None) -> Run:
    """Train a config in a run folder with an executor; it is paused once, after so many epochs, if at all."""
    run = edge.store().create(config, "A run")
    with mock.patch.object(worker, "executor_of", executor):
        if pauses_after is not None:
            _pause(run, pauses_after)
        worker.main(run.folder)
    assert run.state is State.FINISHED, run.error()
    return run


def _pause(run: Run, epochs: int) -> None:
    def pause(run: Run) -> Literal["pause"] | None:
        return "pause" if len(run.history()) >= epochs else None

    with mock.patch.object(worker, "_asked", pause):
        worker.main(run.folder)
    assert epochs <= len(run.history()) < run.config.training.epochs  # a node hears of it a moment later
    run.ask("resume")


def same(one: Run, other: Run) -> bool:
    """Return whether two runs have the same weights, predictions and history, bit for bit."""
    import keras  # noqa: PLC0415 - takes seconds

    weights = [keras.saving.load_model(run.model, compile=False).get_weights() for run in (one, other)]
    histories = [[[getattr(row, name) for name in MEASURED] for row in run.history()] for run in (one, other)]
    predictions = [run.predictions()[0] for run in (one, other)]
    return (
        all(np.array_equal(one, two) for one, two in zip(*weights, strict=True))
        and np.array_equal(predictions[0], predictions[1])
        and histories[0] == histories[1]
    )


def main() -> int:
    """Train here and there, and compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--serve", type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve is not None:
        serve(arguments.serve)
        return 0
    with home.temporary():
        datasets.prepare("shapes", edge.location("shapes"))
        piped, alike = PipeExecutor(), 0
        for seed in range(arguments.runs):
            here = trained(config_of(seed), lambda run: LocalExecutor(run.folder))
            there = trained(config_of(seed), lambda _: piped, pauses_after=(None, 1, 2)[seed % 3])
            alike += same(here, there)
        piped.end()
    print(f"{alike} of {arguments.runs} runs over the pipe are bit-identical to the local ones.")
    return 0 if alike == arguments.runs else 1


if __name__ == "__main__":
    sys.exit(main())
