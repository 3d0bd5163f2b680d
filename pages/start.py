"""What can be done here, and what came out so far."""

import streamlit as st

from imgrec import examples, jobs, profiles
from imgrec.presets import PRESETS
from imgrec.ui import PAGES, assignment, browser, draft, heading, trash
from imgrec.ui.start import overview

found = overview.newest(browser.store(), heading.active())
with heading.draw("Build, train and understand image classifiers"):
    if found or assignment.current():  # whose draft is the task that the teacher gives
        if st.button("Go on with your draft", type="primary", icon=":material/layers:"):
            st.switch_page(PAGES / "network.py")
    elif st.button("Train your first network", type="primary", icon=":material/play_arrow:"):
        draft.put(PRESETS["quick"].config)
        run = jobs.launch(browser.store(), draft.get(), known=st.session_state.get("known"), address=browser.address())
        st.switch_page(PAGES / "train.py", query_params={"run": run.id})
    else:
        jobs.expect(browser.store(), PRESETS["quick"].config.dataset)  # so that the first click soon shows a curve
st.session_state["known"] = jobs.known(browser.store())
st.markdown(
    "Stack the layers of a convolutional network, choose how its training images are varied, watch it learn, "
    "see what it confuses, and try it on your own pictures."
)

there = len(browser.store().ids())
if there:
    st.subheader("Your runs", anchor=False)
    overview.run_cards(found, there)

st.subheader("Examples", anchor=False)
st.caption(
    "Finished trainings to look into: what a good one looks like, and what each mistake does. Each curve is "
    "the validation accuracy, epoch by epoch."
)
with st.grid(4, min_column_width=240):
    for example, run in examples.runs():
        overview.example_card(example, run)

st.subheader("Networks to start from", anchor=False)
with st.grid(4, min_column_width=240):
    for preset in PRESETS.values():
        overview.preset_card(preset)
if not there:
    st.caption("Your runs will appear on this page. A run is one training; each stays, with its curve and its result.")
trash.draw()
if profiles.current().private:
    st.page_link(PAGES / "classroom.py", label="Teach a class with it", icon=":material/school:")
st.page_link(PAGES / "about.py", label="About imgrec and this server", icon=":material/info:")
