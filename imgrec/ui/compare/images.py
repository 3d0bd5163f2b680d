"""Two runs on the same test images: the images that one fixed and broke, and what changed in their matrices."""

from collections.abc import Sequence
from enum import StrEnum

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from imgrec import charts, metrics
from imgrec.metrics import Order
from imgrec.runs.listing import RunRow
from imgrec.ui import cached, cells, gallery, selection, shown_classes, words
from imgrec.ui.cached import Tested
from imgrec.ui.cells import CellChoice


class ChangeFilter(StrEnum):
    """Which images are looked at."""

    FIXED = "Fixed"
    BROKEN = "Broken"
    CELL = "One cell"


class Shown(StrEnum):
    """What the left half shows."""

    MATRIX = "Matrix"
    LIST = "List"
    CLASSES = "Classes"


@st.fragment
def draw(before: RunRow, after: RunRow) -> None:
    """Draw the difference of two confusion matrices beside the images on which the runs differ."""
    run, other = selection.get(after.id), selection.get(before.id)
    names = run.dataset.class_names
    new, old = cached.tested(run), cached.tested(other)
    key = f"{before.id}-{after.id}"
    left, right = cells.halves()
    with right:
        st.subheader(f"Images on which {words.literal(after.name)} differs", anchor=False)
        groups, sentence = _looked_at(key, old, new, names)
        st.markdown(sentence)
        if gallery.ready(run):

            def say(place: int) -> str:
                return f"{names[new.labels[place]]}: {names[old.predicted[place]]} → {names[new.predicted[place]]}"

            ordered = [metrics.ordered(new.probabilities, new.labels, places, Order.CONFIDENT) for places in groups]
            gallery.draw(run.dataset, np.concatenate(ordered), say, [other, run], f"changes-{key}")
        st.caption(
            f"Under each image: its class, what {words.literal(before.name)} took it for, and what "
            f"{words.literal(after.name)} takes it for. First those of which the latter is surest; of one cell, those "
            "that came in before those that went out."
        )
    with left:  # after the images, as on the Results page
        _changes(key, old.matrix, new.matrix, names)


def _changes(key: str, before: NDArray[np.int64], after: NDArray[np.int64], names: Sequence[str]) -> None:
    st.subheader("What changed in the confusion matrix", anchor=False)
    shown = st.segmented_control(
        "Shown as", list(Shown), default=Shown.MATRIX, required=True, label_visibility="collapsed"
    )
    choice = CellChoice(key, ChangeFilter.CELL)
    if shown == Shown.LIST:
        _list(key, before, after, names, choice)
    elif shown == Shown.CLASSES:
        _classes(key, before, after, names, choice)
    else:
        _matrix(key, before, after, names, choice)


def _matrix(
    key: str, before: NDArray[np.int64], after: NDArray[np.int64], names: Sequence[str], choice: CellChoice
) -> None:
    drawn = shown_classes.choose(after - before, names, f"classes-{key}", "most changed")
    dark = st.context.theme.type == "dark"
    figure = charts.difference(before, after, names, shown=drawn, dark=dark, chosen=choice.made)
    selectable = charts.points(before + after, drawn)
    cells.clickable(figure, f"difference-{key}", selectable, choice, "Difference of the two confusion matrices")
    st.caption(
        "How many images more, or fewer, each cell holds. Blue is better, orange is worse: on the diagonal more images "
        "are better, beside it fewer. Click a cell to see the images that came in and went out."
    )


def _list(
    key: str, before: NDArray[np.int64], after: NDArray[np.int64], names: Sequence[str], choice: CellChoice
) -> None:
    change = after - before
    pairs = metrics.largest_cells(change, shown_classes.most_rows(names), diagonal=True)
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


def _classes(
    key: str, before: NDArray[np.int64], after: NDArray[np.int64], names: Sequence[str], choice: CellChoice
) -> None:
    """Draw how many images of each class are right before and after, the classes that lost most first."""
    images, change = before.sum(axis=1), np.diagonal(after) - np.diagonal(before)
    share = np.divide(change, images, out=np.zeros(len(images)), where=images != 0)
    order = [int(label) for label in np.argsort(share, kind="stable") if images[label]]
    table = {
        "Class": [names[label] for label in order],
        "Before": [100 * before[label, label] / images[label] for label in order],
        "After": [100 * after[label, label] / images[label] for label in order],
        "Change": [100 * share[label] for label in order],
        "Test images": [int(images[label]) for label in order],
    }
    percent = st.column_config.NumberColumn(format="%.1f %%")
    columns = {
        "Before": percent,
        "After": percent,
        "Change": st.column_config.NumberColumn(format="%+.1f", help="In percentage points."),
    }
    cells.selectable(table, [(label, label) for label in order], f"classes-list-{key}", choice, columns)
    st.caption(
        "How many of each class's test images are right (recall), and by how many points that changed; the class that "
        "lost most comes first. Select a row, with the box before it, to see its images."
    )


def _looked_at(key: str, before: Tested, after: Tested, names: Sequence[str]) -> tuple[list[NDArray[np.int64]], str]:
    """Draw the choice of images, and return their places, in groups that follow each other, and what they are."""
    labels, old, new = after.labels, before.predicted, after.predicted
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
