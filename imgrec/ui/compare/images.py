"""Two runs on the same test images: the images that one fixed and broke, and the difference of their matrices."""

from collections.abc import Sequence
from enum import StrEnum

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from imgrec import charts, metrics
from imgrec.metrics import Order
from imgrec.runs.listing import RunRow
from imgrec.ui import cached, cells, gallery, selection, words
from imgrec.ui.cells import CellChoice

MOST_CHANGES = 12
"""Rows of the list of changes: as many as stand beside the images without scrolling."""


class ChangeFilter(StrEnum):
    """Which images are looked at."""

    FIXED = "Fixed"
    BROKEN = "Broken"
    CELL = "One cell"


@st.fragment
def draw(before: RunRow, after: RunRow) -> None:
    """Draw the difference of two confusion matrices beside the images on which the runs differ."""
    run, other = selection.get(after.id), selection.get(before.id)
    names = run.dataset.class_names
    probabilities, labels = cached.predictions(run)
    old = cached.predictions(other)[0].argmax(axis=1)
    new = probabilities.argmax(axis=1)
    key = f"{before.id}-{after.id}"
    left, right = cells.halves()
    with right:
        st.subheader(f"Images on which {words.literal(after.name)} differs", anchor=False)
        groups, sentence = _looked_at(key, labels, old, new, names)
        st.markdown(sentence)
        if gallery.ready(run):

            def say(place: int) -> str:
                return f"{names[labels[place]]}: {names[old[place]]} → {names[new[place]]}"

            ordered = [metrics.ordered(probabilities, labels, places, Order.CONFIDENT) for places in groups]
            gallery.draw(run.dataset, np.concatenate(ordered), say, [other, run], f"changes-{key}")
        st.caption(
            f"Under each image: its class, what {words.literal(before.name)} took it for, and what "
            f"{words.literal(after.name)} takes it for. First those of which the latter is surest; of one cell, those "
            "that came in before those that went out."
        )
    with left:  # after the images, as on the Results page
        _matrix(key, labels, old, new, names)


def _matrix(
    key: str, labels: NDArray[np.uint8], old: NDArray[np.int64], new: NDArray[np.int64], names: Sequence[str]
) -> None:
    before, after = (metrics.confusion_matrix(labels, predicted, len(names)) for predicted in (old, new))
    st.subheader("What changed in the confusion matrix", anchor=False)
    shown = st.segmented_control(
        "Shown as", ["Matrix", "List"], default="Matrix", required=True, label_visibility="collapsed"
    )
    choice = CellChoice(key, ChangeFilter.CELL)
    if shown == "List":
        change = after - before
        order = np.argsort(-np.abs(change), axis=None, kind="stable")[:MOST_CHANGES]
        pairs = [divmod(int(cell), len(names)) for cell in order if change.flat[cell]]
        table = {
            "True class": [names[true] for true, _ in pairs],
            "Taken for": [names[taken] for _, taken in pairs],
            "Before": [int(before[pair]) for pair in pairs],
            "After": [int(after[pair]) for pair in pairs],
            "Change": [int(change[pair]) for pair in pairs],
        }
        signed = {"Change": st.column_config.NumberColumn(format="%+d")}
        cells.selectable(table, pairs, f"changes-{key}", choice, signed)
        st.caption("The largest changes. Select a row, with the box before it, to see its images.")
        return
    dark = st.context.theme.type == "dark"
    figure = charts.difference(before, after, names, dark=dark, chosen=choice.made)
    cells.clickable(figure, f"difference-{key}", len(names), choice, "Difference of the two confusion matrices")
    st.caption(
        "How many images more, or fewer, each cell holds. Blue is better, orange is worse: on the diagonal more images "
        "are better, beside it fewer. Click a cell to see the images that came in and went out."
    )


def _looked_at(
    key: str, labels: NDArray[np.uint8], old: NDArray[np.int64], new: NDArray[np.int64], names: Sequence[str]
) -> tuple[list[NDArray[np.int64]], str]:
    """Draw the choice of images, and return their places, in groups that follow each other, and what they are."""
    st.session_state.setdefault(f"look-{key}", ChangeFilter.FIXED)
    look = st.segmented_control(
        "Look at", list(ChangeFilter), required=True, key=f"look-{key}", label_visibility="collapsed"
    )
    found = metrics.compare(labels, old, new)
    if look == ChangeFilter.FIXED:
        return [found.fixed], f"**{len(found.fixed):,}** were wrong before and are right now."
    if look == ChangeFilter.BROKEN:
        return [found.broken], f"**{len(found.broken):,}** were right before and are wrong now."
    classes = list(range(len(names)))
    first, second = st.columns(2)
    true = first.selectbox("True class", classes, format_func=names.__getitem__, key=f"true-{key}")
    taken = second.selectbox("Taken for", classes, format_func=names.__getitem__, key=f"taken-{key}")
    of_class = labels == true
    came = np.flatnonzero(of_class & (new == taken) & (old != taken))
    left = np.flatnonzero(of_class & (old == taken) & (new != taken))
    what = "recognised" if true == taken else f"taken for {words.literal(names[taken])}"
    sentence = (
        f"Images of {words.literal(names[true])} {what}: **{len(came):,}** came in and **{len(left):,}** went out, "
        f"{words.signed(len(came) - len(left))} in all."
    )
    return [came, left], sentence
