"""The buttons that ask something of a run: pause, go on, stop."""

import streamlit as st

from imgrec import jobs
from imgrec.errors import RunError
from imgrec.runs import Run, State

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
        _button(run, "resume", "Resume", "Goes on exactly where it was, as soon as a place is free.")
    if state in jobs.NOT_ENDED:
        stop_button(run)


def stop_button(run: Run) -> None:
    """Draws the button that ends a run, or takes it out of the queue."""
    learnt = run.state is State.RUNNING or run.has_checkpoint
    help = "Ends the training within a moment and scores its best epoch." if learnt else "Takes it out of the queue."
    _button(run, "stop", "Stop" if learnt else "Cancel", help)


def _button(run: Run, what: str, label: str, help: str) -> None:
    asked = run.request.what == what and what in _ASKED and run.state in jobs.ACTIVE
    st.button(
        _ASKED[what] if asked else label,
        icon=f":material/{_ICONS[what]}:",
        key=f"{what}-{run.id}",
        disabled=asked,
        on_click=_ask,
        args=(run, what),
        help=help,
    )


def _ask(run: Run, what: str) -> None:
    try:
        _DO[what](run)
    except RunError as error:  # its folder cannot be written, or it has ended since the button was drawn
        st.toast(str(error), icon=":material/error:")
