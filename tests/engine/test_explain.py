"""HiResCAM shows where the evidence is, equals its formula, and leaves the model as it was."""

import keras
import numpy as np
import pytest

from imgrec import presets
from imgrec.engine import explain, network
from imgrec.engine.explain import HiResCam
from imgrec.errors import ImgrecError
from imgrec.layers import (
    AveragePooling2D,
    BatchNormalization,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    Layer,
    MaxPooling2D,
    PatchWhitening,
    ResidualBlock,
    SeparableConv2D,
)

pytestmark = pytest.mark.slow
NOISE = np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8)
SMALL = NOISE[:8, :8]


def built(layers: list[Layer], image_shape: tuple[int, ...] = (8, 8, 3)) -> keras.Model:
    """Build a network of three classes with the same weights each time."""
    keras.utils.set_random_seed(0)
    return network.build_classifier(layers, image_shape, classes=3)


def red_and_green() -> keras.Model:
    """Build a network whose first class is the mean of red, its second that of green, its third minus all."""
    model = built([Conv2D(filters=3, kernel_size=1)])
    convolution, head = model.layers[2], model.layers[-2]
    convolution.set_weights([np.eye(3)[None, None], np.zeros(3)])
    head.set_weights([np.array([[1, 0, -1], [0, 1, -1], [0, 0, -1]]), np.zeros(3)])
    return model


def test_the_heat_of_a_class_lies_where_its_evidence_lies_and_nowhere_else() -> None:
    image = np.zeros((8, 8, 3), np.uint8)
    image[..., 1] = 200
    image[:4, :4] = (200, 0, 0)
    where = np.zeros((8, 8), np.float32)
    where[:4, :4] = 1
    seen = HiResCam(red_and_green())
    np.testing.assert_array_equal(seen(image, 0), where)
    np.testing.assert_array_equal(seen(image, 1), 1 - where)


def test_a_class_for_which_nothing_speaks_has_no_heat_at_all() -> None:
    heat = HiResCam(red_and_green())(SMALL, 2)
    np.testing.assert_array_equal(heat, np.zeros((8, 8), np.float32))


@pytest.mark.parametrize("target", range(3))
def test_it_is_the_formula_of_the_paper(target: int) -> None:
    """Computed here in NumPy: a convolution of single pixels, the means of 2×2, one matrix."""
    model = built([Conv2D(filters=4, kernel_size=1), AveragePooling2D(), Flatten()])
    rng = np.random.default_rng(14)
    kernel, matrix = rng.normal(size=(3, 4)), rng.normal(size=(64, 3))
    model.layers[2].set_weights([kernel[None, None], -kernel.sum(axis=0) / 2])
    model.layers[-2].set_weights([matrix, np.zeros(3)])
    convolved = np.maximum((SMALL / 255 - 0.5) @ kernel, 0)
    activations = convolved.reshape(4, 2, 4, 2, 4).mean(axis=(1, 3))
    gradient = matrix[:, target].reshape(4, 4, 4)
    coarse = np.maximum((activations * gradient).sum(axis=-1), 0)
    assert 0 < (coarse > 0).mean() < 1
    places = (np.arange(8) + 0.5) / 2 - 0.5  # of the image's pixels among those of the map
    rows = np.stack([np.interp(places, np.arange(4), row) for row in coarse])
    fine = np.stack([np.interp(places, np.arange(4), column) for column in rows.T], axis=1)
    np.testing.assert_allclose(HiResCam(model)(SMALL, target), fine / fine.max(), atol=1e-5)


def test_with_several_views_it_is_the_mean_of_what_is_seen_in_them() -> None:
    model = built([Conv2D(filters=4), Flatten()])
    once, mirrored = HiResCam(model), HiResCam(model, "mirror")
    found = mirrored(SMALL, 1)
    # Heats are scaled before they are returned, so the mean is compared with those of one view in their proportion.
    own, other = once(SMALL, 1), once(SMALL[:, ::-1], 1)[:, ::-1]
    scales = np.linalg.lstsq(np.stack([own.ravel(), other.ravel()], axis=1), found.ravel(), rcond=None)[0]
    assert (scales > 0).all()
    np.testing.assert_allclose(scales[0] * own + scales[1] * other, found, atol=1e-5)
    np.testing.assert_allclose(mirrored(SMALL[:, ::-1], 1)[:, ::-1], found, atol=1e-5)


