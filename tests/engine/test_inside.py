"""What a network shows of its inside is what its layers compute."""

import keras
import numpy as np
import pytest

from imgrec.engine.inside import MOST_MAPS, Inside
from imgrec.layers import Conv2D, Dense, Flatten, MaxPooling2D, PatchWhitening, ResidualBlock
from tests.engine.test_explain import SMALL, built

pytestmark = pytest.mark.slow


def test_the_maps_of_a_layer_are_its_values_the_most_active_first() -> None:
    model = built([Conv2D(filters=5), MaxPooling2D(), Conv2D(filters=4, activation="linear"), Flatten()])
    shown, there = Inside(model).maps(SMALL, 0)
    values = np.asarray(keras.Model(model.input, model.get_layer("01_Conv2D").output)(SMALL[None]))[0]
    order = np.argsort(-values.mean(axis=(0, 1)))
    np.testing.assert_array_equal(shown, np.rint(255 * values[..., order].transpose(2, 0, 1) / values.max()))
    assert there == 5
    negative, _ = Inside(model).maps(SMALL, 2)
    assert (negative.min(), negative.max()) == (0, 255)


def test_a_block_shows_what_leaves_it_and_a_layer_without_maps_its_values_in_order() -> None:
    model = built([ResidualBlock(filters=6), Flatten(), Dense(units=7)])
    shown, there = Inside(model).maps(SMALL, 0)
    values = np.asarray(keras.Model(model.input, model.get_layer("01_ResidualBlock_activation").output)(SMALL[None]))
    assert (shown.shape, there) == ((6, 8, 8), 6)
    assert (shown == 255).any() == (values.max() > 0)
    dense, there = Inside(model).maps(SMALL, 2)
    values = np.asarray(keras.Model(model.input, model.get_layer("03_Dense").output)(SMALL[None]))[0]
    assert (dense.shape, there) == ((7, 1, 1), 7)
    np.testing.assert_array_equal(dense[:, 0, 0], np.rint(255 * values / values.max()))


def test_of_many_maps_the_most_active_are_shown() -> None:
    shown, there = Inside(built([Conv2D(filters=MOST_MAPS + 20)])).maps(SMALL, 0)
    assert (len(shown), there) == (MOST_MAPS, MOST_MAPS + 20)
    means = shown.mean(axis=(1, 2))
    assert (np.diff(means) <= 0.6).all()  # as far as rounding allows


def test_the_filters_are_the_first_layers_weights() -> None:
    model = built([Conv2D(filters=4)])
    shown = Inside(model).filters()
    kernels = model.get_layer("01_Conv2D").get_weights()[0].transpose(3, 0, 1, 2)
    assert shown is not None
    for tile, kernel in zip(shown.astype(float), kernels, strict=True):
        np.testing.assert_allclose((tile - 127.5) / 127.5, kernel / np.abs(kernel).max(), atol=0.005)
    patches = Inside(built([PatchWhitening()])).filters()
    assert patches is not None
    assert patches.shape == (24, 2, 2, 3)
    assert Inside(built([Flatten()])).filters() is None


def test_a_layer_that_is_not_there_is_refused() -> None:
    with pytest.raises(ValueError, match="Received: 7"):
        Inside(built([Flatten()])).maps(SMALL, 7)
