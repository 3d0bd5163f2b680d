"""Several runs: which is better, why, and whether it is luck."""

import streamlit as st

from imgrec import examples
from imgrec.runs import listing
from imgrec.ui import PAGES, browser, heading, selection
from imgrec.ui.compare import comparison

heading.draw("Compare", "balance")
rows, _ = listing.rows(browser.store())
finished = listing.finished(rows)
if len(finished) < 2 and not selection.asks_for_several():
    with st.container(border=True):
        st.markdown("Comparing needs two finished runs. Train another network, or the same one with another setting.")
        st.page_link(PAGES / "train.py", label="Train a network", icon=":material/model_training:")
        st.page_link(
            PAGES / "compare.py",
            label="Compare two examples",
            icon=":material/balance:",
            query_params={"runs": ",".join(examples.pair())},
        )
    st.stop()

offered = [*selection.shared_rows(*selection.asked_to_compare()), *finished, *selection.example_rows()]
picked = selection.pick_several(offered)
if len(picked) < 2:
    st.caption("Choose at least two runs.")
    st.stop()

comparison.verdict(picked)
comparison.numbers(picked, offered)
curves, cost = st.columns(2, gap="large")
with curves:
    comparison.curves(picked, offered)
with cost:
    comparison.cost(picked)
comparison.settings(picked)
