"""Every layer and block a user can stack, and the table LAYERS.

To add one: a class here whose name is the Keras name, its name in LAYERS, and its builder in engine/network.py.
The form, the help, the checks, the JSON, the shape table and the contract tests follow.
"""

from math import prod
from typing import Annotated, Any

from pydantic import BeforeValidator, SerializeAsAny

from imgrec.errors import ShapeError
from imgrec.layers.convolutions import Conv2D, PatchWhitening, ResidualBlock, SeparableConv2D
from imgrec.layers.layer import ACTIVATIONS, Layer, Shape, image_shape, pixels, require_pixels, window
from imgrec.settings import choice, number, parse_named, switch, whole

__all__ = [
    "ACTIVATIONS",
    "LAYERS",
    "Activation",
    "AnyLayer",
    "AveragePooling2D",
    "BatchNormalization",
    "Conv2D",
    "Dense",
    "Dropout",
    "Flatten",
    "GlobalAveragePooling2D",
    "GlobalMaxPooling2D",
    "Layer",
    "MaxPooling2D",
    "PatchWhitening",
    "Rescaling",
    "ResidualBlock",
    "SeparableConv2D",
    "Shape",
    "SpatialDropout2D",
    "window",
]


class _Pooling(Layer):
    pool_size: int = choice(2, 2, 3, 4, help="Side of the square; height and width are divided by it.")

    def output_shape(self, shape: Shape) -> Shape:
        height, width, channels = image_shape(self, shape)
        require_pixels(self, shape, "pool_size", "Remove a pooling layer above it, or choose a smaller pool_size.")
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
        return (image_shape(self, shape)[2],)


class GlobalMaxPooling2D(Layer):
    """Keeps the largest value of each channel: the image becomes a vector."""

    def output_shape(self, shape: Shape) -> Shape:
        return (image_shape(self, shape)[2],)


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
        return image_shape(self, shape)

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
                f"Dense needs a vector. Received: an image of {pixels(shape)} with {shape[2]} channels. "
                "Put Flatten or GlobalAveragePooling2D above it."
            )
        return (self.units,)

    def count_params(self, shape: Shape) -> int:
        return shape[0] * self.units + self.units * self.use_bias

    def multiply_adds(self, shape: Shape) -> int:
        return shape[0] * self.units

    def summary(self) -> str:
        return f"{self.units}, {self.activation}"


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
