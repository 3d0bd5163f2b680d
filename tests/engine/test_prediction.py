"""Answers from several views of an image are the mean of the answers to each."""

import keras
import numpy as np
import pytest

from imgrec.classifier import UNSURE, at_once, views
from imgrec.config import Training
from imgrec.engine import network
from imgrec.engine.prediction import KerasClassifier
from imgrec.layers import Conv2D, Flatten
from imgrec.settings import options

pytestmark = pytest.mark.slow
AUGMENTATIONS = options(Training.model_fields["test_time_augmentation"])
IMAGES = np.random.default_rng(0).integers(0, 256, (700, 8, 8, 3), dtype=np.uint8)


@pytest.mark.parametrize(
    ("augmentation", "count"), [("none", 1), ("mirror", 2), ("mirror and shift", 6), ("mirror and shift if unsure", 6)]
)
def test_so_many_different_views_of_the_same_shape_the_first_as_it_is(augmentation: str, count: int) -> None:
    shown = views(IMAGES[:3], augmentation)
    assert len({view.tobytes() for view in shown}) == len(shown) == count
    assert {view.shape for view in shown} == {(3, 8, 8, 3)}
    np.testing.assert_array_equal(shown[0], IMAGES[:3])


def test_shifted_views_move_by_one_pixel_to_two_corners_and_are_mirrored_too() -> None:
    _, _, up, mirrored_up, down, _ = views(IMAGES[:3], "mirror and shift")
    np.testing.assert_array_equal(up[:, :-1, :-1], IMAGES[:3, 1:, 1:])
    np.testing.assert_array_equal(down[:, 1:, 1:], IMAGES[:3, :-1, :-1])
    np.testing.assert_array_equal(mirrored_up, up[:, :, ::-1])


def test_shifted_views_of_larger_images_move_by_as_much_of_them() -> None:
    images = np.random.default_rng(0).integers(0, 256, (2, 128, 128, 1), np.uint8)
    _, _, up, _, down, _ = views(images, "mirror and shift")
    np.testing.assert_array_equal(up[:, :-4, :-4], images[:, 4:, 4:])
    np.testing.assert_array_equal(down[:, 4:, 4:], images[:, :-4, :-4])


def test_every_setting_has_its_views() -> None:
    assert all(views(IMAGES[:1], augmentation) for augmentation in AUGMENTATIONS)


@pytest.mark.parametrize("images", [1, 100, 700])
@pytest.mark.parametrize("augmentation", ["none", "mirror", "mirror and shift"])
def test_the_answer_is_the_mean_over_the_views_however_many_are_asked(augmentation: str, images: int) -> None:
    keras.utils.set_random_seed(0)
    model = network.build_classifier([Conv2D(filters=4), Flatten()], (8, 8, 3), classes=5)
    found = KerasClassifier(model, augmentation).probabilities(IMAGES[:images])
    alone = KerasClassifier(model)
    expected = np.mean([alone.probabilities(view) for view in views(IMAGES[:images], augmentation)], axis=0)
    np.testing.assert_allclose(found, expected, atol=1e-6)
    assert found.dtype == np.float32


@pytest.mark.parametrize(
    ("shape", "images"),
    [((32, 32, 3), 250), ((28, 28, 1), 250), ((64, 64, 3), 62), ((128, 128, 3), 15), ((999, 9, 1), 28)],
)
def test_of_larger_images_fewer_are_computed_at_once(shape: tuple[int, int, int], images: int) -> None:
    assert at_once(shape) == images


def test_larger_images_are_answered_in_parts_as_they_are_together() -> None:
    keras.utils.set_random_seed(0)
    model = network.build_classifier([Flatten()], (64, 64, 1), classes=3)
    images = np.random.default_rng(0).integers(0, 256, (70, 64, 64, 1), np.uint8)
    told: list[float] = []
    found = KerasClassifier(model).probabilities(images, told.append)
    assert len(told) == 2
    np.testing.assert_allclose(found, model(images), atol=1e-6)


@pytest.mark.parametrize("images", [1, 100, 700])
def test_further_views_are_asked_about_where_the_first_answer_is_unsure(images: int) -> None:
    keras.utils.set_random_seed(0)
    model = network.build_classifier([Flatten()], (8, 8, 3), classes=3)
    once = KerasClassifier(model).probabilities(IMAGES[:images])
    every = KerasClassifier(model, "mirror and shift").probabilities(IMAGES[:images])
    found = KerasClassifier(model, "mirror and shift if unsure").probabilities(IMAGES[:images])
    ordered = np.sort(once, axis=1)
    unsure = ordered[:, -1] - ordered[:, -2] < UNSURE
    assert images < 100 or 0.1 < unsure.mean() < 0.9
    np.testing.assert_allclose(found, np.where(unsure[:, None], every, once), atol=1e-6)
    assert found.dtype == np.float32


@pytest.mark.parametrize(
    ("augmentation", "answers"),
    # If unsure, so are some of each 250: five further views of them, in one call where they are few.
    [("none", 3), ("mirror", 6), ("mirror and shift", 18), ("mirror and shift if unsure", 18)],
)
def test_every_answer_of_the_model_is_told_before_the_next(
    augmentation: str, answers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A slow network is silent for one answer at most, or it would be taken for one that hangs."""
    classifier = KerasClassifier(network.build_classifier([Flatten()], (8, 8, 3), classes=5), augmentation)
    answer = classifier._answer
    told: list[float | str] = []

    def slow(images):
        told.append("asked")
        return answer(images)

    monkeypatch.setattr(classifier, "_answer", slow)
    classifier.probabilities(IMAGES, told.append)
    assert told[0::2] == ["asked"] * answers
    assert told[1::2] == sorted({share for share in told[1::2] if not isinstance(share, str)})
    assert len(told) == 2 * answers
    assert told[-1] == 1
