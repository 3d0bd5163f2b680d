"""The buttons that take the last change of the draft back, and bring it again."""

import streamlit as st

from imgrec.ui import draft
from imgrec.ui.icons import icon


def buttons() -> None:
    """Draw them."""
    undo, redo = not draft.can_undo(), not draft.can_redo()
    st.button(icon("undo", "Undo", faint=undo), help="Undo", key="undo", disabled=undo, on_click=draft.undo)
    st.button(icon("redo", "Redo", faint=redo), help="Redo", key="redo", disabled=redo, on_click=draft.redo)
