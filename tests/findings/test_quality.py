"""Images with nothing to see."""

import numpy as np
import pytest
from PIL import Image, ImageFilter

from benchmarks import planted
from imgrec import findings
from imgrec.findings import Action, Kind, quality, sharpness, thumbnails
from tests.findings.conftest import enlarged


def kinds(pixels):
    rows = np.arange(len(pixels))
    found = quality.findings(thumbnails.glance(pixels), rows)
    return {finding.kind: finding.rows for finding in found}


@pytest.mark.parametrize("side", [28, 32, 128])
@pytest.mark.parametrize("kind", planted.BAD)
def test_a_bad_image_is_found_at_every_size(pixels, kind, side):
    given = enlarged(pixels, side)
    rng = np.random.default_rng(1)
    for row in range(10):
        given[row] = np.asarray(planted.BAD[kind](Image.fromarray(given[row]), rng))
    assert kinds(given) == {kind: tuple(range(10))}


def test_a_white_image_with_faint_traces_is_overexposed(pixels):
    pixels[0] = 255 - (255 - pixels[0]) // 9
    assert kinds(pixels) == {Kind.BRIGHT: (0,)}


def test_an_image_with_a_dot_on_a_flat_ground_has_little_in_it(pixels):
    pixels[0] = 100
    pixels[0, 10:14, 10:14] = 200
    assert kinds(pixels) == {Kind.LITTLE_INFORMATION: (0,)}


def test_a_property_of_most_images_is_their_style_and_nothing_is_left_out(pixels):
    dark = quality.findings(thumbnails.glance(pixels // 9), np.arange(300))
    finding = next(each for each in dark if each.kind is Kind.DARK)
    assert len(finding.cases) > 200
    assert finding.correction() is None
    assert "so none is left out" in finding.sentence


def test_blurring_an_image_more_makes_it_more_blurred(pixels):
    grey = [
        thumbnails.brightness(
            np.stack(
                [np.asarray(Image.fromarray(i).filter(ImageFilter.GaussianBlur(r))) for i in pixels[:50]]
            ).transpose(0, 3, 1, 2)
        )
        for r in (0, 1, 2)
    ]
    sharp, soft, softer = (sharpness.blur(each) for each in grey)
    assert (sharp < soft).all()
    assert (soft < softer).all()


def test_an_image_of_one_colour_is_blurred_altogether():
    assert sharpness.blur(np.full((2, 32, 32), 7, np.float32)).tolist() == [1, 1]


def test_tiny_and_odd_shaped_pictures_are_told_by_their_original_sizes():
    sizes = [(640, 480), (20, 300), (900, 100), (64, 31), (96, 32)]
    tiny, odd = findings.of_sizes(sizes, 64)
    assert (tiny.kind, tiny.rows) == (Kind.TINY, (1, 3))
    assert (odd.kind, odd.rows) == (Kind.ODD_SHAPE, (2,))
    assert odd.cases[0].says == "900×100 pixels"
    assert odd.correction() == findings.Correction(action=Action.LEAVE_OUT, rows=(2,))
    assert findings.of_sizes(sizes, 64, np.array([0, 4])) == []
