"""Every preset and template fits images of any size that a dataset may have, at about the cost of 32×32."""

import pytest

from imgrec import architecture
from imgrec.config import RunConfig
from imgrec.engine import network
from imgrec.presets import PRESETS, adapted
from imgrec.templates import TEMPLATES

CONFIGS = {name: preset.config for name, preset in PRESETS.items()} | {
    f"template {name}": RunConfig(layers=template.layers) for name, template in TEMPLATES.items()
}
SHAPES = ((28, 28, 1), (32, 32, 3), (64, 64, 3), (96, 96, 1), (128, 128, 3))

each = pytest.mark.parametrize("config", CONFIGS.values(), ids=list(CONFIGS))
shapes = pytest.mark.parametrize("shape", SHAPES, ids=str)


@each
@shapes
@pytest.mark.parametrize("classes", [2, 10, 1000])
def test_a_preset_fits_and_costs_at_most_four_times_what_it_does_for_32_pixels(
    config: RunConfig, shape: tuple[int, int, int], classes: int
) -> None:
    fitted, _ = adapted(config, shape, classes)
    small = architecture.check(config.layers, (32, 32, 3), 10)
    found = architecture.check(fitted.layers, shape, classes)
    assert found.multiply_adds < 4 * small.multiply_adds
    assert found.activations < 8 * small.activations
    assert fitted.replace(layers=config.layers) == config, "nothing but the layers changes"


@pytest.mark.slow
@each
@shapes
def test_keras_builds_what_was_adapted(config: RunConfig, shape: tuple[int, int, int]) -> None:
    fitted, _ = adapted(config, shape, 1000)
    model = network.build_classifier(fitted.layers, shape, 1000)
    assert model.output_shape == (None, 1000)
    assert model.count_params() == architecture.check(fitted.layers, shape, 1000).params


@each
@pytest.mark.parametrize("classes", [2, 10, 100])
@pytest.mark.parametrize("shape", [(32, 32, 3), (28, 28, 1)])
def test_images_of_32_pixels_and_less_leave_a_preset_as_it_is(
    config: RunConfig, shape: tuple[int, int, int], classes: int
) -> None:
    assert adapted(config, shape, classes) == (config, ())


def test_what_was_adapted_is_said() -> None:
    _, reasons = adapted(PRESETS["quick"].config, (64, 64, 3), 1000)
    assert reasons == (
        "MaxPooling2D (2×2) was added below layer 2, as the images have 64×64 pixels: the layers under it then get "
        "about the 32×32 that they were made for.",
        "Dense got 250 units in place of 64, as there are 1,000 classes.",
    )
    _, (reason,) = adapted(PRESETS["deep"].config, (128, 128, 3), 10)
    assert reason.startswith("The first convolution got strides 2, and MaxPooling2D (2×2) was added below layer 2")
    assert adapted(RunConfig(), (128, 128, 3), 10) == (RunConfig(), ())
