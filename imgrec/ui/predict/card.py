"""What networks answer about one picture: the picture, what they received, the probabilities, and the reasons."""

from collections.abc import Sequence

import numpy as np
import streamlit as st
from PIL import Image, ImageDraw

from imgrec import quantities, uploads
from imgrec.classifier import Answer
from imgrec.framing import Framing
from imgrec.runs import Run
from imgrec.ui import bars, cached, forms, sheets, why, words
from imgrec.ui.predict import inside, sources
from imgrec.ui.predict.sources import Source
from imgrec.uploads import Picture
from imgrec.variations import Variation, varied
from imgrec.verdict import Verdict

CROP_COLOUR = (255, 176, 0)
"""Seen on dark and on bright pictures."""

ENLARGED = 256
"""Longer side in pixels of a small picture or image: enlarged in whole pixels, not blurred by the browser."""

RECEIVED_PIXELS = 192
"""Width of the image that the network received, beside the picture and on a telephone."""

TOP = 5
"""Classes whose probability is drawn."""


@st.fragment
def draw(runs: Sequence[Run], source: Source, place: int) -> None:
    """Draw the answers to one picture."""
    run, *beside = runs
    key = key_of(run, source, place)
    found = answer(run, source)
    if isinstance(found, str):
        st.error(words.literal(found), title=words.literal(source.name), icon=":material/broken_image:")
        return
    picture, probabilities, novelty = found
    every = [probabilities, *(_probabilities(other, picture.pixels) for other in beside)]
    names, best = run.dataset.class_names, int(probabilities.argmax())
    verdict = cached.judge(run).verdict(probabilities, novelty)
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center"):
            _say(verdict, names[best], float(probabilities[best]))
            if source.label is not None:
                _check(source.label, best, names)
            if beside:
                agree = sum(int(each.argmax()) == best for each in every)
                st.badge(f"{agree} of {len(runs)} say so", color="green" if agree == len(runs) else "orange")
        original, received, probable = st.columns([5, 4, 9], gap="medium")
        with original:
            _original(run, source, picture, best, key)
        with received:
            height, width = picture.pixels.shape[:2]
            enlarged = sheets.enlarged(picture.pixels, ENLARGED)
            st.image(enlarged, width=RECEIVED_PIXELS, alt="What the network received")
            st.caption(f"What the network received: {width}×{height} pixels")
        with probable:
            for asked_run, each in zip(runs, every, strict=True):
                if beside:
                    likeliest = int(each.argmax())
                    share = quantities.percent(float(each[likeliest]))
                    st.markdown(f"{words.dotted(asked_run)} &nbsp; {words.literal(names[likeliest])} :gray[{share}]")
                bars.probabilities(names, each.tolist(), TOP)
                _every(names, each, f"every-{key}-{asked_run.id}")
            st.caption(verdict.because)
            for note in picture.notes:
                st.caption(f":material/info: {words.literal(note)}")
        _change(run, picture, probabilities, f"change-{key}")
        inside.draw(run, picture.pixels, f"inside-{key}")


def _every(names: Sequence[str], probabilities: np.ndarray, key: str) -> None:
    """Draw, once it is opened, the probabilities of all classes, where the bars leave some out."""
    if len(names) <= TOP:
        return
    label = f"All {len(names):,} classes"
    with st.popover(label, icon=":material/list:", type="tertiary", key=key, on_change="rerun") as every:
        if every.open:
            order = np.argsort(-probabilities, kind="stable")
            st.dataframe(
                {"Class": [names[place] for place in order], "Probability": 100 * probabilities[order]},
                column_config={"Probability": st.column_config.ProgressColumn(format="%.2f %%", max_value=100)},
                hide_index=True,
                key=f"{key}-table",
            )


def answer(run: Run, source: Source) -> Answer | str:
    """Return the answer to a picture, or why it cannot be read; that of the last ones is still there."""
    return cached.answer(run, source.id, source.data, sources.framing(source))


