"""Validation images that stay the same, with what the network takes them for after each epoch."""

from collections.abc import Sequence

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from imgrec import charts, datasets
from imgrec.datasets import Images
from imgrec.records import EpochMetrics
from imgrec.runs import Run
from imgrec.ui import cached, sheets, words

SIDE = 64
"""Pixels of an image: as many beside each other as there is room for."""


def draw(run: Run, history: Sequence[EpochMetrics]) -> None:
    """Draw the watched images of a run with the answers of its last complete epoch, where both are here."""
    dataset = run.config.dataset
    if not history or not history[-1].watched or not cached.is_available(dataset):
        return
    train, _ = cached.dataset(dataset)
    places, names = _places(run, train), run.dataset.class_names
    answers = history[-1].watched
    right = sum(answer == label for answer, label in zip(answers, train.labels[places], strict=True))
    st.markdown(f"**What it says of {len(answers)} validation images**: {right} right after epoch {len(history)}")
    with st.container(horizontal=True, gap="xsmall", key="watched"):
        for place, answer in zip(places, answers, strict=True):
            label = int(train.labels[place])
            name = words.literal(charts.short(names[answer]))
            said = name if answer == label else f"**✗ {name}**"
            alt = f"{names[label]}, taken for {names[answer]}"
            st.image(sheets.enlarged(train.pixels[place], SIDE), said, width=SIDE, alt=alt)
    st.caption("They stay the same; what it takes each for stands below it, with ✗ where it is wrong.")


def _places(run: Run, images: Images) -> NDArray[np.int64]:
    _, validation = datasets.split(images, run.config.training)
    return validation[datasets.watched(validation, images.labels)]
