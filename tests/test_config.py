"""RunConfig: what is refused and how, and that JSON and links bring back what was put in."""

import base64
import json
import zlib

import pytest
from pydantic import ValidationError

from imgrec import cli
from imgrec.augmentations import HorizontalFlip, Zoom
from imgrec.config import MAX_CONFIG_LETTERS, MAX_LAYERS, RunConfig, Training
from imgrec.errors import SettingsError
from imgrec.layers import BatchNormalization, Conv2D, Dense, Flatten
from imgrec.optimizers import SGD, Adam, AdamW, RMSprop
from imgrec.runs import Store
from tests.random_configs import drawn_config

SMALL = RunConfig(augmentations=(HorizontalFlip(),), layers=(Conv2D(filters=8), Flatten(), Dense()))


@pytest.mark.parametrize("seed", range(30))
def test_json_and_link_bring_back_the_same_config(seed):
    config = drawn_config(seed)
    assert RunConfig.from_json(config.to_json()) == config
    assert RunConfig.from_link(config.to_link()) == config


def test_a_file_brings_back_the_same_config(tmp_path):
    (tmp_path / "a.json").write_text(SMALL.to_json(), encoding="utf-8")
    assert RunConfig.from_file(tmp_path / "a.json") == SMALL


def test_a_file_may_begin_with_the_mark_that_windows_editors_set(tmp_path):
    (tmp_path / "a.json").write_text(SMALL.to_json(), encoding="utf-8-sig")
    assert RunConfig.from_file(tmp_path / "a.json") == SMALL


def test_layers_say_their_type_in_json():
    layers = json.loads(SMALL.to_json())["layers"]
    assert [layer["type"] for layer in layers] == ["Conv2D", "Flatten", "Dense"]
    assert layers[0]["filters"] == 8


def test_what_a_file_leaves_out_has_its_default():
    assert RunConfig.from_json("{}") == RunConfig()
    assert RunConfig.from_json('{"layers": [{"type": "Conv2D"}]}').layers == (Conv2D(),)


def test_a_config_from_before_a_setting_was_added_means_what_it_meant():
    """What these settings do when they are left out: nothing, and the precision that the machine is best at."""
    old = {
        "layers": [
            {"type": "Conv2D", "filters": 8, "kernel_size": 3, "strides": 1, "padding": "same"},
            {"type": "BatchNormalization", "momentum": 0.9},
        ],
        "training": {"epochs": 3, "optimizer": "sgd", "momentum": 0.9, "seed": 5},
    }
    config = RunConfig.parse(old)
    convolution, normalization = config.layers
    assert convolution == Conv2D(filters=8, kernel_initializer="glorot_uniform")
    assert normalization == BatchNormalization(scale=True)
    assert config.training.precision == "auto"
    assert config.training.optimizer == SGD(momentum=0.9, beta_rate=1)
    assert config.training.test_time_augmentation == "none"


def test_a_setting_that_is_not_used_is_not_written_so_that_an_older_version_reads_the_config():
    config = RunConfig()
    assert "class_weights" not in config.to_json()
    assert "devices" not in config.to_json()
    assert RunConfig.from_link(config.to_link()).training.class_weights == "none"
    weighted = config.with_setting("training.class_weights", "balanced")
    assert json.loads(weighted.to_json())["training"]["class_weights"] == "balanced"
    assert RunConfig.from_link(weighted.to_link()) == weighted
    assert weighted.without_seed() != config.without_seed()
    assert weighted.with_setting("training.class_weights", "none") == config
    everywhere = config.with_setting("training.devices", "all")
    assert RunConfig.from_link(everywhere.to_link()).training.devices == "all"
    assert everywhere.without_seed() != config.without_seed()


