"""What networks answer about many pictures: a card each, a page at a time, and a table of all."""

from base64 import b64encode
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from imgrec import spreadsheet
from imgrec.classifier import Answer
from imgrec.framing import Framing
from imgrec.runs import Run
from imgrec.runs.listing import RunRow
from imgrec.ui import cached, selection, words
from imgrec.ui.predict import card, sources
from imgrec.ui.predict.sources import Source

MOST_BESIDE = 3
"""Runs asked beside the first; more do not stand side by side."""

PER_PAGE = 10
"""Pictures drawn at once; many more make the browser slow."""

AT_ONCE = 4
"""Pictures asked about before the progress bar moves."""

MOST_KEPT = 5000
"""Answers kept of a tab; each takes about 3 kB."""


MOST_NAMED = 12
"""Classes that are named at once; of more, the rest is a click away."""

THUMBNAIL = 64
"""Longer side at most of a picture in the table of all answers, which shows it smaller; a message holds all of them."""


class Kept(NamedTuple):
    """What is kept of an answer for the table: everything but the picture; or why there is none."""

    probabilities: NDArray[np.float32] | None
    verdict: str
    remark: str
    received: bytes
    """What the network received, at a glance, as a PNG file."""


def known(names: Sequence[str]) -> None:
    """Say which classes a network knows."""
    classes = f"It knows {len(names):,} classes"
    if len(names) <= MOST_NAMED:
        st.caption(f"{classes}: {', '.join(map(words.literal, names))}.")
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(f"{classes}: {words.some(names, MOST_NAMED)}.", width="content")
        with st.popover(f"All {len(names):,}", icon=":material/list:", key="all-classes", on_change="rerun") as every:
            if every.open:
                st.dataframe({"Class": list(names)}, hide_index=True, key="table-of-classes")


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


def draw(runs: Sequence[Run], asked: Sequence[Source]) -> None:
    """Draw what the first run answers to each picture, or why it cannot be read, and beside it what the others do.

    A page of pictures at a time, each as soon as it is answered; of more than a page there is a table of all above.
    """
    pages = -(-len(asked) // PER_PAGE)
    page = min(st.session_state.get("answers-page") or 1, pages)
    above = st.container()
    first = PER_PAGE * (page - 1)
    shown = asked[first : first + PER_PAGE]
    for place, source in enumerate(shown, first):
        card.draw(runs, source, place)
    if pages > 1:
        st.pagination(pages, key="answers-page", max_visible_pages=7)
        for source in shown:
            if _key(runs[0], source) not in _kept():
                _keep(runs[0], source, card.answer(runs[0], source))  # which its card has just asked for
        with above:
            _summary(runs[0], asked)


def _summary(run: Run, asked: Sequence[Source]) -> None:
    """Draw the answers to all pictures as a table, and how far that is."""
    bar = st.empty()
    answers: list[Kept] = []
    for start in range(0, len(asked), AT_ONCE):
        answers += _answers(run, asked[start : start + AT_ONCE])
        if len(answers) < len(asked):
            bar.progress(len(answers) / len(asked), f"{len(answers)} of {len(asked)} pictures")
    bar.empty()
    names = run.dataset.class_names
    likeliest = [None if kept.probabilities is None else int(kept.probabilities.argmax()) for kept in answers]
    st.dataframe(
        {
            "": [_url(kept.received) for kept in answers],
            "picture": [source.name for source in asked],
            "answer": [None if best is None else names[best] for best in likeliest],
            "probability": [
                None if kept.probabilities is None else 100 * float(kept.probabilities.max()) for kept in answers
            ],
            "verdict": [kept.verdict for kept in answers],
            "remark": [kept.remark for kept in answers],
        },
        column_config={
            "": st.column_config.ImageColumn(width=40),
            "probability": st.column_config.ProgressColumn(format="%.1f %%", min_value=0, max_value=100),
        },
        hide_index=True,
        height=290,
        key="answers-table",
    )


def _answers(run: Run, asked: Sequence[Source]) -> list[Kept]:
    """Return what a run answers to pictures; what was asked before is remembered as long as the tab is open."""
    kept = _kept()
    new = [source for source in asked if _key(run, source) not in kept]
    if len(kept) + len(new) > MOST_KEPT:
        kept.clear()
        new = list(asked)
    if new:
        framings = [sources.framing(source) for source in new]
        with cached.answering(run) as handle:
            found = handle.predict(run, [source.data for source in new], framings)
        for source, answer in zip(new, found, strict=True):
            _keep(run, source, answer)
    return [kept[_key(run, source)] for source in asked]


def _keep(run: Run, source: Source, answer: Answer | str) -> None:
    if isinstance(answer, str):
        _kept()[_key(run, source)] = Kept(None, "", answer, b"")
        return
    picture, probabilities, novelty = answer
    verdict = cached.judge(run).verdict(probabilities, novelty).kind
    _kept()[_key(run, source)] = Kept(
        probabilities, verdict, " ".join(picture.notes), sources.png(_small(picture.pixels))
    )


def _small(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Leave out rows and columns of an image (H, W, C) that a table does not show."""
    step = -(-max(pixels.shape[:2]) // THUMBNAIL)
    return pixels[::step, ::step]


def _kept() -> dict[tuple[str, str, Framing], Kept]:
    found: dict[tuple[str, str, Framing], Kept] = st.session_state.setdefault("answers", {})
    return found


def _key(run: Run, source: Source) -> tuple[str, str, Framing]:
    return run.id, source.id, sources.framing(source)


def _url(png: bytes) -> str | None:
    return f"data:image/png;base64,{b64encode(png).decode()}" if png else None


def download(runs: Sequence[Run], asked: Sequence[Source]) -> None:
    """Draw the button that gives the answers to all pictures as a file for a spreadsheet."""
    st.download_button(
        "CSV",
        data=lambda: spreadsheet.to_csv(*table(runs, asked)).encode(spreadsheet.ENCODING),
        file_name="predictions.csv",
        mime="text/csv",
        on_click="ignore",
        icon=":material/download:",
        help="Each picture with its answer and the probability of every class.",
    )


def table(runs: Sequence[Run], asked: Sequence[Source]) -> tuple[list[str], list[list[object]]]:
    """Return the answers to all pictures: the columns, and a row for each picture and run."""
    names = runs[0].dataset.class_names
    rows: list[list[object]] = []
    for run in runs:
        for source, kept in zip(asked, _answers(run, asked), strict=True):
            if kept.probabilities is None:
                rows.append([source.name, run.name, None, None, None, *[None] * len(names), kept.remark])
            else:
                best, values = int(kept.probabilities.argmax()), kept.probabilities.tolist()
                rows.append([source.name, run.name, names[best], values[best], kept.verdict, *values, kept.remark])
    return ["picture", "run", "class", "probability", "verdict", *names, "remark"], rows
