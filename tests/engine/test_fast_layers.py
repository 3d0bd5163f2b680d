"""Keras is the referee: the faster layers give its values and its gradients."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from benchmarks.gradients import has_bfloat16
from imgrec.engine.fast_layers import FAST_LAYERS, SMALL_MAP, weight_gradient

pytestmark = pytest.mark.slow
RNG = np.random.default_rng(0)
HAS_BFLOAT16 = pytest.mark.skipif(
    not has_bfloat16("DEFAULT"), reason="imgrec computes in float32 where the processor has no bfloat16"
)


def normal(*shape: int) -> tf.Tensor:
    """Return normal numbers around 0.5, so that a mean that is left out is noticed."""
    return tf.constant(RNG.normal(0.5, 1, shape), tf.float32)


@pytest.mark.parametrize("scale", [True, False])
@pytest.mark.parametrize("shape", [(16, 5, 5, 3), (1, 1, 1, 3), (16, 3)], ids=str)
def test_fused_batch_normalization_gives_the_values_gradients_and_averages_of_keras(
    shape: tuple[int, ...], scale: bool
) -> None:
    values, upstream = normal(*shape), normal(*shape)
    found = []
    for cls in (keras.layers.BatchNormalization, FAST_LAYERS["BatchNormalization"]):
        layer = cls(momentum=0.7, scale=scale)
        layer.build(shape)
        layer.set_weights([weights + 0.1 * (place + 1) for place, weights in enumerate(layer.get_weights())])
        with tf.GradientTape() as tape:
            tape.watch(values)
            out = layer(values, training=True)
            total = tf.reduce_sum(out * upstream)
        gradients = tape.gradient(total, [values, *(variable.value for variable in layer.trainable_variables)])
        found.append([out, *gradients, *layer.get_weights(), layer(values, training=False)])
    for theirs, ours in zip(*found, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("padding", ["SAME", "VALID"])
@pytest.mark.parametrize("kernel_size", [2, 3, 5])
@pytest.mark.parametrize("side", [5, 8])
def test_the_weight_gradient_as_a_convolution_is_that_of_tensorflow(side: int, kernel_size: int, padding: str) -> None:
    values, kernel = normal(6, side, side, 3), normal(kernel_size, kernel_size, 3, 4)
    with tf.GradientTape() as tape:
        tape.watch(kernel)
        out = tf.nn.conv2d(values, kernel, 1, padding)
        upstream = normal(*out.shape)
        total = tf.reduce_sum(out * upstream)
    np.testing.assert_allclose(
        weight_gradient(values, upstream, kernel_size, padding), tape.gradient(total, kernel), rtol=1e-4, atol=1e-4
    )


@pytest.mark.parametrize("side", [SMALL_MAP, SMALL_MAP + 1])
@pytest.mark.parametrize("settings", [{}, {"padding": "same"}, {"strides": 2}, {"activation": "relu"}], ids=str)
def test_a_fast_convolution_in_bfloat16_has_the_gradients_of_keras(side: int, settings: dict[str, object]) -> None:
    values = normal(4, side, side, 3)
    found = []
    for cls in (keras.layers.Conv2D, FAST_LAYERS["Conv2D"]):
        layer = cls(4, 3, dtype="mixed_bfloat16", kernel_initializer=keras.initializers.GlorotUniform(1), **settings)
        layer.build(values.shape)
        with tf.GradientTape() as tape:
            tape.watch(values)
            total = tf.reduce_sum(tf.cast(layer(values), tf.float32) ** 2)
        found.append([total, *tape.gradient(total, [values, *(weight.value for weight in layer.trainable_variables)])])
    for theirs, ours in zip(*found, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=0.05, atol=0.02 * float(tf.reduce_max(tf.abs(theirs))))


@pytest.mark.parametrize("precision", ["float32", pytest.param("mixed_bfloat16", marks=HAS_BFLOAT16)])
@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize("shape", [(5, 8, 9, 3), (2, 1, 1, 1), (3, 7, 4, 16)], ids=str)
def test_a_pointwise_convolution_with_strides_is_a_matrix_product_for_every_second_pixel(
    shape: tuple[int, ...], padding: str, precision: str
) -> None:
    values = tf.cast(tf.cast(normal(*shape), tf.bfloat16), tf.float32)
    layer = FAST_LAYERS["Conv2D"](6, 1, strides=2, padding=padding, dtype=precision)
    layer.build(shape)
    layer.set_weights([tf.cast(tf.cast(normal(*weights.shape), tf.bfloat16), tf.float32) for weights in layer.weights])
    with tf.GradientTape() as tape:
        tape.watch(values)
        out = layer(values)
        upstream = tf.cast(normal(*out.shape), out.dtype)
        total = tf.reduce_sum(out * upstream)
    found = [out, *tape.gradient(total, [values, *(weight.value for weight in layer.trainable_variables)])]
    kernel, bias = layer.get_weights()
    pixels, up = values.numpy()[:, ::2, ::2], tf.cast(upstream, tf.float32).numpy()
    down = np.zeros(shape)
    down[:, ::2, ::2] = up @ kernel[0, 0].T
    kernel_gradient = np.einsum("nhwc,nhwf->cf", pixels, up)[None, None]
    expected = [pixels @ kernel[0, 0] + bias, down, kernel_gradient, up.sum((0, 1, 2))]
    tolerance = 1e-4 if precision == "float32" else 0.02
    for ours, numpys in zip(found, expected, strict=True):
        numbers = tf.cast(ours, tf.float32)
        np.testing.assert_allclose(numbers, numpys, atol=tolerance * np.abs(numpys).max())


@pytest.mark.parametrize(
    ("name", "settings", "shape"),
    [
        ("Conv2D", {"filters": 3, "kernel_size": 1}, (32, 32, 32, 2)),
        ("SeparableConv2D", {"filters": 3, "kernel_size": 2}, (32, 32, 32, 2)),
        ("Dense", {"units": 3}, (30_000, 2)),
    ],
)
def test_the_gradient_of_a_bias_in_bfloat16_is_the_sum_of_all_that_comes_back(
    name: str, settings: dict[str, int], shape: tuple[int, ...]
) -> None:
    layer = FAST_LAYERS[name](**settings, dtype="mixed_bfloat16")
    values = normal(*shape)
    with tf.GradientTape() as tape:
        out = layer(values)
        total = tf.reduce_sum(out)
    np.testing.assert_allclose(tape.gradient(total, layer.bias.value), [tf.size(out) / 3] * 3, rtol=0.01)
