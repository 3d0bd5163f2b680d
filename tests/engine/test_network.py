"""Keras is the referee: what the forms promise is what Keras builds."""

from collections.abc import Callable

import keras
import numpy as np
import pytest
import tensorflow as tf

from imgrec import architecture
from imgrec.engine import network
from imgrec.errors import ShapeError
from imgrec.layers import (
    ACTIVATIONS,
    LAYERS,
    Activation,
    AveragePooling2D,
    Conv2D,
    Dense,
    Flatten,
    Layer,
    MaxPooling2D,
    ResidualBlock,
    SeparableConv2D,
)
from imgrec.settings import options

pytestmark = pytest.mark.slow
IMAGE = (32, 32, 3)
FLAT = Flatten()


def variants(cls: type[Layer]) -> list[Layer]:
    """Return the layer with each value of each of its choices, one at a time, and with its switches turned."""
    found = [cls()]
    for name, field in cls.model_fields.items():
        values = options(field) or ([True, False] if field.annotation is bool else [])
        found += [cls(**{name: value}) for value in values]
    return found


def stack(layer: Layer) -> list[Layer]:
    """Return the layer alone, or below a Flatten where it takes vectors only."""
    return [FLAT, layer] if isinstance(layer, Dense) else [layer]


CASES = [layer for cls in LAYERS.values() for layer in variants(cls)]


@pytest.mark.parametrize("layer", CASES, ids=repr)
def test_shape_and_parameters_agree_with_keras(layer: Layer) -> None:
    layers = stack(layer)
    before = FLAT.output_shape(IMAGE) if len(layers) > 1 else IMAGE
    model = network.build(layers, IMAGE)
    assert model.output_shape == (None, *layer.output_shape(before))
    assert model.count_params() == layer.count_params(before)


@pytest.mark.parametrize("shape", [(5, 5, 1), (7, 9, 3), (33, 31, 4)], ids=str)
@pytest.mark.parametrize(
    "layer",
    [
        Conv2D(strides=2),
        Conv2D(strides=2, padding="valid"),
        Conv2D(kernel_size=5, padding="valid"),
        SeparableConv2D(strides=2),
        SeparableConv2D(padding="valid"),
        MaxPooling2D(pool_size=3),
        ResidualBlock(strides=2),
        ResidualBlock(filters=3),
    ],
    ids=repr,
)
def test_odd_sizes_agree_with_keras(layer: Layer, shape: tuple[int, int, int]) -> None:
    model = network.build([layer], shape)
    assert model.output_shape == (None, *layer.output_shape(shape))
    assert model.count_params() == layer.count_params(shape)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_activation_is_one_of_keras(activation: str) -> None:
    layers = [Conv2D(activation=activation), FLAT, Dense(activation=activation)]
    assert network.build(layers, IMAGE).output_shape == (None, 128)


def test_a_projection_appears_only_where_the_shape_changes() -> None:
    same = network.build([ResidualBlock(filters=3)], IMAGE)
    wider = network.build([ResidualBlock(filters=8)], IMAGE)
    assert not [layer for layer in same.layers if "projection" in layer.name]
    assert [layer for layer in wider.layers if "projection" in layer.name]


def test_a_residual_block_adds_its_input() -> None:
    model = network.build([ResidualBlock(filters=3)], IMAGE)
    for layer in model.layers:
        if isinstance(layer, keras.layers.Conv2D):
            layer.set_weights([np.zeros_like(weights) for weights in layer.get_weights()])
    image = np.random.default_rng(0).integers(0, 256, (1, *IMAGE), dtype=np.uint8)
    np.testing.assert_allclose(model(image), image / 255, rtol=1e-6)


@pytest.mark.parametrize("layers", [[], [Conv2D()], [FLAT, Dense()]], ids=["bare", "image", "vector"])
def test_a_classifier_gives_one_probability_per_class(layers: list[Layer]) -> None:
    model = network.build_classifier(layers, IMAGE, classes=7)
    images = np.random.default_rng(0).integers(0, 256, (4, *IMAGE), dtype=np.uint8)
    probabilities = np.asarray(model(images))
    assert probabilities.shape == (4, 7)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)
    assert model.count_params() == architecture.trace(layers, IMAGE, 7).params


def test_an_impossible_stack_is_refused_in_words_naming_the_layer() -> None:
    with pytest.raises(ShapeError, match=r"^Layer 2: Dense needs a vector"):
        network.build_classifier([Conv2D(), Dense()], IMAGE, classes=10)


def test_multiply_adds_of_a_dense_and_a_convolution_equal_their_matrix_products() -> None:
    """A convolution is one product of (H·W, k·k·C) and (k·k·C, filters); counted here by hand."""
    rows = architecture.trace([Conv2D(filters=8, kernel_size=3), FLAT, Dense(units=5)], IMAGE, 10).rows
    assert [row.multiply_adds for row in rows] == [32 * 32 * 27 * 8, 0, 8192 * 5, 5 * 10]


def test_activation_alone_changes_values_and_not_shapes() -> None:
    model = network.build([Activation(activation="tanh")], IMAGE)
    assert float(np.asarray(model(np.full((1, *IMAGE), 255, np.uint8))).max()) == pytest.approx(np.tanh(1), rel=1e-5)


@pytest.mark.parametrize("activation", network.RISING)
@pytest.mark.parametrize(
    "before",
    [
        lambda activation: [Conv2D(filters=8, activation=activation)],
        lambda activation: [SeparableConv2D(filters=8, activation=activation)],
        lambda activation: [Conv2D(filters=8, activation="linear"), Activation(activation=activation)],
    ],
    ids=["convolution", "separable", "activation"],
)
def test_pooling_first_changes_no_answer_and_no_gradient(before: Callable[[str], list[Layer]], activation: str) -> None:
    layers = [*before(activation), MaxPooling2D(), *before(activation), MaxPooling2D(pool_size=3), FLAT]
    images = np.random.default_rng(0).integers(0, 256, (4, *IMAGE), dtype=np.uint8)
    plain = network.build_classifier(layers, IMAGE, 10)
    faster = network.build_for_training(layers, IMAGE, 10, "float32")
    faster.set_weights(plain.get_weights())
    found = []
    for model in plain, faster:
        with tf.GradientTape() as tape:
            probabilities = model(images)
            loss = tf.reduce_mean(probabilities[:, 0])
        found.append([probabilities, *tape.gradient(loss, model.trainable_variables)])
    for wanted, received in zip(*found, strict=True):
        np.testing.assert_allclose(received, wanted, rtol=1e-4, atol=1e-6)


def test_an_activation_is_computed_after_the_pooling_only_where_that_changes_nothing() -> None:
    def order(*layers: Layer) -> list[str]:
        return [type(layer).__name__ for _, layer in network.pooled_first([("", layer) for layer in layers])]

    assert order(Conv2D(), MaxPooling2D()) == ["Conv2D", "MaxPooling2D", "Activation"]
    assert order(Activation(), MaxPooling2D()) == ["MaxPooling2D", "Activation"]
    assert order(Conv2D(activation="gelu"), MaxPooling2D()) == ["Conv2D", "MaxPooling2D"]
    assert order(Conv2D(), AveragePooling2D()) == ["Conv2D", "AveragePooling2D"]
    assert order(ResidualBlock(), MaxPooling2D()) == ["ResidualBlock", "MaxPooling2D"]
    assert order(Conv2D(), Conv2D()) == ["Conv2D", "Conv2D"]
