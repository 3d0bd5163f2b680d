"""The datasets as cards: what each holds, and the button that chooses it and brings it here."""

import streamlit as st

from imgrec import datasets
from imgrec.datasets import DATASETS, Dataset
from imgrec.errors import ImgrecError
from imgrec.ui import assignment, browser, cached, draft, icons, ready_made, words
from imgrec.ui.data import own_cards


def draw() -> None:
    """Draw a card for each dataset, own ones first, and bring the one here whose button was pressed."""
    assignment.note("dataset")
    with st.grid(3, min_column_width=300):
        for kept in own_cards.every():
            with st.container(border=True, height="stretch", gap="small"):
                own_cards.card(kept)
        for dataset in DATASETS.values():
            with st.container(border=True, height="stretch", gap="small"):
                _card(dataset)


def _card(dataset: Dataset) -> None:
    height, width, channels = dataset.image_shape
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.markdown(f"**{dataset.title}**", width="content")
        with st.container(horizontal=True, width="content", gap="xsmall"):
            download = _action(dataset)
            with st.popover(icons.of("More", dataset.title), key=f"more-{dataset.name}"):
                # No caption, in which a link would be too faint.
                st.markdown(f":small[Source: {dataset.source}]  \n:small[Licence: {dataset.licence}]")
    st.markdown(dataset.description)
    st.caption(
        f"{dataset.train_images:,} training and {dataset.test_images:,} test images · "
        f"{len(dataset.class_names)} classes · {width}×{height} pixels{', grey' if channels == 1 else ''}"
    )
    if dataset.caution:
        st.caption(f":material/info: {dataset.caution}")
    if download:
        _download(dataset)


def _action(dataset: Dataset) -> bool:
    """Draw the card's one button. Return whether the dataset is to be brought here."""
    name, chosen = dataset.name, draft.get().dataset == dataset.name
    if cached.is_available(name):
        label, icon = ("In use", ":material/check:") if chosen else ("Use", None)
        fixed = chosen or assignment.is_fixed("dataset")
        st.button(label, icon=icon, key=f"use-{name}", disabled=fixed, on_click=_use, args=(name,))
        return False
    label = f"Download ({dataset.download_bytes / 1e6:,.0f} MB)"
    fixed = not chosen and assignment.is_fixed("dataset")
    return st.button(label, key=f"download-{name}", icon=":material/download:", disabled=fixed)


def _download(dataset: Dataset) -> None:
    bar = st.progress(0.0, "Connecting …")

    def show(done: int, total: int) -> None:
        share = done / total if total else 0.0
        bar.progress(
            min(share, 1.0),
            f"{done / 1e6:,.0f} of {total / 1e6:,.0f} MB. It stops when you press anything or leave this page.",
        )

    try:
        datasets.prepare(dataset.name, browser.store().location(dataset.name), show)
    except ImgrecError as error:
        bar.empty()
        st.error(words.literal(str(error)), icon=":material/cloud_off:")
        for other in DATASETS.values():
            if other.name != dataset.name and cached.is_available(other.name) and draft.get().dataset != other.name:
                st.button(f"Use {other.title} instead", key=f"instead-{other.name}", on_click=_use, args=(other.name,))
        return
    _use(dataset.name)
    st.rerun()


def _use(name: str) -> None:
    ready_made.take_dataset(name)
