"""Augmentations: a contract over the whole table, and each against a reference that others trust."""

import numpy as np
import pytest
from PIL import Image, ImageEnhance
from scipy import ndimage

from imgrec.augmentations import (
    AUGMENTATIONS,
    Augmentation,
    Brightness,
    Contrast,
    Cutout,
    GaussianNoise,
    HorizontalFlip,
    Rotation,
    Saturation,
    Shift,
    Zoom,
)
from imgrec.engine import augment
from imgrec.engine.augment import Draw

every = pytest.mark.parametrize("augmentation", [cls() for cls in AUGMENTATIONS.values()], ids=list(AUGMENTATIONS))


@pytest.fixture
def images() -> np.ndarray:
    """Return 40 smooth random images, not square, so that a swap of height and width is seen."""
    noise = np.random.default_rng(7).uniform(0, 255, (40, 24, 32, 3))
    smooth = ndimage.gaussian_filter(noise, (0, 2, 2, 0))
    low, high = smooth.min(), smooth.max()
    return ((smooth - low) / (high - low) * 255).astype(np.uint8)


class Largest:
    """Draws the largest number every time, in place of a random generator."""

    def uniform(self, _, high, size):
        return np.full(size, high, float)

    def integers(self, _, high, size):
        return np.full(size, high - 1)


def draw(rng, kept=(), epoch: int = 1) -> Draw:
    """Return a batch its chance: rng is a seed, or what stands in place of a random generator."""
    return Draw(np.random.default_rng(rng) if isinstance(rng, int) else rng, np.array(kept), epoch)


def applied(images: np.ndarray, augmentations, chance: Draw) -> np.ndarray:
    """Return a changed copy."""
    out = images.copy()
    augment.apply(out, augmentations, chance)
    return out


def test_every_augmentation_has_its_array_function():
    assert sorted([*augment.FUNCTIONS, *augment.TURNS]) == sorted(AUGMENTATIONS)


@every
@pytest.mark.parametrize("shape", [(5, 32, 32, 3), (5, 28, 28, 1), (3, 9, 40, 3), (1, 1, 1, 3), (0, 32, 32, 3)])
def test_shape_and_type_are_kept(augmentation: Augmentation, shape):
    images = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    changed = applied(images, [augmentation], draw(1))
    assert changed.shape == shape
    assert changed.dtype == np.uint8


def test_without_augmentations_nothing_changes(images):
    assert np.array_equal(applied(images, [], draw(1)), images)


@every
def test_the_default_changes_something(augmentation: Augmentation, images):
    assert not np.array_equal(applied(images, [augmentation], draw(1)), images)


