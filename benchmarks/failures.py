"""Every write, fsync, rename, making and removing of a run, failing in turn: killed there, EIO, ENOSPC.

    python -m benchmarks.failures

Lists the points that a run passes from its making to its end, with the real worker, the real store and the stub engine
(benchmarks/stub_engine.py). Then lives that life once for each point and each way to fail there. Afterwards the store
has to pass `check`, but for what a dead writer leaves half written or not yet removed; the run has to go on and end
with the weights of an unbroken one; and after `check --repair` nothing at all may be left. Exit status 1 where anything
else was found. Linux only.
"""

import argparse
import errno
import io
import json
import os
import re
import signal
import sys
import tempfile
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import contest, stub_engine
from benchmarks.recovery import weights
from imgrec import datasets, edge, worker
from imgrec.config import RunConfig, Training
from imgrec.datasets import Images
from imgrec.errors import ImgrecError
from imgrec.layers import Flatten
from imgrec.runs import RunWriter, State, checking, library

CONFIG = RunConfig(dataset="shapes", layers=(Flatten(),), training=Training(epochs=3))
FEW = Images(np.zeros((100, 32, 32, 3), np.uint8), np.arange(100, dtype=np.uint8) % 10)
WAYS = ("killed", "EIO", "ENOSPC")
BUG = 2
"""The exit status of a life that ended with an error that is neither the system's nor said in words."""


class Points:
    """Counts the points that are passed, and fails at one of them in one way."""

    def __init__(self, at: int | None, way: str) -> None:
        self.at, self.way, self.names = at, way, list[str]()

    def passed(self, name: str, before: Callable[[], object] = lambda: None) -> None:
        """Note a point; where it is the one to fail at, do what is half done by then, and fail."""
        self.names.append(re.sub(r"\d{8}-\d{6}-[0-9a-f]{8}", "RUN", name))
        if len(self.names) - 1 == self.at:
            before()
            if self.way == "killed":
                os.kill(os.getpid(), signal.SIGKILL)
            raise OSError(getattr(errno, self.way), os.strerror(getattr(errno, self.way)), name)


class Writing(io.BytesIO):
    """A file being written; its first half is on the disk where writing fails."""

    def __init__(self, points: Points, descriptor: int, real: Callable[..., Any]) -> None:
        super().__init__()
        self._points, self._name, self._file = points, name_of(descriptor), real(descriptor, "wb")

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def write(self, data: Any) -> int:
        """Pass a point in the middle of the data."""

        def half() -> None:
            self._file.write(data[: len(data) // 2])
            self._file.flush()

        self._points.passed(f"write {self._name}", half)
        return int(self._file.write(data))

    def flush(self) -> None:
        self._file.flush()

    def fileno(self) -> int:
        return int(self._file.fileno())


def name_of(descriptor: int) -> str:
    """Return the name of an open file, without what is random in it."""
    name = Path(f"/proc/self/fd/{descriptor}").readlink().name
    return ".".join(name.split(".")[:3]) if name.startswith(".") else name


@contextmanager
def failing(points: Points) -> Iterator[None]:
    """Let every change of the disk pass a point."""
    real = {name: getattr(os, name) for name in ("fsync", "replace", "rename", "mkdir", "unlink", "rmdir", "fdopen")}

    def fsync(descriptor: int) -> None:
        points.passed(f"fsync {name_of(descriptor)}")
        real["fsync"](descriptor)

    def two(what: str) -> Callable[..., None]:
        def moved(source: Any, target: Any, **more: Any) -> None:
            points.passed(f"{what} {Path(target).name}")
            real[what](source, target, **more)

        return moved

    def one(what: str) -> Callable[..., None]:
        def changed(path: Any, *rest: Any, **more: Any) -> None:
            points.passed(f"{what} {Path(path).name}")
            real[what](path, *rest, **more)

        return changed

    def fdopen(descriptor: int, mode: str = "r", *rest: Any, **more: Any) -> Any:
        if mode == "wb":
            return Writing(points, descriptor, real["fdopen"])
        return real["fdopen"](descriptor, mode, *rest, **more)

    changed = {"fsync": fsync, "fdopen": fdopen}
    changed |= {what: two(what) for what in ("replace", "rename")}
    changed |= {what: one(what) for what in ("mkdir", "unlink", "rmdir")}
    for name, function in changed.items():
        setattr(os, name, function)
    try:
        yield
    finally:
        for name, function in real.items():
            setattr(os, name, function)


def life(points: Points) -> None:
    """Make a run, pause and resume it, name it, train it to its end, throw it away and bring it back."""
    with failing(points):
        run = edge.store().create(CONFIG, "A run")
        run.ask("pause")
        run.ask("resume")
        library.rename(run, "Another name")
        worker.main(run.folder)
        library.delete(run)
        library.restore(edge.store().deleted()[0])


def lived(home: Path, at: int | None = None, way: str = "") -> tuple[list[str], int]:
    """Live once in a process of its own. Return the points that it passed, and its exit status."""
    os.environ["IMGREC_HOME"] = str(home)
    told = home.with_suffix(".json")
    child = os.fork()
    if not child:
        points, status = Points(at, way), 0
        try:
            life(points)
        except (OSError, ImgrecError):
            status = 1
        except BaseException:
            traceback.print_exc()
            status = BUG
        told.write_text(json.dumps(points.names))
        os._exit(status)
    _, status = os.waitpid(child, 0)
    return json.loads(told.read_text()) if told.exists() else [], os.waitstatus_to_exitcode(status)


def problems(unbroken: bytes) -> list[str]:
    """Look at the store after a life that failed, let the run come to its end, and look again."""
    found = [finding.what for run in edge.store().all() for finding in checking.of_run(run, remains=False)]
    for run in edge.store().deleted():
        library.restore(run)
    for run in edge.store().all():
        if run.state in {State.PAUSED, State.INTERRUPTED, State.FAILED}:
            run.ask("resume")
            RunWriter(run.folder).clear_error()
        worker.main(run.folder)
        if run.state is not State.FINISHED:
            found.append(f"It is {run.state}: {run.error()}")
        elif [row.epoch for row in run.history()] != [1, 2, 3] or weights(run) != unbroken:
            found.append("It ended otherwise than an unbroken run.")
    for finding in checking.check(edge.store()):
        if finding.repair:
            finding.repair()
    return found + [f"After repair: {finding.what}" for finding in checking.check(edge.store())]


def main() -> int:
    """Fail everywhere."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.parse_args()
    stub_engine.install()
    datasets.load = lambda *_: (FEW, FEW)  # drawn images take longer to read than all the rest
    with tempfile.TemporaryDirectory() as folder:
        names, _ = lived(Path(folder) / "unbroken")
        unbroken = weights(edge.store().all()[0])
        failed = Counter[str]()
        for at, name in enumerate(names):
            for way in WAYS:
                _, status = lived(Path(folder) / f"{at}-{way}", at, way)
                found = problems(unbroken) + (["It ended with a bug."] if status == BUG else [])
                failed[way] += bool(found)
                for what in found:
                    print(f"{way} at {at}, {name}: {what}", file=sys.stderr)
    figures = {"points": len(names), "lives": len(names) * len(WAYS), "failed": failed.total()}
    print(contest.table(["figure", "found"], figures.items()))
    print(json.dumps({"benchmark": "failures", **figures, "names": names, "machine": contest.machine()}))
    return 1 if failed.total() else 0


if __name__ == "__main__":
    sys.exit(main())
