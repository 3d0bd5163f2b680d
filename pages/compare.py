"""Several runs: which is better, why, and whether it is luck."""

import streamlit as st

from imgrec.runs import listing
from imgrec.ui import PAGES, browser, heading, selection
from imgrec.ui.compare import comparison

heading.draw("Compare", "balance")
rows = listing.finished(listing.rows(browser.store())[0])
if len(rows) < 2:
    with st.container(border=True):
        st.markdown("Comparing needs two finished runs. Train another network, or the same one with another setting.")
        st.page_link(PAGES / "train.py", label="Train a network", icon=":material/model_training:")
    st.stop()

picked = selection.pick_several(rows)
if len(picked) < 2:
    st.caption("Choose at least two runs.")
    st.stop()

comparison.verdict(picked)
comparison.numbers(picked, rows)
curves, cost = st.columns(2, gap="large")
with curves:
    comparison.curves(picked, rows)
with cost:
    comparison.cost(picked)
comparison.settings(picked)