@every
def test_the_same_random_state_gives_the_same_images(augmentation: Augmentation, images):
    first, again, other = (applied(images, [augmentation], draw(s)) for s in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


@every
def test_each_image_of_a_batch_gets_its_own_draw(augmentation: Augmentation, images):
    alike = np.repeat(images[:1], 40, axis=0)
    changed = applied(alike, [augmentation], draw(1))
    assert len(np.unique(changed.reshape(40, -1), axis=0)) > 1


@pytest.mark.parametrize(
    "augmentation",
    [
        HorizontalFlip(probability=0.0),
        Rotation(degrees=0),
        Zoom(amount=0.0),
        Shift(pixels=0),
        Brightness(amount=0.0),
        Contrast(amount=0.0),
        Saturation(amount=0.0),
        GaussianNoise(stddev=0.0),
    ],
    ids=repr,
)
@pytest.mark.parametrize("channels", [1, 3])
def test_nothing_asked_is_nothing_changed(augmentation: Augmentation, channels):
    every_value = np.random.default_rng(0).permutation(np.arange(8 * 31 * 33 * channels) % 256).astype(np.uint8)
    images = every_value.reshape(8, 31, 33, channels)
    assert np.array_equal(applied(images, [augmentation], draw(1)), images)


def test_augmentations_are_applied_in_the_order_given(images):
    bright, noisy = Brightness(amount=0.5), Saturation(amount=1.0)
    together = applied(images, [bright, noisy], draw(1))
    same = draw(1)
    one_by_one = applied(applied(images, [bright], same), [noisy], same)
    assert np.array_equal(together, one_by_one)
    assert not np.array_equal(together, applied(images, [noisy, bright], draw(1)))


def test_a_flip_mirrors_as_numpy_does(images):
    changed = applied(images, [HorizontalFlip(probability=1.0)], draw(1))
    assert np.array_equal(changed, [np.fliplr(image) for image in images])


@pytest.mark.parametrize("probability", [0.25, 0.5, 0.9])
def test_the_probability_of_a_flip_is_the_share_of_images_mirrored(probability):
    images = np.tile(np.arange(2, dtype=np.uint8), (10_000, 1, 1))[..., None]
    changed = applied(images, [HorizontalFlip(probability=probability)], draw(1))
    assert (changed[:, 0, 0, 0] == 1).mean() == pytest.approx(probability, abs=0.02)


def mirrored_by_turns(probability: float, kept: np.ndarray, epochs: int) -> np.ndarray:
    """Return which images an alternating flip mirrors in each epoch: (epochs, N)."""
    images = np.tile(np.arange(2, dtype=np.uint8), (len(kept), 1, 1))[..., None]
    flip = [HorizontalFlip(probability=probability, alternate=True)]
    shown = [applied(images, flip, draw(epoch, kept, epoch)) for epoch in range(1, epochs + 1)]
    return np.array(shown)[:, :, 0, 0, 0] == 1


def test_an_alternating_flip_of_one_half_mirrors_what_was_drawn_and_the_others_by_turns():
    kept = np.random.default_rng(0).random(150)
    first, second, third, fourth = mirrored_by_turns(0.5, kept, 4)
    assert np.array_equal(first, kept < 0.5)
    assert np.array_equal(second, ~first)
    assert np.array_equal([third, fourth], [first, second])


@pytest.mark.parametrize("probability", [0.0, 0.05, 0.3, 0.75, 1.0])
def test_an_alternating_flip_mirrors_its_share_of_the_images_in_each_epoch_and_each_image_that_often(probability):
    kept = (np.random.default_rng(0).permutation(150) + 1 / 3) / 150  # none on an edge
    mirrored = mirrored_by_turns(probability, kept, 20)
    np.testing.assert_allclose(mirrored.mean(axis=1), probability, atol=1 / 150)
    np.testing.assert_allclose(mirrored.mean(axis=0), probability, atol=1e-9)


@pytest.mark.parametrize("degrees", [10, 45, 90, 180])
def test_rotation_agrees_with_scipy(images, degrees):
    turned = applied(images, [Rotation(degrees=degrees)], draw(Largest()))
    trusted = ndimage.rotate(images.astype(float), -degrees, axes=(1, 2), reshape=False, order=1, mode="nearest")
    assert np.abs(turned - trusted).max() <= 0.6  # half a step of rounding, and float32


@pytest.mark.parametrize("amount", [0.1, 0.5])
def test_zoom_agrees_with_scipy(images, amount):
    zoomed = applied(images, [Zoom(amount=amount)], draw(Largest()))
    scale = np.array([1, 1 / (1 + amount), 1 / (1 + amount), 1])
    centre = (np.array(images.shape) - 1) / 2
    offset = centre - centre * scale
    trusted = ndimage.affine_transform(images.astype(float), scale, offset, order=1, mode="nearest")
    assert np.abs(zoomed - trusted).max() <= 0.6


@pytest.mark.parametrize("order", [1, -1])
def test_rotation_and_zoom_together_agree_with_scipy_which_draws_once(images, order):
    """One after the other, they would blur twice."""
    changed = applied(images, [Rotation(degrees=30), Zoom(amount=0.2)][::order], draw(Largest()))
    cos, sin = np.cos(np.pi / 6) / 1.2, np.sin(np.pi / 6) / 1.2
    turn = np.array([[1, 0, 0, 0], [0, cos, -sin, 0], [0, sin, cos, 0], [0, 0, 0, 1]])
    centre = (np.array(images.shape) - 1) / 2
    trusted = ndimage.affine_transform(images.astype(float), turn, centre - turn @ centre, order=1, mode="nearest")
    assert np.abs(changed - trusted).max() <= 0.6


@pytest.mark.parametrize(("augmentation", "limit"), [(Rotation(degrees=30), 30.0), (Zoom(amount=0.3), 0.3)])
def test_rotation_and_zoom_draw_to_both_sides(augmentation, limit):
    class Recorder:
        """Keeps the limits it was asked for."""

        def uniform(self, low, high, size):
            self.limits = low, high
            return np.full(size, (low + high) / 2)

    recorder = Recorder()
    applied(np.zeros((1, 8, 8, 3), np.uint8), [augmentation], draw(recorder))
    low, high = recorder.limits
    assert high - low == pytest.approx(2 * limit)


def test_shift_agrees_with_scipy(images):
    moved = applied(images, [Shift(pixels=4)], draw(Largest()))
    trusted = ndimage.shift(images, (0, -3, -3, 0), order=0, mode="mirror")  # 3 of 24 pixels are 4 of 32
    assert np.array_equal(moved, trusted)


@pytest.mark.parametrize(("side", "pixels"), [(28, 4), (32, 5), (64, 10), (128, 20)])
def test_moves_and_squares_grow_with_the_image(side, pixels):
    images = np.random.default_rng(0).integers(128, 256, (20, side, side, 1), dtype=np.uint8)
    moved = applied(images, [Shift(pixels=5)], draw(Largest()))
    assert np.array_equal(moved[:, :-pixels, :-pixels], images[:, pixels:, pixels:])
    covered = (applied(images, [Cutout(size=5)], draw(1)) == augment.GREY)[..., 0]
    assert covered.any(axis=2).sum(axis=1).max() == pixels


def test_shift_makes_every_move_equally_often():
    point = np.zeros((20_000, 5, 5, 1), np.uint8)
    point[:, 2, 2] = 255
    moved = applied(point, [Shift(pixels=1)], draw(1))
    share = (moved[..., 0] == 255).mean(axis=0)
    assert share[1:4, 1:4] == pytest.approx(np.full((3, 3), 1 / 9), abs=0.01)


def test_an_image_of_two_pixels_is_moved_too():
    tiny = np.arange(8, dtype=np.uint8).reshape(1, 2, 4, 1)
    moved = applied(np.repeat(tiny, 50, axis=0), [Shift(pixels=8)], draw(1))
    assert set(moved.ravel()) <= set(range(8))


def test_brightness_moves_all_values_of_an_image_alike():
    images = np.tile(np.arange(100, 130, dtype=np.uint8), (500, 1))[:, :, None, None]
    change = applied(images, [Brightness(amount=0.2)], draw(1)) - images.astype(int)
    assert (change == change[:, :1]).all()
    assert change.min() == pytest.approx(-51, abs=1)  # 0.2 of 255
    assert change.max() == pytest.approx(51, abs=1)
    assert change.mean() == pytest.approx(0, abs=3)


def test_brightness_is_a_share_of_the_whole_range():
    black = np.zeros((1, 4, 4, 3), np.uint8)
    assert (applied(black, [Brightness(amount=0.8)], draw(Largest())) == 204).all()


def test_brightness_stops_at_black_and_white():
    extremes = np.array([0, 255], np.uint8).reshape(1, 1, 2, 1).repeat(50, axis=0)
    changed = applied(extremes, [Brightness(amount=0.8)], draw(1))
    assert (changed[:, 0, 0] <= changed[:, 0, 1]).all()  # a wrap around 256 would turn this over
    assert changed.min() == 0
    assert changed.max() == 255


def test_contrast_agrees_with_pillow(images):
    changed = applied(images, [Contrast(amount=0.5)], draw(Largest()))
    trusted = [np.asarray(ImageEnhance.Contrast(Image.fromarray(image)).enhance(1.5)) for image in images]
    assert np.abs(changed.astype(int) - trusted).max() <= 1  # Pillow rounds the mean, and cuts the decimals off


def test_saturation_agrees_with_pillow(images):
    changed = applied(images, [Saturation(amount=0.7)], draw(Largest()))
    trusted = [np.asarray(ImageEnhance.Color(Image.fromarray(image)).enhance(1.7)) for image in images]
    assert np.abs(changed.astype(int) - trusted).max() <= 1


def test_images_without_colours_have_no_saturation():
    grey = np.random.default_rng(0).integers(0, 256, (10, 28, 28, 1), dtype=np.uint8)
    assert np.array_equal(applied(grey, [Saturation(amount=1.0)], draw(1)), grey)


@pytest.mark.parametrize("size", [1, 4, 7, 24])
def test_cutout_covers_one_square_with_grey(size):
    white = np.full((300, 32, 32, 3), 255, np.uint8)
    changed = applied(white, [Cutout(size=size)], draw(1))
    covered = (changed == augment.GREY).all(axis=3)
    assert ((changed == 255).all(axis=3) | covered).all()
    heights, widths = covered.any(axis=2).sum(axis=1), covered.any(axis=1).sum(axis=1)
    assert (covered.sum(axis=(1, 2)) == heights * widths).all()
    assert heights.max() == widths.max() == size
    assert heights.min() >= size // 2  # the centre is inside the image


def test_the_centre_of_a_cutout_is_everywhere_equally_often():
    white = np.full((20_000, 6, 9, 1), 255, np.uint8)
    changed = applied(white, [Cutout(size=1)], draw(1))
    share = (changed[..., 0] == augment.GREY).mean(axis=0)
    assert share == pytest.approx(np.full((6, 9), 1 / 54), abs=0.005)


def test_noise_has_the_standard_deviation_asked_for():
    grey = np.full((20, 32, 32, 3), 128, np.uint8)
    noise = applied(grey, [GaussianNoise(stddev=0.1)], draw(1)) - 128.0
    assert noise.mean() == pytest.approx(0, abs=0.5)
    assert noise.std() == pytest.approx(25.5, rel=0.01)
    assert abs(np.corrcoef(noise[..., 0].ravel(), noise[..., 1].ravel())[0, 1]) < 0.02  # channels are independent


@pytest.mark.parametrize(("deviations", "share"), [(1, 0.683), (2, 0.954), (3, 0.997)])
def test_noise_is_normal(deviations, share):
    grey = np.full((40, 32, 32, 3), 128, np.uint8)
    noise = applied(grey, [GaussianNoise(stddev=0.1)], draw(1)) - 128.0
    assert (np.abs(noise) < deviations * 25.5).mean() == pytest.approx(share, abs=0.004)
