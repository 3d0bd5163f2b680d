"""The keyboard's focus stays near when the button that had it is drawn anew or goes, as a deleted layer's does.

Streamlit 1.67 forgets it then, and the keyboard is back at the top of the page.
"""

from importlib.resources import files

import streamlit as st

_component = st.components.v2.component(
    "focus", html="<i></i>", js=files("imgrec.ui").joinpath("focus.js").read_text(encoding="utf-8")
)


def keep() -> None:
    """Keep it, on every page that the browser opens from now on."""
    _component(key="focus", height=1, width=1)