@pytest.mark.parametrize(
    ("old", "optimizer"),
    [
        ({}, Adam()),
        ({"weight_decay": 0.1, "momentum": 0.5}, Adam(weight_decay=0.1)),
        (
            {"optimizer": "sgd", "momentum": 0.5, "nesterov": False, "beta_rate": 8.0, "weight_decay": 0.1},
            SGD(momentum=0.5, nesterov=False, beta_rate=8.0, weight_decay=0.1),
        ),
        ({"optimizer": "adam", "momentum": 0.5, "nesterov": False, "beta_rate": 8.0, "weight_decay": 0.0}, Adam()),
        ({"optimizer": "adamw", "momentum": 0.5, "weight_decay": 0.1}, AdamW(weight_decay=0.1)),
        ({"optimizer": "rmsprop", "momentum": 0.5, "weight_decay": 0.1}, RMSprop(weight_decay=0.1)),
    ],
    ids=str,
)
def test_an_optimizer_whose_settings_stand_beside_it_means_what_it_meant(old, optimizer):
    """RMSprop had no momentum then; what an optimizer did not use is left out."""
    assert RunConfig.parse({"training": old}).training.optimizer == optimizer


@pytest.mark.parametrize(
    ("path", "value", "optimizer"),
    [
        ("training.optimizer", "rmsprop", RMSprop()),
        ("training.optimizer", "AdamW", AdamW()),
        ("training.optimizer.momentum", 0.5, SGD(momentum=0.5, weight_decay=0.1)),
        ("training.momentum", 0.5, SGD(momentum=0.5, weight_decay=0.1)),
        ("training.weight_decay", 0.2, SGD(weight_decay=0.2)),
    ],
)
def test_an_optimizer_is_changed_by_its_new_and_its_old_paths(path, value, optimizer):
    config = RunConfig(training=Training(optimizer=SGD(weight_decay=0.1)))
    assert config.with_setting(path, value).training.optimizer == optimizer


def test_a_setting_that_the_optimizer_lacks_is_refused_with_those_it_has():
    with pytest.raises(
        SettingsError, match=r"Unknown setting of Adam: 'momentum'.*Known: weight_decay, beta_1, beta_2"
    ):
        RunConfig().with_setting("training.momentum", 0.5)


def test_a_link_has_only_letters_that_a_url_can_hold():
    assert set(drawn_config(1).to_link()) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_")


