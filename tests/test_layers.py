"""Layers: the shapes they give, the weights they have, and the sentences with which they refuse."""

import pytest

from imgrec import layers
from imgrec.errors import ShapeError
from imgrec.layers import (
    ACTIVATIONS,
    LAYERS,
    Activation,
    AveragePooling2D,
    BatchNormalization,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    GlobalAveragePooling2D,
    GlobalMaxPooling2D,
    Layer,
    MaxPooling2D,
    PatchWhitening,
    Rescaling,
    ResidualBlock,
    SeparableConv2D,
    SpatialDropout2D,
)
from imgrec.settings import limits, options

IMAGE = (32, 32, 3)
every = pytest.mark.parametrize("cls", LAYERS.values(), ids=list(LAYERS))


@pytest.mark.parametrize(
    ("layer", "before", "after", "params", "multiply_adds"),
    [
        (Conv2D(), IMAGE, (32, 32, 32), 896, 884_736),
        (Conv2D(filters=8, kernel_size=5, padding="valid"), (28, 20, 1), (24, 16, 8), 208, 76_800),
        (Conv2D(filters=8, kernel_size=1, strides=2, use_bias=False), (7, 8, 4), (4, 4, 8), 32, 512),
        (Conv2D(filters=8, strides=2, padding="valid"), (8, 8, 1), (3, 3, 8), 80, 648),
        (Conv2D(filters=8, kernel_size=7), (1, 1, 3), (1, 1, 8), 1184, 1176),
        (Conv2D(filters=8, padding="valid"), (3, 3, 1), (1, 1, 8), 80, 72),
        (Conv2D(filters=8, kernel_initializer="identity"), (7, 9, 4), (7, 9, 8), 296, 18_144),
        (PatchWhitening(), IMAGE, (31, 31, 24), 312, 276_768),
        (PatchWhitening(kernel_size=3), (3, 5, 1), (1, 3, 18), 180, 486),
        (PatchWhitening(kernel_size=4), (4, 4, 64), (1, 1, 2048), 2_099_200, 2_097_152),
        (SeparableConv2D(filters=16), (32, 32, 8), (32, 32, 16), 216, 204_800),
        (SeparableConv2D(filters=16, strides=2, use_bias=False), (9, 9, 8), (5, 5, 16), 200, 5000),
        (ResidualBlock(filters=16), (8, 8, 16), (8, 8, 16), 4736, 294_912),
        (ResidualBlock(filters=16, strides=2), (8, 8, 16), (4, 4, 16), 5056, 77_824),
        (ResidualBlock(filters=8), (4, 4, 3), (4, 4, 8), 912, 13_056),
        (MaxPooling2D(), IMAGE, (16, 16, 3), 0, 0),
        (MaxPooling2D(pool_size=3), (7, 9, 5), (2, 3, 5), 0, 0),
        (MaxPooling2D(), (2, 3, 5), (1, 1, 5), 0, 0),
        (AveragePooling2D(pool_size=4), (31, 32, 5), (7, 8, 5), 0, 0),
        (GlobalAveragePooling2D(), (7, 9, 5), (5,), 0, 0),
        (GlobalMaxPooling2D(), (7, 9, 5), (5,), 0, 0),
        (BatchNormalization(), (7, 9, 5), (7, 9, 5), 20, 0),
        (BatchNormalization(), (11,), (11,), 44, 0),
        (BatchNormalization(scale=False), (7, 9, 5), (7, 9, 5), 15, 0),
        (Rescaling(), (7, 9, 5), (7, 9, 5), 0, 0),
        (Rescaling(scale=2.0), (11,), (11,), 0, 0),
        (Activation(), (7, 9, 5), (7, 9, 5), 0, 0),
        (Dropout(), (11,), (11,), 0, 0),
        (SpatialDropout2D(), (7, 9, 5), (7, 9, 5), 0, 0),
        (Flatten(), (7, 9, 5), (315,), 0, 0),
        (Flatten(), (11,), (11,), 0, 0),
        (Dense(units=10), (11,), (10,), 120, 110),
        (Dense(units=10, use_bias=False), (11,), (10,), 110, 110),
    ],
    ids=repr,
)
def test_shape_parameters_and_multiply_adds(layer, before, after, params, multiply_adds):
    assert layer.output_shape(before) == after
    assert layer.count_params(before) == params
    assert layer.multiply_adds(before) == multiply_adds


