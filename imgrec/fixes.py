"""Edits that keep a stack possible: where a new layer fits, and what mends the first layer that does not."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from imgrec.architecture import trace
from imgrec.config import MAX_LAYERS
from imgrec.layers import Flatten, Layer, Shape


@dataclass(frozen=True)
class Fix:
    """A stack without its first misfit, and what was done to it, as a button says it.

    moved_from has the former place of each layer; None stands for one that is new.
    """

    label: str
    layers: tuple[Layer, ...]
    moved_from: tuple[int | None, ...]


def place_for(layer: Layer, layers: Sequence[Layer], image_shape: Shape, classes: int) -> int:
    """Return the last place in a stack where a layer fits, and nothing below it stops fitting; else the end."""
    misfit = trace(layers, image_shape, classes).problem_position
    for place in range(len(layers) if misfit is None else misfit, -1, -1):
        after = trace((*layers[:place], layer, *layers[place:]), image_shape, classes)
        if after.problem is None or (misfit is not None and after.problem_position == misfit + 1):
            return place
    return len(layers)


def fix(layers: Sequence[Layer], image_shape: Shape, classes: int) -> Fix | None:
    """Return the smallest edit after which the first layer that does not fit does, or None where none is known."""
    traced = trace(layers, image_shape, classes)
    position = traced.problem_position
    if traced.problem is None or position is None or len(traced.rows) > position:  # too large, or fits by itself
        return None
    for candidate in _candidates(list(layers), position, [row.output_shape for row in traced.rows]):
        found = trace(candidate.layers, image_shape, classes).problem_position
        # Mended: the layer, wherever it is now, and all above it fit.
        if found is None or found > max(candidate.moved_from.index(each) for each in _kept(candidate, position)):
            return candidate
    return None


def _kept(candidate: Fix, position: int) -> list[int]:
    """Return the former places of the layers that have to fit now: the one that did not, and those above it."""
    return [each for each in candidate.moved_from if each is not None and each <= position]


def _candidates(layers: list[Layer], position: int, shapes: list[Shape]) -> Iterator[Fix]:
    """Yield what may mend the layer at a position, the gentlest first. shapes are those after each layer above it."""
    layer, places = layers[position], list(range(len(layers)))
    if getattr(layer, "padding", "same") == "valid":
        yield Fix("Use same padding", _replaced(layers, position, layer.replace(padding="same")), tuple(places))
    if len(layers) < MAX_LAYERS:
        yield Fix(
            "Add Flatten above it",
            (*layers[:position], Flatten(), *layers[position:]),
            (*places[:position], None, *places[position:]),
        )
    vectors = [place for place in range(position) if len(shapes[place]) == 1]
    if vectors:
        order = [*places[: vectors[0]], position, *places[vectors[0] : position], *places[position + 1 :]]
        name = type(layers[vectors[0]]).__name__
        yield Fix(f"Move it above {name}", tuple(layers[place] for place in order), tuple(order))
    rest = [place for place in places if place != position]
    yield Fix(f"Remove {type(layer).__name__}", tuple(layers[place] for place in rest), tuple(rest))


def _replaced(layers: list[Layer], position: int, layer: Layer) -> tuple[Layer, ...]:
    return (*layers[:position], layer, *layers[position + 1 :])
