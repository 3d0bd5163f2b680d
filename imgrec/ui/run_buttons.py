"""The buttons that ask something of a run: pause, resume, stop."""

from collections.abc import Callable

import streamlit as st

from imgrec import jobs
from imgrec.errors import ImgrecError
from imgrec.runs import Run, State
from imgrec.ui import selection, words

_ICONS = {"stop": "stop_circle", "pause": "pause_circle", "resume": "play_circle"}
_ASKED = {"stop": "Stopping …", "pause": "Pausing …"}
_DO = {"stop": jobs.stop, "pause": jobs.pause, "resume": jobs.resume}


def buttons(run: Run, state: State) -> None:
    """Draw what can be asked of a run of one's own in its state, if anything."""
    if not selection.is_own(run):
        return
    if state in jobs.ACTIVE:
        _button(
            run,
            state,
            "pause",
            "Pause",
            "Leaves its place to others. It goes on later exactly where it was, also after the computer was off.",
        )
    elif jobs.can_resume(run, state):
        how = "Goes on exactly where it was" if run.has_checkpoint else "Begins anew"
        _button(run, state, "resume", "Resume", f"{how}, as soon as a place is free.")
    if state in jobs.NOT_ENDED:
        stop_button(run, state)


def stop_button(run: Run, state: State) -> None:
    """Draw the button that ends a run, or take it out of the queue."""
    learnt = state is State.RUNNING or run.has_checkpoint
    help = "Ends the training within a moment and scores its best epoch." if learnt else "Takes it out of the queue."
    _button(run, state, "stop", "Stop" if learnt else "Cancel", help)


def _button(run: Run, state: State, what: str, label: str, help: str) -> None:
    asked = run.request.what == what and what in _ASKED and state in jobs.ACTIVE
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
    """Make a change, or say why it cannot be made: for a button's callback."""
    try:
        change(*arguments)
    except ImgrecError as error:  # the run has moved on since the button was drawn, or its folder cannot be written
        st.toast(words.literal(str(error)), icon=":material/error:")
