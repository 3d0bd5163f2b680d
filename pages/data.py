"""Look at a dataset; choose augmentations and see them on real images."""

import streamlit as st

from imgrec.errors import DatasetError
from imgrec.ui import PAGES, assignment, cached, draft, heading, vary, words
from imgrec.ui.data import adding, augmentation_form, correcting, dataset_cards, findings, images, own_cards

config = draft.get()

with heading.draw("Data", "photo_library"):
    adding.button()
    leave = st.button("Build the network", type="primary", icon=":material/layers:")
assignment.banner()
try:
    dataset = draft.dataset()
except DatasetError as error:
    st.error(words.literal(str(error)), icon=":material/error:")
    adding.draw()
    dataset_cards.draw()
    st.stop()
draft.summary()
correcting.said()
adding.draw()

dataset_cards.draw()
if not cached.is_available(dataset.name):
    st.info(
        f"{words.literal(dataset.title)} is not on this computer yet: download it above, or choose another dataset."
    )
    if leave:
        st.switch_page(PAGES / "network.py")
    st.stop()

left, right = st.columns([6, 5], gap="large")
with left:
    st.subheader("What the network learns from", anchor=False)
    own = own_cards.in_use()
    if own is None:
        images.draw(dataset, config.training)
    else:
        names = ["Images", "Classes", "One by one", "Findings"]
        looked_at, classes, each, checked = st.tabs(names, on_change="rerun", key="own-tabs")
        with looked_at:
            if looked_at.open:
                images.draw(dataset, config.training)
        with classes:
            if classes.open:
                correcting.classes(*own)
        with each:
            if each.open:
                correcting.images(*own)
        with checked:
            if checked.open:
                findings.draw(*own)

with right:
    st.subheader("How they are varied", anchor=False)
    st.caption("An augmentation changes training images at random, anew each time, and keeps their class.")
    slot = st.container(border=True)
    assignment.note("augmentations")
    chosen = augmentation_form.choose(config, disabled=assignment.is_fixed("augmentations"))
if chosen != config.augmentations:
    draft.put(config.replace(augmentations=chosen))
vary.go()
if leave:  # after the switches, whose last change may have come with this click
    st.switch_page(PAGES / "network.py")
if chosen != config.augmentations:
    st.rerun()
with slot:
    augmentation_form.preview(config)
