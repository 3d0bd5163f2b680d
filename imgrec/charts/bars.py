"""Numbers with names, as bars."""

from collections.abc import Sequence

import plotly.graph_objects as go

from imgrec.charts.theme import ACCENT, GRID, QUIET, layout, plain, short


def probabilities(class_names: Sequence[str], values: Sequence[float], most: int | None = None) -> go.Figure:
    """Draw the probability of each class, or of so many at most, as a bar, the largest on top and in colour."""
    order = sorted(range(len(values)), key=lambda index: -values[index])[:most]
    figure = _bars(
        [class_names[index] for index in order],
        [100 * float(values[index]) for index in order],
        [ACCENT, *[QUIET] * (len(order) - 1)],
        "%{x:.1f} %",
    )
    figure.update_xaxes(range=[0, 100], ticksuffix=" %", dtick=25)
    return figure


def _bars(names: Sequence[str], values: Sequence[float], colours: Sequence[str], number: str) -> go.Figure:
    figure = go.Figure(layout=layout(height=28 * len(names) + 40, uirevision="bars"))
    figure.add_bar(
        x=values,
        y=list(range(len(names))),
        orientation="h",
        marker={"color": colours},
        texttemplate=number,
        textposition="outside",
        cliponaxis=False,
        customdata=[plain(name) for name in names],
        hovertemplate=f"%{{customdata}}: {number}<extra></extra>",
    )
    figure.update_layout(bargap=0.3, margin={"l": 4, "r": 56, "t": 4, "b": 4})
    figure.update_xaxes(gridcolor=GRID, zeroline=False, automargin=True)
    figure.update_yaxes(
        tickvals=list(range(len(names))),
        ticktext=[plain(short(name)) for name in names],
        range=[len(names) - 0.5, -0.5],
        showgrid=False,
        zeroline=False,
        automargin=True,
        ticklabelstandoff=6,
    )
    return figure
