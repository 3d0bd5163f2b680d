"""Layers that are copied from a trained model begin as they were there, and those that are locked stay so."""

from collections.abc import Callable
from itertools import chain, repeat
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from imgrec.config import RunConfig, Training, Transfer
from imgrec.datasets import Images, split
from imgrec.engine import initializers, network
from imgrec.engine import training as engine
from imgrec.engine.learner import Learner
from imgrec.engine.training import Trained, train
from imgrec.errors import StartError
from imgrec.fitting import Asked, Checkpoint, Split
from imgrec.layers import (
    Activation,
    BatchNormalization,
    Conv2D,
    Dropout,
    GlobalAveragePooling2D,
    Layer,
    MaxPooling2D,
    PatchWhitening,
    ResidualBlock,
    SpatialDropout2D,
)
from imgrec.presets import PRESETS

pytestmark = pytest.mark.slow
CLASSES = 3
RUN = "20261128-013435-8f85c6a5"
LAYERS: tuple[Layer, ...] = (
    PatchWhitening(),
    Activation(),
    Conv2D(filters=8, kernel_initializer="identity"),
    MaxPooling2D(),
    BatchNormalization(),
    SpatialDropout2D(rate=0.5),
    ResidualBlock(filters=6),
    Dropout(rate=0.5),
    Conv2D(filters=4),
    BatchNormalization(),
    GlobalAveragePooling2D(),
)
COPIED = 8
CONFIG = RunConfig(
    layers=LAYERS,
    training=Training(epochs=2, batch_size=32, learning_rate=0.02, validation_share=0.2),
    start=Transfer(run=RUN, layers=COPIED),
)
UNLOCKED = CONFIG.with_setting("start.locked", False)


@pytest.fixture(scope="module")
def source() -> keras.Model:
    """Return a model that has learnt other classes, of images of another size, and has moved all its weights."""
    keras.utils.set_random_seed(7)
    model = network.build_classifier(LAYERS, (12, 12, 3), CLASSES + 2)
    rng = np.random.default_rng(0)
    model.set_weights([rng.uniform(0.1, 1, array.shape).astype(np.float32) for array in model.get_weights()])
    return model


