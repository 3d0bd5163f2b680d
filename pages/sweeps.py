"""Many runs from one form: some settings vary, each combination is a run, and the best one is adopted."""

import streamlit as st

from imgrec import jobs
from imgrec.runs import sweeps
from imgrec.ui import browser, draft, gone, heading, words
from imgrec.ui.sweeps import making, outcome

making.open_link()
heading.draw("Sweeps", "grid_on")
store = browser.store()
# The scheduler may have ended before the best points were chosen.
if not jobs.scheduler_alive(store) and jobs.continue_sweeps([store]):
    jobs.look_after(store)
kept = sweeps.every(store)
if not draft.has_dataset():
    gone.draw()
elif started := making.draw(primary=not kept):
    st.query_params["sweep"] = started
    st.rerun()

if not kept:
    st.caption(
        "A sweep trains your draft several times, with other values of one or more settings each time, and shows which "
        "are best. Its runs wait in the queue like all others."
    )
    st.stop()
by_id = {each.id: each for each in kept}
asked = st.query_params.get("sweep")
shown = asked if asked in by_id else kept[0].id
if len(kept) > 1:
    shown = st.selectbox(
        "Sweep",
        list(by_id),
        list(by_id).index(shown),
        format_func=lambda chosen: words.literal(by_id[chosen].name),
        key=f"sweep-shown-{asked}-{len(kept)}",
        width=400,
    )
with st.container(border=True):
    outcome.draw(by_id[shown])
