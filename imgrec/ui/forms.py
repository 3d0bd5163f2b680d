"""edit(settings) → settings: one widget per field, for any Settings."""

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import Any, Literal, TypeVar

import streamlit as st
from pydantic.fields import FieldInfo

from imgrec.settings import Settings, entries, is_log, limits, options, title

S = TypeVar("S", bound=Settings)

SLIDER_STEPS = 200
"""A slider with more positions cannot be set exactly with a finger; such numbers are typed."""


def edit(
    settings: S,
    key: str,
    fields: Sequence[str] | None = None,
    *,
    disabled: bool = False,
    beside: Callable[[str], None] | None = None,
) -> S:
    """Draw a widget for each field, or for some, and return the settings as the user has changed them.

    Of an entry of a table, as an optimizer, it draws the choice; its own settings are a form of their own.
    The caller keeps what is returned and passes it next time: a widget always shows what was passed, also after undo or
    a preset. Disabled ones are seen and not changed. beside draws what stands beside a field's widget. Raises
    SettingsError where a browser sends a value that its widget does not offer.
    """
    changes = {}
    for name in fields if fields is not None else type(settings).model_fields:
        field, value = type(settings).model_fields[name], getattr(settings, name)
        widget = f"{key}.{name}"
        table = entries(field)
        shown = type(value).__name__ if table else value
        _follow(widget, shown)
        with st.container(horizontal=True, vertical_alignment="bottom", gap="xsmall") if beside else nullcontext():
            st.session_state[_shown(widget)] = drawn = _draw(name, field, shown, widget, disabled)
            if beside:
                beside(name)
        changes[name] = _exchanged(value, table[drawn]) if table else drawn
    return settings.replace(**changes)


def _exchanged(value: Settings, chosen: type[Settings]) -> Settings:
    """Return an entry of another class, which takes over the settings that both have."""
    if type(value) is chosen:
        return value
    return chosen(**{name: getattr(value, name) for name in type(value).model_fields if name in chosen.model_fields})


def toggle(
    label: str,
    value: bool,
    key: str,
    help: str | None = None,
    width: int | Literal["content"] = "content",
    *,
    disabled: bool = False,
) -> bool:
    """Draw a switch that, like the widgets of edit, always shows the value that was passed."""
    _follow(key, value)
    st.session_state[_shown(key)] = on = st.toggle(label, key=key, help=help, width=width, disabled=disabled)
    return on


def _follow(widget: str, value: Any) -> None:
    """Set a widget that does not show this value yet. What the user has just changed it to is left alone.

    A browser that is asked for the next page while it draws a choice answers None for it, which none of them offers.
    """
    if st.session_state.get(widget) is None or st.session_state.get(_shown(widget)) != value:
        st.session_state[widget] = value


def _shown(widget: str) -> str:
    return f"{widget} shown"


def _draw(name: str, field: FieldInfo, value: Any, key: str, disabled: bool = False) -> Any:
    label, help = title(name, field), field.description or None
    offered, bounds = options(field) or list(entries(field)), limits(field)
    if offered:
        return _choice(label, offered, key, help, disabled)
    if field.annotation is bool:
        return st.toggle(label, key=key, help=help, disabled=disabled)
    if bounds is None:
        raise TypeError(f"There is no widget for the field {name}: {field.annotation}.")
    extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
    step: Any = extra["step"]
    if field.annotation is int:
        return _whole(label, int(bounds[0]), int(bounds[1]), step, value, key, help, disabled)
    if is_log(field):
        scale = _with(value, decades(*bounds, step))
        return st.select_slider(label, scale, format_func="{:g}".format, key=key, help=help, disabled=disabled)
    low, high = map(float, bounds)
    # A slider counts in binary fractions: 3 × 0.1 comes back as 0.30000000000000004.
    drawn = st.slider(label, low, high, step=step, format=_format(step), key=key, help=help, disabled=disabled)
    return round(drawn, 9)


def _choice(label: str, offered: list[Any], key: str, help: str | None, disabled: bool) -> Any:
    def spoken(option: Any) -> str:
        return str(option).replace("_", " ")

    if sum(len(spoken(option)) + 3 for option in offered) <= 36:  # fits beside each other on a phone
        return st.segmented_control(
            label, offered, required=True, format_func=spoken, key=key, help=help, disabled=disabled
        )
    return st.selectbox(label, offered, format_func=spoken, key=key, help=help, disabled=disabled)


def _whole(label: str, low: int, high: int, step: int, value: int, key: str, help: str | None, disabled: bool) -> Any:
    if step > 1:
        scale = _with(value, sizes(low, high))
        return st.select_slider(label, scale, format_func="{:,}".format, key=key, help=help, disabled=disabled)
    if high - low <= SLIDER_STEPS:
        return st.slider(label, low, high, step=step, key=key, help=help, disabled=disabled)
    return st.number_input(label, low, high, step=step, key=key, help=help, disabled=disabled)


def sizes(low: int, high: int) -> list[int]:
    """Return the sizes that are worth trying: powers of two and what lies halfway between, and both limits."""
    powers = [2**exponent for exponent in range(high.bit_length())]
    halfway = [power * 3 // 2 for power in powers if power >= 16]
    return sorted({low, high, *(size for size in powers + halfway if low <= size <= high)})


def decades(low: float, high: float, step: float) -> list[float]:
    """Return 1, 2, 3 and 5 times the powers of ten between two limits; from step on where the lower limit is 0."""
    series = [float(f"{digit}e{exponent}") for exponent in range(-9, 3) for digit in (1, 2, 3, 5)]
    return sorted({low, high, *(number for number in series if (low or step) <= number <= high)})


def _with(value: Any, scale: list[Any]) -> list[Any]:
    return sorted({*scale, value})


def _format(step: float) -> str:
    """Say how many decimals a step needs, for a slider's label."""
    return f"%.{len(f'{step:.9f}'.rstrip('0').split('.')[1])}f"
