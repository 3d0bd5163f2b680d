"""Heat laid over an image is seen by its colour and by its brightness, and the image is seen through it."""

import numpy as np

from imgrec.uploads import heated

IMAGE = np.random.default_rng(0).integers(0, 256, (8, 8, 3), dtype=np.uint8)
BLACK, WHITE = np.zeros_like(IMAGE), np.full_like(IMAGE, 255)
GREY = 0.299 * IMAGE[..., 0] + 0.587 * IMAGE[..., 1] + 0.114 * IMAGE[..., 2]


def everywhere(heat: float) -> np.ndarray:
    return np.full((8, 8), heat, np.float32)


def brightness(pixels: np.ndarray) -> np.ndarray:
    """Return the luma of ITU-R BT.601, from 0 to 255."""
    return pixels @ np.array([0.299, 0.587, 0.114])


def test_without_heat_an_image_is_grey_and_a_third_as_bright() -> None:
    shown = heated(IMAGE, everywhere(0))
    np.testing.assert_allclose(shown, np.repeat(GREY[..., None] / 3, 3, axis=2), atol=1)
    assert shown.dtype == np.uint8


def test_the_hottest_of_any_image_is_warm() -> None:
    red, green, blue = np.moveaxis(heated(IMAGE, everywhere(1)).astype(int), -1, 0)
    assert (red - green >= 40).all()
    assert (green - blue >= 80).all()


def test_black_with_heat_is_brighter_than_white_without_it() -> None:
    assert brightness(heated(BLACK, everywhere(1))).min() > brightness(heated(WHITE, everywhere(0))).max() + 10


def test_more_heat_is_brighter_at_every_pixel() -> None:
    shown = np.stack([brightness(heated(IMAGE, everywhere(heat))) for heat in np.linspace(0, 1, 11)])
    assert (np.diff(shown, axis=0) > 0).all()


def test_what_the_image_shows_is_seen_with_and_without_heat() -> None:
    for heat in (0, 1):
        seen = brightness(heated(WHITE, everywhere(heat))) - brightness(heated(BLACK, everywhere(heat)))
        assert seen.min() >= 80


def test_heat_falls_on_its_own_pixel() -> None:
    heat = everywhere(0)
    heat[2, 5] = 1
    changed = (heated(IMAGE, heat) != heated(IMAGE, everywhere(0))).any(axis=2)
    np.testing.assert_array_equal(changed, heat == 1)
