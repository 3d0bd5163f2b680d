"""A network receives the part of a picture that was asked for, and no other."""

import numpy as np
import pytest
from PIL import Image

from imgrec.framing import CENTRE, Framing, framed, part
from imgrec.uploads import heated_crop
from imgrec.variations import Variation, varied
from tests.test_variations import picture

WHOLE = Framing(way="whole")


@pytest.mark.parametrize(
    ("framing", "size", "expected"),
    [
        (CENTRE, (300, 200), (50, 0, 250, 200)),
        (CENTRE, (200, 301), (0, 50, 200, 250)),
        (WHOLE, (300, 200), (0, -50, 300, 250)),
        (WHOLE, (200, 200), (0, 0, 200, 200)),
        (Framing(way="by hand"), (300, 200), (50, 0, 250, 200)),
        (Framing(way="by hand", size=50, across=0, down=100), (300, 200), (0, 100, 100, 200)),
        (Framing(way="by hand", size=50, across=100, down=0), (300, 200), (200, 0, 300, 100)),
        (Framing(way="by hand", size=10), (5, 3), (2, 1, 3, 2)),
    ],
)
def test_the_part_has_the_proportions_and_lies_where_it_was_asked_for(
    framing: Framing, size: tuple[int, int], expected: tuple[int, int, int, int]
) -> None:
    assert part(size, 32, 32, framing) == expected


def halves(width: int, height: int) -> Image.Image:
    """Draw a picture that is red on the left and blue on the right."""
    image = Image.new("RGB", (width, height), (0, 0, 200))
    image.paste((200, 0, 0), (0, 0, width // 2, height))
    return image


def test_a_whole_picture_has_a_margin_of_its_mean_colour() -> None:
    pixels = np.asarray(framed(halves(320, 160), 32, 32, WHOLE)).astype(int)
    assert (abs(pixels[:8] - [100, 0, 100]) <= 1).all()
    assert (abs(pixels[24:] - [100, 0, 100]) <= 1).all()
    assert (abs(pixels[8:24, :15] - [200, 0, 0]) <= 12).all()
    assert (abs(pixels[8:24, 17:] - [0, 0, 200]) <= 12).all()


@pytest.mark.parametrize("size", [(320, 1), (1, 320), (3, 2)])
@pytest.mark.parametrize("way", ["centre", "whole", "by hand"])
def test_odd_sizes_are_framed(size: tuple[int, int], way: str) -> None:
    framing = Framing.parse({"way": way, "size": 10, "across": 100, "down": 100})
    assert framed(halves(*size), 32, 24, framing).size == (32, 24)


def test_heat_of_a_whole_picture_lies_on_the_picture_alone() -> None:
    given = picture(halves(320, 160))
    whole = picture(halves(320, 160), framing=WHOLE)
    heat = np.zeros((32, 32), np.float32)
    heat[8:24, 28:] = 1  # the right edge of the picture
    lit = heated_crop(whole, heat)
    assert lit.shape == whole.original.shape == given.original.shape
    assert (lit[20:140, 290:, 0] > 100).all()
    assert (lit[20:140, :250, 0] < 100).all()


def test_a_change_of_a_whole_picture_keeps_its_margin() -> None:
    whole = picture(halves(320, 160), framing=WHOLE)
    mirrored = varied(whole, Variation(mirrored=True)).astype(int)
    assert (abs(mirrored[:7] - [100, 0, 100]) <= 2).all()
    assert (abs(mirrored[10:22, :14] - [0, 0, 200]) <= 12).all()
