"""What a run learns from is in the run, and not in the environment of the process that starts its worker."""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks import stub_engine
from imgrec import datasets, edge, jobs, worker
from imgrec.config import RunConfig
from imgrec.datasets import cifar10
from imgrec.runs import Run, RunWriter, State, source
from tests.conftest import start_nothing
from tests.datasets import small as small_datasets

VARIABLE = "IMGREC_CIFAR10"
FILES = replace(cifar10.FILES, train=dict.fromkeys(cifar10.FILES.train, 20), test=dict.fromkeys(cifar10.FILES.test, 20))


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let CIFAR-10 have 20 images in each file, and the engine be one that learns nothing."""
    small_datasets.expect(FILES, monkeypatch)
    name = "imgrec.engine.fit"
    monkeypatch.setitem(sys.modules, name, None)
    stub_engine.install()
    start_nothing(monkeypatch)


@pytest.fixture
def config(tiny: RunConfig) -> RunConfig:
    return tiny.replace(dataset="cifar10")


@pytest.fixture
def one(tmp_path: Path) -> Path:
    return copy_of_cifar10(tmp_path / "one", 1)


@pytest.fixture
def other(tmp_path: Path) -> Path:
    return copy_of_cifar10(tmp_path / "other", 2)


def copy_of_cifar10(folder: Path, seed: int) -> Path:
    draw = np.random.default_rng(seed)
    folder.mkdir()
    for name in FILES.sizes:
        rows = draw.integers(0, 256, (20, FILES.record_bytes), np.uint8)
        rows[:, 0] = np.arange(20) % 10
        (folder / name).write_bytes(rows.tobytes())
    return folder


def swap(folder: Path) -> None:
    """Leave a folder the same images in another order."""
    first, second = (folder / name for name in list(FILES.train)[:2])
    contents = first.read_bytes(), second.read_bytes()
    second.write_bytes(contents[0])
    first.write_bytes(contents[1])


def fingerprint(folder: Path) -> str:
    return datasets.fingerprint(*datasets.load("cifar10", datasets.own_copy(str(folder))))


def work(run: Run) -> None:
    """Let a worker do its work."""
    worker.main(run.folder)


def learnt(run: Run) -> str:
    """Let a worker finish a run, and return the fingerprint of the images that it learnt."""
    work(run)
    evaluation = run.evaluation()
    assert evaluation is not None, run.error()
    return evaluation.fingerprint


def refused(run: Run) -> str:
    """Let a worker fail, and return what it says."""
    work(run)
    error = run.error()
    assert error is not None
    return error.sentence


def paused(run: Run) -> Run:
    """Pause a run after its first epoch."""
    run.ask("resume")
    asked = iter([None, None, "pause"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(worker, "_asked", lambda _: next(asked))
        worker.main(run.folder)
    run.ask("pause")
    assert run.state is State.PAUSED
    assert len(run.history()) == 1
    return run


def test_a_run_learns_what_was_named_when_it_was_made(
    config: RunConfig, one: Path, other: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, str(one))
    first = edge.store().create(config, "First")
    monkeypatch.setenv(VARIABLE, str(other))
    second = edge.store().create(config, "Second")
    for scheduler in (one, other):
        monkeypatch.setenv(VARIABLE, str(scheduler))
        assert source.load(first, None, edge.home())[2] == fingerprint(one)
    monkeypatch.delenv(VARIABLE)
    assert learnt(first) == fingerprint(one)
    assert learnt(second) == fingerprint(other)


def test_a_run_of_the_ordinary_place_does_not_learn_what_a_keeper_names(
    config: RunConfig, one: Path, other: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    (home / "datasets").mkdir()
    one.rename(home / "datasets" / "cifar10")
    run = edge.store().create(config, "A run")
    monkeypatch.setenv(VARIABLE, str(other))
    assert learnt(run) == fingerprint(home / "datasets" / "cifar10")


@pytest.mark.parametrize("whose", ["further", "repeat", "resume"])
def test_a_run_that_goes_on_from_another_asks_for_its_images_in_their_order(
    config: RunConfig, one: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, whose: str
) -> None:
    right = fingerprint(one)
    monkeypatch.setenv(VARIABLE, str(one))
    if whose == "resume":
        run = paused(edge.store().create(config, "Paused"))
    else:
        done = RunWriter(edge.store().create(config, "Done").folder)
        work(done)
        done.write_model(b"model")
        run = jobs.launch(edge.store(), config, parent=done) if whose == "further" else jobs.repeat(done, 1)[0]
        assert len(run.history()) == 0
    one.rename(tmp_path / "moved")
    copy_of_cifar10(one, 1)
    swap(one)
    monkeypatch.delenv(VARIABLE)
    if whose == "resume":
        jobs.resume(run)
    sentence = refused(run)
    assert sentence.startswith("This run goes on only with the very images that ")
    assert f"Those of CIFAR-10 in {one} are others. " in sentence
    assert f"`IMGREC_CIFAR10=FOLDER python -m imgrec resume {run.id}`" in sentence
    assert jobs.can_resume(run)
    # The advice works, whatever the worker's environment is, and also after another pause.
    with monkeypatch.context() as asker:
        asker.setenv(VARIABLE, str(tmp_path / "moved"))
        jobs.resume(run)
    jobs.pause(run)
    jobs.resume(run)
    assert learnt(run) == right


def test_further_takes_the_images_of_its_parent_wherever_they_are_now(
    config: RunConfig, one: Path, other: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = fingerprint(one)
    monkeypatch.setenv(VARIABLE, str(one))
    parent = RunWriter(edge.store().create(config, "Parent").folder)
    work(parent)
    parent.write_model(b"model")
    monkeypatch.setenv(VARIABLE, str(other))
    assert learnt(jobs.launch(edge.store(), config, "First", parent=parent)) == right
    one.rename(tmp_path / "moved")
    monkeypatch.setenv(VARIABLE, str(tmp_path / "moved"))
    child = jobs.launch(edge.store(), config, "Second", parent=parent)
    monkeypatch.delenv(VARIABLE)
    assert learnt(child) == right


def test_a_folder_that_is_gone_is_named_and_another_can_be_given(
    config: RunConfig, one: Path, other: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, str(one))
    run = edge.store().create(config, "A run")
    one.rename(tmp_path / "moved")
    monkeypatch.setenv(VARIABLE, str(other))
    assert f"learns from the images of CIFAR-10 in {one}, and they are not there." in refused(run)
    monkeypatch.setenv(VARIABLE, str(tmp_path / "moved"))
    jobs.resume(run)
    monkeypatch.delenv(VARIABLE)
    assert learnt(run) == fingerprint(tmp_path / "moved")


def test_to_resume_a_run_elsewhere_does_not_give_it_other_images(
    config: RunConfig, one: Path, other: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, str(one))
    run = edge.store().create(config, "A run")
    jobs.pause(run)
    monkeypatch.setenv(VARIABLE, str(other))
    jobs.resume(run)
    assert learnt(run) == fingerprint(one)


def test_a_run_of_before_learns_what_the_environment_names(
    config: RunConfig, one: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = edge.store().create(config, "Old")
    del run.record["images"]
    monkeypatch.setenv(VARIABLE, str(one))
    assert source.load(run, None, edge.home())[2] == fingerprint(one)


def test_images_that_are_ready_are_not_read_again_unless_the_run_learns_others(
    config: RunConfig, one: Path, other: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, str(one))
    ready, run = source.ready("cifar10", edge.home()), edge.store().create(config, "A run")
    assert ready is not None
    monkeypatch.setenv(VARIABLE, str(other))
    another = edge.store().create(config, "Another")
    read = source.load(another, None, edge.home(), ready=ready)
    assert (
        read[2] == datasets.fingerprint(*datasets.load("cifar10", datasets.own_copy(str(other)))) != ready.fingerprint
    )
    monkeypatch.setattr(datasets, "load", lambda *_: pytest.fail("it is read again"))
    learn_from, test, fingerprint = source.load(run, None, edge.home(), ready=ready)
    assert (learn_from, test, fingerprint) == (*ready.images, ready.fingerprint)


def test_a_dataset_that_is_not_there_is_not_fetched_before_there_is_a_run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    assert source.ready("cifar10", tmp_path / "home") is None
    assert source.ready("no dataset", tmp_path / "home") is None
    assert list((tmp_path / "home").iterdir()) == []


def test_a_dataset_that_needs_no_download_is_drawn_before_there_is_a_run(home: Path) -> None:
    assert not datasets.is_ready("shapes", edge.location("shapes"))
    ready = source.ready("shapes", home)
    assert ready is not None
    assert len(ready.images[0].pixels) == datasets.get("shapes").train_images
    assert datasets.is_ready("shapes", edge.location("shapes"))


def test_a_failure_of_another_kind_stays_one(config: RunConfig) -> None:
    run = edge.store().create(config, "Failed")
    RunWriter(run.folder).fail("It broke.", "")
    assert not jobs.can_resume(run)
