"""A run that begins with layers of another one keeps a copy of them, and needs that one no more."""

import re
import shutil

import numpy as np
import pytest

from imgrec import edge, examples, jobs
from imgrec.config import RunConfig, Transfer
from imgrec.errors import RunError, SettingsError, StartError
from imgrec.jobs import memory
from imgrec.runs import Run, RunWriter, State, checking, library, sharing, starts
from imgrec.transfer import Source
from tests.conftest import Allow, WaitFor, start_nothing

ABSENT = "20260101-000000-00000000"


@pytest.fixture(autouse=True)
def nothing_starts(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if not request.node.get_closest_marker("slow"):
        start_nothing(monkeypatch)


@pytest.fixture
def example() -> Run:
    return examples.runs()[0][1]


@pytest.fixture
def config(tiny: RunConfig, example: Run) -> RunConfig:
    return jobs.begun(edge.store(), tiny, example)


@pytest.fixture
def own(example: Run) -> Run:
    """Return a copy of the example as a finished run of one's own."""
    run = Run(edge.store().runs / example.id.replace("20261", "20251"))
    shutil.copytree(example.folder, run.folder)
    return run


def test_a_config_takes_the_network_of_a_run_and_keeps_all_else(tiny: RunConfig, example: Run) -> None:
    config = jobs.begun(edge.store(), tiny, example)
    assert config.start == Transfer(run=example.id, layers=7), "all but the dense one"
    assert config.layers == example.config.layers
    assert config.replace(layers=tiny.layers, start=None) == tiny
    assert jobs.begun(edge.store(), tiny, example, 3, locked=False).start == Transfer(
        run=example.id, layers=3, locked=False
    )
    with pytest.raises(SettingsError, match="A network needs all layers that it copies"):
        jobs.begun(edge.store(), tiny, example, 99)


def test_images_with_other_channels_are_refused(tiny: RunConfig, example: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    grey = Source("Grey", example.config.layers, (28, 28, 1))
    monkeypatch.setattr("imgrec.jobs.beginnings.source", lambda _: grey)
    with pytest.raises(StartError, match=re.escape("have learnt from images with 3 channels. Received: a dataset wi")):
        jobs.begun(edge.store(), tiny, example)


def test_a_run_has_a_copy_of_what_it_begins_with_and_says_whose_it_is(config: RunConfig, example: Run) -> None:
    run = jobs.launch(edge.store(), config)
    assert starts.has(run)
    assert starts.read(run) == example.model.read_bytes()
    origin = starts.origin(run)
    assert origin is not None
    assert (origin.run, origin.name, origin.dataset) == (example.id, "Small network", "Shapes")
    assert run.parent is None
    assert list(checking.check(edge.store())) == []


def test_the_run_that_layers_came_from_may_be_deleted(own: Run, tiny: RunConfig) -> None:
    run = jobs.launch(edge.store(), jobs.begun(edge.store(), tiny, own))
    content = own.model.read_bytes()
    library.delete(own)
    library.empty_trash(edge.store())
    assert starts.read(run) == content
    (copy,) = jobs.repeat(run, 1)
    assert (starts.read(copy), starts.origin(copy)) == (content, starts.origin(run))
    with pytest.raises(StartError, match=f"a run that is not here: {own.id}"):
        jobs.launch(edge.store(), run.config)


def test_a_run_that_begins_anew_holds_nothing_of_it(tiny: RunConfig) -> None:
    run = jobs.launch(edge.store(), tiny)
    assert not starts.has(run)
    assert not run.start.exists()
    assert not {starts.ORIGIN, starts.CHECKSUM} & run.record.keys()


def test_a_run_that_is_not_here_is_said_before_anything_starts(config: RunConfig) -> None:
    elsewhere = config.with_setting("start.run", ABSENT)
    said = f"This network begins with the layers of a run that is not here: {ABSENT}. Choose another run"
    assert (jobs.problem(elsewhere, edge.store()) or "").startswith(said)
    with pytest.raises(StartError, match=re.escape(said)):
        jobs.launch(edge.store(), elsewhere)
    assert edge.store().all() == []


def test_a_run_without_a_result_has_no_layers_to_take(tiny: RunConfig) -> None:
    waiting = jobs.launch(edge.store(), tiny, "Waits")
    with pytest.raises(StartError, match=r"Only the layers of a finished run can be taken over\. Waits is queued\."):
        jobs.launch(edge.store(), tiny.replace(start=Transfer(run=waiting.id)))


def test_changed_layers_are_refused(config: RunConfig) -> None:
    with pytest.raises(SettingsError, match="Layer 1 needs the settings that it has in Small network"):
        jobs.launch(edge.store(), config.with_setting("layers.0.filters", 99))


def test_visitors_take_layers_from_examples_their_own_runs_and_shared_ones_alone(
    own: Run, tiny: RunConfig, allow: Allow
) -> None:
    allow()
    one, other = edge.visitor("a" * 32), edge.visitor("b" * 32)
    mine = Run(one.runs / own.id)
    shutil.copytree(own.folder, mine.folder)
    jobs.launch(one, jobs.begun(edge.store(), tiny, mine))
    with pytest.raises(StartError, match="that is not here"):
        jobs.launch(other, jobs.begun(edge.store(), tiny, mine))
    shared = sharing.copy(mine)
    config = jobs.begun(edge.store(), tiny, shared)
    assert config.start is not None
    assert config.start.run == shared.id
    assert starts.read(jobs.launch(other, config)) == own.model.read_bytes()


def test_only_the_part_that_learns_counts_in_forecast_and_memory(own: Run, config: RunConfig) -> None:
    assert own.exists
    anew, unlocked = config.replace(start=None), config.with_setting("start.locked", False)
    seconds = [jobs.forecast(edge.store(), each) for each in (config, unlocked, anew)]
    assert seconds[0] < seconds[1] == seconds[2]  # type: ignore[operator]
    network = jobs.check(config, edge.store())
    needed = [memory.least(each, network) for each in (config, unlocked, anew)]
    assert needed[0] < needed[1] == needed[2]


def test_a_model_is_trained_further_with_its_copied_layers_unlocked_but_not_with_others(
    own: Run, config: RunConfig
) -> None:
    run = RunWriter(jobs.launch(edge.store(), config).folder)
    shutil.copyfile(own.model, run.model)
    shutil.copyfile(own.folder / "evaluation.json", run.folder / "evaluation.json")
    child = jobs.launch(edge.store(), config.with_setting("start.locked", False), parent=run)
    assert starts.read(child) == run.model.read_bytes()
    assert starts.origin(child) == starts.origin(run)
    with pytest.raises(SettingsError, match="needs its own copied layers"):
        jobs.launch(edge.store(), config.replace(start=None), parent=run)


@pytest.mark.parametrize("harm", ["changed", "gone"])
def test_a_damaged_copy_is_found(config: RunConfig, harm: str) -> None:
    run = jobs.launch(edge.store(), config)
    content = bytearray(run.start.read_bytes())
    if harm == "gone":
        run.start.unlink()
    else:
        content[len(content) // 2] ^= 1
        run.start.write_bytes(content)
    with pytest.raises(StartError, match=r"its file start\.keras, and that is absent or damaged"):
        starts.read(run)
    (finding,) = checking.check(edge.store())
    assert "absent or damaged" in finding.what
    assert finding.repair is None


def test_a_record_that_says_nothing_of_whose_layers_is_damage(config: RunConfig) -> None:
    run = jobs.launch(edge.store(), config)
    run.record[starts.ORIGIN] = {"run": run.id}
    with pytest.raises(RunError, match=r"config\.json of run .* is damaged"):
        starts.origin(run)


@pytest.mark.slow
@pytest.mark.usefixtures("shapes")
def test_a_damaged_copy_ends_a_run_in_words_and_it_is_not_tried_again(config: RunConfig, wait_for: WaitFor) -> None:
    with pytest.MonkeyPatch.context() as patch:
        start_nothing(patch)
        run = jobs.launch(edge.store(), config)
    run.start.write_bytes(b"PK")
    jobs.look_after(edge.store())
    wait_for(lambda: run.state is State.FAILED)
    error = run.error()
    assert error is not None
    assert "start.keras, and that is absent or damaged. Delete the run" in error.sentence
    assert error.again is False


@pytest.mark.slow
@pytest.mark.usefixtures("shapes")
def test_a_run_ends_with_the_layers_that_it_was_to_keep(config: RunConfig, example: Run, wait_for: WaitFor) -> None:
    run = jobs.launch(edge.store(), config.with_setting("training.epochs", 1))
    wait_for(lambda: not jobs.under_way(run))
    assert run.state is State.FINISHED, run.log.read_text()
    assert list(checking.check(edge.store())) == []
    before, after = (_weights(each) for each in (example, run))
    equal = [np.array_equal(one, other) for one, other in zip(before, after, strict=True)]
    assert equal == [*[True] * 6, *[False] * 4]


def _weights(run: Run) -> list[np.ndarray]:
    """Return the weights of a model by the names of their layers; the last ones are those of the output."""
    keras = pytest.importorskip("keras")
    found: list[np.ndarray] = keras.saving.load_model(run.model, compile=False).get_weights()
    return found
