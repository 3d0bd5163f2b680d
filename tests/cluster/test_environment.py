"""Where trainings are carried out, as the environment says."""

from pathlib import Path

import pytest

from imgrec import edge, jobs
from imgrec.cluster import chosen
from imgrec.cluster.environment import Cluster
from imgrec.cluster.slots import note_slots
from imgrec.config import RunConfig
from imgrec.errors import SettingsError

NODE = {"CPU": 4.0, "memory": 9e9}


@pytest.fixture
def ray(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setenv("IMGREC_EXECUTOR", "ray")
    monkeypatch.setenv("IMGREC_RAY_ADDRESS", "127.0.0.2:6379")
    return monkeypatch


def test_this_computer_trains_unless_the_environment_names_a_cluster(monkeypatch: pytest.MonkeyPatch) -> None:
    assert chosen() is None
    monkeypatch.setenv("IMGREC_RAY_ADDRESS", "127.0.0.2:6379")
    assert chosen() is None
    monkeypatch.setenv("IMGREC_EXECUTOR", "local")
    assert chosen() is None


@pytest.mark.parametrize("address", ["10.0.0.1:6379", "ray://head.example.org:10001"])
def test_a_cluster_is_named_by_its_address(ray: pytest.MonkeyPatch, address: str) -> None:
    ray.setenv("IMGREC_RAY_ADDRESS", address)
    ray.setenv("IMGREC_RAY_CPUS", "8")
    ray.setenv("IMGREC_RAY_GPUS", "1")
    ray.setenv("IMGREC_RAY_MEMORY_MB", "4000")
    ray.setenv("IMGREC_RAY_IMAGES", "/mnt/images")
    assert chosen() == Cluster(address, cpus=8, gpus=1, memory_mb=4000, images="/mnt/images")


@pytest.mark.parametrize(
    ("variable", "text", "sentence"),
    [
        ("IMGREC_EXECUTOR", "spark", r"IMGREC_EXECUTOR needs local .* or ray .*\. Received: 'spark'"),
        ("IMGREC_EXECUTOR", "", "IMGREC_EXECUTOR needs local"),
        ("IMGREC_RAY_ADDRESS", "", r"IMGREC_EXECUTOR=ray needs the address .* IMGREC_RAY_ADDRESS: .*\. Received: ''"),
        ("IMGREC_RAY_ADDRESS", "auto", "needs the address"),
        ("IMGREC_RAY_ADDRESS", "local", "needs the address"),
        ("IMGREC_RAY_ADDRESS", "http://10.0.0.1:8265", "needs the address"),
        ("IMGREC_RAY_CPUS", "0", "IMGREC_RAY_CPUS needs a whole number of at least 1. Received: '0'"),
        ("IMGREC_RAY_GPUS", "all", "IMGREC_RAY_GPUS needs a whole number of at least 0"),
        ("IMGREC_RAY_MEMORY_MB", "1.5", "IMGREC_RAY_MEMORY_MB needs a whole number of at least 100"),
    ],
)
def test_a_wrong_setting_is_refused_before_there_is_a_run(
    tiny: RunConfig, ray: pytest.MonkeyPatch, variable: str, text: str, sentence: str
) -> None:
    ray.setenv(variable, text)
    with pytest.raises(SettingsError, match=sentence):
        jobs.launch(edge.store(), tiny)
    assert edge.store().all() == []


def test_where_ray_is_not_installed_the_sentence_says_how_to(ray: pytest.MonkeyPatch) -> None:
    ray.setattr("imgrec.cluster.environment.find_spec", lambda _: None)
    with pytest.raises(SettingsError, match=r"needs Ray, which is not installed.* pip install ray=="):
        chosen()


@pytest.mark.parametrize(
    ("cluster", "nodes", "slots"),
    [
        (Cluster("a:1"), [NODE, NODE], 8),
        (Cluster("a:1", cpus=3), [NODE, NODE], 2),
        (Cluster("a:1", memory_mb=4000), [NODE, NODE], 4),
        (Cluster("a:1", gpus=1), [NODE, {**NODE, "GPU": 2.0}], 2),
        (Cluster("a:1"), [{"memory": 9e9}, {}], 0),
        (Cluster("a:1"), [], 0),
    ],
    ids=["processors", "several processors", "memory", "gpus", "a head alone", "no nodes"],
)
def test_slots_follow_from_what_each_node_has(cluster: Cluster, nodes: list[dict[str, float]], slots: int) -> None:
    assert cluster.slots(nodes) == slots


def test_as_many_runs_train_at_once_as_the_cluster_takes(home: Path, ray: pytest.MonkeyPatch) -> None:
    assert jobs.slots(home) == 1, "until the first run has asked it"
    note_slots(home, 40)
    assert jobs.slots(home) == 40
    note_slots(home, 0)
    assert jobs.slots(home) == 1, "it may have none for a moment"
    ray.setenv("IMGREC_SLOTS", "3")
    assert jobs.slots(home) == 3
    ray.delenv("IMGREC_SLOTS")
    ray.setenv("IMGREC_EXECUTOR", "local")
    assert jobs.slots(home) == 1
