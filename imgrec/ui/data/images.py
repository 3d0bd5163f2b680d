"""The training images of a dataset: a row for each class, or one class by itself."""

import streamlit as st

from imgrec import datasets
from imgrec.config import Training
from imgrec.datasets import Dataset
from imgrec.ui import cached, sheets, words

COLUMNS = 10

CLASSES_PER_PAGE = 20
"""Rows that are drawn at once: more make a page on which nobody finds the augmentations below them on a phone."""

EVERY = -1
"""In place of a class: all of them."""


def draw(dataset: Dataset, settings: Training) -> None:
    """Draw random training images of a dataset, and say how many a training with these settings uses for what."""
    names = dataset.class_names
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        # By their places, as a class may be called "All classes".
        shown = st.selectbox(
            "Class",
            [EVERY, *range(len(names))],
            format_func=lambda label: "All classes" if label == EVERY else names[label],
            label_visibility="collapsed",
            key=f"class-{dataset.name}",
            width=200,
        )
        again = st.button("Show others", icon=":material/shuffle:", type="tertiary")
    seed = st.session_state["images seed"] = st.session_state.get("images seed", 0) + again
    if shown != EVERY:
        examples(dataset, shown, COLUMNS, 8, seed)
    else:
        _rows(dataset, seed)
    train, test = cached.dataset(dataset.name)
    learnt, validation = datasets.split(train, settings)
    others = "others" if train.validation is None else "others, which the dataset brings for that,"
    st.caption(
        f"Random training images, enlarged. With the draft's settings the network learns from **{len(learnt):,}** of "
        f"them; **{len(validation):,}** {others} choose its best epoch (validation), and **{len(test.labels):,}** test "
        "images, which it never sees before, score it at the end."
    )


def examples(dataset: Dataset, label: int, columns: int, rows: int, seed: int) -> None:
    """Draw random training images of one class, or say that it has none."""
    name = dataset.class_names[label]
    sheet = sheets.of_class(dataset.name, label, columns, rows, seed)
    if sheet is None:
        st.caption(f"No training image is labelled {words.literal(name)}: a network learns nothing of this class.")
    else:
        st.image(sheet, width="stretch", alt=f"Training images of the class {name}")


def _rows(dataset: Dataset, seed: int) -> None:
    names = dataset.class_names
    pages = -(-len(names) // CLASSES_PER_PAGE)
    key = f"classes-{dataset.name}"
    first = CLASSES_PER_PAGE * (st.session_state.get(key, 1) - 1)
    for label in range(first, min(first + CLASSES_PER_PAGE, len(names))):
        with st.container(horizontal=True, vertical_alignment="center", wrap=False):
            st.caption(words.literal(names[label]), width=76)
            examples(dataset, label, COLUMNS, 1, seed)
    if pages > 1:
        st.pagination(pages, key=key, max_visible_pages=5)
