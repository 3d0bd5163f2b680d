"""Every layer and block a user can stack, and the table LAYERS.

To add one: a class here whose name is the Keras name, its name in LAYERS, and its builder in engine/network.py.
The form, the help, the checks, the JSON, the shape table and the contract tests follow.
"""

from math import prod
from typing import Annotated, Any

from pydantic import BeforeValidator, SerializeAsAny

from imgrec.errors import ShapeError
from imgrec.settings import Named, choice, number, parse_named, switch, whole

Shape = tuple[int, ...]
"""What flows between layers: an image (height, width, channels) or a vector (features,)."""

ACTIVATIONS = ("linear", "relu", "leaky_relu", "elu", "gelu", "silu", "sigmoid", "tanh")

MAX_WHITENED_CHANNELS = 64
"""The most channels PatchWhitening takes: its weights grow with the square of them."""


class Layer(Named):
    """A layer of the stack; parameters count every weight that Keras stores, also those not trained."""

    def output_shape(self, shape: Shape) -> Shape:
        """Gives the shape after this layer. Raises ShapeError where the layer cannot stand."""
        return shape

    def count_params(self, shape: Shape) -> int:
        """Counts the weights of this layer on an input of this shape."""
        return 0

    def multiply_adds(self, shape: Shape) -> int:
        """Counts the multiply-add operations of convolutions and matrix products for one image."""
        return 0

    def summary(self) -> str:
        """Says the settings in one line."""
        return ""


class _Convolution(Layer):
    filters: int = whole(32, 1, 1024, "How many patterns are learnt: the channels of the output.", step=8)
    kernel_size: int = choice(3, 1, 2, 3, 5, 7, help="Side of the square that a filter sees at once, in pixels.")
    strides: int = choice(1, 1, 2, help="Step between two positions of a filter; 2 halves height and width.")
    padding: str = choice("same", "same", "valid", help="same keeps the border pixels; valid cuts them off.")
    activation: str = choice("relu", *ACTIVATIONS, help="The curve that every output value passes through.")
    use_bias: bool = switch(True, "Adds one learnt number per filter; not needed before BatchNormalization.")

    def output_shape(self, shape: Shape) -> Shape:
        height, width = _window(self, shape, self.kernel_size, self.strides, self.padding)
        return height, width, self.filters

    def summary(self) -> str:
        return _filters(self.filters, self.kernel_size, self.strides, self.activation)


class Conv2D(_Convolution):
    """Slides small filters over the image; each filter learns to answer to one pattern."""

    kernel_initializer: str = choice(
        "glorot_uniform",
        *("glorot_uniform", "he_normal", "identity"),
        help="What the filters are before they learn: random, or with identity the first ones pass their input on "
        "unchanged and only the others are random (Jordan 2024, arXiv 2404.00498, section 3.3).",
        title="Starting weights",
    )

    def summary(self) -> str:
        started = "" if self.kernel_initializer == "glorot_uniform" else f", {self.kernel_initializer}"
        return super().summary() + started

    def count_params(self, shape: Shape) -> int:
        return self.kernel_size**2 * shape[2] * self.filters + self.filters * self.use_bias

    def multiply_adds(self, shape: Shape) -> int:
        return prod(self.output_shape(shape)) * self.kernel_size**2 * shape[2]


class PatchWhitening(Layer):
    """Compares every small square with the typical patterns of the training images; nothing in it is learnt.

    Its filters are the principal components of all k×k patches, scaled to unit variance, and the negative of each; its
    bias subtracts the mean patch. They are computed before training begins.
    Source: Jordan 2024, arXiv 2404.00498, section 3.2, after Page 2019, "How to train your ResNet 8: Bag of tricks".
    """

    kernel_size: int = choice(2, 2, 3, 4, help="Side k of the squares: 2·k² filters for each channel of the input.")

    def output_shape(self, shape: Shape) -> Shape:
        height, width, channels = _image_shape(self, shape)
        if channels > MAX_WHITENED_CHANNELS:
            raise ShapeError(
                f"PatchWhitening needs at most {MAX_WHITENED_CHANNELS} channels. Received: {channels:,}. "
                "Put it on top, where the image comes in."
            )
        _require_pixels(self, shape, "kernel_size", "Choose a smaller kernel_size, or remove a pooling layer above it.")
        return height - self.kernel_size + 1, width - self.kernel_size + 1, 2 * self.kernel_size**2 * channels

    def count_params(self, shape: Shape) -> int:
        filters = self.output_shape(shape)[2]
        return (self.kernel_size**2 * shape[2] + 1) * filters

    def multiply_adds(self, shape: Shape) -> int:
        return prod(self.output_shape(shape)) * self.kernel_size**2 * shape[2]

    def summary(self) -> str:
        return f"{self.kernel_size}×{self.kernel_size}"


