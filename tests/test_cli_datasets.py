"""Datasets of one's own pictures on the command line."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import layouts
from benchmarks.layouts import write
from imgrec import edge
from imgrec.cli import main
from imgrec.config import RunConfig
from imgrec.datasets.own import OwnDataset
from imgrec.layers import Flatten
from tests.conftest import WaitFor
from tests.test_checking_datasets import made

ROOT = Path(__file__).resolve().parent.parent


def kept(name: str = "pets") -> OwnDataset:
    return OwnDataset(edge.store().own_datasets / name)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write(tmp_path / "pictures", layouts.no_split(layouts.pets()) | {"cat/notes.txt": b"x"})


def test_a_dry_run_says_what_is_understood_and_writes_nothing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["datasets", "add", "pets", str(folder), "--dry-run"]) == 0
    said = capsys.readouterr().out
    assert "cat        9           0     0\n" in said
    assert "20 % of each class are set aside for testing" in said
    assert "Not taken: 1 file, not a picture (.txt): cat/notes.txt" in said
    assert not edge.store().own_datasets.exists()
    assert main(["datasets", "add", "pets", str(folder), "--dry-run", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["images"] == 27


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["My Pets", "."], 2, "1 to 40 small letters"),
        (["pets", "nowhere"], 1, "There is none at"),
        (["pets", ".", "--size", "33"], 2, "one of 32, 64, 96, 128"),
        (["pets", ".", "--crop", "left"], 2, "one of centre, whole"),
    ],
)
def test_what_cannot_be_added_is_said_in_a_sentence(
    arguments: list[str], status: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["datasets", "add", *arguments]) == status
    assert said in capsys.readouterr().err


def test_classes_are_renamed_merged_and_left_out_as_versions(capsys: pytest.CaptureFixture[str]) -> None:
    edge.store().own_datasets.mkdir()
    first = made(edge.store()).newest
    assert main(["datasets", "rename-class", "pets", "dog", "wolf"]) == 0
    assert kept().newest.class_names == ("cat", "wolf")
    assert f"Renamed dog to wolf. That is version 2, pets@{kept().newest.id}" in capsys.readouterr().out
    assert main(["datasets", "rename-class", "pets", "dog", "hound"]) == 2
    assert "There is no class 'dog'. Its classes: cat, wolf." in capsys.readouterr().err
    for command in (["merge", "pets", "animal", "cat", "wolf"], ["leave-out", "pets", "cat"]):
        assert main(["datasets", *command]) == 1
        assert "at least 2 classes" in capsys.readouterr().err
    assert main(["datasets", "show", "pets"]) == 0
    assert f"pets@{first.id}" in capsys.readouterr().out
    assert main(["datasets", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)["datasets"][-1]
    assert (listed["dataset"], listed["train_images"], len(listed["versions"])) == ("pets", 8, 2)


def test_a_dataset_is_removed_unless_a_run_needs_it(capsys: pytest.CaptureFixture[str]) -> None:
    store = edge.store()
    store.own_datasets.mkdir()
    version = made(store).newest
    assert main(["datasets", "remove", "pets"]) == 2
    assert "answer y, or say --yes. It stays." in capsys.readouterr().err
    run = store.create(RunConfig(dataset=f"pets@{version.id}", layers=(Flatten(),)), "Learns")
    assert main(["datasets", "remove", "pets", "--yes"]) == 1
    assert "Learns still learns from pets" in capsys.readouterr().err
    assert main(["stop", run.id]) == 0
    assert main(["datasets", "remove", "pets", "--yes"]) == 0
    assert not kept().exists
    assert main(["datasets", "remove", "pets", "--yes"]) == 2
    assert "There are: none." in capsys.readouterr().err


@pytest.mark.slow
def test_own_pictures_are_added_and_trained_with(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["datasets", "add", "pets", str(folder), "--size", "32", "--grey", "--title", "My pets", "--json"]) == 0
    result = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (result["train"], result["test"], result["version"]) == (21, 6, kept().newest.id)
    learn = ["train", "--preset", "quick", "--dataset", "pets", "--set", "training.epochs=1", "--json"]
    assert main(learn) == 0
    [run] = edge.store().finished()
    assert run.config.dataset == f"pets@{result['version']}"
    assert main(["show", run.id]) == 0
    assert "bird" in capsys.readouterr().out


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_cancels_and_nothing_stays(number: signal.Signals, tmp_path: Path, wait_for: WaitFor) -> None:
    path = layouts.many(tmp_path / "many.zip", 3000)
    command = [sys.executable, "-m", "imgrec", "datasets", "add", "pets", str(path)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    wait_for(lambda: list(edge.store().own_datasets.glob(".importing-*/progress.json")))
    process.send_signal(number)
    _, said = process.communicate(timeout=60)
    assert process.returncode == -number
    assert "Cancelled. Nothing of it stays." in said
    assert [path.name for path in edge.store().own_datasets.iterdir()] == [".importing.lock"]
