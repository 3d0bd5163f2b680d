"""Ready RunConfigs to start from; each states what it reached, in how long, and on what.

To add one: an entry in PRESETS, measured with `python -m imgrec train --preset NAME --dataset DATASET --json`.
"""

from dataclasses import dataclass
from typing import Any

from imgrec.augmentations import Augmentation, Cutout, HorizontalFlip, Shift
from imgrec.config import RunConfig, Training
from imgrec.errors import SettingsError
from imgrec.layers import (
    Activation,
    BatchNormalization,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    GlobalAveragePooling2D,
    GlobalMaxPooling2D,
    Layer,
    MaxPooling2D,
    PatchWhitening,
    Rescaling,
    ResidualBlock,
    Shape,
)
from imgrec.optimizers import SGD, Muon
from imgrec.settings import unknown

NEXT_TO_CONVOLUTION = (BatchNormalization, Activation)
"""What belongs to the convolution above it."""


@dataclass(frozen=True)
class Preset:
    """A config to start from. measured says the test accuracy and the time it took, and on what."""

    name: str
    title: str
    description: str
    measured: str
    config: RunConfig


def get(name: str) -> Preset:
    """Return a preset by name. Raises SettingsError where there is none of that name."""
    if name not in PRESETS:
        raise SettingsError(unknown("preset", name, PRESETS))
    return PRESETS[name]


def _whitened(*widths: int) -> tuple[Layer, ...]:
    """Return the network of Jordan 2024 (arXiv 2404.00498, "94% on CIFAR-10 in 3.29 Seconds"), made for few epochs.

    Whitened patches, then for each width two convolutions that begin as the identity, with a pooling after the first.
    Its GELU is ReLU here, which takes less time and measured no less accurate. The author's widths are 64, 256, 256 for
    94 % on the original files, and 128, 384, 384 for 95 %.
    """
    layers: list[Layer] = [PatchWhitening(), Activation()]
    for filters in widths:
        convolution = Conv2D(filters=filters, activation="linear", use_bias=False, kernel_initializer="identity")
        normalized = (BatchNormalization(), Activation())
        layers += [convolution, MaxPooling2D(), *normalized, convolution, *normalized]
    return (*layers, GlobalMaxPooling2D(), Rescaling(scale=0.1))


MUON_LINEAR: dict[str, Any] = {
    "optimizer": Muon(beta_rate=8.0, weight_decay=0.001),
    "learning_rate": 0.1,
    "schedule": "linear",
    "warm_up": 0.0,
    "batch_size": 256,
    "label_smoothing": 0.2,
    "validation_share": 0.05,
    "test_time_augmentation": "mirror and shift if unsure",
}
"""Jordan's later choice (airbench94_muon): kernels take orthogonal steps, whose size falls along a line.

Each offset learns 8 times as fast as all else, and answers are asked to stay modest.
"""

ALTERNATE = HorizontalFlip(alternate=True)
VARIED = (ALTERNATE, Shift(pixels=2), Cutout(size=8))
"""For many epochs, in which each image is seen often."""


def _recipe(epochs: int, widths: tuple[int, ...], augmentations: tuple[Augmentation, ...], **changes: Any) -> RunConfig:
    """Return the network with the settings that go with it, or some of them changed."""
    return RunConfig(
        dataset="cifar10",
        augmentations=augmentations,
        layers=_whitened(*widths),
        training=Training(epochs=epochs, **MUON_LINEAR | changes),
    )


