"""Architecture: what a stack amounts to, and where it goes wrong."""

import pytest

from imgrec.architecture import MAX_PARAMS, check, trace
from imgrec.errors import ShapeError
from imgrec.layers import Conv2D, Dense, Flatten, GlobalAveragePooling2D, MaxPooling2D

IMAGE = (32, 32, 3)
ARTICLE = [Conv2D(), MaxPooling2D(), Conv2D(filters=64), MaxPooling2D(), Flatten(), Dense(units=128)]


def test_the_network_of_the_article_has_the_parameters_known_for_it():
    traced = trace(ARTICLE, IMAGE, classes=10)
    assert [row.params for row in traced.rows] == [896, 0, 18_496, 0, 0, 524_416, 1290]
    assert traced.params == 545_098
    assert traced.multiply_adds == 884_736 + 4_718_592 + 524_288 + 1280
    assert traced.activations == 32_768 + 8192 + 16_384 + 4096 + 4096 + 128 + 10
    assert traced.problem is None


def test_each_row_begins_where_the_one_above_ended():
    rows = trace(ARTICLE, IMAGE, classes=10).rows
    assert rows[0].input_shape == IMAGE
    assert [row.input_shape for row in rows[1:]] == [row.output_shape for row in rows[:-1]]
    assert [row.position for row in rows] == [0, 1, 2, 3, 4, 5, None]


@pytest.mark.parametrize(
    ("layers", "head"),
    [
        ([], [GlobalAveragePooling2D(), Dense(units=7, activation="linear")]),
        ([Conv2D()], [GlobalAveragePooling2D(), Dense(units=7, activation="linear")]),
        ([Flatten()], [Dense(units=7, activation="linear")]),
    ],
)
def test_the_head_gives_one_number_for_each_class(layers, head):
    traced = trace(layers, IMAGE, classes=7)
    assert [row.layer for row in traced.rows if row.position is None] == head
    assert traced.rows[-1].output_shape == (7,)


def test_a_misfit_is_named_by_its_place_and_ends_the_trace():
    traced = trace([Conv2D(), Flatten(), Conv2D(), Dense()], IMAGE, classes=10)
    assert (traced.problem or "").startswith("Layer 3: Conv2D needs an image. Received: a vector of 32,768 numbers.")
    assert traced.problem_position == 2
    assert [row.position for row in traced.rows] == [0, 1]


def test_pooling_a_too_small_image_says_how_to_fix_it():
    with pytest.raises(ShapeError, match=r"Layer 6: .* Received: 1×1 pixels. Remove a pooling layer above it"):
        check([MaxPooling2D()] * 6, IMAGE, classes=10)


def test_a_possible_stack_passes_the_check():
    assert check(ARTICLE, IMAGE, classes=10) == trace(ARTICLE, IMAGE, classes=10)


def test_a_network_of_too_many_parameters_names_its_largest_layer():
    traced = trace([Flatten(), Dense(units=4096), Dense(units=4096), Dense(units=4096), Dense(units=4096)], IMAGE, 10)
    assert traced.params > MAX_PARAMS
    assert traced.problem == (
        f"A network needs at most 50,000,000 parameters. Received: {traced.params:,}, most of them in "
        "layer 3 (Dense). Make it smaller, or pool more above it."
    )
    assert traced.problem_position == 2
    assert len(traced.rows) == 6


def test_the_output_layer_can_be_the_one_that_is_too_large():
    traced = trace([Flatten()], (4096, 4096, 3), classes=10)
    assert "most of them in the output layer (Dense)" in (traced.problem or "")
    assert traced.problem_position is None
