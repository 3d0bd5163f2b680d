"""Which layers of a finished run another network can begin with, what of it then learns, and how a config keeps it."""

import json

import pytest

from imgrec import architecture, transfer
from imgrec.config import RunConfig, Transfer
from imgrec.differences import differences
from imgrec.errors import SettingsError
from imgrec.layers import BatchNormalization, Conv2D, Dense, Flatten, Layer, MaxPooling2D
from imgrec.presets import PRESETS
from imgrec.templates import TEMPLATES
from imgrec.transfer import Source

RUN = "20261128-013435-8f85c6a5"
LAYERS: tuple[Layer, ...] = (Conv2D(filters=8), BatchNormalization(), MaxPooling2D(), Flatten(), Dense(units=16))
SOURCE = Source("Before", LAYERS, (32, 32, 3))
CONFIG = RunConfig(layers=LAYERS, start=Transfer(run=RUN, layers=4))


@pytest.mark.parametrize("preset", PRESETS.values(), ids=list(PRESETS))
def test_all_layers_of_a_preset_fit_images_of_the_same_form_and_none_fit_grey_ones(preset):
    layers = preset.config.layers
    source = Source(preset.title, layers, (32, 32, 3))
    assert transfer.fitting(layers, (32, 32, 3), source) == len(layers)
    assert transfer.fitting(layers, (28, 28, 1), source) == 0


@pytest.mark.parametrize("preset", PRESETS.values(), ids=list(PRESETS))
def test_on_larger_images_all_fits_but_a_matrix_that_takes_a_whole_image(preset):
    layers = preset.config.layers
    fits = transfer.fitting(layers, (96, 96, 3), Source(preset.title, layers, (32, 32, 3)))
    assert fits == len(layers) or isinstance(layers[fits], Dense)


@pytest.mark.parametrize(
    "layers", [*(p.config.layers for p in PRESETS.values()), *(t.layers for t in TEMPLATES.values())]
)
def test_the_layers_that_are_usual_end_where_one_begins_that_has_learnt_patterns(layers):
    usual = transfer.general(layers)
    assert len(layers) / 2 < usual < len(layers)
    assert isinstance(layers[usual], transfer.KERNELS)


def test_of_a_network_with_few_patterns_all_layers_are_usual():
    assert transfer.general(LAYERS) == len(LAYERS)
    assert transfer.general(()) == 0


def test_layers_fit_up_to_the_first_one_with_other_settings():
    other = (*LAYERS[:2], Conv2D(filters=8), *LAYERS[2:])
    assert transfer.fitting(other, (32, 32, 3), SOURCE) == 2
    assert transfer.fitting(LAYERS[1:], (32, 32, 3), SOURCE) == 0


@pytest.mark.parametrize(
    ("config", "shape", "said"),
    [
        (CONFIG, (28, 28, 1), "Layer 1 (Conv2D) has learnt in Before to work on 3 channels. Received: 1,"),
        (
            CONFIG.replace(start=Transfer(run=RUN, layers=5)),
            (28, 28, 3),
            "Layer 5 (Dense) has learnt in Before to work on 2,048 numbers. Received: 1,568,",
        ),
        (
            CONFIG.with_setting("layers.0.filters", 16),
            (32, 32, 3),
            "Layer 1 needs the settings that it has in Before, from which it is copied: Conv2D (filters 8,",
        ),
        (
            CONFIG.replace(layers=(*LAYERS, Dense()), start=Transfer(run=RUN, layers=6)),
            (32, 32, 3),
            "Before has 5 layers. Received: a network that copies its first 6. Better copy only the first 5",
        ),
    ],
    ids=["channels", "size", "settings", "too many"],
)
def test_what_does_not_fit_is_said_with_what_to_do(config, shape, said):
    with pytest.raises(SettingsError) as raised:
        transfer.check(config, shape, SOURCE)
    assert str(raised.value).startswith(said)
    assert str(raised.value).endswith("of its layers.")


