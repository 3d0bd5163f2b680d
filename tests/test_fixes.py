"""New layers go where they fit, and what does not fit is mended."""

import itertools

import pytest

from imgrec.architecture import trace
from imgrec.fixes import fix, place_for
from imgrec.layers import (
    LAYERS,
    BatchNormalization,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    GlobalAveragePooling2D,
    Layer,
    MaxPooling2D,
)

SHAPE, CLASSES = (32, 32, 3), 10
STACK = (Conv2D(), MaxPooling2D(), Flatten(), Dense())


@pytest.mark.parametrize(
    ("layer", "layers", "place"),
    [
        (Conv2D(), STACK, 2),
        (MaxPooling2D(), STACK, 2),
        (GlobalAveragePooling2D(), STACK[:2], 2),
        (Dense(), STACK, 4),
        (Dropout(), STACK, 4),
        (BatchNormalization(), STACK, 4),
        (Conv2D(), (), 0),
        (Conv2D(), (Flatten(),), 0),
        (Flatten(), (Conv2D(), Dense()), 1),  # which mends the problem
        (Dense(), STACK[:2], 2),  # nowhere: at the end, where a Flatten can be added
        (Conv2D(), (Flatten(), MaxPooling2D()), 0),  # a problem that was there does not count
    ],
)
def test_a_new_layer_goes_to_the_last_place_where_it_fits(layer: Layer, layers: tuple[Layer, ...], place: int) -> None:
    assert place_for(layer, layers, SHAPE, CLASSES) == place


@pytest.mark.parametrize(
    ("layers", "label", "mended"),
    [
        ((Conv2D(), Dense()), "Add Flatten above it", (Conv2D(), Flatten(), Dense())),
        ((Flatten(), Conv2D(), Dense()), "Move it above Flatten", (Conv2D(), Flatten(), Dense())),
        ((Flatten(), Dense(), Conv2D()), "Move it above Flatten", (Conv2D(), Flatten(), Dense())),
        ((*[MaxPooling2D()] * 6, Flatten()), "Remove MaxPooling2D", (*[MaxPooling2D()] * 5, Flatten())),
        (
            (*[MaxPooling2D()] * 5, Conv2D(padding="valid")),
            "Use same padding",
            (*[MaxPooling2D()] * 5, Conv2D(padding="same")),
        ),
    ],
)
def test_a_layer_that_does_not_fit_is_mended(layers: tuple[Layer, ...], label: str, mended: tuple[Layer, ...]) -> None:
    found = fix(layers, SHAPE, CLASSES)
    assert found is not None
    assert (found.label, found.layers) == (label, mended)
    assert trace(found.layers, SHAPE, CLASSES).problem is None
    for layer, former in zip(found.layers, found.moved_from, strict=True):
        assert former is None or type(layers[former]) is type(layer)


@pytest.mark.parametrize("layers", [STACK, (), (Flatten(), Dense(units=4096), *[Dense(units=4096)] * 3)])
def test_what_fits_or_is_too_large_has_no_fix(layers: tuple[Layer, ...]) -> None:
    assert fix(layers, SHAPE, CLASSES) is None


def test_every_stack_of_three_layers_is_mended_in_a_few_steps() -> None:
    for kinds in itertools.product(LAYERS.values(), repeat=3):
        layers: tuple[Layer, ...] = tuple(kind() for kind in kinds)
        for _ in range(3):
            if trace(layers, SHAPE, CLASSES).problem is None:
                break
            found = fix(layers, SHAPE, CLASSES)
            assert found is not None, layers
            layers = found.layers
        assert trace(layers, SHAPE, CLASSES).problem is None, kinds
