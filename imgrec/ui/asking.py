"""The buttons that ask something of a run: pause, go on, stop, start earlier or later."""

from collections.abc import Callable, Sequence

import streamlit as st

from imgrec import jobs
from imgrec.errors import ImgrecError
from imgrec.runs import Run, State
from imgrec.ui import chosen, words

_ICONS = {"stop": "stop_circle", "pause": "pause_circle", "resume": "play_circle"}
_ASKED = {"stop": "Stopping …", "pause": "Pausing …"}
_DO = {"stop": jobs.stop, "pause": jobs.pause, "resume": jobs.resume}


def buttons(run: Run) -> None:
    """Draws what can be asked of the run in its state, if anything."""
    state = run.state
    if state in jobs.ACTIVE:
        _button(
            run,
            "pause",
            "Pause",
            "Leaves its place to others. It goes on later exactly where it was, also after the computer was off.",
        )
    elif jobs.can_resume(run):
        how = "Goes on exactly where it was" if run.has_checkpoint else "Begins anew"
        _button(run, "resume", "Resume", f"{how}, as soon as a place is free.")
    if state in jobs.NOT_ENDED:
        stop_button(run)


def stop_button(run: Run) -> None:
    """Draws the button that ends a run, or takes it out of the queue."""
    learnt = run.state is State.RUNNING or run.has_checkpoint
    help = "Ends the training within a moment and scores its best epoch." if learnt else "Takes it out of the queue."
    _button(run, "stop", "Stop" if learnt else "Cancel", help)


def others(active: Sequence[Run], shown: Run | None) -> None:
    """Draws what else is under way, in the order in which it starts, and the buttons that change it."""
    found = [run for run in active if shown is None or run.id != shown.id]
    if not found:
        return
    st.subheader("Other runs under way", anchor=False)
    waiting = [run.id for run in active if run.state is State.QUEUED]
    for run in found:
        with st.container(horizontal=True, vertical_alignment="center", border=True):
            st.markdown(f"{words.dotted(run)} · {run.state} · made {words.ago(run.created)}")
            if run.id in waiting and len(waiting) > 1:
                _move_buttons(run, waiting.index(run.id) + 1, len(waiting))
            st.button("Watch", key=f"watch-{run.id}", on_click=chosen.watch, args=(run,))
            stop_button(run)


def _move_buttons(run: Run, place: int, places: int) -> None:
    for label, icon, by, last in (
        ("Earlier", "arrow_upward", -1, place == 1),
        ("Later", "arrow_downward", 1, place == places),
    ):
        st.button(
            label,
            icon=f":material/{icon}:",
            key=f"{label.lower()}-{run.id}",
            disabled=last,
            on_click=attempt,
            args=(jobs.move, run, by),
            help=f"Starts {label.lower()} by one place.",
        )


def _button(run: Run, what: str, label: str, help: str) -> None:
    asked = run.request.what == what and what in _ASKED and run.state in jobs.ACTIVE
    st.button(
        _ASKED[what] if asked else label,
        icon=f":material/{_ICONS[what]}:",
        key=f"{what}-{run.id}",
        disabled=asked,
        on_click=attempt,
        args=(_DO[what], run),
        help=help,
    )


def attempt(change: Callable[..., object], *arguments: object) -> None:
    """Makes a change, or says why it cannot be made: for a button's callback."""
    try:
        change(*arguments)
    except ImgrecError as error:  # the run has moved on since the button was drawn, or its folder cannot be written
        st.toast(words.literal(str(error)), icon=":material/error:")
