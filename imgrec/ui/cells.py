"""A choice of one cell of a confusion matrix: by a click on it, or by the keyboard from a table."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

Choose = Callable[[int, int], object]
"""Told the true class and the predicted class, in a callback."""


def clickable(figure: go.Figure, key: str, classes: int, choose: Choose, alt: str) -> None:
    """Draw a matrix of imgrec.charts, whose points are the cells row by row; a click chooses one."""

    def clicked() -> None:
        points = st.session_state[key].selection.points
        if points:
            choose(*divmod(points[0]["point_index"], classes))

    st.plotly_chart(
        figure,
        key=key,
        on_select=clicked,
        selection_mode="points",
        config={"displayModeBar": False},
        alt=f"{alt}; List shows the largest as a table",
    )


def selectable(
    table: Mapping[str, Any],
    pairs: Sequence[tuple[int, int]],
    key: str,
    choose: Choose,
    chosen: tuple[int, int] | None,
    columns: Mapping[str, Any] | None = None,
) -> None:
    """Draw a table with a row for each pair (true class, predicted class); selecting a row chooses its pair."""
    own, version = f"{key} own", st.session_state.setdefault(f"{key} version", 0)
    if st.session_state.get(own) not in {None, chosen}:  # another cell is looked at since: no row is selected any more
        del st.session_state[own]
        version = st.session_state[f"{key} version"] = version + 1

    def selected() -> None:
        rows = st.session_state[f"{key} {version}"].selection.rows
        st.session_state[own] = pairs[rows[0]] if rows else None
        if rows:
            choose(*pairs[rows[0]])

    st.dataframe(
        pd.DataFrame(table),
        hide_index=True,
        height="content",
        column_config=columns,
        key=f"{key} {version}",
        on_select=selected,
        selection_mode="single-row",
    )
