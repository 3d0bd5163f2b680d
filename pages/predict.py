"""What a trained network sees in the user's own pictures."""

import streamlit as st

from imgrec import examples, uploads
from imgrec.runs import State, listing
from imgrec.ui import PAGES, browser, cached, heading, selection, words
from imgrec.ui.predict import answers
from imgrec.ui.predict.answers import Source

UPLOADED, KEPT = "uploaded pictures", "kept pictures"


def keep() -> None:
    """Keep what is uploaded now while other pages are looked at: Streamlit forgets it with the page."""
    st.session_state[KEPT] = [(file.name, file.getvalue()) for file in st.session_state[UPLOADED]]


actions = heading.draw("Predict", "image_search")
rows, _ = listing.rows(browser.store())
asked = selection.from_address() or selection.remembered()
offered = selection.offered(rows, asked)
if not offered:
    with st.container(border=True):
        st.markdown("No run is finished yet. Train a network, then try it here on your own pictures.")
        st.page_link(PAGES / "train.py", label="Train a network", icon=":material/model_training:")
        st.page_link(
            PAGES / "predict.py",
            label="Try an example",
            icon=":material/image_search:",
            query_params={"run": examples.runs()[0][1].id},
        )
    st.stop()

if asked is not None and (state := asked.state) is not State.FINISHED:
    st.info(f"{words.literal(asked.name)} is {state} and has no model to ask. A finished run is chosen instead.")
chosen, beside = st.columns(2)
with chosen:
    run = selection.pick(offered, asked or selection.best(listing.finished(rows) or offered), "predict-run")
with beside:
    runs = [run, *answers.others(run, offered)]
dataset = run.dataset
st.caption(
    f"It knows {len(dataset.class_names)} classes, and answers with one of them: {', '.join(dataset.class_names)}."
)

upload, camera, samples = st.tabs(["Upload", "Camera", "Test images"], key="source", on_change="rerun")
with upload:
    st.file_uploader(
        f"Pictures: {uploads.FORMATS}",
        accept_multiple_files=True,
        max_upload_size=20,
        key=UPLOADED,
        on_change=keep,
        help="The centre square of each picture is shrunk to the size that the network takes. Pictures are kept only "
        "as long as this tab is open.",
    )
    sources = [Source(*kept) for kept in st.session_state.get(KEPT, [])]
    if sources and not st.session_state[UPLOADED]:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(f"{words.count(len(sources), 'picture')} from before, in this tab.")
            st.button("Clear", key="clear", type="tertiary", icon=":material/close:", on_click=keep)
with camera:
    if camera.open:
        photo = st.camera_input("Photo", label_visibility="collapsed", width=480)
        sources = [Source("Your photo", photo.getvalue())] if photo else []
with samples:
    if samples.open:
        sources = answers.samples(dataset)

with st.spinner("Loading the model …"):
    cached.engine().load(run)
    if not examples.is_example(run) and cached.is_available(dataset.name):
        cached.prepare_answers(run)
if sources:
    with actions:
        answers.download(runs, sources)
    answers.draw(runs, sources)
else:
    st.caption("The answer appears here: the picture, what the network received, and how likely it finds each class.")
