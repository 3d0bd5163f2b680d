"""What every test gets: a home folder of its own; and what several share: drawn images and a small trained run."""

import gc
import json
import shutil
import time
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Protocol

import pytest
from filelock import FileLock

from benchmarks.home import end_processes
from imgrec import datasets, edge, jobs, profiles
from imgrec.config import RunConfig, Training
from imgrec.layers import Dense, Flatten, MaxPooling2D
from imgrec.runs import Run, RunWriter, State
from imgrec.runs.writer import SLOT

WaitFor = Callable[[Callable[[], object]], None]


class Allow(Protocol):
    """Sets the budgets of a hosted profile; those that are not given have no limit."""

    def __call__(self, **budgets: object) -> None: ...


def pytest_collection_finish() -> None:
    """Let the collector of garbage pass over what all tests share, such as TensorFlow.

    Where Keras is imported, Streamlit clears its session after each redraw of a page, and Keras collects all garbage
    then: that took 0.4 seconds of each redraw, and takes a few milliseconds of what the tests have made.
    """
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def no_worker_waits() -> Iterator[None]:
    """Keep no worker ready: opening a page would start one that imports TensorFlow, on each test's server anew."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IMGREC_STANDBY", "0")
        yield


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the test an empty IMGREC_HOME."""
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setenv("IMGREC_HOME", str(folder))
    return folder


@pytest.fixture(autouse=True)
def nothing_survives(request: pytest.FixtureRequest, home: Path) -> Iterator[None]:
    """End what a slow test has started; no other starts a process."""
    yield
    if request.node.get_closest_marker("slow"):
        end_processes(home)


@pytest.fixture
def allow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Allow:
    """Return what lets the test's server be a hosted one with these budgets."""
    numbers = count()

    def write(**budgets: object) -> None:
        path = tmp_path / f"profile-{next(numbers)}.json"
        path.write_text(json.dumps({"name": "local", "private": True, **budgets}))
        monkeypatch.setenv(profiles.VARIABLE, str(path))

    return write


@pytest.fixture(scope="session")
def tiny() -> RunConfig:
    """Return a config that trains in a second, on drawn images."""
    return RunConfig(
        dataset="shapes",
        layers=(MaxPooling2D(pool_size=4), Flatten(), Dense(units=16)),
        training=Training(epochs=2, batch_size=64, train_share=0.05, validation_share=0.02),
    )


@pytest.fixture(scope="session")
def drawn(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """Return a home folder in which the dataset shapes has been drawn; to all of pytest's processes the same one."""
    own = tmp_path_factory.getbasetemp()
    folder = (own if worker_id == "master" else own.parent) / "drawn"
    folder.mkdir(exist_ok=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IMGREC_HOME", str(folder))
        datasets.prepare("shapes", edge.location("shapes"))  # under a lock
    return folder


@pytest.fixture
def shapes(home: Path, drawn: Path) -> None:
    """Let the test find the dataset shapes ready."""
    (home / "datasets").symlink_to(drawn / "datasets")


@pytest.fixture(scope="session")
def wait_for() -> WaitFor:
    """Return a function that waits until a condition holds; a test that waits for two minutes has failed."""

    def wait(condition: Callable[[], object]) -> None:
        deadline = time.monotonic() + 120
        while not condition():
            assert time.monotonic() < deadline, "waited for two minutes"
            time.sleep(0.05)

    return wait


@pytest.fixture(scope="session")
def trained_folder(drawn: Path, tiny: RunConfig) -> Path:
    """Return the folder of a run of `tiny` that a worker has finished. Copy it; `trained_run` does."""
    with pytest.MonkeyPatch.context() as patch, FileLock(drawn / "trained.lock"):
        patch.setenv("IMGREC_HOME", str(drawn))
        if not edge.store().all():
            jobs.launch(edge.store(), tiny, "Trained")
            for child in jobs.processes._children:
                child.wait()
        (run,) = edge.store().all()
        assert run.state is State.FINISHED, run.log.read_text(encoding="utf-8")
        return run.folder


@pytest.fixture
def trained_run(home: Path, shapes: None, trained_folder: Path) -> Run:  # noqa: ARG001 - its dataset is ready too
    """Return a finished run in the test's own home."""
    shutil.copytree(trained_folder, home / "runs" / trained_folder.name)
    return edge.store().get(trained_folder.name)


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[RunWriter]:
    """Let the queue start runs that do nothing but live, and return the list of those started."""
    started: list[RunWriter] = []

    def live(run: RunWriter, slot: int) -> None:
        monkeypatch.setenv(SLOT, str(slot))
        run.begin()
        lock = run.lock()
        lock.acquire()
        run.__dict__["held"] = lock  # lives as long as the run in this list
        started.append(run)

    monkeypatch.setattr(jobs.processes, "_start", live)
    # No scheduler, which would start real workers.
    monkeypatch.setattr(jobs.processes, "_spawn", lambda _module, *_, **_options: None)
    return started


def start_nothing(patch: pytest.MonkeyPatch) -> None:
    """Let no scheduler be started, so that what is queued waits."""
    for place in (jobs, jobs.processes):
        patch.setattr(place, "look_after", lambda _: None)
