"""The network page: layers are added, edited, moved, duplicated, deleted, undone, loaded and shared."""

import base64
import re
import zlib

import pytest

from imgrec.architecture import trace
from imgrec.config import MAX_LAYERS, RunConfig
from imgrec.errors import ImgrecError
from imgrec.layers import (
    LAYERS,
    Activation,
    BatchNormalization,
    Conv2D,
    Dense,
    Flatten,
    MaxPooling2D,
    PatchWhitening,
    Rescaling,
)
from imgrec.presets import PRESETS
from imgrec.templates import TEMPLATES
from imgrec.ui import draft, drawing
from imgrec.ui.network import layer_cards
from tests.pages.test_train import said

SMALL = RunConfig(dataset="shapes", layers=(Conv2D(filters=8), MaxPooling2D(), Flatten(), Dense(units=32)))


@pytest.fixture
def app(open_page):
    return open_page("network", c=SMALL.to_link())


def config(app):
    history = app.session_state["draft"]
    return history.versions[history.current].config


def layers(app):
    return [type(layer).__name__ for layer in config(app).layers]


def ids(app):
    history = app.session_state["draft"]
    return history.versions[history.current].layer_ids


def click(app, key):
    app.button(key=key).click()
    app.run()
    assert not app.exception


def test_a_template_replaces_the_layers_alone(app):
    app.session_state["templates"] = True
    app.run()
    click(app, "template-vgg")
    assert config(app) == SMALL.replace(layers=TEMPLATES["vgg"].layers)
    assert "the layers of the template **VGG-like**" in said(app)
    click(app, "undo-replaced")
    assert config(app) == SMALL


def test_a_new_visitor_starts_from_the_preset_quick(open_page):
    assert config(open_page("network")) == PRESETS["quick"].config


def test_a_share_link_opens_its_config_and_leaves_the_address(app):
    assert config(app) == SMALL
    assert "c" not in app.query_params


def test_the_shared_link_is_the_one_that_opens_again(app, open_page):
    link = app.code[0].value.split("?c=")[1]
    assert config(open_page("network", c=link)) == SMALL


@pytest.mark.parametrize("link", ["", "damaged", SMALL.to_link()[:-9], SMALL.replace(dataset="nowhere").to_link()])
def test_a_damaged_share_link_is_refused_in_words_and_changes_nothing(open_page, link):
    app = open_page("network")
    app.query_params["c"] = link
    app.run()
    assert not app.exception
    assert app.error[0].value.startswith("This share link cannot be opened. ")
    assert config(app) == PRESETS["quick"].config


def test_a_moved_slider_changes_its_layer_and_the_totals(app):
    before = app.metric[0].value
    click(app, f"open-{ids(app)[0]}")
    app.select_slider(key=f"layer-{ids(app)[0]}.filters").set_value(16)
    app.run()
    assert config(app).layers[0] == Conv2D(filters=16)
    assert app.metric[0].value != before


def test_every_layer_can_be_added_and_opens(app):
    for name in LAYERS:
        click(app, "add-layer")
        click(app, f"add-{name}")
        opened = ids(app).index(app.session_state[layer_cards.OPEN])
        assert layers(app)[opened] == name
        assert not app.error, "it stands where it fits"
        click(app, "undo")


def test_a_whitened_identity_network_is_drawn_with_its_whitening_as_a_convolution():
    whitened = (PatchWhitening(), Activation(), Conv2D(filters=24, kernel_initializer="identity"), Rescaling())
    families = [drawing._family(row) for row in trace(whitened, (32, 32, 3), 10).rows]
    assert families == ["convolution", "other", "convolution", "other", "pooling", "dense"]


def test_a_convolution_that_keeps_the_size_is_as_thick_as_the_one_before_it():
    rows = trace((Conv2D(filters=24), Conv2D(filters=24), BatchNormalization()), (32, 32, 3), 10).rows
    first, second, normalized = (
        drawing._block(drawing._family(row), row.output_shape, 32, drawing._shows(row)) for row in rows[:3]
    )
    assert second.width == first.width > 4 * normalized.width
    assert (first.label, second.label) == (("24", "32×32"), ("", ""))


