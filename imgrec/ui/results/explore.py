"""The confusion matrix of a run and the images behind it: a click on a cell, or a choice from menus, shows them."""

from collections.abc import Sequence
from enum import StrEnum

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from imgrec import charts, metrics, quantities
from imgrec.metrics import Order
from imgrec.runs import Run
from imgrec.ui import cached, cells, gallery, shown_classes, words
from imgrec.ui.cached import Tested
from imgrec.ui.cells import ANY, CellChoice

WRONG = -2
"""What stands in the menus of classes beside the classes: whatever it is, and whatever is wrong."""


class ImageFilter(StrEnum):
    """Which images are looked at."""

    MISTAKES = "Worst mistakes"
    UNCERTAIN = "Least certain"
    DOUBTFUL = "Doubtful labels"
    CLASSES = "By class"


class Cells(StrEnum):
    """What the left half shows."""

    COUNTS = "Counts"
    SHARES = "Row percent"
    LIST = "List"


@st.fragment
def draw(run: Run) -> None:
    """Draw the matrix or the list of confusions beside the images that are looked at."""
    names = run.dataset.class_names
    found = cached.tested(run)
    probabilities, labels, predicted = found.probabilities, found.labels, found.predicted
    _choice(run).follow_address(len(names))
    left, right = cells.halves()
    with right:
        st.subheader("Images behind it", anchor=False)
        places, sentence = _looked_at(run, found, names)
        st.markdown(sentence)
        if gallery.ready(run):

            def say(place: int) -> str:
                sure = quantities.percent(float(probabilities[place].max()), 0).replace(" ", "\u00a0")
                true, taken = names[labels[place]], names[predicted[place]]
                return f"{true} {sure}" if true == taken else f"{true} → {taken} {sure}"

            gallery.draw(run.dataset, places, say, [run], f"images-{run.id}")
        st.caption("Under each image: its class, what the network took it for if that is wrong, and how sure it was.")
    _choice(run).keep_in_address()
    with left:  # after the images, which a click waits for: a browser takes a quarter of a second for the matrix
        _confusions(run, found.matrix, names)


def _confusions(run: Run, matrix: NDArray[np.int64], names: Sequence[str]) -> None:
    st.subheader("Confusion matrix", anchor=False)
    above = st.container(horizontal=True, vertical_alignment="center")
    shown = above.segmented_control(
        "Cells show", list(Cells), default=Cells.COUNTS, required=True, label_visibility="collapsed", key="cells"
    )
    if shown == Cells.LIST:
        _most_frequent(run, matrix, names)
        return
    drawn = shown_classes.choose(matrix, names, f"classes-{run.id}", "most confused")
    diagonal = not above.toggle(
        "Hide what is right", key="hide-diagonal", help="The colours then show the mistakes alone."
    )
    figure = charts.confusion(
        matrix,
        names,
        normalise=shown == Cells.SHARES,
        shown=drawn,
        dark=st.context.theme.type == "dark",
        diagonal=diagonal,
        chosen=_choice(run).made,
    )
    selectable = charts.points(matrix, drawn)
    cells.clickable(figure, f"matrix-{run.id}", selectable, _choice(run), "Confusion matrix of the test images")
    st.caption(
        "Each row holds the test images of one true class, each column what the network took them for: the diagonal is "
        "right, and a strong colour beside it is a frequent mistake. Click a cell to see its images."
    )
    if shown_classes.are_many(names):
        _most_frequent(run, matrix, names)


def _most_frequent(run: Run, matrix: NDArray[np.int64], names: Sequence[str]) -> None:
    pairs = metrics.largest_cells(matrix, shown_classes.most_rows(names))
    if not pairs:
        st.markdown("None: every test image is right.")
        return
    cells.selectable(
        {
            "True class": [names[true] for true, _ in pairs],
            "Taken for": [names[predicted] for _, predicted in pairs],
            "Images": [int(matrix[pair]) for pair in pairs],
            "Of its class": [100 * matrix[pair] / matrix[pair[0]].sum() for pair in pairs],
        },
        pairs,
        f"confusions-{run.id}",
        _choice(run),
        {"Of its class": st.column_config.NumberColumn(format="%.1f %%")},
    )
    st.caption("The most frequent confusions. Select a row, with the box before it, to see its images.")


def _choice(run: Run) -> CellChoice:
    return CellChoice(run.id, ImageFilter.CLASSES)


def _looked_at(run: Run, found: Tested, names: Sequence[str]) -> tuple[NDArray[np.int64], str]:
    """Draw the choice of images, and return their places in order, and what they are in a sentence."""
    probabilities, labels, predicted = found.probabilities, found.labels, found.predicted
    key = f"look-{run.id}"
    st.session_state.setdefault(key, ImageFilter.MISTAKES)
    look = st.segmented_control("Look at", list(ImageFilter), required=True, key=key, label_visibility="collapsed")
    match look:
        case ImageFilter.MISTAKES:
            places = metrics.places(labels, predicted, wrong=True)
            what = f"{len(places):,} of {len(labels):,} are wrong. First those that the network was surest of."
            return metrics.ordered(probabilities, labels, places, Order.CONFIDENT), what
        case ImageFilter.UNCERTAIN:
            places = metrics.places(labels, predicted)
            what = "All of them. First those whose two likeliest classes were closest together."
            return metrics.ordered(probabilities, labels, places, Order.UNCERTAIN), what
        case ImageFilter.DOUBTFUL:
            places = found.doubtful
            what = (
                f"{len(places):,} look so much like another class that their label may be wrong, or they are hard for "
                "this network. The most doubtful first."
            )
            return places, what
    return _by_class(run, found, names)


def _by_class(run: Run, found: Tested, names: Sequence[str]) -> tuple[NDArray[np.int64], str]:
    probabilities, labels, predicted = found.probabilities, found.labels, found.predicted
    classes = list(range(len(names)))
    first, second, third = st.columns(3)
    true = first.selectbox(
        "True class",
        [ANY, *classes],
        format_func=lambda label: "any" if label == ANY else names[label],
        key=f"true-{run.id}",
    )
    taken = second.selectbox(
        "Taken for",
        [ANY, WRONG, *classes],
        format_func=lambda label: {ANY: "any", WRONG: "a wrong one"}.get(label) or names[label],
        key=f"taken-{run.id}",
    )
    order = third.selectbox("Order", list(Order), key=f"order-{run.id}") or Order.CONFIDENT
    places = metrics.places(
        labels,
        predicted,
        true=None if true == ANY else true,
        taken_for=taken if taken >= 0 else None,
        wrong=taken == WRONG,
    )
    of = len(labels) if true == ANY else int((labels == true).sum())
    which = "test images" if true == ANY else f"images of {words.literal(names[true])}"
    what = f"**{len(places):,}** of {of:,} {which}"
    if taken == WRONG:
        what += " were taken for another class"
    elif taken >= 0:
        what += " were recognised" if taken == true else f" were taken for {words.literal(names[taken])}"
    share = f": {quantities.percent(len(places) / of)}." if of else "."
    return metrics.ordered(probabilities, labels, places, order), what + share
