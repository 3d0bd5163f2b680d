"""What a training is said to need is about what trainings were measured to take."""

from pathlib import Path

import pytest

from imgrec import architecture, examples, jobs, presets
from imgrec.config import RunConfig
from imgrec.jobs import memory
from imgrec.presets import adapted
from imgrec.records import DatasetInfo
from imgrec.runs import Run, RunWriter, Store
from tests.evaluated import evaluated

OWN = DatasetInfo(
    name="m128@0123456789ab",
    title="Noise",
    class_names=tuple("abcde"),
    image_shape=(128, 128, 3),
    train_images=1400,
    test_images=100,
)


@pytest.fixture(params=examples.runs(), ids=lambda pair: pair[1].name)
def example(request: pytest.FixtureRequest) -> Run:
    run: Run = request.param[1]
    return run


def test_the_examples_took_about_what_is_expected_and_more_than_the_least(example: Run) -> None:
    evaluation, network = example.evaluation(), jobs.network(example)
    assert evaluation is not None
    taken = evaluation.peak_memory_bytes or 0
    needed = memory.expected(example.config, network, example.dataset, memory.VALUE_BYTES[evaluation.precision])
    assert needed == pytest.approx(taken, rel=0.3)
    assert memory.least(example.config, network) < taken


@pytest.mark.parametrize(
    ("preset", "batch_size", "measured"),
    [
        ("quick", 128, 900e6),
        ("article", 32, 868e6),
        ("sprint", 128, 965e6),
        ("deep", 256, 1245e6),
        ("strong", 512, 1528e6),
    ],
)
def test_presets_on_images_of_128_pixels_took_about_what_is_expected(
    preset: str, batch_size: int, measured: float
) -> None:
    config, _ = adapted(presets.get(preset).config, OWN.image_shape, 5)
    config = config.with_setting("training.batch_size", batch_size)
    network = architecture.check(config.layers, OWN.image_shape, 5)
    assert memory.expected(config, network, OWN, 2) == pytest.approx(measured, rel=0.3)
    assert memory.least(config, network) < measured


def test_the_needs_are_known_once_a_run_has_shown_the_precision_of_the_machine(
    home: Path, tiny: RunConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "gpus", tuple)
    store = Store(home)
    assert memory.needs(store, tiny) is None
    wide = memory.needs(store, tiny.with_setting("training.precision", "float32"))
    RunWriter(store.create(tiny, "One").folder).finish(evaluated(precision="bfloat16"))
    narrow = memory.needs(store, tiny)
    assert wide is not None
    assert narrow is not None
    assert 700e6 < narrow.memory < wide.memory
    assert 300e3 < narrow.disk < 1e6
    monkeypatch.setattr(memory, "gpus", lambda: ("0",))
    assert memory.needs(store, tiny) is None
