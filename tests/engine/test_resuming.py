"""A training that was interrupted ends as if it had not been, bit for bit."""

from collections.abc import Callable
from itertools import chain, repeat
from pathlib import Path

import numpy as np
import pytest

from imgrec.augmentations import Cutout, HorizontalFlip, Shift
from imgrec.config import RunConfig, Training
from imgrec.datasets import Images, split
from imgrec.engine import training as engine
from imgrec.engine.training import Trained, train
from imgrec.fitting import Asked, Checkpoint, Split
from imgrec.layers import (
    Activation,
    BatchNormalization,
    Conv2D,
    Dropout,
    Flatten,
    MaxPooling2D,
    PatchWhitening,
    SpatialDropout2D,
)
from imgrec.runs import checkpoints
from imgrec.runs.checkpoints import Place, Saved

pytestmark = pytest.mark.slow
CLASSES = 3
MEASURED = ("epoch", "loss", "accuracy", "validation_loss", "validation_accuracy", "learning_rate")
CONFIG = RunConfig(
    layers=(
        PatchWhitening(),
        Activation(),
        Conv2D(filters=8, kernel_initializer="identity"),
        MaxPooling2D(),
        BatchNormalization(),
        SpatialDropout2D(rate=0.2),
        Conv2D(filters=4),
        Dropout(rate=0.3),
        Flatten(),
    ),
    augmentations=(HorizontalFlip(alternate=True), Shift(pixels=1), Cutout(size=2)),
    training=Training(epochs=4, batch_size=32, learning_rate=0.02, validation_share=0.2, schedule="one-cycle"),
)


def go(
    config: RunConfig, images: Images, asked: Callable[[], Asked], checkpoint: Checkpoint | None, kept: list[Checkpoint]
) -> Trained | None:
    places = split(images, config.training)
    return train(config, Split(images, *places), CLASSES, lambda _: None, kept.append, asked, checkpoint)


def through_a_file(checkpoint: Checkpoint, folder: Path) -> Checkpoint:
    checkpoints.write(folder, Place(0, 0), Saved(checkpoint.training_state, checkpoint.arrays, "f"))
    saved, _ = checkpoints.newest(folder)
    assert saved is not None
    return Checkpoint(saved.training_state, saved.arrays)


def measured(kept: list[Checkpoint]) -> list[list[float]]:
    return [[getattr(row, name) for name in MEASURED] for row in kept[-1].training_state.history]


@pytest.fixture
def one_step_a_chunk(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a training is asked after each step, however fast it goes."""
    monkeypatch.setattr(engine, "MAX_CHUNK", 1)


@pytest.mark.usefixtures("one_step_a_chunk")
@pytest.mark.parametrize(
    ("optimizer", "class_weights"),
    [("SGD", "none"), ("Adam", "none"), ("RMSprop", "none"), ("Muon", "none"), ("SGD", "balanced")],
)
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_pausing_again_and_again_changes_no_bit_of_the_weights(
    colours: Images, tmp_path: Path, optimizer: str, class_weights: str, precision: str
) -> None:
    config = CONFIG.with_setting("training.optimizer", optimizer).with_setting("training.precision", precision)
    if class_weights == "balanced":
        config = config.with_setting("training.class_weights", "balanced")
        uneven = np.where(np.arange(len(colours.labels)) < 60, colours.labels, np.maximum(colours.labels, 1))
        colours = Images(colours.pixels, uneven)
    whole: list[Checkpoint] = []
    unbroken = go(config, colours, lambda: None, None, whole)
    assert unbroken is not None
    kept: list[Checkpoint] = []
    trained, checkpoint, pauses = None, None, 0
    while trained is None:
        none: Asked = None
        pause: Asked = "pause"
        asked = chain(repeat(none, 5 + pauses), repeat(pause))  # each time on another step of its epoch
        trained = go(config, colours, asked.__next__, checkpoint, kept)
        if trained is None:
            pauses += 1
            checkpoint = through_a_file(kept[-1], tmp_path)
    assert pauses > 3
    assert len({one.training_state.step for one in kept}) > 3, "the pauses fell on the same step"
    for one, two in zip(unbroken.model.get_weights(), trained.model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, two)
    np.testing.assert_allclose(measured(kept), measured(whole), rtol=1e-6)


@pytest.mark.usefixtures("one_step_a_chunk")
def test_a_training_killed_after_any_checkpoint_ends_the_same(
    colours: Images, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "KEEP_SECONDS", 0)
    whole: list[Checkpoint] = []
    unbroken = go(CONFIG, colours, lambda: None, None, whole)
    assert unbroken is not None
    assert len(whole) > 20, "there is a checkpoint after each step"
    for checkpoint in whole[3::11]:
        trained = go(CONFIG, colours, lambda: None, through_a_file(checkpoint, tmp_path), [])
        assert trained is not None
        for one, two in zip(unbroken.model.get_weights(), trained.model.get_weights(), strict=True):
            np.testing.assert_array_equal(one, two)


@pytest.mark.usefixtures("one_step_a_chunk")
def test_a_training_that_goes_on_in_order_to_be_stopped_completes_no_other_epoch(
    colours: Images, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "KEEP_SECONDS", 0)
    whole: list[Checkpoint] = []
    go(CONFIG, colours, lambda: None, None, whole)
    of_second = [one for one in whole if one.training_state.epoch == 1]
    assert of_second[0].training_state.step == 0
    for checkpoint in (of_second[0], of_second[1], of_second[-1]):
        stopped = go(CONFIG, colours, lambda: "stop", checkpoint, [])
        assert stopped is not None
        assert stopped.stopped
        assert stopped.epochs_trained == 1


def test_a_finished_training_that_was_killed_before_it_was_scored_is_only_scored(colours: Images) -> None:
    whole: list[Checkpoint] = []
    unbroken = go(CONFIG, colours, lambda: None, None, whole)
    again: list[Checkpoint] = []
    trained = go(CONFIG, colours, lambda: None, whole[-1], again)
    assert again == []
    assert unbroken is not None
    assert trained is not None
    assert trained.best_epoch == unbroken.best_epoch
    for one, two in zip(unbroken.model.get_weights(), trained.model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, two)


def test_divergence_after_a_good_epoch_keeps_that_epoch_and_says_so(colours: Images) -> None:
    first: list[Checkpoint] = []
    go(CONFIG.with_setting("training.epochs", 2), colours, lambda: "stop" if first else None, None, first)
    (poisoned,) = first
    poisoned.arrays["model/2"] = np.full_like(poisoned.arrays["model/2"], np.nan)
    trained = go(CONFIG, colours, lambda: None, poisoned, [])
    assert trained is not None
    assert trained.epochs_trained == trained.best_epoch == 1
    assert trained.diverged is not None
    assert "diverged: in epoch 2" in trained.diverged
    assert all(np.isfinite(array).all() for array in trained.model.get_weights())
