"""A class as a pupil sees it: the task, a nickname to join by, and who is ahead."""

import pandas as pd
import streamlit as st

from imgrec import classroom, quantities
from imgrec.classroom import MAX_NICKNAME, Classroom, Task
from imgrec.runs import Store
from imgrec.ui import PAGES, assignment, run_buttons, words

TICK_SECONDS = 5
"""As often as the table looks for what is new."""


def draw(room: Classroom, store: Store) -> None:
    """Draw the task, and below it the way into the class, or its table for a member."""
    _task(room.task)
    own = assignment.current()
    if own is not None and own != room:
        st.markdown(
            f"You are in the class **{words.literal(own.task.title)}**. To join this one, leave that one first."
        )
        _leave(store)
    elif own is None:
        _join(room, store)
    else:
        _table(room, store)
        with st.container(horizontal=True, vertical_alignment="center"):
            if st.button("Build your network", type="primary", icon=":material/layers:", key="build"):
                st.switch_page(PAGES / "network.py")
            st.button(
                "Begin again with the task's draft",
                icon=":material/restart_alt:",
                key="begin",
                on_click=assignment.begin,
                args=(room.task,),
                help="Your draft becomes what everyone began with. Undo on the Network page brings yours back.",
            )
            _leave(store)


def _task(task: Task) -> None:
    with st.container(border=True):
        st.subheader(words.literal(task.title), anchor=False)
        if task.text:
            st.markdown(assignment.text(task))
        facts = [limit.capitalize() for limit in task.limits()]
        if task.fixed:
            facts.append(f"Your teacher has fixed {classroom.said(task.fixed)}")
        if facts:
            st.caption(" &nbsp;·&nbsp; ".join(facts))


def _join(room: Classroom, store: Store) -> None:
    with st.form("join", border=False):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            nickname = st.text_input("Your nickname", max_chars=MAX_NICKNAME, key="nickname", width=260)
            joined = st.form_submit_button("Join", type="primary", icon=":material/login:", key="join-class")
        st.caption(
            "The class sees your nickname and your best result; your teacher also sees the networks, settings and "
            "curves of the runs that you start from now on. Nobody sees pictures that you try a network on."
        )
    if joined:
        classroom.join(room, store, nickname)
        assignment.begin(room.task)
        st.switch_page(PAGES / "network.py")


@st.fragment(run_every=TICK_SECONDS)
def _table(room: Classroom, store: Store) -> None:
    placed = classroom.standings(room)
    st.dataframe(
        pd.DataFrame(
            {
                "Place": [place.rank for place in placed],
                "": ["you" if place.member.store == store else "" for place in placed],
                "Nickname": [words.cell(place.member.nickname) for place in placed],
                "Validation accuracy": [
                    None if place.best is None else 100 * (place.best.validation_accuracy or 0) for place in placed
                ],
                "Parameters": [place.best and place.best.params for place in placed],
                "Epochs": [place.best and f"{place.best.epochs}/{place.best.epochs_wanted}" for place in placed],
                "State": [place.best and str(place.best.state) for place in placed],
            }
        ),
        hide_index=True,
        height="content" if len(placed) <= 12 else 480,
        placeholder="–",
        alt="The members of the class by the validation accuracy of their best run",
        column_config={
            "Place": st.column_config.NumberColumn(width=48, alignment="left"),
            "": st.column_config.TextColumn(width=36),
            "Nickname": st.column_config.TextColumn(width=140),
            "Validation accuracy": st.column_config.NumberColumn(format="%.1f %%", width=122),
            "Parameters": st.column_config.NumberColumn(format="localized"),
        },
    )
    st.caption(
        f"{quantities.count(len(placed), 'member')}, each with the best run since joining, by the validation accuracy "
        "of its best epoch."
    )


def _leave(store: Store) -> None:
    st.button(
        "Leave the class",
        icon=":material/logout:",
        key="leave",
        on_click=run_buttons.attempt,
        args=(classroom.leave, store),
        help="Your runs stay yours, and are no longer in the table.",
    )
