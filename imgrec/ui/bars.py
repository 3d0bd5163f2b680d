"""Probabilities as bars, in HTML: there at once, where a browser needs a second for its first chart of Plotly."""

from collections.abc import Sequence
from html import escape

import streamlit as st

from imgrec import charts, quantities

_ROWS = "display:grid;grid-template-columns:fit-content(40%) 1fr;gap:6px 10px;align-items:center;font-size:0.875rem"
_NAME = "overflow:hidden;text-overflow:ellipsis;white-space:nowrap;text-align:right"
_BAR = "display:flex;align-items:center;gap:6px;min-width:0"
_VALUE = "white-space:nowrap;font-variant-numeric:tabular-nums"


def probabilities(
    names: Sequence[str], values: Sequence[float], most: int | None = None, also: int | None = None
) -> None:
    """Draw the probability of each class, or of so many at most, the largest on top and in colour.

    also is a class that is drawn whatever its probability; the last row has the sum of the classes that are not drawn.
    """
    ranked = sorted(range(len(values)), key=lambda place: -values[place])
    order = ranked[:most]
    if also is not None and also not in order:
        order.append(also)
    bars = [(names[place], values[place]) for place in order]
    if others := len(values) - len(order):
        bars.append((quantities.count(others, "other"), max(0.0, sum(values) - sum(values[place] for place in order))))
    said = ", ".join(f"{name} {quantities.percent(value)}" for name, value in bars)
    rows = "".join(_row(name, value, first=place == 0) for place, (name, value) in enumerate(bars))
    st.html(f'<div role="img" aria-label="{escape(said)}" style="{_ROWS}">{rows}</div>')


def _row(name: str, value: float, *, first: bool) -> str:
    # The longest bar leaves room for its number.
    bar = (
        f"width:calc((100% - 4.5em) * {value:.4f});height:1.1em;border-radius:2px;flex:none;"
        f"background:{charts.ACCENT if first else charts.QUIET}"
    )
    number = quantities.percent(value)
    shown = escape(name)
    return (
        f'<span style="{_NAME}" title="{shown}">{shown}</span>'
        f'<span style="{_BAR}"><span style="{bar}"></span><span style="{_VALUE}">{number}</span></span>'
    )
