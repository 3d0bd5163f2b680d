"""Augmentations as settings; what they do to pixels is tested with the engine."""

import pytest

from imgrec.augmentations import AUGMENTATIONS, Brightness, Cutout, Rotation, Zoom
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
    assert gentle.doubt(32) is None
    assert said in harsh.doubt(32)
    assert all(kind().doubt(32) is None for kind in AUGMENTATIONS.values())
