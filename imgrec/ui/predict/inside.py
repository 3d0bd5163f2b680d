"""A look inside a network at one picture: what each layer makes of it, and the filters that look first."""

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from imgrec import jobs
from imgrec.architecture import LayerRow
from imgrec.errors import ImgrecError
from imgrec.runs import Run
from imgrec.ui import cached, sheets, words

COLUMNS = 16
"""Maps beside each other."""

SIDE = 24
"""Pixels that a map is drawn with at least, before the sheet enlarges it."""


def draw(run: Run, pixels: NDArray[np.uint8], key: str) -> None:
    """Draw, once it is opened, the choice of a layer and its maps of an image (H, W, C), and the first filters."""
    form = st.expander("Look inside the network", icon=":material/visibility:", key=key, on_change="rerun")
    if not form.open:
        return
    with form:
        rows = {row.position: row for row in jobs.network(run).rows if row.position is not None}
        position = st.selectbox("Layer", list(rows), format_func=lambda place: _title(rows[place]), key=f"{key}-layer")
        try:
            with st.spinner("Asking the model …"), cached.explainer() as asked:
                maps, there = asked.maps(run, pixels, position)
                filters = asked.filters(run) if position == 0 else None
        except ImgrecError as error:
            st.error(words.literal(str(error)), icon=":material/error:")
            return
        _sheet(maps[..., None], f"What layer {position + 1} makes of the picture")
        st.caption(_said(rows[position], len(maps), there))
        if filters is not None:
            _sheet(filters, "The filters of the first layer")
            answers_to = "a colour is what it" if pixels.shape[2] == 3 else "bright on dark is what a filter"
            st.caption(
                "The filters of the first layer, each of which is laid over every place of the image: grey is 0, and "
                f"{answers_to} answers to."
            )


def _title(row: LayerRow) -> str:
    assert row.position is not None
    return f"{row.position + 1} · {type(row.layer).__name__}, {'×'.join(map(str, row.output_shape))}"


def _said(row: LayerRow, shown: int, there: int) -> str:
    if len(row.output_shape) == 1:
        which = "Its values" if shown == there else f"The first {shown} of its {there:,} values"
        return f"{which}, a square each: the brighter, the larger."
    which = f"Its {there} maps" if shown == there else f"The {shown} most active of its {there} maps"
    return f"{which}: the brighter a place, the more the filter has found there. Dark ones have found nothing."


def _sheet(tiles: NDArray[np.uint8], alt: str) -> None:
    factor = max(1, SIDE // max(tiles.shape[1:3]))
    st.image(sheets.sheet(tiles.repeat(factor, 1).repeat(factor, 2), COLUMNS), width="stretch", alt=alt)