@pytest.fixture(scope="module")
def start(source: keras.Model, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("models") / "start.keras"
    source.save(path)
    return path


def go(
    config: RunConfig,
    images: Images,
    start: Path | None,
    asked: Callable[[], Asked] = lambda: None,
    checkpoint: Checkpoint | None = None,
    kept: list[Checkpoint] | None = None,
) -> Trained | None:
    places = split(images, config.training)
    keep = ([] if kept is None else kept).append
    copied = config.start.layers if config.start else None
    return train(config, Split(images, *places), CLASSES, lambda _: None, keep, asked, checkpoint, start, copied)


def weights(model: keras.Model, layers: int) -> list[np.ndarray]:
    return [array for layer in network.first_layers(model, layers) for array in layer.get_weights()]


def all_equal(one: list[np.ndarray], other: list[np.ndarray]) -> bool:
    return all(np.array_equal(mine, theirs) for mine, theirs in zip(one, other, strict=True))


@pytest.mark.parametrize("preset", PRESETS.values(), ids=list(PRESETS))
def test_the_first_layers_of_every_preset_are_copied_and_no_others(preset):
    layers = preset.config.layers
    keras.utils.set_random_seed(0)
    before = network.build_classifier(layers, (32, 32, 3), 10)
    for count in {1, len(layers) // 2, len(layers)}:
        model = network.build_for_training(layers, (32, 32, 3), 5, "float32", locked=count)
        fresh = weights(model, len(layers))[len(weights(model, count)) :]
        initializers.copy(model, before, count)
        assert all_equal(weights(model, count), weights(before, count))
        assert all_equal(weights(model, len(layers))[len(weights(model, count)) :], fresh)
        plain = network.build_classifier(layers, (32, 32, 3), 5)
        plain.set_weights(model.get_weights())
        assert all_equal(weights(plain, count), weights(before, count))
        learning = {id(variable) for variable in model.trainable_variables}
        assert not any(id(w) in learning for layer in network.first_layers(model, count) for w in layer.weights)


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("optimizer", ["SGD", "Adam", "Muon"])
def test_locked_layers_are_the_same_bit_for_bit_after_training(colours, source, start, precision, optimizer):
    config = CONFIG.with_setting("training.precision", precision).with_setting("training.optimizer", optimizer)
    trained = go(config, colours, start)
    assert trained is not None
    assert all_equal(weights(trained.model, COPIED), weights(source, COPIED))
    assert all_equal([np.asarray(w) for w in trained.model.weights[:2]], source.get_weights()[:2])
    after = zip(weights(trained.model, 11)[len(weights(source, COPIED)) :], weights(source, 11)[-6:], strict=True)
    assert not any(np.array_equal(mine, theirs) for mine, theirs in after)


def test_unlocked_layers_begin_as_copied_and_go_on_learning(colours, source, start):
    slow = UNLOCKED.with_setting("training.learning_rate", 1e-6).with_setting("training.epochs", 1)
    trained = go(slow, colours, start)
    assert trained is not None
    moved = False
    for layer in network.first_layers(trained.model, COPIED):
        for variable, before in zip(layer.weights, source.get_layer(layer.name).get_weights(), strict=True):
            if "moving" not in variable.name:
                np.testing.assert_allclose(np.asarray(variable), before, atol=1e-4)
                moved = moved or not np.array_equal(np.asarray(variable), before)
    assert moved


def test_locked_layers_work_as_in_an_answer_while_the_rest_learns(colours, source):
    everything = len(LAYERS)
    model = network.build_for_training(LAYERS, (8, 8, 3), CLASSES, "float32", locked=everything)
    initializers.copy(model, source, everything)
    images = tf.constant(colours.pixels[:16])
    learning, answering = (np.asarray(model(images, training=training)) for training in (True, False))
    np.testing.assert_array_equal(learning, answering)
    unlocked = network.build_for_training(LAYERS, (8, 8, 3), CLASSES, "float32")
    assert not np.array_equal(np.asarray(unlocked(images, training=True)), np.asarray(unlocked(images, training=False)))


@pytest.mark.parametrize(("locked", "gradients"), [(0, 5), (COPIED, 1), (len(LAYERS), 0)])
def test_nothing_is_computed_back_through_locked_layers(colours, locked, gradients):
    model = network.build_for_training(LAYERS, (8, 8, 3), CLASSES, "float32", locked)
    learner = Learner(model, CONFIG.training, total_steps=4)
    learner.learn(colours.pixels[None, :8], colours.labels[None, :8])
    graph = learner._learn.get_concrete_function().graph.as_graph_def()
    nodes = [node.op for function in graph.library.function for node in function.node_def]
    assert nodes.count("Conv2DBackpropFilter") == nodes.count("Conv2DBackpropInput") == gradients


@pytest.mark.parametrize("config", [CONFIG, UNLOCKED], ids=["locked", "unlocked"])
def test_pausing_again_and_again_changes_no_bit(colours, start, monkeypatch, config):
    monkeypatch.setattr(engine, "MAX_CHUNK", 1)
    unbroken = go(config, colours, start)
    assert unbroken is not None
    kept: list[Checkpoint] = []
    trained, checkpoint, pauses = None, None, 0
    while trained is None:
        none: Asked = None
        pause: Asked = "pause"
        asked = chain(repeat(none, 4 + pauses), repeat(pause))
        # Once it has begun, what it began with is not needed any more.
        trained = go(config, colours, None if checkpoint else start, asked.__next__, checkpoint, kept)
        if trained is None:
            pauses, checkpoint = pauses + 1, kept[-1]
    assert pauses > 1
    assert all_equal(unbroken.model.get_weights(), trained.model.get_weights())


def test_the_rest_of_the_network_begins_anew_also_what_is_computed_from_images(colours, source, start):
    """The whitening that is not copied is measured on the training images."""
    layers = (*LAYERS[:5], PatchWhitening(), GlobalAveragePooling2D())
    keras.utils.set_random_seed(0)
    model = network.build_for_training(layers, (8, 8, 3), CLASSES, "float32", locked=5)
    before = model.get_layer("06_PatchWhitening").get_weights()
    initializers.begin(model, layers, Split(colours, np.arange(300), np.arange(300, 330)), start, 5)
    assert all_equal(weights(model, 5), weights(source, 5))
    assert not all_equal(model.get_layer("06_PatchWhitening").get_weights(), before)


def test_a_model_of_another_network_is_refused(colours, start):
    wider = CONFIG.with_setting("layers.2.filters", 16)
    with pytest.raises(StartError, match=r"need to be those of its network\. Received others at 03_Conv2D"):
        go(wider, colours, start)
