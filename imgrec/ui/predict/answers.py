"""What a network answers about pictures: the picture, what the network received, and the probabilities."""

import io
import zlib
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import streamlit as st
from PIL import Image, ImageDraw

from imgrec import charts, quantities, spreadsheet, uploads
from imgrec.datasets import DATASETS
from imgrec.records import DatasetInfo
from imgrec.runs import Run
from imgrec.runs.listing import RunRow
from imgrec.ui import PAGES, cached, forms, selection, sheets, why, words
from imgrec.uploads import Picture
from imgrec.variations import Variation, varied

CROP_COLOUR = (255, 176, 0)
"""Seen on dark and on bright pictures."""

ENLARGED = 256
"""Longer side in pixels of a small picture or image: enlarged in whole pixels, not blurred by the browser."""

RECEIVED_PIXELS = 192
"""Width of the image that the network received, beside the picture and on a telephone."""

MOST_BESIDE = 3
"""Runs asked beside the first; more do not stand side by side."""

TOP = 5
"""Classes whose probability is drawn."""

PER_PAGE = 10
"""Pictures drawn at once; many more make the browser slow."""


class Source(NamedTuple):
    """A picture to ask about: its name, its file, and its class where that is known."""

    name: str
    data: bytes
    label: int | None = None


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
    return [Source(f"Test image {index:,}", _png(test.pixels[index]), int(test.labels[index])) for index in chosen]


def others(run: Run, offered: Sequence[RunRow]) -> list[Run]:
    """Draw the choice of runs that are asked beside a run, and return them: those that learnt from the same dataset."""
    rows = [row for row in offered if row.id != run.id and row.dataset == run.dataset.name]
    chosen = st.multiselect(
        "Also ask",
        [row.id for row in rows],
        format_func=words.names(rows).__getitem__,
        max_selections=MOST_BESIDE,
        placeholder="Other runs, side by side",
        key=f"also-{run.id}",
        disabled=not rows,
    )
    return [selection.get(id) for id in chosen]


