"""What pages say where a dataset is not here, as it was removed: one sentence, and the ways on."""

import streamlit as st

from imgrec.datasets import DATASETS, own
from imgrec.errors import DatasetError
from imgrec.ui import PAGES, draft, undo, words


def draw() -> None:
    """Say that the dataset of the draft is not here, and offer another one, undo and redo."""
    try:
        draft.dataset()
    except DatasetError as error:
        why = words.literal(str(error))
        st.error(why, title="The dataset of your draft is not here", icon=":material/photo_library:")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.page_link(PAGES / "data.py", label="Choose another on the Data page", icon=":material/photo_library:")
        undo.buttons()
    st.caption("Its layers and settings stay as they are.")


def link(dataset: str) -> None:
    """Draw the way to the images of a run's dataset that are not here, where there is one."""
    if own.is_own(dataset):
        label, icon = "Add them again on the Data page", ":material/photo_library:"
    elif dataset in DATASETS:
        label, icon = "Get them on the Data page", ":material/download:"
    else:
        return
    st.page_link(PAGES / "data.py", label=label, icon=icon)
