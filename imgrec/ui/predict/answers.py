"""What a network answers about pictures: the picture, what the network received, and the probabilities."""

import io
from collections.abc import Sequence

import numpy as np
import streamlit as st
from PIL import Image, ImageDraw

from imgrec import charts, quantities, uploads
from imgrec.datasets import DATASETS
from imgrec.records import DatasetInfo
from imgrec.runs import Run
from imgrec.ui import PAGES, cached, sheets, words
from imgrec.uploads import Picture

Source = tuple[str, bytes]
"""A picture's name and its file."""

CROP_COLOUR = (255, 176, 0)
"""Seen on dark and on bright pictures."""

ENLARGED = 256
"""Longer side in pixels of a small picture or image: enlarged in whole pixels, not blurred by the browser."""

MAX_AT_ONCE = 50
"""Pictures drawn on one page; more make the browser slow."""


def samples(dataset: DatasetInfo, count: int = 6) -> list[Source]:
    """Return a few test images as files, others at each press of the button."""
    if not cached.is_available(dataset.name):
        st.caption("The images of this run's dataset are not on this computer.")
        if dataset.name in DATASETS:
            st.page_link(PAGES / "data.py", label="Get them on the Data page", icon=":material/download:")
        return []
    _, test = cached.dataset(dataset.name)
    draw = st.session_state.setdefault("samples", 0)
    st.button("Show others", icon=":material/casino:", on_click=lambda: st.session_state.update(samples=draw + 1))
    chosen = np.random.default_rng(draw).permutation(len(test.labels))[:count]
    names = dataset.class_names
    return [(f"Test image {index}: {names[test.labels[index]]}", _png(test.pixels[index])) for index in chosen]


def draw(run: Run, sources: Sequence[Source], class_names: Sequence[str]) -> None:
    """Draw the network's answer to each picture, or why it cannot be read."""
    if len(sources) > MAX_AT_ONCE:
        st.warning(f"At most {MAX_AT_ONCE} pictures at once. The first {MAX_AT_ONCE} of {len(sources)} are answered.")
    shown = sources[:MAX_AT_ONCE]
    found = cached.engine().predict(run, [data for _, data in shown])
    for place, ((name, _), answer) in enumerate(zip(shown, found, strict=True)):
        if isinstance(answer, str):
            st.error(words.literal(answer), title=words.literal(name), icon=":material/broken_image:")
        else:
            _draw(place, name, *answer, class_names)


def _draw(place: int, name: str, picture: Picture, probabilities: np.ndarray, class_names: Sequence[str]) -> None:
    best = int(probabilities.argmax())
    with st.container(border=True):
        original, received, answer = st.columns([3, 2, 4], gap="medium")
        with original:
            st.image(_with_crop(picture), width="stretch", alt=f"{name}, as it was uploaded")
            st.caption(words.literal(name))
        with received:
            height, width = picture.pixels.shape[:2]
            enlarged = sheets.enlarged(picture.pixels, ENLARGED)
            st.image(enlarged, width="stretch", alt="What the network received")
            st.caption(f"What the network received: {width}×{height} pixels")
        with answer:
            st.markdown(f"### {class_names[best]} :gray[{quantities.percent(float(probabilities[best]))}]")
            st.plotly_chart(
                charts.probabilities(class_names, probabilities.tolist()),
                key=f"bars-{place}",
                config={"displayModeBar": False, "staticPlot": True},
                alt=f"Probability of each class; the likeliest is {class_names[best]}",
            )
            for note in picture.notes:
                st.caption(f":material/info: {words.literal(note)}")


def _with_crop(picture: Picture) -> Image.Image:
    image = Image.fromarray(picture.original)
    left, top, right, bottom = picture.crop
    if (right - left, bottom - top) != image.size:
        width = max(2, max(image.size) // 150)
        ImageDraw.Draw(image).rectangle((left, top, right - 1, bottom - 1), outline=CROP_COLOUR, width=width)
    if max(image.size) < ENLARGED:
        factor = -(-ENLARGED // max(image.size))
        image = image.resize((image.width * factor, image.height * factor), Image.Resampling.NEAREST)
    return image


def _png(pixels: np.ndarray) -> bytes:
    file = io.BytesIO()
    uploads.drawn(pixels).save(file, "png")
    return file.getvalue()