class SeparableConv2D(_Convolution):
    """Filters each channel by itself, then mixes the channels: a convolution with far fewer weights."""

    kernel_size: int = choice(3, 2, 3, 5, 7, help="Side of the square that a filter sees at once, in pixels.")

    def count_params(self, shape: Shape) -> int:
        return shape[2] * (self.kernel_size**2 + self.filters) + self.filters * self.use_bias

    def multiply_adds(self, shape: Shape) -> int:
        height, width, _ = self.output_shape(shape)
        return height * width * shape[2] * (self.kernel_size**2 + self.filters)


class _Pooling(Layer):
    pool_size: int = choice(2, 2, 3, 4, help="Side of the square; height and width are divided by it.")

    def output_shape(self, shape: Shape) -> Shape:
        height, width, channels = _image_shape(self, shape)
        _require_pixels(self, shape, "pool_size", "Remove a pooling layer above it, or choose a smaller pool_size.")
        return height // self.pool_size, width // self.pool_size, channels

    def summary(self) -> str:
        return f"{self.pool_size}×{self.pool_size}"


class MaxPooling2D(_Pooling):
    """Keeps the largest value of every pool_size × pool_size square."""


class AveragePooling2D(_Pooling):
    """Keeps the mean of every pool_size × pool_size square."""


class GlobalAveragePooling2D(Layer):
    """Keeps the mean of each channel: the image becomes a vector."""

    def output_shape(self, shape: Shape) -> Shape:
        return (_image_shape(self, shape)[2],)


class GlobalMaxPooling2D(Layer):
    """Keeps the largest value of each channel: the image becomes a vector."""

    def output_shape(self, shape: Shape) -> Shape:
        return (_image_shape(self, shape)[2],)


class BatchNormalization(Layer):
    """Brings each channel to mean 0 and variance 1 over the batch, then rescales it, which steadies training."""

    momentum: float = number(0.9, 0.0, 0.999, "How slowly the mean and variance for later use follow the batches.")
    scale: bool = switch(True, "Learns a scale (gamma) for each channel beside its offset (beta).")

    def count_params(self, shape: Shape) -> int:
        return (3 + self.scale) * shape[-1]  # offset, moving mean, moving variance, and a scale

    def summary(self) -> str:
        return f"momentum {self.momentum:g}" if self.scale else f"{self.momentum:g}, no scale"


class Rescaling(Layer):
    """Multiplies every value by a fixed number; as the last layer it keeps the first answers from being too sure."""

    scale: float = number(0.1, 0.01, 10.0, "The number that every value is multiplied by.", log=True)

    def summary(self) -> str:
        return f"× {self.scale:g}"


class Activation(Layer):
    """Passes every value through a curve, which is what lets a network learn more than straight lines."""

    activation: str = choice("relu", *ACTIVATIONS[1:], help="The curve.")

    def summary(self) -> str:
        return self.activation


class Dropout(Layer):
    """Sets a random share of the values to zero while training, so that the network relies on no single one."""

    rate: float = number(0.25, 0.0, 0.9, "The share of values set to zero.", step=0.05)

    def summary(self) -> str:
        return f"rate {self.rate:g}"


class SpatialDropout2D(Layer):
    """Sets whole channels to zero while training; for images, where neighbouring values say the same."""

    rate: float = number(0.1, 0.0, 0.9, "The share of channels set to zero.", step=0.05)

    def output_shape(self, shape: Shape) -> Shape:
        return _image_shape(self, shape)

    def summary(self) -> str:
        return f"rate {self.rate:g}"


class Flatten(Layer):
    """Writes all values of the image into one long vector."""

    def output_shape(self, shape: Shape) -> Shape:
        return (prod(shape),)


class Dense(Layer):
    """Joins every input with every output: a matrix of weights."""

    units: int = whole(128, 1, 4096, "How many numbers come out.", step=8)
    activation: str = choice("relu", *ACTIVATIONS, help="The curve that every output value passes through.")
    use_bias: bool = switch(True, "Adds one learnt number per output.")

    def output_shape(self, shape: Shape) -> Shape:
        if len(shape) != 1:
            raise ShapeError(
                f"Dense needs a vector. Received: an image of {_pixels(shape)} with {shape[2]} channels. "
                "Put Flatten or GlobalAveragePooling2D above it."
            )
        return (self.units,)

    def count_params(self, shape: Shape) -> int:
        return shape[0] * self.units + self.units * self.use_bias

    def multiply_adds(self, shape: Shape) -> int:
        return shape[0] * self.units

    def summary(self) -> str:
        return f"{self.units}, {self.activation}"


