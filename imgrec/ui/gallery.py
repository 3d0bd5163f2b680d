"""Test images, a page at a time, each with what was said of it; and one of them closer, with what speaks for it."""

from collections.abc import Callable, Sequence

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from imgrec import uploads
from imgrec.records import DatasetInfo
from imgrec.runs import Run
from imgrec.ui import bars, cached, gone, sheets, why, words

PER_PAGE = 12
"""Images drawn at once: as many as stand beside a matrix without scrolling."""

MOST_BARS = 12
"""Classes whose probability stands beside an image."""

ENLARGED = 320
"""Longer side in pixels of an image that is looked at closer."""


def ready(run: Run) -> bool:
    """Return whether the images that a run was scored on are here, and draw what to do where they are not."""
    dataset = run.dataset
    title = words.literal(dataset.title)
    if not cached.is_available(dataset.name):
        st.caption(f"The images of {title} are not on this computer, so they cannot be shown.")
        gone.link(dataset.name)
        return False
    evaluation = run.evaluation()
    if evaluation is None or cached.fingerprint(dataset.name) != evaluation.fingerprint:
        name = words.literal(run.name)
        st.caption(f"The images of {title} on this computer are not those that {name} was scored on.")
        return False
    return True


def draw(
    dataset: DatasetInfo, places: NDArray[np.int64], say: Callable[[int], str], runs: Sequence[Run], key: str
) -> None:
    """Draw the test images at these places, in their order; say gives the words under each of them.

    A click opens it with what the runs say of it.
    """
    if not len(places):
        st.caption("There is no such image.")
        return
    pages = -(-len(places) // PER_PAGE)
    # A page of its own for each choice of images: another choice begins with its first.
    chosen = f"{key}-{len(places)}-{places[0]}-{places[-1]}"
    shown = st.session_state.get(chosen, 1) - 1
    names = dataset.class_names
    labels = cached.dataset(dataset.name)[1].labels
    with st.grid(4, min_column_width=96, gap="small"):
        for place in places[PER_PAGE * shown : PER_PAGE * (shown + 1)].tolist():
            with st.container(gap="xsmall"):
                said = say(place)
                st.image(
                    sheets.thumbnail(dataset.name, place),
                    width="stretch",
                    alt=f"Test image {place}, {names[labels[place]]}: {said}",
                )
                if st.button(
                    words.literal(said), key=f"{key}-look-{place}", type="tertiary", help="Look closer", width="stretch"
                ):
                    closer(dataset, place, runs)
    if pages > 1:
        st.pagination(pages, key=chosen, max_visible_pages=5)


@st.dialog("One test image", icon=":material/image_search:", width="large")
def closer(dataset: DatasetInfo, place: int, runs: Sequence[Run]) -> None:
    """Show a test image, the probabilities that each run gave it, and on demand where it saw what it said."""
    names = dataset.class_names
    test = cached.dataset(dataset.name)[1]
    true = int(test.labels[place])
    st.markdown(f"Test image {place:,}, labelled **{words.literal(names[true])}**")
    for run in runs:
        values = cached.predictions(run)[0][place]
        best = int(values.argmax())
        with st.container(border=len(runs) > 1):
            if len(runs) > 1:
                st.markdown(words.dotted(run))
            picture, answer = st.columns([2, 3], gap="medium")
            with picture:
                asked = why.choose((best, true), names, f"why-{run.id}")
                _picture(run, test.pixels[place], asked, names)
            with answer:
                bars.probabilities(names, values.tolist(), MOST_BARS, also=true)


def _picture(run: Run, pixels: NDArray[np.uint8], label: int | None, names: Sequence[str]) -> None:
    shown, said = pixels, ""
    if label is not None:
        heat, said = why.heat(run, pixels, label, names[label])
        if heat is not None:
            shown = uploads.heated(pixels, heat)
    st.image(sheets.enlarged(shown, ENLARGED), alt="The test image")
    if said:
        st.caption(said)