def test_a_long_network_is_drawn_in_rows_that_a_phone_can_show():
    svg, said = drawing.draw(trace((Conv2D(filters=64),) * 33, (32, 32, 3), 10), (32, 32, 3))
    assert said.startswith("The network as 36 blocks")
    width, height = map(int, re.findall(r'viewBox="0 0 (\d+) (\d+)"', svg)[0])
    assert width == 560
    assert height > 500
    assert max(float(x) for x in re.findall(r'<rect x="([\d.]+)"', svg)) < width


def test_a_layer_can_be_inserted_below_another(app):
    click(app, f"open-{ids(app)[0]}")
    click(app, f"insert-{ids(app)[0]}")
    click(app, "add-BatchNormalization")
    assert layers(app) == ["Conv2D", "BatchNormalization", "MaxPooling2D", "Flatten", "Dense"]


def test_duplicating_copies_the_settings(app):
    click(app, f"duplicate-{ids(app)[0]}")
    assert config(app).layers[:2] == (Conv2D(filters=8), Conv2D(filters=8))


def test_deleting_takes_out_that_layer(app):
    click(app, f"delete-{ids(app)[1]}")
    assert layers(app) == ["Conv2D", "Flatten", "Dense"]


def test_values_follow_the_layer_when_it_moves(app):
    click(app, f"duplicate-{ids(app)[0]}")
    second = ids(app)[1]
    click(app, f"open-{second}")
    app.select_slider(key=f"layer-{second}.filters").set_value(64)
    app.run()
    click(app, f"move up-{second}")
    assert ids(app)[0] == second
    assert config(app).layers[:2] == (Conv2D(filters=64), Conv2D(filters=8))
    assert app.select_slider(key=f"layer-{second}.filters").value == 64


def test_undo_and_redo_change_the_widgets_too(app):
    first = ids(app)[0]
    click(app, f"open-{first}")
    app.select_slider(key=f"layer-{first}.filters").set_value(16)
    app.run()
    click(app, "undo")
    assert config(app) == SMALL
    assert app.select_slider(key=f"layer-{first}.filters").value == 8
    click(app, "redo")
    assert app.select_slider(key=f"layer-{first}.filters").value == 16
    assert app.button(key="redo").disabled


def test_undo_reaches_back_to_what_stood_before_the_link(app):
    click(app, "undo")
    assert config(app) == PRESETS["quick"].config
    assert app.button(key="undo").disabled


@pytest.mark.parametrize("name", list(PRESETS))
def test_a_preset_replaces_the_draft(app, name):
    click(app, f"preset-{name}")
    assert config(app) == PRESETS[name].config


def test_a_misfit_is_said_in_words_on_top_and_at_its_layer(app):
    click(app, f"delete-{ids(app)[2]}")
    sentence = app.error[0].value
    assert sentence.startswith("Layer 3: Dense needs a vector.")
    assert any(sentence in each.value for each in app.markdown)
    assert app.button(key="train").disabled


def test_a_misfit_is_mended_by_its_button(app):
    flatten = ids(app)[2]
    click(app, f"move up-{flatten}")
    assert layers(app) == ["Conv2D", "Flatten", "MaxPooling2D", "Dense"]
    kept = list(ids(app))
    table = app.dataframe[0].value
    assert list(table["Layer"])[-2:] == ["MaxPooling2D", "Dense"]
    assert list(table["Output"])[-2:] == ["does not fit", "–"]
    assert app.button(key="fix").label == "Move it above Flatten"
    click(app, "fix")
    assert config(app) == SMALL
    assert list(ids(app)) == [kept[0], kept[2], kept[1], kept[3]]
    assert not app.error


