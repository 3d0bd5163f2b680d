"""What a trained network sees in the user's own pictures."""

import streamlit as st

from imgrec import examples
from imgrec.runs import State, listing
from imgrec.ui import PAGES, browser, cached, heading, selection, words
from imgrec.ui.predict import answers, sources

cached.engine().start()
actions = heading.draw("Predict", "image_search")
rows, _ = listing.rows(browser.store())
asked = selection.from_address() or selection.remembered()
finished = listing.finished(rows)
if asked is not None and (state := asked.state) is not State.FINISHED:
    st.info(f"{words.literal(asked.name)} is {state} and has no model to ask. A finished run is chosen instead.")
    asked = None
offered = [*selection.shared_rows(*([asked.id] if asked else [])), *finished, *selection.example_rows()]
chosen, beside = st.columns(2)
with chosen:
    suggested = selection.best(finished) if finished else examples.of_photographs()
    run = selection.pick(offered, asked or suggested, "predict-run")
with beside:
    runs = [run, *answers.others(run, offered)]
dataset = run.dataset
if not finished and (example := examples.of(run)):
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(f"This example comes with imgrec. {example.why}")
        st.page_link(PAGES / "train.py", label="Train your own", icon=":material/model_training:")
answers.known(dataset.class_names)

pictures = sources.choose(dataset)
if pictures:
    with actions:
        answers.download(runs, pictures)
    if pictures[0].label is None:
        sources.choose_crop()
    answers.draw(runs, pictures)
else:
    st.caption("The answer appears here: the picture, what the network received, and how likely it finds each class.")
    with st.spinner("Loading the model …"), cached.answering(run) as handle:
        handle.load(run)
if selection.is_own(run) and cached.is_available(dataset.name):
    cached.prepare_answers(run)
