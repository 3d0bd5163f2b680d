"""Augmentations as settings; what they do to pixels is tested with the engine."""

import pytest

from imgrec.augmentations import AUGMENTATIONS, Brightness, Cutout, Rotation, Shift, Zoom, in_pixels
from imgrec.settings import limits

every = pytest.mark.parametrize("cls", AUGMENTATIONS.values(), ids=list(AUGMENTATIONS))


def amounts(cls):
    """Return the fields that say how much; switches say how."""
    return {name: field for name, field in cls.model_fields.items() if field.annotation is not bool}


@every
def test_the_name_in_the_table_is_the_class_name(cls):
    assert AUGMENTATIONS[cls.__name__] is cls


@every
def test_the_form_has_a_help_text_for_the_augmentation_and_each_setting(cls):
    assert cls.__doc__
    assert all(field.description for field in cls.model_fields.values())


@every
def test_each_amount_is_a_slider_from_nothing_to_much(cls):
    """A slider at 0 does nothing; a square of no size is the one thing that makes no sense."""
    for name, field in amounts(cls).items():
        low, high = limits(field) or (0.0, 0.0)
        assert low == (1 if (cls, name) == (Cutout, "size") else 0)
        assert low < field.default < high


@every
def test_switches_are_off_by_default(cls):
    assert not any(field.default for field in cls.model_fields.values() if field.annotation is bool)


@every
def test_the_default_is_a_gentle_amount(cls):
    (field,) = amounts(cls).values()
    low, high = limits(field) or (0.0, 0.0)
    assert field.default <= (low + high) / 2


@pytest.mark.parametrize(
    ("gentle", "harsh", "said"),
    [
        (Rotation(degrees=30), Rotation(degrees=31), "6 and 9"),
        (Zoom(amount=0.3), Zoom(amount=0.4), "outside of the image"),
        (Brightness(amount=0.5), Brightness(amount=0.6), "white or black"),
        (Cutout(size=16), Cutout(size=24), "56 % of an image"),
    ],
)
def test_amounts_that_may_hide_the_class_are_doubted(gentle, harsh, said):
    assert gentle.doubt() is None
    assert said in harsh.doubt()
    assert all(kind().doubt() is None for kind in AUGMENTATIONS.values())


@pytest.mark.parametrize(("amount", "side", "pixels"), [(0, 128, 0), (2, 32, 2), (8, 128, 32), (2, 28, 2), (1, 8, 1)])
def test_an_amount_in_pixels_grows_with_the_image_and_stays_something(amount, side, pixels):
    assert in_pixels(amount, side) == pixels


def test_what_an_amount_means_for_images_of_another_size_is_said():
    assert Shift(pixels=2).scaled(128) == "Here by up to 8 of 128 pixels."
    assert Cutout(size=8).scaled(28) == "Here 7×7 pixels."
    assert all(kind().scaled(32) is None for kind in AUGMENTATIONS.values())