def test_a_draft_that_was_replaced_says_so_until_it_is_changed(app):
    click(app, "preset-article")
    assert any("Your draft is now the preset **Article**" in each.value for each in app.markdown)
    click(app, "undo-replaced")
    assert config(app) == SMALL
    click(app, "preset-article")
    click(app, f"delete-{ids(app)[0]}")
    assert not any("Your draft is now" in each.value for each in app.markdown)


def test_a_config_file_is_opened(app):
    content = PRESETS["deep"].config.to_json().encode()
    app.file_uploader[0].set_value(("mine.json", content, "application/json")).run()
    assert not app.exception
    assert config(app) == PRESETS["deep"].config
    assert any("the config file **mine" in each.value for each in app.markdown)


@pytest.mark.parametrize(
    ("content", "said"), [(b"{", "needs to be JSON"), (b"\xff\xfe", "in UTF-8"), (b'{"dataset": "no"}', "no")]
)
def test_a_file_that_is_no_config_is_said(content, said):
    with pytest.raises(ImgrecError, match=said):
        draft.open_file("mine.json", content)


def test_a_network_without_layers_is_shown(open_page):
    app = open_page("network", c=SMALL.replace(layers=()).to_link())
    assert layers(app) == []
    assert app.button(key="train").disabled
    assert app.metric[0].value == "40"  # the head alone: 3 channels to 10 classes, and 10 biases


@pytest.mark.parametrize(
    ("layers", "said"),
    [
        ((Dense(),), "Layer 1: Dense needs a vector"),
        ((), None),
    ],
    ids=["first layer", "none"],
)
def test_a_stack_of_which_nothing_stands_is_explained(open_page, layers, said):
    app = open_page("network", c=SMALL.replace(layers=layers).to_link())
    assert not app.exception
    assert [error.value.startswith(said or "") for error in app.error] == ([True] if said else [])


def test_a_layer_changed_with_the_click_on_train_it_is_kept(app):
    click(app, f"open-{ids(app)[0]}")
    app.select_slider(key=f"layer-{ids(app)[0]}.filters").set_value(16)
    click(app, "train")
    assert config(app).layers[0] == Conv2D(filters=16)
    assert app.title[0].value == "Train"


def test_a_link_of_too_many_layers_leaves_the_draft_as_it_was(open_page):
    text = '{"layers":[' + ",".join(['{"type":"Flatten"}'] * 9000) + "]}"
    link = base64.urlsafe_b64encode(zlib.compress(text.encode(), 9)).decode()
    assert len(link) < 700
    app = open_page("network", c=link)
    assert not app.exception
    assert config(app) == PRESETS["quick"].config


def test_a_full_stack_takes_no_more_layers(open_page):
    full = SMALL.replace(layers=(Conv2D(),) * MAX_LAYERS)
    app = open_page("network", c=full.to_link())
    first = ids(app)[0]
    assert app.button(key=f"duplicate-{first}").disabled
    assert app.button(key="add-layer").disabled
    click(app, f"open-{first}")
    assert app.button(key=f"insert-{first}").disabled
    click(app, f"delete-{first}")
    assert not app.button(key="add-layer").disabled


def test_a_tall_stack_is_drawn_in_pages_and_every_layer_stays(open_page):
    tall = SMALL.replace(layers=(*(Conv2D(filters=8),) * layer_cards.PER_PAGE, Flatten()))
    app = open_page("network", c=tall.to_link())
    last = ids(app)[-1]
    assert f"open-{last}" not in {button.key for button in app.button}
    app.session_state[layer_cards.PAGE] = 2
    app.run()
    assert [button.key for button in app.button if button.key.startswith("open-")] == [f"open-{last}"]
    assert config(app) == tall
    click(app, f"delete-{last}")
    assert config(app).layers == tall.layers[:-1]
    assert app.button(key=f"open-{ids(app)[0]}")
    click(app, "add-layer")
    click(app, "add-Dense")
    assert app.button(key=f"insert-{ids(app)[-1]}")  # it is open, on its page
