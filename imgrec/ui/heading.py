"""The first line of a page: its title, and its buttons to the right."""

from contextlib import AbstractContextManager

import streamlit as st


def draw(title: str, icon: str = "") -> AbstractContextManager[object]:
    """Draw the title and return the place for the page's buttons."""
    line = st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute")
    line.title(title, icon=f":material/{icon}:" if icon else None, width="content", anchor=False)
    return line.container(horizontal=True, width="content", gap="xsmall", vertical_alignment="center")