def test_a_config_is_frozen():
    with pytest.raises(ValidationError, match="frozen"):
        SMALL.dataset = "shapes"  # type: ignore[misc] # which is what this test is about
    assert hash(SMALL) == hash(RunConfig.from_json(SMALL.to_json()))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "A config needs to be JSON. Received text that is not: Expecting value: line 1 column 1 (char 0)."),
        ("{'a': 1}", "A config needs to be JSON. Received text that is not: Expecting property name"),
        ("[" * 100_000, "A config needs at most three brackets within each other. Received far more."),
        (
            '{"training": {"epochs": ' + "9" * 5000 + "}}",
            "A config needs numbers of at most 4,300 digits. Received a longer one.",
        ),
        (" " * (MAX_CONFIG_LETTERS + 1), "A config needs at most 200,000 characters. Received: 200,001."),
        ("[]", "RunConfig needs settings as key and value pairs. Received: []."),
        ("null", "RunConfig needs settings as key and value pairs. Received: None."),
        ('{"layer": []}', "Unknown setting of RunConfig: 'layer'. Did you mean layers? Known: dataset, augmentations"),
        ('{"dataset": 5}', "RunConfig.dataset needs a text. Received: 5."),
        ('{"layers": 5}', "RunConfig.layers needs a list. Received: 5."),
        ('{"layers": {"type": "Conv2D"}}', "RunConfig.layers needs a list. Received: {'type': 'Conv2D'}."),
        ('{"layers": ["Conv2D"]}', "Entry 1 of layers: A layer needs the form {\"type\": …, …}. Received: 'Conv2D'."),
        ('{"layers": [{"filters": 3}]}', "Entry 1 of layers: A layer needs the form"),
        ('{"layers": [{"type": ["Conv2D"]}]}', "Entry 1 of layers: A layer needs the form"),
        ('{"layers": [{"type": "Conv"}]}', "Entry 1 of layers: Unknown layer: 'Conv'. Did you mean Conv2D? Known: "),
        (
            '{"layers": [{"type": "Flatten"}, {"type": "Conv2D", "filters": 0}]}',
            "Entry 2 of layers: Conv2D.filters needs a whole number from 1 to 1,024. Received: 0.",
        ),
        (
            '{"layers": [{"type": "Conv2D", "filter": 8}]}',
            "Entry 1 of layers: Unknown setting of Conv2D: 'filter'. Did you mean filters? Known: filters, kernel_size",
        ),
        (
            '{"layers": [{"type": "Conv2D", "kernel_size": 4}]}',
            "Entry 1 of layers: Conv2D.kernel_size needs one of 1, 2, 3, 5, 7. Received: 4.",
        ),
        ('{"augmentations": [{"type": "Flip"}]}', "Entry 1 of augmentations: Unknown augmentation: 'Flip'."),
        (
            '{"augmentations": [{"type": "Rotation", "degrees": "10"}]}',
            "Entry 1 of augmentations: Rotation.degrees needs a whole number from 0 to 180. Received: '10'.",
        ),
        (
            '{"augmentations": [{"type": "Zoom"}, {"type": "Shift"}, {"type": "Zoom"}]}',
            "Augmentations need to be listed once each. Received: Zoom 2 times.",
        ),
        ('{"training": 5}', "training needs settings as key and value pairs. Received: 5."),
        ('{"training": {"epoch": 3}}', "Unknown setting of Training: 'epoch'. Did you mean epochs? Known: epochs, "),
        ('{"training": {"epochs": 0}}', "Training.epochs needs a whole number from 1 to 500. Received: 0."),
        ('{"training": {"epochs": 3.5}}', "Training.epochs needs a whole number from 1 to 500. Received: 3.5."),
        ('{"training": {"epochs": true}}', "Training.epochs needs a whole number from 1 to 500. Received: True."),
        (
            '{"training": {"learning_rate": NaN}}',
            "Training.learning_rate needs a number from 1e-06 to 10. Received: nan.",
        ),
        ('{"training": {"precision": "float16"}}', "Training.precision needs one of auto, float32, bfloat16. Received"),
        (
            '{"training": {"optimizer": "sgd", "beta_rate": 0.5}}',
            "SGD.beta_rate needs a number from 1 to 128. Received: 0.5.",
        ),
        (
            '{"training": {"test_time_augmentation": "mirror_and_shift"}}',
            "Training.test_time_augmentation needs one of none, mirror, mirror and shift, mirror and shift if unsure. "
            "Received: 'mirror_and_shift'",
        ),
        (
            '{"training": {"learning_rate": 1e999}}',
            "Training.learning_rate needs a number from 1e-06 to 10. Received: inf",
        ),
        (
            '{"training": {"optimizer": "Adm"}}',
            "Unknown optimizer: 'Adm'. Did you mean Adam? Known: SGD, Adam, AdamW, RMSprop, Muon.",
        ),
        (
            '{"training": {"optimizer": {"type": "SGD", "nesterov": "yes"}}}',
            "SGD.nesterov needs true or false. Received: 'yes'.",
        ),
        ('{"training": {"seed": -1}}', "Training.seed needs a whole number from 0 to 2,147,483,647. Received: -1."),
    ],
    ids=lambda value: value[:50],
)
def test_a_config_that_does_not_fit_is_refused_in_words(text, said):
    with pytest.raises(SettingsError) as refused:
        RunConfig.from_json(text)
    assert str(refused.value).startswith(said)


