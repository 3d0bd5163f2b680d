"""Convolutions and the blocks made of them."""

from math import prod

from imgrec.errors import ShapeError
from imgrec.layers.layer import ACTIVATIONS, Layer, Shape, image_shape, require_pixels, window
from imgrec.settings import choice, switch, whole

MAX_WHITENED_CHANNELS = 64
"""The most channels PatchWhitening takes: its weights grow with the square of them."""


class _Convolution(Layer):
    filters: int = whole(32, 1, 1024, "How many patterns are learnt: the channels of the output.", step=8)
    kernel_size: int = choice(3, 1, 2, 3, 5, 7, help="Side of the square that a filter sees at once, in pixels.")
    strides: int = choice(1, 1, 2, help="Step between two positions of a filter; 2 halves height and width.")
    padding: str = choice("same", "same", "valid", help="same keeps the border pixels; valid cuts them off.")
    activation: str = choice("relu", *ACTIVATIONS, help="The curve that every output value passes through.")
    use_bias: bool = switch(True, "Adds one learnt number per filter; not needed before BatchNormalization.")

    def output_shape(self, shape: Shape) -> Shape:
        height, width = window(self, shape, self.kernel_size, self.strides, self.padding)
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
        height, width, channels = image_shape(self, shape)
        if channels > MAX_WHITENED_CHANNELS:
            raise ShapeError(
                f"PatchWhitening needs at most {MAX_WHITENED_CHANNELS} channels. Received: {channels:,}. "
                "Put it on top, where the image comes in."
            )
        require_pixels(self, shape, "kernel_size", "Choose a smaller kernel_size, or remove a pooling layer above it.")
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
        height, width = window(self, shape, self.kernel_size, self.strides, "same")
        return height, width, self.filters

    def projects(self, shape: Shape) -> bool:
        """Return whether the input needs a 1×1 convolution before it can be added to the output."""
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


def _filters(filters: int, kernel_size: int, strides: int, activation: str) -> str:
    stride = f", stride {strides}" if strides > 1 else ""
    return f"{filters} × {kernel_size}×{kernel_size}{stride}, {activation}"
