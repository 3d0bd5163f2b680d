"""Every run: to find one, to keep them in order, and to choose which to compare."""

import streamlit as st

from imgrec import jobs
from imgrec.runs import listing
from imgrec.ui import PAGES, browser, heading, selection, trash, words
from imgrec.ui.runs import table

with heading.draw("Runs", "inventory_2"):
    actions = st.container(horizontal=True, width="content")
ids = browser.store().ids()
rows, unreadable = listing.rows(browser.store())
if not rows and not unreadable:
    with st.container(border=True):
        st.markdown("No run yet. A run is one training; each appears here with its result, and stays.")
        st.page_link(PAGES / "train.py", label="Train a network", icon=":material/model_training:")
    trash.draw()
    st.stop()

if rows:
    found = table.find(rows)
    picked = table.table(found)
    with actions:
        table.compare(picked)
        table.download(found)
    if len(picked) == 1:
        run = browser.store().get(picked[0].id)
        selection.remember(run)
        table.one(run)
    elif picked:
        table.several([browser.store().get(row.id) for row in picked])
    if any(row.state in jobs.ACTIVE for row in rows):
        table.watch(rows, ids)
for sentence in unreadable:
    st.warning(words.literal(sentence), icon=":material/broken_image:")
trash.draw()
