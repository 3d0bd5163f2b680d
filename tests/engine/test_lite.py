"""A network as a LiteRT file says what it says by Keras, whatever it is made of."""

import keras
import numpy as np
import pytest

from imgrec import presets
from imgrec.config import RunConfig
from imgrec.engine import network
from imgrec.engine.lite import converted
from imgrec.engine.prediction import KerasClassifier
from imgrec.layers import ACTIVATIONS, LAYERS, Conv2D, Dense, Flatten, Layer, ResidualBlock, SeparableConv2D
from imgrec.lite import TOLERANCE, LiteClassifier, agree

pytestmark = pytest.mark.slow
IMAGES = np.random.default_rng(0).integers(0, 256, (300, 32, 32, 3), dtype=np.uint8)


def built(layers: tuple[Layer, ...], shape: tuple[int, int, int] = (32, 32, 3), classes: int = 10) -> keras.Model:
    """Build a network whose weights are none of those that a layer begins with, as zeros and ones hide faults."""
    keras.utils.set_random_seed(1)
    model = network.build_classifier(layers, shape, classes)
    for variable in model.weights:
        if "seed" not in variable.name:
            noise = np.random.default_rng(len(variable.shape)).uniform(-0.02, 0.02, variable.shape)
            variable.assign(np.asarray(variable) + noise)
    return model


def stack(layer: Layer) -> tuple[Layer, ...]:
    if isinstance(layer, Flatten):
        return (layer,)
    if isinstance(layer, Dense):
        return (Flatten(), layer)
    return (layer,) if layer.output_shape((32, 32, 3))[1:] == () else (layer, Flatten())


KINDS = [cls() for cls in LAYERS.values()]
VARIED = [
    *(Conv2D(activation=name) for name in ACTIVATIONS),
    Conv2D(strides=2, padding="valid"),
    ResidualBlock(strides=2),
    SeparableConv2D(padding="valid"),
]


@pytest.mark.parametrize("layer", [*KINDS, *VARIED], ids=repr)
def test_every_layer_says_the_same(layer: Layer) -> None:
    model = built(stack(layer))
    expected = KerasClassifier(model).probabilities(IMAGES[:20])
    found = LiteClassifier(converted(model, IMAGES[20:40])).probabilities(IMAGES[:20])
    np.testing.assert_allclose(found, expected, atol=TOLERANCE)
    assert found.dtype == np.float32


@pytest.mark.parametrize(
    ("shape", "classes"), [((28, 28, 1), 2), ((32, 32, 3), 1000), ((128, 128, 3), 1000), ((96, 96, 1), 100)]
)
def test_networks_of_other_images_and_classes_agree(shape: tuple[int, int, int], classes: int) -> None:
    config, _ = presets.adapted(presets.get("sprint").config, shape, classes)
    images = np.random.default_rng(1).integers(0, 256, (200, *shape), dtype=np.uint8)
    model = built(config.layers, shape, classes)
    expected = KerasClassifier(model, "mirror and shift").probabilities(images)
    found = LiteClassifier(converted(model, images[:50]), "mirror and shift").probabilities(images)
    assert found.shape == (200, classes)
    assert agree(found, expected)


@pytest.mark.parametrize("name", ["quick", "article", "sprint"])
@pytest.mark.parametrize("views", ["none", "mirror and shift", "mirror and shift if unsure"])
def test_the_networks_of_presets_agree_over_all_views(name: str, views: str) -> None:
    config: RunConfig = presets.get(name).config
    model = built(config.layers)
    answers = KerasClassifier(model, views).probabilities(IMAGES)
    found = LiteClassifier(converted(model, IMAGES[:10]), views).probabilities(IMAGES)
    assert agree(found, answers)
    assert not agree(found, answers[::-1])
    assert not agree(found, answers + np.float32(2e-5))


def test_any_number_of_images_of_any_shape_is_answered() -> None:
    model = built((Flatten(),), (8, 12, 1))
    images = np.random.default_rng(0).integers(0, 256, (7, 8, 12, 1), dtype=np.uint8)
    lite = LiteClassifier(converted(model, images[:3]))
    assert lite.image_shape == (8, 12, 1)
    whole, novelty = lite.ask(images)
    assert novelty is not None
    for place in range(len(images)):
        alone = lite.ask(images[place : place + 1])
        assert alone.novelty is not None
        np.testing.assert_allclose(alone.probabilities[0], whole[place], atol=1e-6)
        np.testing.assert_allclose(alone.novelty, novelty[place : place + 1], atol=1e-6)
