"""What all charts share: colours, the layout, and names that Plotly reads as text."""

import html
import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

# Okabe and Ito 2008, "Color Universal Design": told apart by colour-blind people, legible on white and on near-black.
RUN_COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#D55E00", "#56B4E9")
"""A run's colour, the same on every page."""
TRAINING = "#0072B2"
VALIDATION = "#D55E00"
ACCENT = "#7A68C6"
"""What a chart points at where it is not about a split."""
QUIET = "#8B93A1"
"""What stands beside it."""
GRID = "rgba(128,136,150,0.22)"

Scale = Sequence[tuple[float, str]]
"""Colours of a range of values, from 0 to 1."""

_CLEAR = "rgba(0,0,0,0)"

_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")

LEGEND_ABOVE = {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"}


def layout(height: int, uirevision: str) -> dict[str, Any]:
    """Return the layout that every chart begins with; height in pixels."""
    return {
        "height": height,
        "uirevision": uirevision,
        "paper_bgcolor": _CLEAR,
        "plot_bgcolor": _CLEAR,
        "dragmode": False,
        "font": {"size": 12},
        "hoverlabel": {"namelength": -1},  # Plotly cuts longer names, also within an &amp;
    }


def plain(name: str) -> str:
    """Make a name safe for Plotly, which reads text as HTML, and as LaTeX between dollars.

    Controls, also those that turn the direction of the words and numbers around a name, are shown as such.
    """
    shown = _CONTROLS.sub(lambda found: " " if found[0].isspace() else "\ufffd", name)
    return html.escape(shown, quote=False).replace("$", "&#36;")


def short(name: str, letters: int = 14) -> str:
    """Cut a name off where it would take the room of the chart."""
    return name if len(name) <= letters else f"{name[: letters - 1]}…"


def faint(colour: str, opacity: float) -> str:
    """Return a colour "#RRGGBB" that lets through what lies beneath."""
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity})"


def ink(shares: NDArray[Any], scale: Scale) -> NDArray[Any]:
    """Choose white or black for the text on each cell of a scale, whichever contrasts more."""
    stops = [stop for stop, _ in scale]
    luminance = np.zeros(shares.shape)
    for place, weight in ((1, 0.2126), (3, 0.7152), (5, 0.0722)):
        channel = np.interp(shares, stops, [int(colour[place : place + 2], 16) / 255 for _, colour in scale])
        luminance += weight * channel**2.2
    # White has luminance 1, black 0; the contrast of WCAG 2.2 to both is the same at √(1.05 · 0.05) - 0.05.
    return np.where(luminance < 0.179, "white", "black")


def intervals(
    values: Sequence[float], lows: Sequence[float], highs: Sequence[float], thickness: int = 1
) -> dict[str, Any]:
    """Return error bars from lows to highs around values, all of them shares in [0, 1] that are drawn in percent."""
    return {
        "type": "data",
        "symmetric": False,
        "array": [100 * (high - value) for value, high in zip(values, highs, strict=True)],
        "arrayminus": [100 * (value - low) for value, low in zip(values, lows, strict=True)],
        "color": QUIET,
        "thickness": thickness,
    }