_ALL = (
    Preset(
        name="quick",
        title="Quick",
        description="Three convolutions with batch normalization: a first result in about a minute.",
        measured="95.7 % test accuracy on shapes, after 52 s of training on two cores.",
        config=RunConfig(
            dataset="shapes",
            layers=(
                Conv2D(filters=24, activation="linear", use_bias=False),
                BatchNormalization(),
                MaxPooling2D(),
                Conv2D(filters=48, activation="linear", use_bias=False),
                BatchNormalization(),
                MaxPooling2D(),
                Conv2D(filters=96),
                MaxPooling2D(),
                Flatten(),
                Dense(units=64),
                Dropout(rate=0.2),
            ),
            training=Training(epochs=6, batch_size=128, learning_rate=0.003, schedule="one-cycle"),
        ),
    ),
    Preset(
        name="article",
        title="Article",
        description="The small network of many tutorials: two convolutions, two poolings, one dense layer.",
        measured="68.2 % test accuracy on CIFAR-10 (its images resaved as JPEG), after 2 min 24 s on two cores.",
        config=RunConfig(
            dataset="cifar10",
            layers=(
                Conv2D(filters=32, padding="valid"),
                MaxPooling2D(),
                Conv2D(filters=64, padding="valid"),
                MaxPooling2D(),
                Flatten(),
                Dense(units=128),
            ),
            training=Training(epochs=10, batch_size=32),
        ),
    ),
    Preset(
        name="sprint",
        title="Sprint",
        description="Whitened patches, convolutions that begin as the identity: better than Article in a single epoch.",
        measured="75.9 % test accuracy on CIFAR-10 (its images resaved as JPEG; three seeds: 75.5 to 76.1 %), "
        "after 12 s on two cores.",
        # No image is seen twice, so none is changed.
        config=_recipe(
            1,
            (16, 48, 64),
            (),
            batch_size=128,
            learning_rate=0.14,
            optimizer=Muon(beta_rate=8.0, weight_decay=0.001, rest_rate=4.0),
        ),
    ),
    Preset(
        name="fast",
        title="Fast",
        description="The recipe of Sprint, wider and longer: the most accuracy in a few minutes.",
        measured="86.4 % test accuracy on CIFAR-10 (its images resaved as JPEG; three seeds: 86.2 to 86.7 %), "
        "after 1 min 41 s on two cores.",
        config=_recipe(4, (32, 96, 192), (ALTERNATE,)),
    ),
    Preset(
        name="deep",
        title="Deep",
        description="Six residual blocks with augmentation: slower, and much better on photographs.",
        measured="83.4 % test accuracy on CIFAR-10 (its images resaved as JPEG), after 18 min 48 s on two cores.",
        config=RunConfig(
            dataset="cifar10",
            augmentations=(HorizontalFlip(), Shift(pixels=3), Cutout(size=8)),
            layers=(
                Conv2D(filters=32, activation="linear", use_bias=False),
                BatchNormalization(),
                ResidualBlock(filters=32, strides=2),
                ResidualBlock(filters=32),
                ResidualBlock(filters=64, strides=2),
                ResidualBlock(filters=64),
                ResidualBlock(filters=128, strides=2),
                ResidualBlock(filters=128),
                GlobalAveragePooling2D(),
            ),
            training=Training(
                epochs=12,
                batch_size=128,
                optimizer=SGD(weight_decay=0.0005),
                learning_rate=0.1,
                schedule="one-cycle",
                label_smoothing=0.1,
            ),
        ),
    ),
    Preset(
        name="strong",
        title="Strong",
        description="The network of Sprint at its author's widths: nine photographs of ten in a quarter of an hour.",
        measured="90.3 % test accuracy on CIFAR-10 (its images resaved as JPEG; three seeds: 90.2 to 90.4 %), "
        "after 12 min 27 s on two cores.",
        config=_recipe(8, (64, 256, 256), (ALTERNATE, Shift(pixels=2))),
    ),
    Preset(
        name="best",
        title="Best",
        description="The network of Strong, trained twice as long on images that vary more: the most accurate here.",
        measured="90.8 % test accuracy on CIFAR-10 (its images resaved as JPEG), after 29 min 33 s on two busy cores.",
        config=_recipe(16, (64, 256, 256), VARIED),
    ),
    Preset(
        name="record",
        title="Record",
        description="The network of Sprint, wider still: for a GPU, as two cores would take more than an hour.",
        measured="Not measured: it is made for a GPU, and none was at hand.",
        config=_recipe(16, (128, 384, 384), VARIED, batch_size=512, learning_rate=0.14),
    ),
)

PRESETS: dict[str, Preset] = {preset.name: preset for preset in _ALL}

MEASURED_ON = frozenset(preset.config.dataset for preset in _ALL)
"""The datasets whose images presets are made for. A person who has chosen another keeps it."""

SIDE = 32
"""Height and width of those images."""

LARGEST_POOL = 4

CLASSES_A_UNIT = 4
"""How many classes each unit of a hidden Dense layer may have to tell apart."""


def adapted(config: RunConfig, image_shape: Shape, classes: int) -> tuple[RunConfig, tuple[str, ...]]:
    """Return a preset's config as images of another shape and other classes need it, and a sentence for each change.

    Larger images are made smaller below the first convolution, as at the beginning of ResNets (He et al. 2015): the
    layers under it then get maps of the size that they were made for, and cost what they cost. Nothing changes for
    images of less than 64 pixels and for up to four classes a unit.
    """
    layers, reasons = _brought_down(config.layers, image_shape)
    layers, more = _widened(layers, classes)
    return config.replace(layers=layers), (*reasons, *more)


def _brought_down(layers: tuple[Layer, ...], image_shape: Shape) -> tuple[tuple[Layer, ...], tuple[str, ...]]:
    height, width, _ = image_shape
    by = min(min(height, width) // SIDE, LARGEST_POOL)
    if by < 2 or not layers:
        return layers, ()
    first, rest = layers[0], layers[1:]
    place = next((place for place, layer in enumerate(rest) if not isinstance(layer, NEXT_TO_CONVOLUTION)), len(rest))
    added = f"MaxPooling2D ({by}×{by}) was added"
    if by == LARGEST_POOL and isinstance(first, Conv2D) and first.strides == 1:  # a quarter of the values to compute
        first, by = first.replace(strides=2), 2
        added = f"The first convolution got strides 2, and MaxPooling2D ({by}×{by}) was added"
    reason = (
        f"{added} below layer {place + 1}, as the images have {width}×{height} pixels: the layers under it then get "
        f"about the {SIDE}×{SIDE} that they were made for."
    )
    return (first, *rest[:place], MaxPooling2D(pool_size=by), *rest[place:]), (reason,)


def _widened(layers: tuple[Layer, ...], classes: int) -> tuple[tuple[Layer, ...], tuple[str, ...]]:
    """Let each hidden Dense layer have a unit for every few classes: a bottleneck would not tell them apart."""
    changed: list[Layer] = []
    reasons: list[str] = []
    for layer in layers:
        units = -(-classes // CLASSES_A_UNIT)
        if isinstance(layer, Dense) and layer.units < units:
            reasons.append(f"Dense got {units} units in place of {layer.units}, as there are {classes:,} classes.")
            changed.append(layer.replace(units=units))
        else:
            changed.append(layer)
    return tuple(changed), tuple(reasons)
