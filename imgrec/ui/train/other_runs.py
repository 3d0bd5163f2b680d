"""The runs that train or wait, in the order in which they start."""

from collections.abc import Sequence

import streamlit as st

from imgrec import jobs, quantities
from imgrec.runs import Run, State
from imgrec.ui import PAGES, icons, run_buttons, selection, words

MOST_SHOWN = 20
"""Runs of the queue on the Train page; a sweep may queue thousands."""


def draw(active: Sequence[tuple[Run, State]], shown: Run | None) -> None:
    """Draw what is under way beside the run that is shown, with that one's place, and the buttons that change it."""
    if all(run == shown for run, _ in active):
        return
    st.subheader("The queue", anchor=False)
    waiting = [run.id for run, state in active if state is State.QUEUED]
    for place, (run, state) in enumerate(active, start=1):
        if place > MOST_SHOWN and run != shown:
            continue
        with st.container(horizontal=True, vertical_alignment="center", border=True):
            st.markdown(f"{place}\\. {words.dotted(run)} · {state} · made {words.ago(run.created)}")
            if run.id in waiting and len(waiting) > 1:
                _move_buttons(run, waiting.index(run.id) + 1, len(waiting))
            if run != shown:
                st.button(icons.of("Watch", run.name), key=f"watch-{run.id}", on_click=selection.watch, args=(run,))
                run_buttons.stop_button(run, state)
    if more := sum(run != shown for run, _ in active[MOST_SHOWN:]):
        label = f"{quantities.count(more, 'more run')} in the queue: see the Runs page"
        st.page_link(PAGES / "runs.py", label=label, icon=":material/inventory_2:")


def _move_buttons(run: Run, place: int, places: int) -> None:
    for label, icon, by, last in (
        ("Earlier", "arrow_upward", -1, place == 1),
        ("Later", "arrow_downward", 1, place == places),
    ):
        st.button(
            icons.of(label, run.name),
            icon=f":material/{icon}:",
            key=f"{label.lower()}-{run.id}",
            disabled=last,
            on_click=run_buttons.attempt,
            args=(jobs.move, run, by),
            help=f"Starts {label.lower()} by one place.",
        )
