"""Layers → keras.Model. Most layers are built by the Keras class of their own name; blocks have a function here."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeGuard

import keras

from imgrec import architecture
from imgrec.engine.fast_layers import FAST_LAYERS
from imgrec.layers import (
    Activation,
    Conv2D,
    Dropout,
    Layer,
    MaxPooling2D,
    PatchWhitening,
    ResidualBlock,
    SeparableConv2D,
    Shape,
    SpatialDropout2D,
)

RISING = ("relu", "leaky_relu", "elu", "sigmoid", "tanh")
"""The activations that never fall: of the largest value they make the largest."""

DROPPING = Dropout, SpatialDropout2D
"""The layers that do something only while the network learns."""

NamedLayer = tuple[str, Layer]


@dataclass(frozen=True)
class _Kit:
    """The Keras classes that layers are made of, the dtype policy they compute with, and the order they come in."""

    classes: dict[str, type[keras.layers.Layer]]
    policy: str
    ordered: Callable[[Sequence[NamedLayer]], Sequence[NamedLayer]] = tuple

    def make(self, cls: str, **settings: Any) -> Any:
        """Make a keras.layers.Layer of the class of that name."""
        found: Any = self.classes.get(cls) or getattr(keras.layers, cls)
        return found(**settings, dtype=self.policy)


PLAIN = _Kit({}, "float32")

Builder = Callable[[_Kit, Any, str, Any], Any]
"""Adds a layer to values: with a kit, the layer, its name, and the values that go in; gives those that come out."""


def build(layers: Sequence[Layer], image_shape: Shape) -> keras.Model:
    """Build the bare stack: uint8 images (N, H, W, C) in, the last layer's values out."""
    image = keras.Input(image_shape, dtype="uint8", name="image")
    return keras.Model(image, _stacked(PLAIN, layers, _scaled(PLAIN, image)))


def build_classifier(layers: Sequence[Layer], image_shape: Shape, classes: int) -> keras.Model:
    """Build the stack with its head: uint8 images (N, H, W, C) in, probabilities (N, classes) out.

    Keras' own layers in float32, so that plain Keras loads what is saved of it. Raises ShapeError where a layer does
    not fit.
    """
    return _classifier(PLAIN, layers, image_shape, classes)


def build_for_training(
    layers: Sequence[Layer], image_shape: Shape, classes: int, precision: str, locked: int = 0
) -> keras.Model:
    """Build the same network to be trained: it computes in "float32" or "bfloat16", and faster.

    Its weights are float32 and those of build_classifier, in the same order. Of the layers, so many of the first are
    locked: they always work as in an answer, with the mean and variance that they have kept and without dropout.
    """
    policy = "mixed_bfloat16" if precision == "bfloat16" else "float32"

    def ordered(named: Sequence[NamedLayer]) -> Sequence[NamedLayer]:
        answering = [each for place, each in enumerate(named) if place >= locked or not isinstance(each[1], DROPPING)]
        return pooled_first(answering)

    model = _classifier(_Kit(FAST_LAYERS, policy, ordered), layers, image_shape, classes)
    for layer in first_layers(model, locked):
        layer.trainable = False
    return model


def first_layers(model: keras.Model, count: int) -> list[keras.layers.Layer]:
    """Return what so many of the first layers of the stack are made of, in a model that was built here."""
    found = ((layer, layer.name.partition("_")[0]) for layer in model.layers)
    return [layer for layer, number in found if number.isdecimal() and int(number) <= count]


def layer_name(position: int, layer: Layer) -> str:
    """Name the Keras layer at a place of the stack, counted from 0: "01_Conv2D"."""
    return f"{position + 1:02d}_{type(layer).__name__}"


def _classifier(kit: _Kit, layers: Sequence[Layer], image_shape: Shape, classes: int) -> keras.Model:
    architecture.check(layers, image_shape, classes)
    image = keras.Input(image_shape, dtype="uint8", name="image")
    values = _stacked(kit, layers, _scaled(kit, image))
    # The few numbers of the head are worth full precision: the loss is computed from them.
    values = _stacked(PLAIN, architecture.head(values.shape[1:], classes), values, first=len(layers))
    return keras.Model(image, keras.layers.Softmax(name="probabilities", dtype="float32")(values))


def _scaled(kit: _Kit, image: Any) -> Any:
    return kit.make("Rescaling", scale=1 / 255, name="scale")(image)


def _stacked(kit: _Kit, layers: Sequence[Layer], values: Any, first: int = 0) -> Any:
    named = [(layer_name(position, layer), layer) for position, layer in enumerate(layers, start=first)]
    for name, layer in kit.ordered(named):
        added: Builder = BLOCKS.get(type(layer), _keras_layer)
        values = added(kit, layer, name, values)
    return values


def pooled_first(named: Sequence[NamedLayer]) -> Sequence[NamedLayer]:
    """Move activations that never fall behind the max pooling that follows: the same, from a quarter of the values."""
    ordered: list[NamedLayer] = []
    late: list[NamedLayer] = []
    for place, (name, layer) in enumerate(named, start=1):
        follower = named[place][1] if place < len(named) else None
        if _rises(layer) and isinstance(follower, MaxPooling2D):
            late = [(f"{name}_late", Activation(activation=layer.activation))]
            if not isinstance(layer, Activation):
                ordered.append((name, layer.replace(activation="linear")))
        else:
            ordered += [(name, layer), *late]
            late = []
    return ordered


def _rises(layer: Layer) -> TypeGuard[Conv2D | SeparableConv2D | Activation]:
    return isinstance(layer, Conv2D | SeparableConv2D | Activation) and layer.activation in RISING


def _keras_layer(kit: _Kit, layer: Layer, name: str, values: Any) -> Any:
    settings = {field: getattr(layer, field) for field in type(layer).model_fields}
    if (
        settings.get("kernel_initializer") == "identity"
    ):  # which Keras has for matrices only; engine.initializers sets it
        del settings["kernel_initializer"]
    return kit.make(type(layer).__name__, **settings, name=name)(values)


def _patch_whitening(kit: _Kit, layer: PatchWhitening, name: str, values: Any) -> Any:
    _, _, filters = layer.output_shape(values.shape[1:])
    whitened = kit.make("Conv2D", filters=filters, kernel_size=layer.kernel_size, name=name, trainable=False)
    return whitened(values)


def _residual_block(kit: _Kit, layer: ResidualBlock, name: str, values: Any) -> Any:
    def convolved(part: str, values: Any, kernel_size: int, strides: int) -> Any:
        convolution = kit.make(
            "Conv2D",
            filters=layer.filters,
            kernel_size=kernel_size,
            strides=strides,
            padding="same",
            use_bias=False,
            name=f"{name}_{part}",
        )
        return kit.make("BatchNormalization", momentum=0.9, name=f"{name}_{part}_norm")(convolution(values))

    inner = convolved("first", values, layer.kernel_size, layer.strides)
    inner = kit.make("Activation", activation=layer.activation, name=f"{name}_first_activation")(inner)
    inner = convolved("second", inner, layer.kernel_size, 1)
    if layer.projects(values.shape[1:]):
        values = convolved("projection", values, 1, layer.strides)
    total = kit.make("Add", name=f"{name}_add")([values, inner])
    return kit.make("Activation", activation=layer.activation, name=f"{name}_activation")(total)


BLOCKS: dict[type[Layer], Builder] = {
    PatchWhitening: _patch_whitening,
    ResidualBlock: _residual_block,
}
