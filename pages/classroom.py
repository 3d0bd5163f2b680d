"""A class: a teacher's task, the pupils who have joined, and what they have reached."""

import streamlit as st

from imgrec import classroom, edge, profiles
from imgrec.ui import assignment, browser, heading
from imgrec.ui.classroom import making, pupil, teacher

actions = heading.draw("Class", "school")
if not profiles.current().private:
    st.markdown(
        "A class needs a server on which every pupil has runs of their own. `IMGREC_PROFILE=hosted` starts one; "
        "docs/classroom.md has the steps."
    )
    st.stop()

own = assignment.current()
asked = st.query_params.get("class")
secret = st.query_params.get("teacher")
if asked is None and own is not None:  # the menu of pages drops the address
    asked = st.query_params["class"] = own.id
if asked is None:
    making.draw()
elif secret is not None:
    room = classroom.for_teacher(edge.home(), asked, secret)
    st.session_state[making.TAUGHT] = room.id, secret
    teacher.draw(room, secret, actions)
else:
    pupil.draw(classroom.get(edge.home(), asked), browser.store())
