"""Files of a folder that is dropped keep the name of it, as those of one that is chosen do in Streamlit 1.67."""

from importlib.resources import files

import streamlit as st

_component = st.components.v2.component(
    "dropped", html="<i></i>", js=files("imgrec.ui").joinpath("dropped.js").read_text(encoding="utf-8")
)


def name() -> None:
    """Let files that are dropped into an uploader of folders say in which folder they are."""
    _component(key="dropped", height=1, width=1)
