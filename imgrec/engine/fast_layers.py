"""Keras layers that compute what Keras' own do, in less time or more exactly. Training uses them; the saved model has
Keras' own.
"""

from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

from imgrec.engine import devices

SMALL_MAP = 8
"""Height and width up to which the other weight gradient is the faster one, measured for 3×3 filters in bfloat16 on a
processor with AVX512_BF16: 1.1 to 2.2 times as fast up to 8×8 values, slower from 10×10 on; in float32 it never pays.
"""


class BatchNormalization(keras.layers.BatchNormalization):  # type: ignore[misc]
    """Batch normalization of images as one fused operation, where Keras 3 takes a dozen over the same memory.

    On several devices, mean and variance are those of the whole batch.
    """

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        """Take values (N, H, W, C) in any float format; mean and variance are float32. Vectors go Keras' way."""
        training = training and self.trainable  # as in Keras: a locked layer neither measures a batch nor remembers it
        if training and devices.replica() is not None:
            return self._on_several(inputs)
        if len(inputs.shape) != 4:
            return super().call(inputs, training=training, mask=mask)
        offset = tf.convert_to_tensor(self.beta)
        scale = tf.convert_to_tensor(self.gamma) if self.scale else tf.ones_like(offset)
        nothing = tf.zeros((0,))
        values, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(
            x=inputs,
            scale=scale,
            offset=offset,
            mean=nothing if training else tf.convert_to_tensor(self.moving_mean),
            variance=nothing if training else tf.convert_to_tensor(self.moving_variance),
            epsilon=self.epsilon,
            is_training=bool(training),
        )
        if training:
            count = tf.cast(tf.size(inputs) // inputs.shape[-1], tf.float32)
            # The operation gives the estimate for the population, n / (n - 1) of the variance that Keras remembers.
            self._remember(self.moving_mean, mean)
            self._remember(self.moving_variance, variance * (count - 1) / count)
        return values

    def _on_several(self, inputs: Any) -> Any:
        # The mean first and then the distances from it, as a difference of sums of squares loses digits.
        values, over = tf.cast(inputs, tf.float32), list(range(len(inputs.shape) - 1))
        count = devices.summed(tf.cast(tf.size(inputs) // inputs.shape[-1], tf.float32))
        mean = devices.summed(tf.reduce_sum(values, over)) / count
        variance = devices.summed(tf.reduce_sum(tf.math.squared_difference(values, mean), over)) / count
        self._remember(self.moving_mean, mean)
        self._remember(self.moving_variance, variance)
        scale = tf.convert_to_tensor(self.gamma) if self.scale else None
        offset = tf.convert_to_tensor(self.beta)
        normalized = tf.nn.batch_normalization(values, mean, variance, offset, scale, self.epsilon)
        return tf.cast(normalized, inputs.dtype)

    def _remember(self, moving: keras.Variable, of_batch: Any) -> None:
        moving.assign(moving * self.momentum + of_batch * (1 - self.momentum))


class Conv2D(keras.layers.Conv2D):  # type: ignore[misc]
    """A convolution whose weight gradient on small maps is itself computed as a convolution.

    A 1×1 convolution with strides takes the pixels that it looks at first, and then needs no strides: the same function
    for either padding. oneDNN, with which TensorFlow computes, has a wrong weight gradient for a 1×1 kernel with
    strides on few channels (fewer than 8 with AVX2, 16 with AVX-512), or writes past its memory. In bfloat16 its weight
    gradient of a larger kernel reads memory that no one wrote where a map is one pixel wide and the stride is not one;
    on such a map every stride gives the same, and 1 is taken.
    """

    def call(self, inputs: Any) -> Any:
        """Take values (N, H, W, C), as Keras' does."""
        return biased(self, self.convolution_op(inputs, self.kernel))

    def convolution_op(self, inputs: Any, kernel: Any) -> Any:
        """Take values (N, H, W, C) and a kernel (k, k, C, filters), as Keras' does."""
        if self.kernel_size == (1, 1) and self.strides != (1, 1):
            rows, columns = self.strides
            return keras.ops.conv(inputs[:, ::rows, ::columns], kernel, padding="valid")
        height, width = inputs.shape[1:3]
        if width == 1 and self.strides[1] != 1:
            return keras.ops.conv(inputs, kernel, strides=(self.strides[0], 1), padding=self.padding)
        small = max(height, width) <= SMALL_MAP and self.kernel_size[0] > 1 and self.strides == (1, 1)
        if small and inputs.dtype == tf.bfloat16 and not tf.config.list_physical_devices("GPU"):
            return _convolution(self.padding.upper())(inputs, tf.cast(kernel, inputs.dtype))
        return super().convolution_op(inputs, kernel)


class SeparableConv2D(keras.layers.SeparableConv2D):  # type: ignore[misc]
    """A separable convolution whose bias is added by biased."""

    def call(self, inputs: Any) -> Any:
        """Take values (N, H, W, C), as Keras' does."""
        kernels = self.depthwise_kernel, self.pointwise_kernel
        return biased(self, keras.ops.separable_conv(inputs, *kernels, strides=self.strides, padding=self.padding))


class Dense(keras.layers.Dense):  # type: ignore[misc]
    """A matrix product whose bias is added by biased."""

    def call(self, inputs: Any, training: bool | None = None) -> Any:  # noqa: ARG002 - the signature of Keras
        """Take values (N, C), as Keras' does."""
        return biased(self, keras.ops.matmul(inputs, self.kernel))


class _Dropping:
    def call(self: Any, inputs: Any, training: bool = False) -> Any:
        """Take values (N, …), as Keras' does. On several devices, each draws numbers of its own."""
        context = devices.replica()
        if context is None or not training or not self.rate:
            return super().call(inputs, training=training)  # type: ignore[misc]
        # All replicas have the same state, which stays so: a checkpoint holds one.
        drawn = tf.random.experimental.stateless_fold_in(self.seed_generator.next(), context.replica_id_in_sync_group)
        shape = self._get_noise_shape(inputs) if isinstance(self, SpatialDropout2D) else None
        return tf.nn.experimental.stateless_dropout(inputs, self.rate, seed=drawn, noise_shape=shape)


class Dropout(_Dropping, keras.layers.Dropout):  # type: ignore[misc]
    """Dropout."""


class SpatialDropout2D(_Dropping, keras.layers.SpatialDropout2D):  # type: ignore[misc]
    """Dropout of whole channels."""


def biased(layer: Any, values: Any) -> Any:
    """Add the layer's bias, if it has one, to values (…, C) and pass them through its activation.

    Keras has an operation of its own for that, BiasAdd. In bfloat16 its gradient is summed in bfloat16, which stops
    growing after some hundred numbers: for 32 maps of 32×32 it is 41 % off. That of an addition is summed in float32.
    """
    if layer.use_bias:
        values = tf.add(values, tf.cast(layer.bias, values.dtype))
    return values if layer.activation is None else layer.activation(values)


def _convolution(padding: str) -> Callable[[Any, Any], Any]:
    def convolved(values: Any, kernel: Any) -> Any:
        def gradients(upstream: Any) -> tuple[Any, Any]:
            down = tf.raw_ops.Conv2DBackpropInput(
                input_sizes=tf.shape(values),
                filter=kernel,
                out_backprop=upstream,
                strides=[1, 1, 1, 1],
                padding=padding,
            )
            return down, weight_gradient(values, upstream, kernel.shape[0], padding)

        return tf.nn.conv2d(values, kernel, 1, padding), gradients

    with_gradients: Callable[[Any, Any], Any] = tf.custom_gradient(convolved)
    return with_gradients


def weight_gradient(values: Any, upstream: Any, kernel_size: int, padding: str) -> Any:
    """Return the gradient (k, k, C, filters) of the kernel, from values (N, H, W, C) and upstream (N, H, W, filters).

    It sums over images and positions what a convolution sums over channels and positions. So the channels take the
    place of the images, the images that of the channels, and the upstream gradient is the kernel.
    """
    before = (kernel_size - 1) // 2 if padding == "SAME" else 0
    after = kernel_size - 1 - before if padding == "SAME" else 0
    sides = [[0, 0], [before, after], [before, after], [0, 0]]
    gradient = tf.nn.conv2d(tf.transpose(values, [3, 1, 2, 0]), tf.transpose(upstream, [1, 2, 0, 3]), 1, sides)
    return tf.transpose(gradient, [1, 2, 0, 3])


FAST_LAYERS: dict[str, type[keras.layers.Layer]] = {
    twin.__name__: twin for twin in (BatchNormalization, Conv2D, SeparableConv2D, Dense, Dropout, SpatialDropout2D)
}
"""Every Keras class that has a twin here, by its name."""
