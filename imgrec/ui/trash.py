"""The deleted runs, until the trash is emptied."""

from functools import lru_cache
from pathlib import Path

import streamlit as st

from imgrec import files, quantities
from imgrec.runs import Store, library
from imgrec.ui import browser, icons, run_buttons, words

MOST_SHOWN = 100
"""Deleted runs that are shown, the newest; thousands may be deleted at once."""


def draw() -> None:
    """Draw the deleted runs, where there are any: each can be brought back, and all can be removed for good."""
    if deleted := st.session_state.pop("deleted", None):
        st.toast(f"{words.literal(deleted)} is in the trash, at the end of this page.", icon=":material/delete:")
    store = browser.store()
    found = store.deleted()
    if not found:
        return
    sizes = {run.id: _size(run.folder, files.mark(run.folder)) for run in found}
    title = f"Trash: {quantities.count(len(found), 'run')}, {quantities.size(sum(sizes.values()))}"
    with st.expander(title, icon=":material/delete:"):
        for run in found[:MOST_SHOWN]:
            with st.container(horizontal=True, vertical_alignment="center"):
                st.markdown(f"**{words.literal(library.called(run))}** · {quantities.size(sizes[run.id])}")
                st.button(
                    icons.of("Restore", library.called(run)),
                    key=f"restore-{run.id}",
                    on_click=run_buttons.attempt,
                    args=(library.restore, run),
                )
        if (more := len(found) - MOST_SHOWN) > 0:
            st.caption(f"And {quantities.count(more, 'older run')}, shown here once newer ones are restored.")
        if st.button("Empty the trash", icon=":material/delete_forever:"):
            _ask(store, quantities.count(len(found), "run"))


@lru_cache(maxsize=10_000)
def _size(folder: Path, mark: tuple[int, int] | None) -> int:
    del mark  # it is there to be compared: nothing in the trash changes
    return files.disk_bytes(folder)


@st.dialog("Empty the trash?", icon=":material/delete_forever:")
def _ask(store: Store, runs: str) -> None:
    st.markdown(f"{runs.capitalize()} will be deleted for good, with the models. This cannot be undone.")
    with st.container(horizontal=True):
        emptied = st.button(
            f"Delete {runs}",
            type="primary",
            key="empty",
            on_click=run_buttons.attempt,
            args=(library.empty_trash, store),
        )
        if st.button("Keep them") or emptied:
            st.rerun()