def draw(runs: Sequence[Run], sources: Sequence[Source]) -> None:
    """Draw what the first run answers to each picture, or why it cannot be read, and beside it what the others do.

    A page of pictures at a time.
    """
    pages = -(-len(sources) // PER_PAGE)
    page = min(st.session_state.get("answers-page") or 1, pages)
    for place in range(PER_PAGE * (page - 1), min(PER_PAGE * page, len(sources))):
        _card(runs, sources[place], place)  # each is there as soon as it is answered
    if pages > 1:
        st.pagination(pages, key="answers-page", max_visible_pages=7)


@st.fragment
def _card(runs: Sequence[Run], source: Source, place: int) -> None:
    """Draw the answers to one picture. Asked anew with each choice in it, so that no picture is kept decoded."""
    run, *beside = runs
    [answer] = cached.engine().predict(run, [source.data])
    if isinstance(answer, str):
        st.error(words.literal(answer), title=words.literal(source.name), icon=":material/broken_image:")
        return
    picture, probabilities, novelty = answer
    verdict = cached.judge(run).verdict(probabilities, novelty)
    every = [probabilities, *(_probabilities(other, picture.pixels) for other in beside)]
    names, best = run.dataset.class_names, int(probabilities.argmax())
    key = card_key(run, source, place)
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center"):
            share = quantities.percent(float(probabilities[best]))
            if verdict.kind == "none":
                st.markdown("### Probably none of its classes", width="content")
                st.markdown(f":gray[nearest: {words.literal(names[best])} {share}]", width="content")
            else:
                st.markdown(f"### {words.literal(names[best])} :gray[{share}]", width="content")
            if verdict.kind == "uncertain":
                st.badge("uncertain", icon=":material/question_mark:", color="orange")
            if source.label is not None:
                _verdict(source.label, best, names)
            if beside:
                agree = sum(int(each.argmax()) == best for each in every)
                st.badge(f"{agree} of {len(runs)} say so", color="green" if agree == len(runs) else "orange")
        original, received, bars = st.columns([5, 4, 9], gap="medium")
        with original:
            _original(run, source, picture, best, f"why-{key}")
        with received:
            height, width = picture.pixels.shape[:2]
            enlarged = sheets.enlarged(picture.pixels, ENLARGED)
            st.image(enlarged, width=RECEIVED_PIXELS, alt="What the network received")
            st.caption(f"What the network received: {width}×{height} pixels")
        with bars:
            for asked_run, found in zip(runs, every, strict=True):
                if beside:
                    likeliest = int(found.argmax())
                    share = quantities.percent(float(found[likeliest]))
                    st.markdown(f"{words.dotted(asked_run)} &nbsp; {words.literal(names[likeliest])} :gray[{share}]")
                _bars(found, names, f"bars-{asked_run.id}-{key}")
            st.caption(verdict.because)
            for note in picture.notes:
                st.caption(f":material/info: {words.literal(note)}")
        _change(run, picture, probabilities, f"change-{key}")


def _original(run: Run, source: Source, picture: Picture, best: int, key: str) -> None:
    """Draw the picture as it was uploaded, or where in it the network sees a class."""
    names = run.dataset.class_names
    asked = why.choose((best,) if source.label is None else (best, source.label), names, key)
    shown, said = _with_crop(picture), ""
    if asked is not None:
        heat, said = why.heat(run, picture.pixels, asked, names[asked])
        if heat is not None:
            shown = _large(Image.fromarray(uploads.heated_crop(picture, heat)))
    st.image(shown, width="stretch", alt=f"{source.name}, as it was uploaded")
    st.caption(words.literal(source.name))
    if said:
        st.caption(said)


def card_key(run: Run, source: Source, place: int) -> str:
    """Return what the widgets of a card are called after: another picture in its place has its own."""
    return f"{run.id}-{place}-{zlib.crc32(source.data)}"


def _change(run: Run, picture: Picture, probabilities: np.ndarray, key: str) -> None:
    """Draw what changes a picture, and what the network says of it then."""
    form = st.expander("What would change its mind?", icon=":material/tune:", key=key, on_change="rerun")
    if not form.open:
        return
    names = run.dataset.class_names
    with form:
        with st.grid(len(Variation.model_fields), min_column_width=150, vertical_alignment="bottom"):
            chosen = forms.edit(st.session_state.get(f"{key} chosen", Variation()), f"{key}-form")
        st.session_state[f"{key} chosen"] = chosen
        pixels = varied(picture, chosen)
        changed = _probabilities(run, pixels)
        before, now = int(probabilities.argmax()), int(changed.argmax())
        shown, bars = st.columns([4, 14], gap="medium")
        shown.image(sheets.enlarged(pixels, ENLARGED), width=RECEIVED_PIXELS, alt="The picture as it is changed")
        with bars:
            st.markdown(_turned(names[before], names[now], float(probabilities[before]), float(changed[now])))
            _bars(changed, names, f"{key}-bars")


def _probabilities(run: Run, pixels: np.ndarray) -> np.ndarray:
    """Return the probabilities (classes,) that a run gives an image of the shape that it takes."""
    [answer] = cached.engine().predict(run, [_png(pixels)])
    assert not isinstance(answer, str)  # a picture of imgrec's own
    return answer.probabilities


def _bars(probabilities: np.ndarray, names: Sequence[str], key: str) -> None:
    st.plotly_chart(
        charts.probabilities(names, probabilities.tolist(), TOP),
        key=key,
        config={"displayModeBar": False, "staticPlot": True},
        alt=f"Probabilities of the likeliest classes, of which {names[int(probabilities.argmax())]} is the first",
    )


def _turned(before: str, now: str, probability: float, changed: float) -> str:
    then = f"**{words.literal(now)}** {quantities.percent(changed)}"
    if now == before:
        return f"Still {then}, before {quantities.percent(probability)}"
    return f"Now {then}, before **{words.literal(before)}** {quantities.percent(probability)}"


def _verdict(true: int, best: int, names: Sequence[str]) -> None:
    if true == best:
        st.badge("right", icon=":material/check:", color="green")
    else:
        st.badge(f"wrong: it is labelled {words.literal(names[true])}", icon=":material/close:", color="red")


def download(runs: Sequence[Run], sources: Sequence[Source]) -> None:
    """Draw the button that gives the answers to all pictures as a file for a spreadsheet."""
    st.download_button(
        "CSV",
        data=lambda: spreadsheet.to_csv(*table(runs, sources)).encode(spreadsheet.ENCODING),
        file_name="predictions.csv",
        mime="text/csv",
        on_click="ignore",
        icon=":material/download:",
        help="Each picture with its answer and the probability of every class.",
    )


def table(runs: Sequence[Run], sources: Sequence[Source]) -> tuple[list[str], list[list[object]]]:
    """Return the answers to all pictures: the columns, and a row for each picture and run."""
    names, files = runs[0].dataset.class_names, [source.data for source in sources]
    rows: list[list[object]] = []
    for run in runs:
        for source, answer in zip(sources, cached.engine().predict(run, files), strict=True):
            if isinstance(answer, str):
                rows.append([source.name, run.name, None, None, None, *[None] * len(names), answer])
            else:
                picture, probabilities, novelty = answer
                verdict = cached.judge(run).verdict(probabilities, novelty).kind
                best, values = int(probabilities.argmax()), probabilities.tolist()
                rows.append(
                    [source.name, run.name, names[best], values[best], verdict, *values, " ".join(picture.notes)]
                )
    return ["picture", "run", "class", "probability", "verdict", *names, "remark"], rows


def _with_crop(picture: Picture) -> Image.Image:
    image = Image.fromarray(picture.original)
    left, top, right, bottom = picture.crop
    if (right - left, bottom - top) != image.size:
        width = max(2, max(image.size) // 150)
        ImageDraw.Draw(image).rectangle((left, top, right - 1, bottom - 1), outline=CROP_COLOUR, width=width)
    return _large(image)


def _large(image: Image.Image) -> Image.Image:
    if max(image.size) >= ENLARGED:
        return image
    factor = -(-ENLARGED // max(image.size))
    return image.resize((image.width * factor, image.height * factor), Image.Resampling.NEAREST)


def _png(pixels: np.ndarray) -> bytes:
    file = io.BytesIO()
    uploads.drawn(pixels).save(file, "png")
    return file.getvalue()
