"""Probabilities as bars, in HTML: there at once, where a browser needs a second for its first chart of Plotly."""

from collections.abc import Sequence
from html import escape

import streamlit as st

from imgrec import charts, quantities

_ROWS = "display:grid;grid-template-columns:fit-content(40%) 1fr;gap:6px 10px;align-items:center;font-size:0.875rem"
_NAME = "overflow-wrap:anywhere;line-height:1.2;text-align:right"
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
    said = [f"{names[place]} {quantities.percent(values[place])}" for place in order]
    rows = [
        _row(names[place], values[place], charts.QUIET if rank else charts.ACCENT) for rank, place in enumerate(order)
    ]
    if others := len(values) - len(order):
        name, left = quantities.count(others, "other"), max(0.0, sum(values) - sum(values[place] for place in order))
        said.append(f"{name} {quantities.percent(left)}")
        rows.append(_row(name, left))
    st.html(f'<div role="img" aria-label="{escape(", ".join(said))}" style="{_ROWS}">{"".join(rows)}</div>')


def _row(name: str, value: float, colour: str = "") -> str:
    """Write a name with its number, and with a bar where it has a colour: many others together are no class."""
    # The longest bar leaves room for its number.
    bar = f"width:calc((100% - 4.5em) * {value:.4f});height:1.1em;border-radius:2px;flex:none;background:{colour}"
    drawn = f'<span style="{bar}"></span>' if colour else ""
    return (
        f'<span style="{_NAME}">{escape(name)}</span>'
        f'<span style="{_BAR}">{drawn}<span style="{_VALUE}">{quantities.percent(value)}</span></span>'
    )