def test_what_fits_is_fine_also_with_another_size_and_below_another_end():
    transfer.check(CONFIG, (64, 64, 3), SOURCE)
    transfer.check(CONFIG.replace(layers=(*LAYERS[:4], Dense(units=99))), (32, 32, 3), SOURCE)
    transfer.check(CONFIG.replace(start=None), (28, 28, 1), SOURCE)


def test_locked_and_learning_parameters_are_all_there_are():
    network = architecture.check(LAYERS, (32, 32, 3), 10)
    locked, learning = transfer.locked(network, CONFIG.start), transfer.learning(network, CONFIG.start)
    assert (locked.params, learning.params) == (3 * 3 * 3 * 8 + 8 + 4 * 8, network.params - locked.params)
    unlocked = Transfer(run=RUN, layers=4, locked=False)
    assert transfer.locked(network, unlocked).params == 0
    assert transfer.learning(network, None).params == network.params
    assert transfer.training_multiply_adds(network, None) == network.multiply_adds
    assert transfer.training_multiply_adds(network, CONFIG.start) < network.multiply_adds / 2


def test_a_config_that_begins_anew_has_the_json_that_it_always_had():
    for preset in PRESETS.values():
        assert list(json.loads(preset.config.to_json())) == ["dataset", "augmentations", "layers", "training"]
        assert "start" not in preset.config.without_seed()


def test_what_a_config_begins_with_is_in_its_json_and_in_its_link():
    assert RunConfig.from_json(CONFIG.to_json()) == RunConfig.from_link(CONFIG.to_link()) == CONFIG
    assert CONFIG.with_setting("start.locked", False).start == Transfer(run=RUN, layers=4, locked=False)


@pytest.mark.parametrize(
    ("start", "said"),
    [
        (5, "start needs settings as key and value pairs. Received: 5."),
        ({}, "Transfer.run needs a text. Received: {}."),
        ({"run": "../x"}, "Starting from a run needs its id, as 20261128-013435-8f85c6a5. Received: '../x'."),
        ({"run": RUN, "layers": 0}, "Transfer.layers needs a whole number from 1 to 200. Received: 0."),
        ({"run": RUN, "layers": 6}, "A network needs all layers that it copies from a run. Received: 5 layers, of"),
        ({"run": RUN, "locked": 1}, "Transfer.locked needs true or false. Received: 1."),
        ({"run": RUN, "lock": True}, "Unknown setting of Transfer: 'lock'. Did you mean locked?"),
    ],
)
def test_a_start_that_is_none_is_refused_in_words(start, said):
    data = json.loads(CONFIG.to_json()) | {"start": start}
    with pytest.raises(SettingsError) as raised:
        RunConfig.parse(data)
    assert str(raised.value).startswith(said)


@pytest.mark.parametrize(
    ("layers", "stay"),
    [
        ((*LAYERS[:4], Dense(units=99)), 4),
        ((*LAYERS, Dense()), 4),
        ((LAYERS[0], BatchNormalization(momentum=0.5), *LAYERS[2:]), 1),
        ((*LAYERS[:2], Conv2D(), *LAYERS[2:]), 2),
        (LAYERS[:3], 3),
        (LAYERS[1:], None),
        ((), None),
    ],
    ids=["below", "added below", "changed", "inserted", "cut", "first gone", "none"],
)
def test_a_changed_layer_ends_the_copy_there(layers, stay):
    start = CONFIG.with_layers(layers).start
    assert (start and start.layers) == stay


def test_what_networks_begin_with_is_a_difference_in_words():
    unlocked = CONFIG.with_setting("start.locked", False)
    configs = [CONFIG.replace(start=None), CONFIG, unlocked]
    assert differences(configs, ["Shapes"] * 3, [None, "Before", None]) == [
        (
            "Begins with",
            (
                "new weights",
                "the first 4 layers of Before, locked",
                f"the first 4 layers of {RUN}, which go on learning",
            ),
        )
    ]
    assert differences([CONFIG, CONFIG], ["Shapes"] * 2) == []
