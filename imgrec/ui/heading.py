"""The first line of a page: its title, what is training, and the page's buttons to the right."""

from collections.abc import Sequence
from contextlib import AbstractContextManager

import streamlit as st

from imgrec import jobs, quantities
from imgrec.records import Progress
from imgrec.runs import Run, State
from imgrec.ui import PAGES, browser, focus, words

TRAINING = "training"
"""Where the run that trains is kept for one drawing of the page."""

ACTIVE = "active"
"""Where all that is under way is kept for one drawing of the page."""

TICK_SECONDS = 3
"""As often as a page looks how far a training is that another page shows in full."""


def draw(title: str, icon: str = "", *, under_way: bool = True) -> AbstractContextManager[object]:
    """Draw the title and return the place for the page's buttons; under_way says what trains, with a link to it."""
    line = st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute")
    with line.container(horizontal=True, width="content", gap=None):
        st.title(title, icon=f":material/{icon}:" if icon else None, width="content", anchor=False)
        focus.keep()
    right = line.container(horizontal=True, width="content", gap="xsmall", vertical_alignment="center")
    run = st.session_state.get(TRAINING)
    if under_way and run is not None:
        with right:
            _link(run)
    return right


def look() -> Run | None:
    """Look which run trains, or which is the first of several: once for the tab's title, for draw and for active."""
    active = st.session_state[ACTIVE] = jobs.active(browser.store())
    run = st.session_state[TRAINING] = next((run for run, state in active if state is State.RUNNING), None)
    return run


def active() -> Sequence[tuple[Run, State]]:
    """Return what is under way with its state, in the order of the queue, as the page's one look found it."""
    found: list[tuple[Run, State]] = st.session_state[ACTIVE]
    return found


def headline(run: Run) -> str:
    """Say how far a run is: 45 % Quick 1."""
    return f"{quantities.percent(words.trained_share(run, run.progress() or Progress()), 0)} {run.name}"


@st.fragment(run_every=TICK_SECONDS)
def _link(run: Run) -> None:
    if not run.exists:  # deleted meanwhile
        return
    state = run.state
    finished = state is State.FINISHED
    st.page_link(
        PAGES / ("results.py" if finished else "train.py"),
        label=words.literal(headline(run) if state is State.RUNNING else f"{run.name} is {state}"),
        icon=":material/check_circle:" if finished else ":material/progress_activity:",
        query_params={"run": run.id},
        help="See its results." if finished else "Open it on the Train page.",
    )
