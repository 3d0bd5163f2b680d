"""A class is made from the draft: what it is asked to do, what is limited, and what is fixed."""

import streamlit as st

from imgrec import classroom, edge, profiles
from imgrec.classroom import MAX_TEXT, MAX_TITLE, PARTS, Task
from imgrec.errors import ClassError
from imgrec.ui import PAGES, draft, selection

TAUGHT = "taught"
"""Where the id and the secret of the class last taught in this tab are kept: the menu of pages drops the address."""


def draw() -> None:
    """Draw the form that makes a class."""
    if taught := st.session_state.get(TAUGHT):
        class_id, secret = taught
        st.page_link(
            PAGES / "classroom.py",
            label="Back to the class that you opened last",
            icon=":material/school:",
            query_params={"class": class_id, "teacher": secret},
        )
    st.markdown(
        "Give a class a task: everyone who opens its link begins with your draft, keeps to your limits, and sees in a "
        "table who is ahead. Pupils choose a nickname; there are no accounts. You see their networks, settings and "
        "curves, and never their pictures."
    )
    draft.summary()
    with st.form("class", border=True):
        title = st.text_input("Title", max_chars=MAX_TITLE, placeholder="Small and good", key="class-title")
        text = st.text_area(
            "What to do",
            max_chars=MAX_TEXT,
            placeholder="Reach the best validation accuracy with under 100,000 parameters.",
            key="class-text",
        )
        profile = profiles.current()
        with st.grid(3, min_column_width=220):
            parameters = _limit("parameters", "Most parameters", profile.parameters)
            multiply_adds = _limit("multiply_adds", "Most multiply-adds for an image", profile.multiply_adds)
            epochs = _limit("epochs", "Most epochs of a training", profile.epochs)
        fixed = st.pills(
            "What pupils may not change",
            list(PARTS),
            selection_mode="multi",
            format_func=lambda part: PARTS[part].said.removeprefix("the ").capitalize(),
            key="class-fixed",
            help="With the shares of images and the seed fixed, all networks are validated on the same images.",
        )
        made = st.form_submit_button("Make the class", type="primary", icon=":material/school:", key="make-class")
    if made:
        _check_start()
        task = Task.parse(
            {
                "title": title,
                "text": text,
                "config": draft.get(),
                "parameters": parameters,
                "multiply_adds": multiply_adds,
                "epochs": epochs,
                "fixed": fixed,
            }
        )
        room, secret = classroom.create(edge.home(), task)
        st.query_params["class"], st.query_params["teacher"] = room.id, secret
        st.rerun()


def _check_start() -> None:
    """Refuse a draft that begins with the layers of a run that pupils cannot see."""
    config = draft.get()
    origin = selection.origin(config)
    if config.start is not None and (origin is None or selection.is_own(origin)):
        raise ClassError(
            "A class can begin with the layers of an example or of a run that is shared by a link. Received: those of "
            "a run that pupils do not see. Share it and take its layers from there, or begin anew."
        )


def _limit(name: str, label: str, most: int | None) -> int | None:
    help = f"This server allows at most {most:,}." if most is not None else None
    return st.number_input(label, 1, None, None, step=1, placeholder="No limit", key=f"class-{name}", help=help)
