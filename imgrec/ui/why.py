"""Where in an image a network sees a class: the choice to look at it, and the heat to lay over the image."""

from collections.abc import Sequence

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from imgrec import charts
from imgrec.errors import ImgrecError
from imgrec.runs import Run
from imgrec.ui import cached, words

IMAGE = -1
"""What stands beside the classes in the choice of what to see: the image as it is."""


def choose(classes: Sequence[int], names: Sequence[str], key: str) -> int | None:
    """Draw the choice between the image and what speaks for one of some classes, and return that class, if any.

    Long names are cut, as the sentence about what is shown has the whole one.
    """
    shown = st.segmented_control(
        "Show",
        [IMAGE, *dict.fromkeys(classes)],
        default=IMAGE,
        format_func=lambda label: "Image" if label == IMAGE else f"Why {words.literal(charts.short(names[label]))}",
        required=True,
        key=key,
        label_visibility="collapsed",
    )
    return None if shown == IMAGE else shown


def heat(run: Run, pixels: NDArray[np.uint8], label: int, name: str) -> tuple[NDArray[np.float32] | None, str]:
    """Return how much each pixel of an image (H, W, C) speaks for a class, from 0 to 1, and what to say of it.

    None, and why, where the run's network cannot tell.
    """
    try:
        with st.spinner("Asking the model …"), cached.explainer() as asked:
            found = asked.explain(run, pixels, label)
    except ImgrecError as error:
        return None, words.literal(str(error))
    name = words.literal(name)
    if not found.any():
        return found, f"Nothing in the image speaks for {name} to this network. (Method: HiResCAM.)"
    return found, f"The more orange a place, the more it speaks for {name}. (Method: HiResCAM.)"