@pytest.mark.parametrize(
    ("layer", "shape", "said"),
    [
        (
            MaxPooling2D(),
            (32, 1, 3),
            "MaxPooling2D(pool_size=2) needs at least 2×2 pixels. Received: 32×1 pixels. "
            "Remove a pooling layer above it, or choose a smaller pool_size.",
        ),
        (
            AveragePooling2D(pool_size=4),
            (3, 3, 3),
            "AveragePooling2D(pool_size=4) needs at least 4×4 pixels. Received: 3×3 pixels. "
            "Remove a pooling layer above it, or choose a smaller pool_size.",
        ),
        (
            Conv2D(kernel_size=5, padding="valid"),
            (9, 4, 3),
            "Conv2D(kernel_size=5, padding=valid) needs at least 5×5 pixels. Received: 9×4 pixels. "
            "Choose padding=same or a smaller kernel_size, or remove a pooling layer above it.",
        ),
        (
            PatchWhitening(kernel_size=3),
            (9, 2, 3),
            "PatchWhitening(kernel_size=3) needs at least 3×3 pixels. Received: 9×2 pixels. "
            "Choose a smaller kernel_size, or remove a pooling layer above it.",
        ),
        (
            PatchWhitening(),
            (9, 9, 65),
            "PatchWhitening needs at most 64 channels. Received: 65. Put it on top, where the image comes in.",
        ),
        (
            Dense(),
            (4, 9, 3),
            "Dense needs a vector. Received: an image of 4×9 pixels with 3 channels. "
            "Put Flatten or GlobalAveragePooling2D above it.",
        ),
        (
            Conv2D(),
            (1024,),
            "Conv2D needs an image. Received: a vector of 1,024 numbers. "
            "Move it above the layer that makes the vector (Flatten or global pooling), or remove it.",
        ),
    ],
    ids=repr,
)
def test_a_layer_that_cannot_stand_says_how_to_fix_it(layer, shape, said):
    with pytest.raises(ShapeError) as refused:
        layer.output_shape(shape)
    assert str(refused.value) == said


@pytest.mark.parametrize(
    "cls",
    [
        Conv2D,
        SeparableConv2D,
        ResidualBlock,
        MaxPooling2D,
        AveragePooling2D,
        GlobalAveragePooling2D,
        GlobalMaxPooling2D,
        SpatialDropout2D,
        PatchWhitening,
    ],
)
def test_layers_for_images_refuse_a_vector(cls):
    with pytest.raises(ShapeError, match=rf"^{cls.__name__} needs an image. Received: a vector of 10 numbers\."):
        cls().output_shape((10,))


@every
def test_the_name_in_the_table_is_the_class_name(cls):
    assert LAYERS[cls.__name__] is cls


def test_every_layer_stands_in_the_table():
    kinds = [kind for kind in vars(layers).values() if isinstance(kind, type) and issubclass(kind, Layer)]
    assert {kind.__name__ for kind in kinds if not kind.__name__.startswith("_")} - {"Layer"} == set(LAYERS)


@every
def test_the_form_has_a_help_text_for_the_layer_and_each_setting(cls):
    assert cls.__doc__
    assert all(field.description for field in cls.model_fields.values())


@every
def test_each_setting_is_limited_or_a_choice_and_its_default_is_allowed(cls):
    for name, field in cls.model_fields.items():
        allowed, bounds = options(field), limits(field)
        assert allowed or bounds or field.annotation is bool, name
        if allowed:
            assert field.default in allowed
        if bounds:
            assert bounds[0] <= field.default <= bounds[1]


@every
def test_the_summary_is_one_short_line(cls):
    assert len(cls().summary()) <= 40
    assert "\n" not in cls().summary()


def test_the_summary_names_a_stride_only_where_there_is_one():
    assert Conv2D().summary() == "32 × 3×3, relu"
    assert ResidualBlock(strides=2).summary() == "64 × 3×3, stride 2, relu"


def test_the_summary_names_what_is_unlike_the_default():
    assert Conv2D(kernel_initializer="identity").summary() == "32 × 3×3, relu, identity"
    assert BatchNormalization(scale=False).summary() == "0.9, no scale"
    assert Rescaling(scale=1 / 9).summary() == "× 0.111111"


@pytest.mark.parametrize("name", ACTIVATIONS[1:])
def test_every_activation_can_be_chosen_wherever_there_is_one(name):
    for cls in LAYERS.values():
        if "activation" in cls.model_fields:
            assert cls.parse({"activation": name}).model_dump()["activation"] == name
