"""A picture that is changed shows what a person would expect of the change."""

import io

import numpy as np
import pytest
from PIL import Image

from imgrec.framing import CENTRE, Framing
from imgrec.uploads import Picture, read
from imgrec.variations import Variation, varied


def picture(image: Image.Image, shape: tuple[int, int, int] = (32, 32, 3), framing: Framing = CENTRE) -> Picture:
    file = io.BytesIO()
    image.save(file, "PNG")
    return read(file.getvalue(), shape, framing)


def spot(width: int, height: int, x: int, y: int) -> Image.Image:
    """Draw a white square of 8 pixels around a place of a black picture."""
    image = Image.new("RGB", (width, height))
    image.paste("white", (x - 4, y - 4, x + 4, y + 4))
    return image


def centre(pixels: np.ndarray) -> tuple[float, float]:
    """Return the centre of what is bright: x, y in pixels."""
    weights = pixels[..., 0].astype(float)
    rows, columns = np.indices(weights.shape) + 0.5
    return (weights * columns).sum() / weights.sum(), (weights * rows).sum() / weights.sum()


def test_without_a_change_it_is_what_the_network_received() -> None:
    given = picture(Image.fromarray(np.random.default_rng(0).integers(0, 256, (50, 70, 3), dtype=np.uint8)))
    assert varied(given, Variation()) is given.pixels


@pytest.mark.parametrize(
    ("variation", "moved_to"),
    [
        (Variation(mirrored=True), (24, 16)),
        (Variation(right=10), (11.2, 16)),
        (Variation(down=-25), (8, 8)),
        (Variation(rotation=90), (16, 24)),  # counterclockwise: from the left to below
        (Variation(rotation=90, right=25), (24, 24)),
    ],
)
@pytest.mark.parametrize(("width", "height"), [(64, 64), (96, 64), (640, 640)])
def test_a_spot_moves_where_it_should(
    variation: Variation, moved_to: tuple[float, float], width: int, height: int
) -> None:
    side = min(width, height)
    image = spot(64, 64, 16, 32).resize((side, side), Image.Resampling.NEAREST)
    whole = Image.new("RGB", (width, height))
    whole.paste(image, ((width - side) // 2, (height - side) // 2))
    changed = varied(picture(whole), variation)
    assert changed.shape == (32, 32, 3)
    assert centre(changed) == pytest.approx(moved_to, abs=0.5)


def test_brightness_multiplies() -> None:
    given = picture(Image.new("RGB", (40, 40), (100, 60, 20)))
    assert varied(given, Variation(brightness=50))[16, 16] == pytest.approx([50, 30, 10], abs=1)
    assert varied(given, Variation(brightness=200))[16, 16] == pytest.approx([200, 120, 40], abs=1)
    assert not varied(given, Variation(brightness=0)).any()


def test_what_comes_into_sight_is_the_picture_mirrored() -> None:
    given = picture(Image.new("RGB", (40, 40), "white"))
    assert varied(given, Variation(right=50, down=50, rotation=45)).min() == 255


def test_a_grey_network_gets_a_grey_image() -> None:
    given = picture(spot(64, 64, 16, 32), (28, 28, 1))
    changed = varied(given, Variation(mirrored=True))
    assert changed.shape == (28, 28, 1)
    assert changed.dtype == np.uint8
