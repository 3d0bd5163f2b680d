"""Which images are twins, and which are not."""

import numpy as np
import pytest
from PIL import Image

from benchmarks import planted
from imgrec import findings
from imgrec.findings import duplicates, thumbnails, twins
from tests.findings.conftest import enlarged


def together(pixels, first, second):
    of = findings.twin_groups(pixels)
    return bool(of[first] == of[second])


def test_no_two_photos_are_twins(photos):
    assert findings.twin_groups(photos).tolist() == list(range(300))


@pytest.mark.parametrize("change", planted.NEAR.values(), ids=planted.NEAR)
@pytest.mark.parametrize("side", [28, 32, 96])
def test_a_changed_copy_is_a_twin(pixels, change, side):
    given = enlarged(pixels[:100], side)
    rng = np.random.default_rng(5)
    for row in range(40):
        given[60 + row] = np.asarray(change(Image.fromarray(given[row]), rng))
    of = findings.twin_groups(given)
    assert (of[60:100] == np.arange(40)).sum() >= 38
    assert of[:60].tolist() == list(range(60))


@pytest.mark.parametrize("edges", [(0, 0, 1, 1), (2, 0, 0, 0), (2, 2, 2, 2), (0, 2, 1, 0)])
def test_a_cropped_copy_is_a_twin_whichever_edges_were_cut(pixels, edges):
    left, top, right, bottom = edges
    picture = Image.fromarray(pixels[0])
    pixels[200] = np.asarray(picture.crop((left, top, 32 - right, 32 - bottom)).resize((32, 32)))
    assert together(pixels, 0, 200)


def test_a_copy_that_is_cropped_and_mirrored_is_a_twin(pixels):
    pixels[200] = np.asarray(Image.fromarray(pixels[3]).crop((1, 1, 32, 31)).resize((32, 32)))[:, ::-1]
    assert together(pixels, 3, 200)


def test_grey_images_have_twins(pixels):
    grey = pixels[..., :1].copy()
    grey[200] = grey[4, :, ::-1]
    of = findings.twin_groups(grey)
    assert of[200] == 4
    assert len(np.unique(of)) == 299


def test_an_image_upside_down_is_no_twin(pixels):
    pixels[200] = pixels[4, ::-1]
    assert not together(pixels, 4, 200)


def test_the_same_picture_in_other_colours_is_no_twin(pixels):
    pixels[200] = pixels[4][..., [1, 2, 0]]
    assert not together(pixels, 4, 200)


def test_equal_images_are_twins_of_score_one(pixels):
    pixels[[100, 200]] = pixels[5]
    groups = duplicates.twin_groups(thumbnails.glance(pixels), np.arange(300))
    assert [(rows.tolist(), score) for rows, score in groups.members()] == [([5, 100, 200], 1.0)]


def test_blank_images_are_nobodys_twins(pixels):
    pixels[[100, 200]] = 0
    assert not together(pixels, 100, 200)


def test_where_all_images_look_alike_twins_have_to_be_more_alike():
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:32, :32]
    discs = [
        np.hypot(x - a, y - b) < r for a, b, r in zip(*rng.uniform([14, 14, 6], [18, 18, 11], (120, 3)).T, strict=True)
    ]
    drawn = np.where(np.stack(discs)[..., None], 40, 250).astype(np.uint8)
    rows = np.arange(120)
    alike, photos = (
        twins.limit(thumbnails.glance(given), rows)
        for given in (drawn, rng.integers(0, 256, (120, 32, 32, 3), np.uint8))
    )
    assert photos == twins.TWINS
    assert alike > 0.98


def test_a_group_holds_those_who_have_a_twin_in_common():
    pairs = np.array([[7, 9], [2, 7], [0, 1], [9, 5], [8, 8]])
    assert twins.groups(pairs, 10).tolist() == [0, 0, 2, 3, 4, 2, 6, 2, 8, 2]


def test_a_long_chain_is_one_group():
    order = np.random.default_rng(0).permutation(500)
    assert len(np.unique(twins.groups(np.stack([order[:-1], order[1:]], axis=1), 500))) == 1


@pytest.mark.parametrize("count", [0, 1, 2])
def test_few_images_are_compared_too(pixels, count):
    assert findings.twin_groups(pixels[:count]).tolist() == list(range(count))


def test_of_too_many_candidates_those_most_alike_are_kept(monkeypatch, pixels):
    monkeypatch.setattr(twins, "ALIKE", -1.0)
    monkeypatch.setattr(twins, "_TILE", (32, 64))
    monkeypatch.setattr(twins, "MOST_CANDIDATES", 2)
    pixels[200] = pixels[5, :, ::-1]
    assert together(pixels, 5, 200)


@pytest.mark.parametrize("count", [60, 300])
def test_where_every_image_has_twins_they_are_found(pixels, count):
    given = np.concatenate([pixels[: count // 3], pixels[: count // 3, :, ::-1], pixels[: count // 3] // 2])
    of = findings.twin_groups(given)
    assert of.tolist() == [*range(count // 3)] * 3


def test_drawings_that_differ_in_their_colours_are_no_twins():
    y, x = np.mgrid[:32, :32]
    disc = ((y - 16) ** 2 + (x - 15) ** 2 < 80)[..., None]
    inks = [(90, 0, 30), (40, 90, 30), (20, 30, 120), (90, 0, 30)]
    papers = [(240, 180, 210), (190, 235, 190), (210, 210, 255), (240, 180, 210)]
    pixels = np.stack([np.where(disc, ink, paper) for ink, paper in zip(inks, papers, strict=True)]).astype(np.uint8)
    assert findings.twin_groups(pixels).tolist() == [0, 1, 2, 0]
