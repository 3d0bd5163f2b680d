"""Small images made large enough to see: many as one picture, which a browser lays out at once, or one by itself."""

from io import BytesIO

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from PIL import Image

from imgrec import uploads
from imgrec.datasets import Location
from imgrec.ui import browser, cached

SCALE = 3
"""Each pixel becomes 3×3, so that a 32×32 image is large enough to see and its pixels stay sharp."""

GAP = 6


def sheet(pixels: NDArray[np.uint8], columns: int) -> bytes:
    """Return a PNG of images (N, H, W, 1 or 3), columns to a row, with see-through gaps and where there are no more."""
    count, height, width = pixels.shape[:3]
    rows = -(-count // columns)
    tall, wide = height * SCALE + GAP, width * SCALE + GAP
    canvas = np.zeros((rows * tall - GAP, columns * wide - GAP, 4), np.uint8)
    for place, image in enumerate(pixels):
        top, left = place // columns * tall, place % columns * wide
        area = canvas[top : top + height * SCALE, left : left + width * SCALE]
        area[..., :3] = image.repeat(SCALE, 0).repeat(SCALE, 1)
        area[..., 3] = 255
    file = BytesIO()
    Image.fromarray(canvas).save(file, "PNG", compress_level=3)
    return file.getvalue()


def examples(dataset: str, label: int, count: int, seed: int) -> NDArray[np.uint8]:
    """Return random training images (N, H, W, C) of one class: count of them, or all where it has fewer."""
    train, _ = cached.dataset(dataset)
    places = np.flatnonzero(train.labels == label)
    chosen: NDArray[np.uint8] = train.pixels[np.random.default_rng(seed).permutation(places)[:count]]
    return chosen


def of_class(dataset: str, label: int, columns: int, rows: int, seed: int) -> bytes | None:
    """Return a sheet of random training images of one class, or None where it has none."""
    return _of_class(browser.store().location(dataset), dataset, label, columns, rows, seed)


@st.cache_data(max_entries=200, show_spinner=False, hash_funcs={Location: repr})
def _of_class(location: Location, dataset: str, label: int, columns: int, rows: int, seed: int) -> bytes | None:  # noqa: ARG001 - which dataset a name means is a visitor's own matter
    found = examples(dataset, label, columns * rows, seed)
    return sheet(found, columns) if len(found) else None


def enlarged(pixels: NDArray[np.uint8], side: int) -> Image.Image:
    """Return an image (H, W, 1 or 3) each of whose pixels became a square, so that its longer side has about side."""
    picture = uploads.drawn(pixels)
    factor = max(1, side // max(picture.size))
    return picture.resize((picture.width * factor, picture.height * factor), Image.Resampling.NEAREST)


def thumbnail(dataset: str, place: int) -> bytes:
    """Return a PNG of one test image."""
    return _thumbnail(browser.store().location(dataset), dataset, place)


@st.cache_data(max_entries=5000, show_spinner=False, hash_funcs={Location: repr})
def _thumbnail(location: Location, dataset: str, place: int) -> bytes:  # noqa: ARG001 - as above
    _, test = cached.dataset(dataset)
    return sheet(test.pixels[place : place + 1], 1)
