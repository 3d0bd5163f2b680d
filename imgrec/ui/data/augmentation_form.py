"""The augmentations: a switch and a slider for each, and what they do to real images."""

import re

import numpy as np
import streamlit as st

from imgrec.augmentations import AUGMENTATIONS, Augmentation
from imgrec.config import RunConfig
from imgrec.ui import cached, draft, forms, sheets, vary, words

SHOWN = 8
"""Images in the preview: enough to see what is random and what is not."""

SEED = "preview seed"


def choose(config: RunConfig, *, disabled: bool = False) -> tuple[Augmentation, ...]:
    """Draw a switch for every augmentation, a slider for those that are on, and return those that are on.

    Disabled ones are seen and not changed.
    """
    height, width, channels = draft.dataset().image_shape
    on = {type(augmentation).__name__: augmentation for augmentation in config.augmentations}
    chosen: list[Augmentation] = []
    with st.container(border=True, gap="small"):
        for name, kind in AUGMENTATIONS.items():
            title = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).capitalize()
            help = (kind.__doc__ or "").split("\n")[0]
            with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
                if not forms.toggle(title, name in on, f"augment-{name}", help, width=180, disabled=disabled):
                    continue
                beside = vary.beside(config, f"augmentations.{len(chosen)}", disabled=disabled)
                own = forms.edit(on.get(name, kind()), f"augmentation-{name}", disabled=disabled, beside=beside)
                chosen.append(own)
            if kind.needs_colour and channels == 1:
                st.caption("These images are grey: it leaves them as they are.")
            if scaled := chosen[-1].scaled(min(height, width)):
                st.caption(scaled)
            if doubt := chosen[-1].doubt():
                st.caption(f":orange[:material/warning: {words.literal(doubt)}]")
    return tuple(chosen)


def preview(config: RunConfig) -> None:
    """Draw images above what training would make of them, through the very code that training uses."""
    seed = st.session_state.get(SEED, 0)
    originals = _originals(config.dataset, seed)
    # Always both, so that nothing below moves when the first is switched on.
    changed = originals
    if config.augmentations:
        with st.spinner("Changing the images …"):
            changed = cached.engine().preview(originals, config.augmentations, seed)
    after = "After" if config.augmentations else "After: nothing is changed yet. Switch one on to see what it does."
    st.image(sheets.sheet(originals, SHOWN), "Before", width="stretch", alt="Training images as they are")
    st.image(sheets.sheet(changed, SHOWN), after, width="stretch", alt="The same images, augmented")
    st.button("Draw again", icon=":material/refresh:", type="tertiary", key="draw-again", on_click=_again)


def _originals(dataset: str, seed: int) -> np.ndarray:
    train, _ = cached.dataset(dataset)
    chosen: np.ndarray = train.pixels[np.random.default_rng(seed).permutation(len(train.pixels))[:SHOWN]]
    return chosen


def _again() -> None:
    st.session_state[SEED] = st.session_state.get(SEED, 0) + 1
