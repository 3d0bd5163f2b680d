"""What is wrong with a dataset of own pictures: each finding with its images, and one button that mends it."""

from typing import Any

import streamlit as st
from numpy.typing import NDArray

from imgrec import inspection, quantities
from imgrec.datasets.own import OwnDataset, Version
from imgrec.findings import Action, Case, Correction, Finding, Kind, corrected, joined
from imgrec.ui import sheets, words
from imgrec.ui.data import correcting

PER_PAGE = 12
"""Cases of a finding that are drawn at once."""

OF_A_CASE = 4
"""Images of a group that are drawn."""

SIDE = 72
TICK_SECONDS = 1.0

TO_JUDGE = frozenset({Kind.WRONG_LABEL, Kind.OUTLIER})
"""Findings that are guesses: a person ticks what is to be changed."""


def draw(kept: OwnDataset, version: Version) -> None:
    """Draw what was found in a version. Where it was not checked, let that be done."""
    found = inspection.found(kept, version)
    if found is None:
        inspection.start(kept, version)
        _wait(kept, version)
        return
    if not found.found:
        st.success(f"Nothing is wrong with these {found.images:,} images.", icon=":material/check_circle:")
        return
    pixels = kept.pixels()
    for finding in found.found:
        with st.expander(
            words.literal(finding.sentence), key=f"finding-{version.id}-{finding.kind.name}", on_change="rerun"
        ) as shown:
            if shown.open:
                _finding(kept, version, finding, pixels)


@st.fragment(run_every=TICK_SECONDS)
def _wait(kept: OwnDataset, version: Version) -> None:
    if not inspection.is_under_way(kept, version):
        st.rerun()
    st.progress(inspection.share(kept, version), "Looking for twins, odd images and wrong labels …")


def _finding(kept: OwnDataset, version: Version, finding: Finding, pixels: NDArray[Any]) -> None:
    key = f"cases-{version.id}-{finding.kind.name}"
    bar, cases = st.container(), finding.cases
    pages = -(-len(cases) // PER_PAGE)
    first = PER_PAGE * (st.session_state.get(key, 1) - 1)
    default = finding.kind not in TO_JUDGE
    labels, _ = kept.rows(version)
    chosen = list(cases) if default else []
    with st.container(horizontal=True, gap="medium"):
        for place, case in enumerate(cases[first : first + PER_PAGE], first):
            with st.container(width="content", gap="xsmall"):
                ticked = _case(case, version, labels, pixels, f"{key}-{place}", default)
            if ticked != default and case.correction:
                chosen = [*chosen, case] if ticked else [each for each in chosen if each is not case]
    if pages > 1:
        st.pagination(pages, key=key, max_visible_pages=5)
    correction = joined([case.correction for case in chosen if case.correction]) if chosen else None
    if any(case.correction for case in cases):
        with bar:
            _button(kept, version, finding, correction)


def _case(case: Case, version: Version, labels: NDArray[Any], pixels: NDArray[Any], key: str, default: bool) -> bool:
    """Draw a case, and return whether it is ticked."""
    names = version.class_names
    if case.rows:
        with st.container(horizontal=True, gap="xsmall", width="content"):
            for row in case.rows[:OF_A_CASE]:
                name = names[labels[row]]
                st.image(sheets.framed(pixels[row], SIDE), words.literal(name), width=SIDE, alt=f"Image {row}, {name}")
    elif case.classes:
        st.markdown(f"**{words.literal(', '.join(names[label] for label in case.classes))}**")
    if case.says:
        st.caption(words.literal(case.says))
    if case.correction is None:
        return False
    return st.checkbox(_what(case.correction, version), default, key=key)


def _what(correction: Correction, version: Version) -> str:
    """Say what a correction does, in a few words."""
    names = version.class_names
    match correction.action:
        case Action.LEAVE_OUT:
            return "Leave out" if len(correction.rows) == 1 else f"Leave out {len(correction.rows)}"
        case Action.MOVE:
            to = correcting.SPLITS[correction.to[0]].lower()
            return f"Move to {to}" if len(correction.rows) == 1 else f"Move {len(correction.rows)} to {to}"
        case Action.RELABEL:
            return f"It is {words.literal(names[correction.to[0]])}"
        case Action.MERGE:
            return f"Make {words.literal(' and '.join(names[label] for label in correction.classes))} one"
        case Action.DROP:
            return f"Leave out {words.literal(', '.join(names[label] for label in correction.classes))}"


def _button(kept: OwnDataset, version: Version, finding: Finding, correction: Correction | None) -> None:
    count = len(correction.rows or correction.classes) if correction else 0
    of = "class" if finding.cases[0].rows == () and correction and not correction.rows else "image"
    what = f"{count:,} classes" if of == "class" and count > 1 else quantities.count(count, of)
    verb = {
        Action.LEAVE_OUT: f"Leave out {what}",
        Action.MOVE: f"Move {what}",
        Action.RELABEL: f"Relabel {what}",
        Action.MERGE: "Make them one class",
        Action.DROP: f"Leave out {what}",
    }
    label = verb[correction.action] if correction else "Tick what is to be changed"
    pressed = st.button(
        label, key=f"mend-{version.id}-{finding.kind.name}", icon=":material/build:", disabled=correction is None
    )
    if pressed and correction:
        labels, splits = kept.rows(version)
        changed = corrected(correction, version.class_names, labels, splits)
        correcting.apply(kept, version, *changed, f"{label}: {finding.kind}.")
