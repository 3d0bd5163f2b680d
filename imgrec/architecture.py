"""What a stack of layers amounts to: shape, parameters and multiply-adds after each layer, and the output head."""

from collections.abc import Sequence
from dataclasses import dataclass

from imgrec.errors import ShapeError
from imgrec.layers import Dense, GlobalAveragePooling2D, Layer, Shape

MAX_PARAMS = 50_000_000
"""The largest network that is trained: with Adam's two moments and the gradient, 0.8 GB of float32."""


@dataclass(frozen=True)
class LayerRow:
    """One layer where it stands. position is its index in the user's stack, None for the head."""

    position: int | None
    layer: Layer
    input_shape: Shape
    output_shape: Shape
    params: int
    multiply_adds: int


@dataclass(frozen=True)
class Architecture:
    """A traced stack: its rows up to the first misfit, and that misfit as a sentence."""

    rows: tuple[LayerRow, ...]
    problem: str | None = None
    problem_position: int | None = None

    @property
    def params(self) -> int:
        return sum(row.params for row in self.rows)

    @property
    def multiply_adds(self) -> int:
        return sum(row.multiply_adds for row in self.rows)

    @property
    def activations(self) -> int:
        """The values that one image leaves behind in all layers."""
        total = 0
        for row in self.rows:
            size = 1
            for side in row.output_shape:
                size *= side
            total += size
        return total


def head(shape: Shape, classes: int) -> tuple[Layer, ...]:
    """Return the layers that turn any output into one number per class; softmax follows in the engine."""
    output = Dense(units=classes, activation="linear")
    return (output,) if len(shape) == 1 else (GlobalAveragePooling2D(), output)


def trace(layers: Sequence[Layer], image_shape: Shape, classes: int) -> Architecture:
    """Follow the shapes through the stack and its head, up to the first layer that does not fit."""
    rows: list[LayerRow] = []
    shape = image_shape
    for position, layer in enumerate(layers):
        try:
            rows.append(_row(position, layer, shape))
        except ShapeError as error:
            return Architecture(tuple(rows), f"Layer {position + 1}: {error}", position)
        shape = rows[-1].output_shape
    for layer in head(shape, classes):
        rows.append(_row(None, layer, shape))
        shape = rows[-1].output_shape
    traced = Architecture(tuple(rows))
    if traced.params > MAX_PARAMS:
        largest = max(traced.rows, key=lambda row: row.params)
        where = "the output layer" if largest.position is None else f"layer {largest.position + 1}"
        problem = (
            f"A network needs at most {MAX_PARAMS:,} parameters. Received: {traced.params:,}, most of them in "
            f"{where} ({type(largest.layer).__name__}). Make it smaller, or pool more above it."
        )
        return Architecture(traced.rows, problem, largest.position)
    return traced


def check(layers: Sequence[Layer], image_shape: Shape, classes: int) -> Architecture:
    """Trace a stack that must be possible. Raises ShapeError with the sentence that names the misfit."""
    traced = trace(layers, image_shape, classes)
    if traced.problem:
        raise ShapeError(traced.problem)
    return traced


def _row(position: int | None, layer: Layer, shape: Shape) -> LayerRow:
    after = layer.output_shape(shape)
    return LayerRow(position, layer, shape, after, layer.count_params(shape), layer.multiply_adds(shape))
