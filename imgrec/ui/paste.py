"""A picture that is pasted goes into the uploader of the page, which Streamlit 1.67 does for dropped ones alone."""

from importlib.resources import files

import streamlit as st

_component = st.components.v2.component(
    "paste", html="<i></i>", js=files("imgrec.ui").joinpath("paste.js").read_text(encoding="utf-8")
)


def enable() -> None:
    """Take what is pasted on every page with an uploader, from now on."""
    _component(key="paste", height=1, width=1)
