"""The deleted runs, until the trash is emptied."""

import streamlit as st

from imgrec import quantities
from imgrec.runs import Store, library
from imgrec.ui import browser, icons, run_buttons, words


def draw() -> None:
    """Draw the deleted runs, where there are any: each can be brought back, and all can be removed for good."""
    if deleted := st.session_state.pop("deleted", None):
        st.toast(f"{words.literal(deleted)} is in the trash, at the end of this page.", icon=":material/delete:")
    store = browser.store()
    found = store.deleted()
    if not found:
        return
    sizes = {run.id: run.disk_bytes for run in found}
    title = f"Trash: {quantities.count(len(found), 'run')}, {quantities.size(sum(sizes.values()))}"
    with st.expander(title, icon=":material/delete:"):
        for run in found:
            with st.container(horizontal=True, vertical_alignment="center"):
                st.markdown(f"**{words.literal(library.called(run))}** · {quantities.size(sizes[run.id])}")
                st.button(
                    icons.of("Restore", library.called(run)),
                    key=f"restore-{run.id}",
                    on_click=run_buttons.attempt,
                    args=(library.restore, run),
                )
        if st.button("Empty the trash", icon=":material/delete_forever:"):
            _ask(store, quantities.count(len(found), "run"))


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