def test_an_augmentation_is_no_layer():
    with pytest.raises(SettingsError, match=r"^Entry 1 of layers: A layer needs the form .* Received: Zoom\("):
        RunConfig.parse({"layers": [Zoom()]})


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "cannot be read: No such file or directory. Check its name."),
        (b"\xff\xfe\x00", "cannot be read: it is not UTF-8 text. Check its name."),
    ],
)
def test_a_file_that_cannot_be_read_is_named(tmp_path, content, said):
    path = tmp_path / "a.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SettingsError) as refused:
        RunConfig.from_file(path)
    assert str(refused.value) == f"A config file is needed. {path} {said}"


def test_a_folder_is_no_config_file(tmp_path):
    with pytest.raises(SettingsError, match=r"^A config file is needed\."):
        RunConfig.from_file(tmp_path)


LINK = SMALL.to_link()


@pytest.mark.parametrize(
    "link",
    ["", "!!!", "é", LINK[:-1], LINK[:-4], LINK[: len(LINK) // 2], LINK[:8], LINK[:40] + "A" + LINK[41:], LINK[1:]],
)
def test_a_damaged_link_is_refused(link):
    with pytest.raises(SettingsError) as refused:
        RunConfig.from_link(link)
    assert str(refused.value) == "A share link needs all its letters. This one is damaged; copy it again."


def test_a_link_that_unpacks_to_far_too_much_is_refused_before_it_is_read():
    bomb = base64.urlsafe_b64encode(zlib.compress(b" " * 10**7)).decode()
    with pytest.raises(SettingsError, match=r"^A config needs at most 200,000 characters\."):
        RunConfig.from_link(bomb)


def test_the_number_of_layers_is_limited_wherever_they_come_from(tmp_path):
    data = {"layers": [{"type": "Flatten"}] * 9000}
    text = json.dumps(data)
    link = base64.urlsafe_b64encode(zlib.compress(text.encode(), 9)).decode()
    path = tmp_path / "a.json"
    path.write_text(text, encoding="utf-8")
    for make in (
        lambda: RunConfig.parse(data),
        lambda: RunConfig.from_json(text),
        lambda: RunConfig.from_link(link),
        lambda: RunConfig.from_file(path),
        lambda: SMALL.with_setting("layers", data["layers"]),
        lambda: SMALL.replace(layers=(Flatten(),) * 9000),
    ):
        with pytest.raises(SettingsError) as refused:
            make()
        assert str(refused.value) == "A network needs at most 200 layers. Received: 9,000. Remove some."


def test_as_many_layers_as_allowed_come_back_from_a_link():
    full = SMALL.replace(layers=(Conv2D(),) * MAX_LAYERS)
    assert RunConfig.from_link(full.to_link()) == full
    assert len(full.to_json()) < MAX_CONFIG_LETTERS
    with pytest.raises(SettingsError, match=r"Received: 201\."):
        full.replace(layers=(*full.layers, Dense()))


def test_the_number_of_augmentations_is_limited_before_any_is_read():
    with pytest.raises(
        SettingsError, match=r"^A config needs at most 9 augmentations\. Received: 9,000\. Remove some\.$"
    ):
        RunConfig.parse({"augmentations": [{"type": "Zoom"}] * 9000})


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        ("dataset", "shapes", SMALL.replace(dataset="shapes")),
        ("training.epochs", 3, SMALL.replace(training=Training(epochs=3))),
        ("training.learning_rate", 1, SMALL.replace(training=Training(learning_rate=1.0))),
        ("layers.2.units", 64, SMALL.replace(layers=(*SMALL.layers[:2], Dense(units=64)))),
        ("layers.1", {"type": "Dense"}, SMALL.replace(layers=(SMALL.layers[0], Dense(), Dense()))),
        ("augmentations.0.probability", 0.25, SMALL.replace(augmentations=(HorizontalFlip(probability=0.25),))),
        ("augmentations", [], SMALL.replace(augmentations=())),
    ],
)
def test_one_setting_is_changed_by_its_name_in_the_json(path, value, expected):
    assert SMALL.with_setting(path, value) == expected
    assert SMALL.layers[0] == Conv2D(filters=8)


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("training.epoch", 3, "Unknown setting of Training: 'epoch'. Did you mean epochs?"),
        ("training.epochs", "3", "Training.epochs needs a whole number from 1 to 500. Received: '3'."),
        (
            "trainin.epochs",
            3,
            "There is no setting trainin.epochs: trainin is not among dataset, augmentations, layers",
        ),
        ("", 3, "Unknown setting of RunConfig: ''."),
        ("layers.3.units", 3, "There is no setting layers.3.units: 3 is not among 0, 1, 2."),
        ("layers.3", {"type": "Dense"}, "There is no setting layers.3: 3 is not among 0, 1, 2."),
        ("layers.-1.units", 3, "There is no setting layers.-1.units: -1 is not among 0, 1, 2."),
        ("layers.0.kernel_size", 4, "Entry 1 of layers: Conv2D.kernel_size needs one of 1, 2, 3, 5, 7. Received: 4."),
        ("layers.0.units", 4, "Entry 1 of layers: Unknown setting of Conv2D: 'units'."),
        ("dataset.name", 4, "There is no setting dataset.name."),
        ("training.epochs.first.x", 4, "There is no setting training.epochs.first.x: first is not among nothing."),
    ],
)
def test_a_setting_that_is_not_there_or_does_not_fit_is_refused(path, value, said):
    with pytest.raises(SettingsError) as refused:
        SMALL.with_setting(path, value)
    assert str(refused.value).startswith(said)


