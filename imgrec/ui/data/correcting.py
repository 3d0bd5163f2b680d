"""Corrections of a dataset of own pictures: its classes in a table, its images one by one. Each makes a version."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from imgrec import quantities
from imgrec.datasets import own
from imgrec.datasets.classes import renamed
from imgrec.datasets.own import LEFT_OUT, TEST, TRAIN, VALIDATION, OwnDataset, Version
from imgrec.errors import DatasetError
from imgrec.ui import sheets, words
from imgrec.ui.data import own_cards

PER_PAGE = 30
"""Images that are drawn at once, each with a box to tick."""

SIDE = 96
"""Pixels of an image that is ticked."""

SPLITS = {TRAIN: "Training", VALIDATION: "Validation", TEST: "Test", LEFT_OUT: "Left out"}

CORRECTED = "dataset corrected"
"""Where it is kept for one drawing what was just changed."""


def said() -> None:
    """Say what was just corrected, once."""
    if done := st.session_state.pop(CORRECTED, None):
        st.toast(f"{done} This is another version; the ones before are under **More**.", icon=":material/check:")


def classes(kept: OwnDataset, version: Version) -> None:
    """Draw the classes as a table in which names are changed, merged and left out."""
    labels, splits = kept.rows(version)
    counts = {split: np.bincount(labels[splits == split], minlength=len(version.class_names)) for split in SPLITS}
    table = pd.DataFrame(
        {
            "Use": [True] * len(version.class_names),
            "Class": list(version.class_names),
            "Training": counts[TRAIN] + counts[VALIDATION],
            "Test": counts[TEST],
        }
    )
    st.caption("Give a class another name, give two the same name to make them one, or leave a class out.")
    edited = st.data_editor(
        table,
        key=f"class-table-{kept.name}-{version.id}",
        hide_index=True,
        disabled=("Training", "Test"),
        column_config={
            "Use": st.column_config.CheckboxColumn(width=60),
            "Class": st.column_config.TextColumn(max_chars=own.MAX_CLASS_NAME, required=True),
            "Training": st.column_config.NumberColumn(width=80),
            "Test": st.column_config.NumberColumn(width=60),
        },
    )
    wanted = [str(name).strip() if use else None for name, use in zip(edited["Class"], edited["Use"], strict=True)]
    changed = wanted != list(version.class_names)
    if st.button("Save as a new version", key="save-classes", icon=":material/save:", disabled=not changed):
        try:
            corrected = renamed(version.class_names, labels, splits, wanted)
        except DatasetError as error:
            st.error(words.literal(str(error)), icon=":material/error:")
        else:
            apply(kept, version, *corrected)


def images(kept: OwnDataset, version: Version) -> None:
    """Draw the images of a class one by one, and what can be done with those that are ticked."""
    labels, splits = kept.rows(version)
    names = version.class_names
    with st.container(horizontal=True, vertical_alignment="bottom"):
        label = st.selectbox(
            "Class", range(len(names)), format_func=lambda place: names[place], key=f"correct-class-{kept.name}"
        )
        there = [split for split in SPLITS if (splits == split).any()]
        split = st.selectbox(
            "Used for", there, format_func=lambda split: SPLITS[split], key=f"correct-split-{kept.name}"
        )
    places = np.flatnonzero((labels == label) & (splits == split))
    if not len(places):
        st.caption("There is no such image.")
        return
    key = f"correct-{version.id}-{label}-{split}"
    pages = -(-len(places) // PER_PAGE)
    page = st.session_state.get(key, 1) - 1
    bar, ticked, pixels = st.container(), [], kept.pixels()
    with st.grid(5, min_column_width=SIDE, gap="small"):
        for place in places[PER_PAGE * page : PER_PAGE * (page + 1)].tolist():
            with st.container(gap="xsmall"):
                st.image(sheets.framed(pixels[place], SIDE), width=SIDE, alt=f"Image {place}, {names[label]}")
                if st.checkbox(f"Image {place:,}", key=f"tick-{version.id}-{place}"):
                    ticked.append(place)
    if pages > 1:
        st.pagination(pages, key=key, max_visible_pages=5)
    with bar:  # above the images, as their number changes
        _actions(kept, version, np.array(ticked, np.int64), int(split))


def _actions(kept: OwnDataset, version: Version, ticked: NDArray[np.int64], split: int) -> None:
    """Draw what can be done with some images, which are all used for the same."""
    labels, splits = kept.rows(version)
    names, none = version.class_names, not len(ticked)
    count = quantities.count(len(ticked), "image")
    st.caption(f"**{count} ticked.**" if len(ticked) else "Tick images, then say what they are or are used for.")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        other = st.selectbox(
            "Class of these",
            range(len(names)),
            format_func=lambda place: names[place],
            key="relabel",
            label_visibility="collapsed",
            width=200,
        )
        if st.button("Relabel", icon=":material/sell:", disabled=none):
            labels[ticked] = other
            apply(kept, version, names, labels, splits, f"Relabelled {count} as {names[other]}.")
        for to, label, icon in (
            (LEFT_OUT, "Leave out", "visibility_off"),
            (TEST, "Use for testing", "quiz"),
            (TRAIN, "Use for training", "model_training"),
        ):
            if to != split and st.button(label, icon=f":material/{icon}:", disabled=none):
                splits[ticked] = to
                done = f"Left out {count}." if to == LEFT_OUT else f"Moved {count} to {SPLITS[to].lower()}."
                apply(kept, version, names, labels, splits, done)


def apply(
    kept: OwnDataset,
    before: Version,
    names: Sequence[str],
    labels: NDArray[np.int64],
    splits: NDArray[np.int64],
    change: str,
) -> None:
    """Make another version and use it, or say why it would not be a dataset."""
    try:
        version = kept.change(before, names, labels, splits, change)
    except DatasetError as error:
        st.error(words.literal(str(error)), icon=":material/error:")
        return
    own_cards.use(kept, version)
    st.session_state[CORRECTED] = words.literal(change)
    st.rerun()
