"""A choice of one cell of a confusion matrix: by a click on it, or by the keyboard from a table."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

CELL = "cell"
"""What a chosen cell is called in an address."""

HALF_PIXELS = 400
"""Below this width, a matrix of ten classes and the images behind it do not stand side by side."""

MOST_ROWS = 12
"""Rows of a table that stand beside the images without scrolling; of more, the table scrolls."""

ROW_PIXELS = 36

ANY = -1
"""In place of a class where all classes are looked at."""


@dataclass(frozen=True)
class CellChoice:
    """The cell that a visitor looks at, in the session state of the widgets that choose images.

    key is what their keys end with; one_cell is the option of "Look at" that shows the images of one cell.
    """

    key: str
    one_cell: StrEnum

    def make(self, true: int, taken: int) -> None:
        """Look at the images of one cell: for a callback, which is told the true class and the predicted class."""
        st.session_state[f"look-{self.key}"] = self.one_cell
        st.session_state[f"true-{self.key}"] = true
        st.session_state[f"taken-{self.key}"] = taken

    @property
    def made(self) -> tuple[int, int] | None:
        """The cell that is looked at, if it is one."""
        if st.session_state.get(f"look-{self.key}") != self.one_cell:
            return None
        true, taken = (st.session_state.get(f"{what}-{self.key}", ANY) for what in ("true", "taken"))
        return (true, taken) if true >= 0 and taken >= 0 else None

    def follow_address(self, classes: int) -> None:
        """Look at the cell of the address (…?cell=3-5), when the page is opened by it: by a link, or again."""
        if f"look-{self.key}" in st.session_state:
            return
        found = re.fullmatch(r"(\d{1,3})-(\d{1,3})", st.query_params.get(CELL, ""))
        if found and max(map(int, found.groups())) < classes:
            self.make(int(found[1]), int(found[2]))

    def keep_in_address(self) -> None:
        """Put the cell that is looked at into the address, or take the last one out of it."""
        cell = "{}-{}".format(*self.made) if self.made else None
        if cell is None:
            st.query_params.pop(CELL, None)
        elif st.query_params.get(CELL) != cell:
            st.query_params[CELL] = cell


def halves() -> tuple[DeltaGenerator, DeltaGenerator]:
    """Return the places of a matrix and of the images behind it, which stands below it where there is no room."""
    grid = st.grid(2, min_column_width=HALF_PIXELS, gap="large")
    return grid.container(), grid.container()


def clickable(figure: go.Figure, key: str, pairs: Sequence[tuple[int, int]], choice: CellChoice, alt: str) -> None:
    """Draw a matrix of imgrec.charts, whose points are these pairs of true and predicted class; a click chooses one."""

    def clicked() -> None:
        points = st.session_state[key].selection.points
        if points:
            choice.make(*pairs[points[0]["point_index"]])

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
    choice: CellChoice,
    columns: Mapping[str, Any] | None = None,
) -> None:
    """Draw a table with a row for each pair (true class, predicted class); selecting a row chooses its pair."""
    own, version = f"{key} own", st.session_state.setdefault(f"{key} version", 0)
    # Where another cell is looked at since, no row is selected any more.
    if st.session_state.get(own) not in {None, choice.made}:
        del st.session_state[own]
        version = st.session_state[f"{key} version"] = version + 1

    def selected() -> None:
        rows = st.session_state[f"{key} {version}"].selection.rows
        st.session_state[own] = pairs[rows[0]] if rows else None
        if rows:
            choice.make(*pairs[rows[0]])

    st.dataframe(
        pd.DataFrame(table),
        hide_index=True,
        height="content" if len(pairs) <= MOST_ROWS else ROW_PIXELS * MOST_ROWS,
        column_config=columns,
        key=f"{key} {version}",
        on_select=selected,
        selection_mode="single-row",
    )
