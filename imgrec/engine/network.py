"""Layers → keras.Model. Most layers are built by the Keras class of their own name; blocks have a function here."""

from collections.abc import Callable, Sequence
from typing import Any

import keras

from imgrec import architecture
from imgrec.layers import Layer, ResidualBlock, Shape


def build(layers: Sequence[Layer], image_shape: Shape) -> keras.Model:
    """Builds the bare stack: uint8 images (N, H, W, C) in, the last layer's values out."""
    image = keras.Input(image_shape, dtype="uint8", name="image")
    return keras.Model(image, _stacked(layers, _scaled(image)))


def build_classifier(layers: Sequence[Layer], image_shape: Shape, classes: int) -> keras.Model:
    """Builds the stack with its head: uint8 images (N, H, W, C) in, probabilities (N, classes) out.

    Raises ShapeError where a layer does not fit.
    """
    traced = architecture.check(layers, image_shape, classes)
    image = keras.Input(image_shape, dtype="uint8", name="image")
    scores = _stacked([row.layer for row in traced.rows], _scaled(image))
    return keras.Model(image, keras.layers.Softmax(name="probabilities", dtype="float32")(scores))


def _scaled(image: Any) -> Any:
    return keras.layers.Rescaling(1 / 255, name="scale")(image)


def _stacked(layers: Sequence[Layer], values: Any) -> Any:
    for position, layer in enumerate(layers, start=1):
        values = _add(layer, f"{position:02d}_{type(layer).__name__}", values)
    return values


def _add(layer: Layer, name: str, values: Any) -> Any:
    block = BLOCKS.get(type(layer))
    if block is not None:
        return block(layer, name, values)
    settings = {field: getattr(layer, field) for field in type(layer).model_fields}
    return getattr(keras.layers, type(layer).__name__)(**settings, name=name)(values)


def _residual_block(layer: ResidualBlock, name: str, values: Any) -> Any:
    def convolved(part: str, values: Any, kernel_size: int, strides: int) -> Any:
        convolution = keras.layers.Conv2D(
            layer.filters, kernel_size, strides, padding="same", use_bias=False, name=f"{name}_{part}"
        )
        return keras.layers.BatchNormalization(momentum=0.9, name=f"{name}_{part}_norm")(convolution(values))

    inner = convolved("first", values, layer.kernel_size, layer.strides)
    inner = keras.layers.Activation(layer.activation, name=f"{name}_first_activation")(inner)
    inner = convolved("second", inner, layer.kernel_size, 1)
    if layer.projects(values.shape[1:]):
        values = convolved("projection", values, 1, layer.strides)
    total = keras.layers.Add(name=f"{name}_add")([values, inner])
    return keras.layers.Activation(layer.activation, name=f"{name}_activation")(total)


BLOCKS: dict[type[Layer], Callable[[Any, str, Any], Any]] = {ResidualBlock: _residual_block}
