"""The small button beside a setting's widget that lets the setting vary in a sweep."""

from collections.abc import Callable

import streamlit as st

from imgrec.config import RunConfig
from imgrec.sweep import MOST_VARIED
from imgrec.ui import PAGES, draft
from imgrec.ui.icons import icon
from imgrec.ui.sweeps import making
from imgrec.varying import can_vary

ASKED = "vary-asked"
"""Where the session keeps the setting that a click has just asked to vary."""


def beside(config: RunConfig, part: str, *, disabled: bool = False) -> Callable[[str], None] | None:
    """Return what forms.edit draws beside each widget of a part of a config, as training or layers.0.

    None where the part is not the user's to change.
    """
    if disabled:
        return None
    offered = can_vary(config)

    def draw(name: str) -> None:
        path = f"{part}.{name}"
        if path in offered:
            st.button(
                icon("vary", f"Vary {offered[path]}", width=28),
                key=f"vary-{path}",
                type="tertiary",
                help="Vary in a sweep",
                on_click=_ask,
                args=(path,),
            )

    return draw


def go() -> None:
    """Open the sweep that a click has asked for, after the page has kept what was changed with that click."""
    path = st.session_state.pop(ASKED, None)
    if path is None:
        return
    if making.add(draft.get(), path):
        st.switch_page(PAGES / "sweeps.py")
    st.toast(f"A sweep varies at most {MOST_VARIED} settings. Take one out on the Sweeps page first.")


def _ask(path: str) -> None:
    st.session_state[ASKED] = path