def key_of(run: Run, source: Source, place: int) -> str:
    """Return what the widgets of a card are called after: another picture in its place has its own."""
    return f"{run.id}-{place}-{source.id}"


def _say(verdict: Verdict, name: str, probability: float) -> None:
    share = quantities.percent(probability)
    if verdict.kind == "none":
        st.markdown(f"### Probably none of its classes :gray[nearest: {words.literal(name)} {share}]", width="content")
    else:
        st.markdown(f"### {words.literal(name)} :gray[{share}]", width="content")
    if verdict.kind == "uncertain":
        st.badge("uncertain", icon=":material/question_mark:", color="orange", help=verdict.because)


def _check(true: int, best: int, names: Sequence[str]) -> None:
    if true == best:
        st.badge("right", icon=":material/check:", color="green")
    else:
        st.badge("wrong", icon=":material/close:", color="red")
        st.markdown(f"It is labelled {words.literal(names[true])}", width="content")  # a badge would cut a long name


def _original(run: Run, source: Source, picture: Picture, best: int, key: str) -> None:
    """Draw the picture as it was uploaded, or where in it the network sees a class; and how it is cut."""
    names = run.dataset.class_names
    asked = why.choose((best,) if source.label is None else (best, source.label), names, f"why-{key}")
    shown, said = _with_crop(picture), ""
    if asked is not None:
        heat, said = why.heat(run, picture.pixels, asked, names[asked])
        if heat is not None:
            shown = _large(Image.fromarray(uploads.heated_crop(picture, heat)))
    st.image(shown, width="stretch", alt=f"{source.name}, as it was uploaded")
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.caption(words.literal(source.name), width="content")
        if source.label is None:
            _crop(source, f"crop-{key}")
    if said:
        st.caption(said)


def _crop(source: Source, key: str) -> None:
    """Draw how the picture is cut, to be changed."""
    before = sources.framing(source)
    with st.popover("Crop", icon=":material/crop:", key=key, type="tertiary"):
        fields = list(Framing.model_fields) if before.way == "by hand" else ["way"]
        chosen = forms.edit(before, f"{key}-form", fields)
    if chosen != before:
        st.session_state[f"framing-{source.id}"] = chosen
        st.rerun()  # the whole page, as the table of all answers shows it too


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
        shown, probable = st.columns([4, 14], gap="medium")
        shown.image(sheets.enlarged(pixels, ENLARGED), width=RECEIVED_PIXELS, alt="The picture as it is changed")
        with probable:
            st.markdown(_turned(names[before], names[now], float(probabilities[before]), float(changed[now])))
            bars.probabilities(names, changed.tolist(), TOP)


def _probabilities(run: Run, pixels: np.ndarray) -> np.ndarray:
    """Return the probabilities (classes,) that a run gives an image of the shape that it takes."""
    with cached.answering(run) as handle:
        [found] = handle.predict(run, [sources.png(pixels)])
    assert not isinstance(found, str)  # a picture of imgrec's own
    return found.probabilities


def _turned(before: str, now: str, probability: float, changed: float) -> str:
    then = f"**{words.literal(now)}** {quantities.percent(changed)}"
    if now == before:
        return f"Still {then}, before {quantities.percent(probability)}"
    return f"Now {then}, before **{words.literal(before)}** {quantities.percent(probability)}"


def _with_crop(picture: Picture) -> Image.Image:
    image = Image.fromarray(picture.original)
    left, top, right, bottom = picture.crop
    if left > 0 or top > 0 or right < image.width or bottom < image.height:
        width = max(2, max(image.size) // 150)
        ImageDraw.Draw(image).rectangle((left, top, right - 1, bottom - 1), outline=CROP_COLOUR, width=width)
    return _large(image)


def _large(image: Image.Image) -> Image.Image:
    if max(image.size) >= ENLARGED:
        return image
    factor = -(-ENLARGED // max(image.size))
    return image.resize((image.width * factor, image.height * factor), Image.Resampling.NEAREST)