class ResidualBlock(Layer):
    """Adds what two normalised convolutions learn to their own input, so that deep networks still train.

    Source: He et al. 2015, "Deep Residual Learning for Image Recognition"; a 1×1 convolution fits the input to the
    sum where its shape changes.
    """

    filters: int = whole(64, 1, 1024, "How many channels the output has.", step=8)
    kernel_size: int = choice(3, 3, 5, help="Side of the square that a filter sees at once, in pixels.")
    strides: int = choice(1, 1, 2, help="2 halves height and width in the first convolution.")
    activation: str = choice("relu", *ACTIVATIONS[1:], help="The curve after each normalised convolution.")

    def output_shape(self, shape: Shape) -> Shape:
        height, width = _window(self, shape, self.kernel_size, self.strides, "same")
        return height, width, self.filters

    def projects(self, shape: Shape) -> bool:
        """Says whether the input needs a 1×1 convolution before it can be added to the output."""
        return self.strides != 1 or shape[2] != self.filters

    def count_params(self, shape: Shape) -> int:
        convolutions = self.kernel_size**2 * self.filters * (shape[2] + self.filters)
        projection = shape[2] * self.filters + 4 * self.filters if self.projects(shape) else 0
        return convolutions + 2 * 4 * self.filters + projection

    def multiply_adds(self, shape: Shape) -> int:
        weights_per_output = self.kernel_size**2 * (shape[2] + self.filters) + shape[2] * self.projects(shape)
        return prod(self.output_shape(shape)) * weights_per_output

    def summary(self) -> str:
        return _filters(self.filters, self.kernel_size, self.strides, self.activation)


def _image_shape(layer: Layer, shape: Shape) -> tuple[int, int, int]:
    if len(shape) != 3:
        raise ShapeError(
            f"{type(layer).__name__} needs an image. Received: a vector of {shape[0]:,} numbers. "
            "Move it above the layer that makes the vector (Flatten or global pooling), or remove it."
        )
    return shape[0], shape[1], shape[2]


def _require_pixels(layer: Layer, shape: Shape, setting: str, remedy: str) -> None:
    side = getattr(layer, setting)
    if min(shape[:2]) < side:
        raise ShapeError(
            f"{type(layer).__name__}({setting}={side}) needs at least {side}×{side} pixels. "
            f"Received: {_pixels(shape)}. {remedy}"
        )


def _window(layer: Layer, shape: Shape, kernel_size: int, strides: int, padding: str) -> tuple[int, int]:
    height, width, _ = _image_shape(layer, shape)
    if padding == "same":
        return -(-height // strides), -(-width // strides)
    if min(height, width) < kernel_size:
        raise ShapeError(
            f"{type(layer).__name__}(kernel_size={kernel_size}, padding=valid) needs at least "
            f"{kernel_size}×{kernel_size} pixels. Received: {_pixels(shape)}. "
            "Choose padding=same or a smaller kernel_size, or remove a pooling layer above it."
        )
    return (height - kernel_size) // strides + 1, (width - kernel_size) // strides + 1


def _pixels(shape: Shape) -> str:
    return f"{shape[0]}×{shape[1]} pixels"


def _filters(filters: int, kernel_size: int, strides: int, activation: str) -> str:
    stride = f", stride {strides}" if strides > 1 else ""
    return f"{filters} × {kernel_size}×{kernel_size}{stride}, {activation}"


LAYERS: dict[str, type[Layer]] = {
    layer.__name__: layer
    for layer in (
        Conv2D,
        SeparableConv2D,
        ResidualBlock,
        PatchWhitening,
        MaxPooling2D,
        AveragePooling2D,
        GlobalAveragePooling2D,
        GlobalMaxPooling2D,
        BatchNormalization,
        Rescaling,
        Activation,
        Dropout,
        SpatialDropout2D,
        Flatten,
        Dense,
    )
}


def _parse_layer(data: object) -> Any:
    return parse_named(LAYERS, "layer", data)


AnyLayer = Annotated[SerializeAsAny[Layer], BeforeValidator(_parse_layer)]
"""The type of a field that holds a layer, whichever it is."""
