"""Trainings on a Ray cluster of two nodes, which has all its addresses on the loopback interface."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.pipe_executor import config_of, same, trained
from benchmarks.ray_cluster import LocalCluster, cluster
from imgrec import edge, jobs
from imgrec.config import RunConfig
from imgrec.runs import Run, State
from imgrec.worker import executor_of
from tests.conftest import WaitFor

pytestmark = [
    pytest.mark.slow,
    pytest.mark.usefixtures("shapes"),
    pytest.mark.skipif(sys.platform != "linux", reason="elsewhere, the loopback interface has one address alone"),
]

ROOT = Path(__file__).resolve().parents[2]

LONG = config_of(2).with_setting("training.epochs", 40)
"""Trains for some seconds."""


@pytest.fixture(scope="module")
def nodes() -> Iterator[LocalCluster]:
    with cluster() as found:
        yield found


@pytest.fixture
def ray(nodes: LocalCluster, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> LocalCluster:
    monkeypatch.setenv("IMGREC_EXECUTOR", "ray")
    monkeypatch.setenv("IMGREC_RAY_ADDRESS", nodes.address)
    monkeypatch.setenv("IMGREC_RAY_IMAGES", str(tmp_path / "images"))
    return nodes


def trained_here(config: RunConfig) -> Run:
    """Train a config on this computer, with as many threads as on a node: others add in another order."""
    run = edge.store().create(config, "Here")
    ours = {"IMGREC_EXECUTOR": "local", "TF_NUM_INTRAOP_THREADS": "1"}
    environment = {**jobs.worker_environment(edge.home()), **ours}
    with run.log.open("wb") as log:
        command = [sys.executable, "-m", "imgrec.worker", str(run.folder)]
        subprocess.run(command, cwd=ROOT, env=environment, stdout=log, stderr=log, check=True)
    return run


def place(run: Run) -> str:
    progress = run.progress()
    return (progress and progress.place) or ""


def phase(run: Run) -> str:
    progress = run.progress()
    return progress.phase if progress else ""


@pytest.mark.usefixtures("ray")
def test_a_training_on_a_node_is_bit_identical_also_with_a_pause() -> None:
    there = trained(LONG, executor_of, pauses_after=1)
    assert same(trained_here(LONG), there)
    evaluation = there.evaluation()
    assert evaluation is not None
    assert evaluation.lite_sha256
    assert evaluation.peak_memory_bytes


def test_a_run_whose_node_is_lost_goes_on_elsewhere_and_ends_as_if_it_had_not_been(
    ray: LocalCluster, wait_for: WaitFor
) -> None:
    here = trained_here(LONG)  # first, as a scheduler would send it to the cluster
    run = jobs.launch(edge.store(), LONG)
    wait_for(lambda: len(run.history()) > 2)
    lost = int(place(run).split(".")[-1].rstrip(")")) - 3
    ray.kill(lost)
    wait_for(lambda: place(run) not in {"", f"127.0.0.{lost + 3}"} or run.state is State.FINISHED)
    wait_for(lambda: run.state is State.FINISHED)
    assert [epoch.epoch for epoch in run.history()] == list(range(1, 41))
    assert len(run.attempts()) == 1
    assert same(here, run)
    ray.start(lost)


def test_a_run_waits_for_a_cluster_that_is_gone_and_goes_on_when_it_is_back(
    ray: LocalCluster, wait_for: WaitFor
) -> None:
    run = jobs.launch(edge.store(), LONG)
    wait_for(lambda: len(run.history()) > 2)
    ray.kill_all()
    wait_for(lambda: phase(run).startswith("waiting for the cluster"))
    learnt = len(run.history())
    jobs.pause(run)
    wait_for(lambda: run.state is State.PAUSED)
    jobs.resume(run)
    wait_for(lambda: phase(run).startswith("waiting for the cluster"))
    ray.start_all()
    wait_for(lambda: run.state is State.FINISHED)
    assert learnt > 2
    assert [epoch.epoch for epoch in run.history()] == list(range(1, 41))
    assert len(run.attempts()) == 2


@pytest.mark.parametrize("asked", [jobs.pause, jobs.stop], ids=["pause", "stop"])
def test_a_run_that_waits_for_a_cluster_does_what_is_asked(
    tiny: RunConfig, monkeypatch: pytest.MonkeyPatch, wait_for: WaitFor, asked: object
) -> None:
    monkeypatch.setenv("IMGREC_EXECUTOR", "ray")
    monkeypatch.setenv("IMGREC_RAY_ADDRESS", "127.0.0.2:9")
    run = jobs.launch(edge.store(), tiny)
    wait_for(lambda: phase(run) == "waiting for the cluster")
    assert callable(asked)
    asked(run)
    wait_for(lambda: run.state in {State.PAUSED, State.CANCELLED})
    assert run.error() is None
