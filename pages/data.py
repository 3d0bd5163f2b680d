"""Look at a dataset; choose augmentations and see them on real images."""

import streamlit as st

from imgrec import datasets
from imgrec.errors import DatasetError
from imgrec.ui import PAGES, assignment, cached, draft, heading, words
from imgrec.ui.data import augmentation_form, dataset_cards

COLUMNS = 10

config = draft.get()

with heading.draw("Data", "photo_library"):
    leave = st.button("Build the network", type="primary", icon=":material/layers:")
assignment.banner()
try:
    dataset = draft.dataset()
except DatasetError as error:
    st.error(words.literal(str(error)), icon=":material/error:")
    dataset_cards.draw()
    st.stop()
draft.summary()

dataset_cards.draw()
names = dataset.class_names
if not cached.is_available(dataset.name):
    st.info(f"{dataset.title} is not on this computer yet: download it above, or choose another dataset.")
    if leave:
        st.switch_page(PAGES / "network.py")
    st.stop()

images, augmentations = st.columns([6, 5], gap="large")
with images:
    st.subheader("What the network learns from", anchor=False)
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        shown = st.selectbox("Class", ["All classes", *names], label_visibility="collapsed", key="class", width=200)
        again = st.button("Show others", icon=":material/shuffle:", type="tertiary")
    seed = st.session_state["images seed"] = st.session_state.get("images seed", 0) + again
    train, test = cached.dataset(dataset.name)
    learnt, validation = datasets.split(train, config.training)
    if shown in names:
        dataset_cards.examples(dataset, names.index(shown), COLUMNS, 8, seed)
    else:
        for label, name in enumerate(names):
            with st.container(horizontal=True, vertical_alignment="center", wrap=False):
                st.caption(name, width=76)
                dataset_cards.examples(dataset, label, COLUMNS, 1, seed)
    others = "others" if train.validation is None else "others, which the dataset brings for that,"
    st.caption(
        f"Random training images, enlarged. With the draft's settings the network learns from **{len(learnt):,}** of "
        f"them; **{len(validation):,}** {others} choose its best epoch (validation), and **{len(test.labels):,}** test "
        "images, which it never sees before, score it at the end."
    )

with augmentations:
    st.subheader("How they are varied", anchor=False)
    st.caption("An augmentation changes training images at random, anew each time, and keeps their class.")
    slot = st.container(border=True)
    assignment.note("augmentations")
    chosen = augmentation_form.choose(config, disabled=assignment.is_fixed("augmentations"))
if chosen != config.augmentations:
    draft.put(config.replace(augmentations=chosen))
if leave:  # after the switches, whose last change may have come with this click
    st.switch_page(PAGES / "network.py")
if chosen != config.augmentations:
    st.rerun()
with slot:
    augmentation_form.preview(config)
