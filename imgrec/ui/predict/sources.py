"""Where the pictures come from that a network is asked about: files, a folder, the clipboard, a camera, test images."""

import io
from typing import NamedTuple

import numpy as np
import streamlit as st

from imgrec import quantities, uploads
from imgrec.framing import CENTRE, Framing
from imgrec.records import DatasetInfo
from imgrec.ui import cached, gone, paste, received

UPLOADED, KEPT, FOLDER = "uploaded pictures", "kept pictures", "whole folder"

SAMPLES = 6
"""Test images shown at once."""


class Source(NamedTuple):
    """A picture to ask about: what tells it from others, its name, its file, and its class where that is known."""

    id: str
    name: str
    data: bytes
    label: int | None = None


def choose(dataset: DatasetInfo) -> list[Source]:
    """Draw the places where pictures come from, and return those of the one that is open."""
    upload, camera, samples = st.tabs(["Upload", "Camera", "Test images"], key="source", on_change="rerun")
    with upload:
        sources = _uploaded()
    with camera:
        if camera.open:
            photo = st.camera_input("Photo", label_visibility="collapsed", width=480)
            sources = [Source(photo.file_id, "Your photo", photo.getvalue())] if photo else []
    with samples:
        if samples.open:
            sources = _samples(dataset)
    return sources


def framing(source: Source) -> Framing:
    """Return how a picture is cut: by its own choice, else by that for all; test images have their size already."""
    if source.label is not None:
        return CENTRE
    chosen: Framing = st.session_state.get(f"framing-{source.id}") or Framing(
        way=st.session_state.get("crop", "centre")
    )
    return chosen


def choose_crop() -> None:
    """Draw the choice of how all pictures are cut."""

    def same_for_all() -> None:
        for key in [key for key in st.session_state if str(key).startswith("framing-")]:
            del st.session_state[key]

    st.segmented_control(
        "Crop",
        ["centre", "whole"],
        default="centre",
        format_func={"centre": "Centre square", "whole": "Whole, with a margin"}.__getitem__,
        required=True,
        key="crop",
        on_change=same_for_all,
        label_visibility="collapsed",
    )


def _keep() -> None:
    """Keep what is uploaded now while other pages are looked at: Streamlit forgets it with the page."""
    st.session_state[KEPT] = [
        Source(file.file_id, file.name, file.getvalue())
        for file in received.files(UPLOADED)
        if not file.name.rpartition("/")[2].startswith(".")  # what a system keeps in its folders
    ]


def _uploaded() -> list[Source]:
    folder = st.session_state.get(FOLDER, False)
    st.file_uploader(
        f"Pictures: {uploads.FORMATS}",
        accept_multiple_files="directory" if folder else True,
        max_upload_size=20,
        key=UPLOADED,
        on_change=_keep,
        help="Drop them, choose them, or paste one. Pictures are kept only as long as this tab is open.",
    )
    paste.enable()
    sources: list[Source] = st.session_state.get(KEPT, [])
    with st.container(horizontal=True, vertical_alignment="center"):
        st.toggle("A whole folder", key=FOLDER, help="Choose a folder instead of files.")
        if sources and not received.files(UPLOADED):
            st.caption(f"{quantities.count(len(sources), 'picture')} from before, in this tab.", width="content")
            st.button("Clear", key="clear", type="tertiary", icon=":material/close:", on_click=_keep)
    return sources


def _samples(dataset: DatasetInfo) -> list[Source]:
    """Return a few test images as files, others at each press of the button."""
    if not cached.is_available(dataset.name):
        st.caption("The images of this run's dataset are not on this computer.")
        gone.link(dataset.name)
        return []
    _, test = cached.dataset(dataset.name)
    draw = st.session_state.setdefault("samples", 0)
    st.button("Show others", icon=":material/casino:", on_click=lambda: st.session_state.update(samples=draw + 1))
    chosen = np.random.default_rng(draw).permutation(len(test.labels))[:SAMPLES]
    return [
        Source(f"{dataset.name}-{index}", f"Test image {index:,}", png(test.pixels[index]), int(test.labels[index]))
        for index in chosen
    ]


def png(pixels: np.ndarray) -> bytes:
    """Return the pixels (H, W, C) of an image as the content of a PNG file."""
    file = io.BytesIO()
    uploads.drawn(pixels).save(file, "png")
    return file.getvalue()
