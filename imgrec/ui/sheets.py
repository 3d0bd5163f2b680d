"""Small images made large enough to see: many as one picture, which a browser lays out at once, or one by itself."""

from io import BytesIO

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from PIL import Image, ImageOps

from imgrec import uploads
from imgrec.datasets import Location
from imgrec.ui import browser, cached, icons

SIDE = 96
"""Pixels that the longer side of an image has on a sheet, about: each of its own becomes a square, and stays sharp."""

THUMBNAILS = "32 MB"
"""Memory for thumbnails: 900 of photographs of 128×128 pixels, and ten times as many of 32×32."""

SHEETS = "64 MB"

GAP = 6


def sheet(pixels: NDArray[np.uint8], columns: int) -> bytes:
    """Return a PNG of images (N, H, W, 1 or 3), columns to a row, with see-through gaps and where there are no more."""
    count, height, width = pixels.shape[:3]
    rows, factor = -(-count // columns), enlarging(height, width)
    tall, wide = height * factor + GAP, width * factor + GAP
    canvas = np.zeros((rows * tall - GAP, columns * wide - GAP, 4), np.uint8)
    for place, image in enumerate(pixels):
        top, left = place // columns * tall, place % columns * wide
        area = canvas[top : top + height * factor, left : left + width * factor]
        area[..., :3] = image.repeat(factor, 0).repeat(factor, 1)
        area[..., 3] = 255
    file = BytesIO()
    Image.fromarray(canvas).save(file, "PNG", compress_level=3)
    return file.getvalue()


def enlarging(height: int, width: int) -> int:
    """Return how many pixels wide each pixel of an image becomes on a sheet: 3 for 32×32, 1 for 128×128."""
    return max(1, round(SIDE / max(height, width)))


def examples(dataset: str, label: int, count: int, seed: int) -> NDArray[np.uint8]:
    """Return random training images (N, H, W, C) of one class: count of them, or all where it has fewer."""
    train, _ = cached.dataset(dataset)
    places = np.flatnonzero(train.labels == label)
    chosen: NDArray[np.uint8] = train.pixels[np.random.default_rng(seed).permutation(places)[:count]]
    return chosen


def of_class(dataset: str, label: int, columns: int, rows: int, seed: int) -> bytes | None:
    """Return a sheet of random training images of one class, or None where it has none."""
    return _of_class(browser.store().location(dataset), dataset, label, columns, rows, seed)


@st.cache_data(max_size=SHEETS, show_spinner=False, hash_funcs={Location: repr})
def _of_class(location: Location, dataset: str, label: int, columns: int, rows: int, seed: int) -> bytes | None:  # noqa: ARG001 - which dataset a name means is a visitor's own matter
    found = examples(dataset, label, columns * rows, seed)
    return sheet(found, columns) if len(found) else None


def enlarged(pixels: NDArray[np.uint8], side: int) -> Image.Image:
    """Return an image (H, W, 1 or 3) each of whose pixels became a square, so that its longer side has about side."""
    picture = uploads.drawn(pixels)
    factor = max(1, side // max(picture.size))
    return picture.resize((picture.width * factor, picture.height * factor), Image.Resampling.NEAREST)


def framed(pixels: NDArray[np.uint8], side: int) -> Image.Image:
    """Return an image as `enlarged` does, in a thin frame: a white one is seen on a white page, a black on a black."""
    return ImageOps.expand(enlarged(pixels, side), 1, icons.COLOUR)


def thumbnail(dataset: str, place: int) -> bytes:
    """Return a PNG of one test image: 40 kB for a photograph of 128×128 pixels, 4 kB for one of 32×32."""
    return _thumbnail(browser.store().location(dataset), dataset, place)


@st.cache_data(max_size=THUMBNAILS, show_spinner=False, hash_funcs={Location: repr})
def _thumbnail(location: Location, dataset: str, place: int) -> bytes:  # noqa: ARG001 - as above
    image = cached.dataset(dataset)[1].pixels[place]
    file = BytesIO()
    height, width = image.shape[:2]
    enlarged(image, enlarging(height, width) * max(height, width)).save(file, "PNG", compress_level=3)
    return file.getvalue()