@pytest.mark.parametrize(
    "text", ["{}", '{{"layers":{}}}', '{{"layers":[{}]}}', '{{"layers":[{{"type":"Flatten","to":{}}}]}}']
)
@pytest.mark.parametrize(("opened", "closed"), [("[", "]"), ('{"type":', "}")])
def test_json_of_any_depth_is_refused_in_words(text, opened, closed):
    """Also of the few depths at which Python can read JSON, and not write what it has read."""
    for depth in range(800, 1000):
        deep = f"{opened * depth}1{closed * depth}"
        with pytest.raises(SettingsError) as refused:
            RunConfig.from_json(text.format(deep))
        assert len(str(refused.value)) < 400


@pytest.mark.parametrize("step", ["9" * 5000, "-1", "²", "٣", "00", "+0", "", "x" * 5000])
def test_what_is_no_place_in_a_list_is_no_setting(step):
    config = RunConfig.parse({"layers": [Flatten(), Dense()]})
    for path, value in ((f"layers.{step}.units", 8), (f"layers.{step}", {"type": "Flatten"})):
        with pytest.raises(SettingsError, match=r"There is no setting layers\..* is not among 0, 1\.$") as refused:
            config.with_setting(path, value)
        assert len(str(refused.value)) < 200


def test_configs_that_differ_in_the_seed_alone_are_the_same_without_it():
    config = RunConfig(layers=(Conv2D(filters=8), Dense(units=4)))
    other = config.with_setting("training.seed", 7)
    assert other.without_seed() == config.without_seed()
    for setting, value in (("training.epochs", 3), ("layers.0.filters", 9), ("dataset", "shapes")):
        assert config.with_setting(setting, value).without_seed() != config.without_seed()


def test_every_training_setting_has_a_help_text():
    assert all(field.description for field in Training.model_fields.values())


@pytest.mark.parametrize("seed", range(10))
def test_link_file_clone_and_command_line_give_the_same_config(seed, home, tmp_path):
    config = drawn_config(seed).replace(dataset="shapes")
    run = Store(home).create(config, "Cloned")
    path = tmp_path / "config.json"
    path.write_text(config.to_json(), encoding="utf-8")
    arguments = cli._parser().parse_args
    assert (
        config
        == RunConfig.from_link(config.to_link())
        == RunConfig.from_file(path)
        == Store(home).get(run.id).config
        == cli.train.config_of(arguments(["train", "--config", str(path)]))
        == cli.train.config_of(arguments(["train", "--copy", run.id]))
    )
