"""Own pictures become a dataset: the dialog, how far adding them is, and what was made of them."""

import streamlit as st

from imgrec import importing, quantities
from imgrec.errors import DatasetError, ImgrecError
from imgrec.importing import Import
from imgrec.ui import PAGES, browser, ready_made, words
from imgrec.ui.data import import_form

OPEN, STARTED, DONE = "adding", "import started", "import done"
"""Where it is kept that the dialog is open, the import that this tab started, and what it has made."""

TICK_SECONDS = 0.7


def button() -> None:
    """Draw the button that opens the form."""
    st.button(
        "Add your own pictures",
        key="add-pictures",
        icon=":material/add_photo_alternate:",
        on_click=lambda: st.session_state.update({OPEN: True}),
    )


def _close() -> None:
    for name in (OPEN, DONE):
        st.session_state.pop(name, None)


def draw() -> None:
    """Draw the dialog where it is open, else the import that is under way, or why one has failed."""
    if OPEN in st.session_state:
        _dialog()
    elif (adding := _current()) is not None:
        with st.container(border=True):
            _progress(adding)


# Not a part of the page: it stays in view, and what is chosen in it does not draw the page anew.
@st.dialog("Add your own pictures", icon=":material/add_photo_alternate:", width="large", on_dismiss=_close)
def _dialog() -> None:
    if result := st.session_state.get(DONE):
        _made(result)
    elif (adding := _current()) is not None:
        _progress(adding)
    else:
        _form()


def _current() -> Import | None:
    return importing.current(browser.store().folder) or st.session_state.get(STARTED)


@st.fragment(run_every=TICK_SECONDS)
def _progress(adding: Import) -> None:
    """Draw how far an import is, or how it has ended: what it has made is used."""
    if not adding.is_running:
        _ended(adding)
        return
    progress = adding.progress()
    parts = [{"reading": "Reading pictures"}.get(progress.phase, progress.phase.capitalize())]
    share = progress.done / progress.total if progress.total else 0.0
    if progress.phase == "reading":
        parts = [f"{parts[0]}: {progress.done:,} of {progress.total:,}"]
    elif progress.total:  # what other phases count is no pictures
        parts = [f"{parts[0]}: {quantities.percent(share, 0)}"]
    if progress.seconds_left:
        parts.append(f"about {quantities.duration(words.rounded(progress.seconds_left))} left")
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.markdown(f"**Adding {adding.name}**", width="content")
        cancelled = st.button("Cancel", key="cancel-import", icon=":material/close:")
    st.progress(share, " · ".join(parts))
    st.caption("It goes on when this page is closed.")
    if cancelled:
        adding.cancel()
        st.session_state.pop(STARTED, None)
        st.rerun()


def _ended(adding: Import) -> None:
    st.session_state.pop(STARTED, None)
    try:
        result = adding.result()
    except DatasetError as error:
        st.error(words.literal(str(error)), icon=":material/error:")
        if st.button("Try again", key="dismiss-import"):
            adding.forget()
            st.rerun()
        return
    ready_made.take_dataset(f"{result.name}@{result.version}")
    st.session_state[DONE] = result
    st.session_state[OPEN] = True
    st.session_state.pop(import_form.REQUEST, None)
    st.rerun()


def _made(result: importing.Result) -> None:
    """Say what was made of which pictures."""
    validation = f", {result.validation:,} validation" if result.validation else ""
    st.success(
        f"**{words.literal(result.title or result.name)} is ready**: {result.train:,} training{validation} and "
        f"{result.test:,} test images of {len(result.class_names)} classes. The draft now learns from them.",
        icon=":material/check_circle:",
    )
    for found in result.found:
        st.warning(words.literal(found), icon=":material/report:")
    for said in result.said:
        st.caption(words.literal(said))
    import_form.not_taken(result.not_taken)
    with st.container(horizontal=True):
        if st.button("Train on it", type="primary", key="train-own", icon=":material/model_training:"):
            _close()
            st.switch_page(PAGES / "train.py")
        if st.button("Look at it", key="look-own", icon=":material/photo_library:"):
            _close()
            st.rerun()


def _form() -> None:
    try:
        started = import_form.draw(browser.store().folder)
    except ImgrecError as error:
        st.error(words.literal(str(error)), icon=":material/error:")
        return
    if started:
        st.session_state[STARTED] = started
        st.rerun()