def test_a_network_that_is_sure_is_asked_about_its_logit_which_still_has_a_gradient() -> None:
    layers: list[Layer] = [Conv2D(filters=8), Flatten()]
    model, sure = built(layers), built(layers)
    matrix, bias = sure.layers[-2].get_weights()
    sure.layers[-2].set_weights([10_000 * matrix, bias])
    probabilities = np.asarray(sure(SMALL[None]))[0]
    assert set(probabilities) == {0, 1}
    target = int(probabilities.argmax())
    heat = HiResCam(sure)(SMALL, target)
    assert heat.max() == 1
    np.testing.assert_allclose(heat, HiResCam(model)(SMALL, target), atol=1e-5)


@pytest.mark.parametrize(
    ("layers", "image_shape", "read"),
    [
        ([Conv2D(), MaxPooling2D(), MaxPooling2D(), MaxPooling2D(), Flatten()], (32, 32, 3), "04_MaxPooling2D"),
        ([Conv2D(), MaxPooling2D(), Conv2D(strides=2), Flatten()], (32, 12, 3), "02_MaxPooling2D"),
        ([ResidualBlock(), ResidualBlock(strides=2), Dropout()], (4, 4, 3), "01_ResidualBlock_activation"),
        (
            [MaxPooling2D(pool_size=4), Conv2D(), BatchNormalization(), MaxPooling2D()],
            (8, 8, 3),
            "03_BatchNormalization",
        ),
    ],
    ids=["4 pixels suffice", "the shorter side counts", "a whole block", "all too coarse: the finest"],
)
def test_the_last_map_that_can_say_where_is_read(layers: list[Layer], image_shape: tuple[int, ...], read: str) -> None:
    assert explain._layer(built(layers, image_shape)).name == read


@pytest.mark.parametrize("layers", [[], [Flatten(), Dense()], [MaxPooling2D(), AveragePooling2D()]], ids=repr)
def test_a_network_without_a_convolution_is_said_in_words(layers: list[Layer]) -> None:
    with pytest.raises(ImgrecError, match=r"at least one convolution\. This one has none\. Train one with Conv2D"):
        HiResCam(built(layers))


@pytest.mark.parametrize(
    "layers",
    [
        *(pytest.param(preset.config.layers, id=preset.name) for preset in presets.PRESETS.values()),
        *(pytest.param([block], id=type(block).__name__) for block in (ResidualBlock(), PatchWhitening())),
        pytest.param([SeparableConv2D(), Flatten()], id="SeparableConv2D"),
    ],
)
def test_every_preset_and_every_block_is_explained(layers: list[Layer]) -> None:
    seen = HiResCam(built(layers, (32, 32, 3)))
    heats = np.stack([seen(NOISE, target) for target in range(3)])
    assert heats.shape == (3, 32, 32)
    assert heats.dtype == np.float32
    assert heats.min() >= 0
    assert heats.max() == 1
    assert len({heat.tobytes() for heat in heats}) > 1


def test_asking_changes_neither_weights_nor_answers_and_normalizes_as_answers_do() -> None:
    unsteady = BatchNormalization(), Dropout(rate=0.5)
    model = built([Conv2D(filters=4), *unsteady, MaxPooling2D(pool_size=4), *unsteady])
    weights, answer = model.get_weights(), np.asarray(model(SMALL[None]))
    seen = HiResCam(model)
    first, again = seen(SMALL, 0), seen(SMALL, 0)
    np.testing.assert_array_equal(first, again)
    for before, after in zip(weights, model.get_weights(), strict=True):
        np.testing.assert_array_equal(before, after)
    np.testing.assert_array_equal(model(SMALL[None]), answer)
