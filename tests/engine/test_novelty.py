"""How unlike its training images an image is to a network: against plain NumPy, and on images of other kinds."""

import keras
import numpy as np
import pytest

from imgrec.classifier import BATCH
from imgrec.engine import network
from imgrec.engine.lite import converted
from imgrec.engine.novelty import NoveltyDetector
from imgrec.layers import Conv2D, Dense, Flatten, GlobalAveragePooling2D, Layer
from imgrec.lite import LiteClassifier

pytestmark = pytest.mark.slow
SHAPE = (12, 12, 3)


def images(count: int, low: int = 60, high: int = 190) -> np.ndarray:
    """Return images of moderate colours, which are the known kind here."""
    return np.random.default_rng([count, low]).integers(low, high, (count, *SHAPE), dtype=np.uint8)


def built(*layers: Layer) -> keras.Model:
    keras.utils.set_random_seed(2)
    return network.build_classifier(layers, SHAPE, 4)


def reference(model: keras.Model, known: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """Compute novelty in plain NumPy, from what each filtering layer gives."""

    def statistics(some: np.ndarray) -> list[np.ndarray]:
        parts: list[np.ndarray] = []
        for layer in model.layers:
            if isinstance(layer, keras.layers.Conv2D | keras.layers.Dense):
                values = np.asarray(keras.Model(model.input, layer.output)(some), np.float64)
                parts += [values] if values.ndim == 2 else [values.mean(axis=(1, 2)), values.std(axis=(1, 2))]
        return parts

    means = []
    for found, own in zip(statistics(known), statistics(asked), strict=True):
        low, high = np.quantile(found, 0.002, axis=0), np.quantile(found, 0.998, axis=0)
        outside = np.where(own < low, low - own, np.where(own > high, own - high, 0)) / (high - low + 1e-6)
        means.append(np.minimum(outside, 1).mean(axis=1))
    return np.mean(means, axis=0)


@pytest.mark.parametrize(
    "layers",
    [
        (Conv2D(filters=6), Conv2D(filters=5, strides=2, activation="linear"), GlobalAveragePooling2D()),
        (Flatten(), Dense(units=9)),
        (Conv2D(filters=4), Flatten()),
    ],
    ids=["convolutions", "dense", "mixed"],
)
def test_it_is_what_plain_numpy_computes_also_by_litert(layers: tuple[Layer, ...]) -> None:
    model, known = built(*layers), images(300)
    asked = np.concatenate([images(20), images(20, 0, 255), np.zeros((1, *SHAPE), np.uint8)])
    expected = reference(model, known, asked)
    _, found = NoveltyDetector(model, known).answer(asked)
    np.testing.assert_allclose(np.asarray(found), expected, atol=1e-5)
    by_lite = LiteClassifier(converted(model, known)).ask(asked).novelty
    assert by_lite is not None
    np.testing.assert_allclose(by_lite, expected, atol=1e-5)
    assert expected[-1] > expected[:20].max()  # black is nothing of the kind


def test_nearly_all_known_images_are_not_novel_whatever_their_views_and_batches() -> None:
    known = images(BATCH + 30)
    content = converted(built(Conv2D(filters=4), Flatten()), known)
    found = LiteClassifier(content).ask(known).novelty
    assert found is not None
    assert found.shape == (BATCH + 30,)
    assert np.median(found) < 1e-5
    for views in ("mirror", "mirror and shift", "mirror and shift if unsure"):
        for count in (7, len(known)):
            varied = LiteClassifier(content, views).ask(known[:count]).novelty
            assert varied is not None
            np.testing.assert_allclose(varied, found[:count], atol=1e-5)


def test_a_channel_that_never_changes_keeps_novelty_a_number() -> None:
    model = built(Conv2D(filters=3), Flatten())
    [kernel, offsets] = model.layers[2].get_weights()
    kernel[..., 0], offsets[0] = 0, 0.25  # this filter gives the same everywhere
    model.layers[2].set_weights([kernel, offsets])
    novelty = LiteClassifier(converted(model, images(50))).ask(images(30, 0, 255)).novelty
    assert novelty is not None
    assert np.isfinite(novelty).all()
    assert 0 <= novelty.min() <= novelty.max() <= 1
