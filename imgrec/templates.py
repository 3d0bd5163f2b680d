"""Networks to begin with: layers alone, for any dataset and any settings. A preset replaces everything instead.

To add one: an entry in TEMPLATES.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from imgrec.layers import (
    Activation,
    BatchNormalization,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    GlobalAveragePooling2D,
    Layer,
    MaxPooling2D,
    ResidualBlock,
    SeparableConv2D,
)
from imgrec.presets import PRESETS


@dataclass(frozen=True)
class Template:
    """The layers of a well-known kind of network, at a size for images of about 32×32 pixels."""

    title: str
    description: str
    layers: tuple[Layer, ...]


def _chained(parts: Iterable[tuple[Layer, ...]]) -> tuple[Layer, ...]:
    return tuple(layer for part in parts for layer in part)


def _normalized(convolution: Layer) -> tuple[Layer, ...]:
    return convolution, BatchNormalization(), Activation()


def _two_convolutions(filters: int) -> tuple[Layer, ...]:
    """Return what VGG repeats: two convolutions of the same width and a pooling."""
    convolution = Conv2D(filters=filters, activation="linear", use_bias=False)
    return (*_normalized(convolution), *_normalized(convolution), MaxPooling2D())


def _separable(filters: int, strides: int) -> tuple[Layer, ...]:
    return _normalized(SeparableConv2D(filters=filters, strides=strides, activation="linear", use_bias=False))


TEMPLATES: dict[str, Template] = {
    "article": Template(
        "Article",
        "Convolution and pooling twice, then a dense layer: the small network of many tutorials.",
        PRESETS["article"].config.layers,
    ),
    "vgg": Template(
        "VGG-like",
        "Pairs of convolutions that double in width after each pooling (Simonyan and Zisserman 2014), with batch "
        "normalization.",
        (
            *_chained(map(_two_convolutions, (32, 64, 128))),
            *(Flatten(), Dense(units=128), Dropout(rate=0.3)),
        ),
    ),
    "residual": Template(
        "Residual",
        "Blocks with shortcuts around two convolutions, so that depth does not hinder learning (He et al. 2015).",
        (
            *_normalized(Conv2D(filters=16, activation="linear", use_bias=False)),
            *(ResidualBlock(filters=16), ResidualBlock(filters=16)),
            *(ResidualBlock(filters=32, strides=2), ResidualBlock(filters=32)),
            *(ResidualBlock(filters=64, strides=2), ResidualBlock(filters=64)),
            GlobalAveragePooling2D(),
        ),
    ),
    "separable": Template(
        "Separable",
        "Convolutions split in two, over space and over channels: an eighth of the multiply-adds (Howard et al. 2017, "
        "MobileNet).",
        (
            *_normalized(Conv2D(filters=32, activation="linear", use_bias=False)),
            *_chained(_separable(*step) for step in ((64, 1), (128, 2), (128, 1), (256, 2), (256, 1))),
            GlobalAveragePooling2D(),
        ),
    ),
}
