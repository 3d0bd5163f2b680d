"""What can be done here, and what came out so far."""

import streamlit as st

from imgrec import jobs
from imgrec.presets import PRESETS
from imgrec.ui import PAGES, browser, draft, heading, trash
from imgrec.ui.start import overview

found = browser.store().readable(overview.MOST_RUNS)
with heading.draw("Build, train and understand image classifiers"):
    if found:
        if st.button("Go on with your draft", type="primary", icon=":material/layers:"):
            st.switch_page(PAGES / "network.py")
    elif st.button("Train your first network", type="primary", icon=":material/play_arrow:"):
        draft.put(PRESETS["quick"].config)
        run = jobs.launch(browser.store(), draft.get(), known=st.session_state.get("known"))
        st.switch_page(PAGES / "train.py", query_params={"run": run.id})
st.session_state["known"] = jobs.known(browser.store())
st.markdown(
    "Stack the layers of a convolutional network, choose how its training images are varied, watch it learn, "
    "see what it confuses, and try it on your own pictures."
)

st.subheader("Networks to start from", anchor=False)
with st.grid(3, min_column_width=260):
    for preset in PRESETS.values():
        overview.preset_card(preset)

st.subheader("Your runs", anchor=False)
there = len(browser.store().all())
if not there:
    st.caption("None yet. A run is one training; each appears here with its curve and result, and stays.")
overview.run_cards(found, there)
trash.draw()
