"""Every template fits images of any built-in kind, and trains."""

import pytest

from imgrec.architecture import trace
from imgrec.layers import Conv2D, SeparableConv2D
from imgrec.templates import TEMPLATES


@pytest.mark.parametrize("name", TEMPLATES)
@pytest.mark.parametrize("shape", [(32, 32, 3), (28, 28, 1), (64, 48, 3)])
def test_a_template_fits_images_of_this_shape(name: str, shape: tuple[int, int, int]) -> None:
    network = trace(TEMPLATES[name].layers, shape, 10)
    assert network.problem is None
    assert network.params < 1_200_000
    assert TEMPLATES[name].description.endswith(".")


def test_a_separable_convolution_takes_an_eighth_of_the_multiply_adds() -> None:
    shape = (16, 16, 128)
    ratio = Conv2D(filters=128).multiply_adds(shape) / SeparableConv2D(filters=128).multiply_adds(shape)
    assert 7.5 < ratio < 8.5
