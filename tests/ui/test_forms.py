"""One widget per field, for any settings; a widget never shows a stale value."""

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from imgrec.augmentations import AUGMENTATIONS
from imgrec.config import Training
from imgrec.layers import LAYERS, Conv2D
from imgrec.optimizers import OPTIMIZERS, SGD, RMSprop
from imgrec.settings import Settings, limits
from imgrec.ui import forms

FORM = """
import streamlit as st
from imgrec.ui import forms
st.session_state["settings"] = forms.edit(st.session_state["settings"], "x")
"""

CARELESS = """
from imgrec.layers import Conv2D
from imgrec.ui import forms
forms.edit(Conv2D(), "x", ["filters"])
"""

EVERYTHING: list[Settings] = [
    *(layer() for layer in LAYERS.values()),
    *(augmentation() for augmentation in AUGMENTATIONS.values()),
    *(optimizer() for optimizer in OPTIMIZERS.values()),
    Training(),
]


def form(settings: Settings) -> AppTest:
    """Open a page that keeps these settings in its session and draw their form."""
    app = AppTest.from_string(FORM, default_timeout=30)
    app.session_state["settings"] = settings
    return run(app)


def run(app: AppTest) -> AppTest:
    app.run()
    assert not app.exception
    return app


@pytest.mark.parametrize("settings", EVERYTHING, ids=lambda settings: type(settings).__name__)
def test_every_field_has_a_widget_that_shows_its_value(settings: Settings) -> None:
    app = form(settings)
    assert app.session_state["settings"] == settings
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        assert app.session_state[f"x.{name}"] == (type(value).__name__ if isinstance(value, Settings) else value)


@pytest.mark.parametrize("settings", EVERYTHING, ids=lambda settings: type(settings).__name__)
def test_the_limits_of_every_number_can_be_shown(settings: Settings) -> None:
    for end in (0, 1):
        extremes = {
            name: bounds[end] for name, field in type(settings).model_fields.items() if (bounds := limits(field))
        }
        extreme = settings.replace(**extremes)
        assert form(extreme).session_state["settings"] == extreme


def test_a_changed_widget_changes_its_field_only() -> None:
    app = form(Conv2D())
    app.select_slider(key="x.filters").set_value(64)
    run(app)
    assert app.session_state["settings"] == Conv2D(filters=64)


def test_a_widget_follows_a_change_from_elsewhere() -> None:
    app = form(Conv2D())
    app.select_slider(key="x.filters").set_value(64)
    run(app)
    app.session_state["settings"] = Conv2D(filters=16, use_bias=False)
    run(app)
    assert app.select_slider(key="x.filters").value == 16
    assert app.toggle(key="x.use_bias").value is False
    assert app.session_state["settings"] == Conv2D(filters=16, use_bias=False)


def test_a_value_that_is_not_kept_by_the_page_goes_back() -> None:
    """The page decides: what it passes next is what the widget shows."""
    app = run(AppTest.from_string(CARELESS, default_timeout=30))
    app.select_slider(key="x.filters").set_value(64)
    run(app)
    run(app)
    assert app.select_slider(key="x.filters").value == 32


@pytest.mark.parametrize(
    "settings",
    [Training(learning_rate=0.00037), Training(batch_size=33), SGD(weight_decay=0.00042)],
    ids=lambda settings: type(settings).__name__,
)
def test_a_value_off_the_scale_is_kept(settings: Settings) -> None:
    assert form(settings).session_state["settings"] == settings


def test_another_entry_of_a_table_takes_over_the_settings_that_both_have() -> None:
    app = form(Training(optimizer=SGD(weight_decay=0.001, momentum=0.5)))
    app.selectbox(key="x.optimizer").set_value("RMSprop")
    run(app)
    assert app.session_state["settings"].optimizer == RMSprop(weight_decay=0.001, momentum=0.5)


def test_a_choice_that_a_browser_has_not_answered_keeps_its_value() -> None:
    app = form(Conv2D(kernel_size=5))
    app.session_state["x.kernel_size"] = None
    assert run(app).session_state["settings"] == Conv2D(kernel_size=5)
    assert app.session_state["x.kernel_size"] == 5


def test_scales_hold_their_limits_and_round_numbers() -> None:
    assert forms.sizes(1, 100) == [1, 2, 4, 8, 16, 24, 32, 48, 64, 96, 100]
    assert forms.decades(0.01, 0.5, 0.0001) == [0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.3, 0.5]
    assert forms.decades(0.0, 0.002, 0.0005) == [0.0, 0.0005, 0.001, 0.002]


def test_a_field_without_a_widget_is_a_bug_and_seen() -> None:
    with pytest.raises(TypeError, match="no widget for the field words"):
        forms._draw("words", json_free_field(), "hello", "x.words")


def json_free_field() -> Any:
    class Words(Settings):
        words: str = "hello"

    return Words.model_fields["words"]
