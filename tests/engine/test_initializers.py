"""Whitened patches are uncorrelated, identity convolutions pass on what they get."""

from pathlib import Path

import keras
import numpy as np
import pytest

from imgrec.engine import initializers, network
from imgrec.layers import Activation, Conv2D, Layer, MaxPooling2D, PatchWhitening

pytestmark = pytest.mark.slow
RNG = np.random.default_rng(0)
SMOOTH = (RNG.integers(0, 200, (300, 12, 12, 1)) + RNG.integers(0, 55, (300, 12, 12, 3))).astype(np.uint8)
"""Images whose channels go together, as those of photos do."""


def prepared(layers: list[Layer], pixels: np.ndarray = SMOOTH, training: np.ndarray | None = None) -> keras.Model:
    """Build a network and set its starting weights from the images."""
    model = network.build_classifier(layers, pixels.shape[1:], classes=3)
    initializers.prepare(model, layers, pixels, np.arange(len(pixels)) if training is None else training)
    return model


def values_after(model: keras.Model, position: int, images: np.ndarray) -> np.ndarray:
    """Return what comes out of the layer at a place of the stack, counted from 0 without the scaling."""
    return np.asarray(keras.Model(model.input, model.layers[position + 2].output)(images))


@pytest.mark.parametrize("above", [[], [Conv2D(filters=5), MaxPooling2D()]], ids=["on top", "further down"])
@pytest.mark.parametrize("kernel_size", [2, 3])
def test_whitened_patches_have_mean_zero_variance_one_and_no_correlation(above: list[Layer], kernel_size: int) -> None:
    model = prepared([*above, PatchWhitening(kernel_size=kernel_size)])
    whitened = values_after(model, len(above), SMOOTH)
    half = whitened.shape[-1] // 2
    flat = whitened[..., :half].reshape(-1, half)
    np.testing.assert_allclose(flat.mean(axis=0), 0, atol=0.01)
    covariance = np.cov(flat.T)
    spread = np.diag(covariance)
    assert (spread <= 1.01).all(), "the floor only ever makes it smaller"
    np.testing.assert_allclose(spread[-half // 2 :], 1, atol=0.05)
    np.testing.assert_allclose(covariance - np.diag(spread), 0, atol=0.02)


def test_the_second_half_of_the_filters_is_the_negative_of_the_first() -> None:
    whitened = values_after(prepared([PatchWhitening()]), 0, SMOOTH[:20])
    np.testing.assert_allclose(whitened[..., :12], -whitened[..., 12:], atol=1e-4)


def test_images_that_do_not_vary_make_no_infinite_filters() -> None:
    grey = np.full((10, 12, 12, 3), 99, np.uint8)
    assert all(np.isfinite(weights).all() for weights in prepared([PatchWhitening()], grey).get_weights())


def test_only_training_images_are_measured() -> None:
    mixed = np.concatenate([SMOOTH, RNG.integers(0, 256, SMOOTH.shape).astype(np.uint8)])
    seen = prepared([PatchWhitening()], mixed, np.arange(300)).layers[2].get_weights()
    alone = prepared([PatchWhitening()]).layers[2].get_weights()
    np.testing.assert_array_equal(seen[0], alone[0])


@pytest.mark.parametrize("kernel_size", [1, 2, 3, 5])
def test_an_identity_convolution_passes_its_channels_on_and_starts_the_others_at_random(kernel_size: int) -> None:
    settings = {"kernel_size": kernel_size, "activation": "linear", "kernel_initializer": "identity"}
    model = prepared([Conv2D(filters=5).replace(**settings), Conv2D(filters=2).replace(**settings), Activation()])
    wider, narrower = values_after(model, 0, SMOOTH[:9]), values_after(model, 1, SMOOTH[:9])
    np.testing.assert_allclose(wider[..., :3], SMOOTH[:9] / 255, atol=1e-6)
    assert np.abs(wider[..., 3:]).max() > 0.01
    np.testing.assert_allclose(narrower, wider[..., :2], atol=1e-6)


def test_a_model_with_both_loads_in_plain_keras(tmp_path: Path) -> None:
    model = prepared([PatchWhitening(), Conv2D(kernel_initializer="identity")])
    model.save(tmp_path / "model.keras")
    plain = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    np.testing.assert_allclose(plain(SMOOTH[:5]), model(SMOOTH[:5]), atol=1e-6)
    assert not plain.layers[2].trainable
