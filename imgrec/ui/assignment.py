"""What a pupil's class asks for: its task in one line of the pages, what may not be changed, and the way back to it."""

import streamlit as st

from imgrec import classroom, names, quantities
from imgrec.architecture import Architecture
from imgrec.classroom import PARTS, Classroom, Task
from imgrec.ui import PAGES, browser, draft, words

SHOWN = 90
"""Letters of a task's text that stand in the line; the page of the class has all of it."""


def current() -> Classroom | None:
    """Return the class that this browser is a member of."""
    return classroom.of(browser.store())


def is_fixed(part: str) -> bool:
    """Return whether a part of the draft may not be changed."""
    room = current()
    return room is not None and room.task.is_fixed(part)


def note(part: str) -> None:
    """Say that a part may not be changed, where that is so."""
    if is_fixed(part):
        st.caption(f":material/lock: Your teacher has fixed {PARTS[part].said}.")


def banner(network: Architecture | None = None) -> bool:
    """Draw the task, its limits and the pupil's best result in one quiet line, and what must be restored, if anything.

    Return whether something must be. With the draft's network, it also says which limit of the task the draft exceeds.
    """
    room = current()
    if room is None:
        return False
    task = room.task
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="assignment"):
        text = f": {words.literal(_short(task.text))}" if task.text else ""
        parts = (f":material/school: **{words.literal(task.title)}**{text}", *task.limits(), _best(room))
        st.caption(" &nbsp;·&nbsp; ".join(parts), width="content")
        st.page_link(
            PAGES / "classroom.py",
            label="The class",
            icon=":material/leaderboard:",
            query_params={"class": room.id},
            width="content",
        )
    config = draft.get()
    if changed := task.changed(config):
        _restorable(task, changed)
    elif network is not None and (problem := task.problem(config, network)):
        st.markdown(f":small[:orange[:material/warning: {words.literal(problem)}]]")  # a caption would be too faint
    return bool(changed)


def _restorable(task: Task, changed: tuple[str, ...]) -> None:
    """Say in which fixed parts the draft differs from the task, with the button that restores them."""
    with st.container(horizontal=True, vertical_alignment="center", border=True, key="changed"):
        st.markdown(
            f":material/lock: Your teacher has fixed {classroom.said(changed)}. Your draft differs there, and cannot "
            "be trained.",
            width="content",
        )
        st.button(
            "Restore what is fixed",
            key="restore",
            icon=":material/settings_backup_restore:",
            on_click=_restore,
            args=(task,),
        )


def begin(task: Task) -> None:
    """Make the task's config the draft."""
    draft.replace(task.config, f"what the class **{words.literal(task.title)}** begins with")


def text(task: Task) -> str:
    """Write the text of a task in Markdown, line by line."""
    return "  \n".join(words.literal(line) for line in task.text.splitlines())


def _restore(task: Task) -> None:
    draft.put(task.restored(draft.get()))


def _best(room: Classroom) -> str:
    member = room.member(browser.store())
    best = classroom.best_of(classroom.runs_of(member)) if member else None
    if best is None:
        return "no result of yours yet"
    return f"your best: {quantities.percent(best.validation_accuracy)} validation accuracy"


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= SHOWN else f"{names.cut(line, SHOWN)}…"
