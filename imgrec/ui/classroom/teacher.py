"""A class as its teacher sees it: the links, all runs of all members, one of them closer, and who is a member."""

from contextlib import AbstractContextManager
from functools import partial
from urllib.parse import urljoin

import pandas as pd
import streamlit as st

from imgrec import classroom, quantities, spreadsheet
from imgrec.classroom import Classroom, Member
from imgrec.errors import ImgrecError
from imgrec.runs import Run
from imgrec.runs.listing import RunRow
from imgrec.ui import PAGES, assignment, diagram, icons, run_buttons, run_curves, words
from imgrec.ui.classroom import making
from imgrec.ui.results import report

TICK_SECONDS = 5
"""As often as the page looks for what is new."""

LOOKED_AT = "class run"
"""Where the id of the run that the teacher looks at is kept."""

Found = list[tuple[Member, RunRow]]


def draw(room: Classroom, secret: str, actions: AbstractContextManager[object]) -> None:
    """Draw the class for its teacher."""
    task, members, found = room.task, room.members(), classroom.entries(room)
    with actions:
        st.download_button(
            "CSV",
            data=lambda: spreadsheet.to_csv(*classroom.to_table(classroom.entries(room))).encode(spreadsheet.ENCODING),
            file_name="class.csv",
            mime="text/csv",
            on_click="ignore",
            icon=":material/download:",
            help="All runs of the class.",
        )
    st.subheader(words.literal(task.title), anchor=False)
    if task.text:
        st.markdown(assignment.text(task))
    facts = [limit.capitalize() for limit in task.limits()]
    facts += [f"Fixed: {', '.join(classroom.PARTS[part].said.removeprefix('the ') for part in task.fixed)}"] * bool(
        task.fixed
    )
    counted = f"{quantities.count(len(members), 'member')}, {quantities.count(len(found), 'run')}"
    st.caption(" &nbsp;·&nbsp; ".join([*facts, counted]))
    _links(room, secret, expanded=not members)
    _watch(room, _how_far(members, found))
    if found:
        _runs(found)
        _one(found)
    elif members:
        st.caption("Nobody has started a run yet.")
    _members(room, members)


def _links(room: Classroom, secret: str, expanded: bool) -> None:
    with st.expander("Links", icon=":material/link:", expanded=expanded):
        st.markdown("**For pupils:** whoever opens it may join.")
        st.code(_link(f"class={room.id}"), language=None, wrap_lines=True)
        st.markdown("**For you:** this link is your key. Bookmark it, and do not pass it on: it cannot be shown again.")
        st.code(_link(f"class={room.id}&teacher={secret}"), language=None, wrap_lines=True)


def _link(query: str) -> str:
    return urljoin(st.context.url or "", f"classroom?{query}")


@st.fragment(run_every=TICK_SECONDS)
def _watch(room: Classroom, seen: list[tuple[object, ...]]) -> None:
    """Draw the whole page anew when someone has joined or a run has come farther."""
    try:
        now = _how_far(room.members(), classroom.entries(room))
    except ImgrecError:  # it has ended: the next drawing says so
        now = []
    if now != seen:
        st.rerun()


def _how_far(members: list[Member], found: Found) -> list[tuple[object, ...]]:
    return [*((member.nickname,) for member in members), *((row.id, row.state, row.epochs) for _, row in found)]


def _runs(found: Found) -> None:
    # Another list of runs is another table: a selection means places in it.
    ids = tuple(row.id for _, row in found)
    key = f"class-runs-{hash(ids)}"
    st.dataframe(
        pd.DataFrame(
            {
                "Nickname": [words.cell(member.nickname) for member, _ in found],
                "Validation accuracy": [_percent(row.validation_accuracy) for _, row in found],
                "Test accuracy": [_percent(row.test_accuracy) for _, row in found],
                "Parameters": [row.params for _, row in found],
                "Multiply-adds": [row.multiply_adds for _, row in found],
                "Epochs": [f"{row.epochs}/{row.epochs_wanted}" for _, row in found],
                "State": [str(row.state) for _, row in found],
                "Name": [words.cell(row.name) for _, row in found],
                "Made": [row.created for _, row in found],
            }
        ),
        hide_index=True,
        key=key,
        on_select=partial(_look, key, ids),
        selection_mode="single-row",
        height="content" if len(found) <= 12 else 480,
        placeholder="–",
        alt="All runs of the class, the newest first",
        column_config={
            "Nickname": st.column_config.TextColumn(width=180),
            "Validation accuracy": st.column_config.NumberColumn(format="%.1f %%"),
            "Test accuracy": st.column_config.NumberColumn(format="%.1f %%"),
            "Parameters": st.column_config.NumberColumn(format="localized"),
            "Multiply-adds": st.column_config.NumberColumn(format="compact"),
            "Made": st.column_config.DatetimeColumn(format="distance"),
        },
    )
    st.caption("The newest first; a click on the head of a column sorts. Select a run with the box before it.")


def _look(key: str, ids: tuple[str, ...]) -> None:
    """Remember the run that was selected, also when another one comes into the table."""
    rows = st.session_state[key].selection.rows
    st.session_state[LOOKED_AT] = ids[rows[0]] if rows else None


def _one(found: Found) -> None:
    """Draw the run that was selected, which is only looked at."""
    chosen = next(((member, row) for member, row in found if row.id == st.session_state.get(LOOKED_AT)), None)
    if chosen is None:
        return
    member, row = chosen
    run = member.store.get(row.id)
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.markdown(f"**{words.literal(member.nickname)}** · {words.dotted(run)}", width="content")
            words.badge(row.state)
        _details(run)


def _details(run: Run) -> None:
    curves, network, settings = st.tabs(["Curves", "Network", "Settings"])
    with curves:
        run_curves.draw(run, run.history())
    with network:
        diagram.of_run(run)
    with settings:
        report.settings(run.config)


def _members(room: Classroom, members: list[Member]) -> None:
    with st.expander("Members, and the end of the class", icon=":material/group:"):
        if not members:
            st.caption("Nobody has joined yet.")
        for member in members:
            with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
                st.markdown(f"{words.literal(member.nickname)} · joined {words.ago(member.joined)}", width="content")
                st.button(
                    icons.of("Remove", member.nickname),
                    key=f"remove-{member.store.folder.name}",
                    icon=":material/person_remove:",
                    on_click=run_buttons.attempt,
                    args=(room.remove, member.store),
                )
        st.caption(
            "Whoever is removed keeps their runs, and may join again by the link. At the end of a class its task, "
            "table and nicknames are removed at once; pupils keep their runs. Download the CSV before."
        )
        sure = st.checkbox("I want to end this class", key="end-sure")
        if st.button("End the class", icon=":material/delete:", key="end-class", disabled=not sure):
            room.end()
            st.session_state.pop(making.TAUGHT, None)
            st.query_params.pop("class", None)
            st.query_params.pop("teacher", None)
            st.toast("The class has ended.", icon=":material/check:")
            st.switch_page(PAGES / "start.py")


def _percent(share: float | None) -> float | None:
    return None if share is None else 100 * share
