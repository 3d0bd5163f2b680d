"""What accuracy costs."""

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from imgrec.charts.theme import GRID, QUIET, intervals, layout, plain


@dataclass(frozen=True)
class Priced:
    """A run with its cost, its test accuracy in [0, 1], the ends of its interval, and whether none beats it in both."""

    name: str
    colour: str
    cost: float
    accuracy: float
    low: float
    high: float
    on_front: bool


def cost(runs: Sequence[Priced], title: str) -> go.Figure:
    """Draw test accuracy against cost, and a line through the runs that no other beats in both."""
    figure = go.Figure(layout=layout(height=360, uirevision=title))
    widest = max((run.cost for run in runs), default=1)
    front = sorted((run for run in runs if run.on_front), key=lambda run: run.cost)
    figure.add_scatter(
        x=[run.cost for run in front],
        y=[100 * run.accuracy for run in front],
        mode="lines",
        line={"color": QUIET, "width": 1.5, "dash": "dot", "shape": "hv"},
        hoverinfo="skip",
    )
    figure.add_scatter(
        x=[run.cost for run in runs],
        y=[100 * run.accuracy for run in runs],
        error_y=intervals([run.accuracy for run in runs], [run.low for run in runs], [run.high for run in runs]),
        mode="markers+text",
        text=[f"  {plain(run.name)}  " for run in runs],
        # Towards the middle, so that the edge cuts no name off.
        textposition=["middle left" if run.cost > 0.65 * widest else "middle right" for run in runs],
        marker={"size": 12, "color": [run.colour for run in runs]},
        hovertemplate="%{text}<br>%{x:,.4s}<br>%{y:.2f} %<extra></extra>",
        cliponaxis=False,
    )
    figure.update_layout(showlegend=False, hovermode="closest", margin={"l": 8, "r": 24, "t": 24, "b": 8})
    figure.update_xaxes(
        title=title, range=[0, 1.3 * widest], tickformat="~s", gridcolor=GRID, zeroline=False, automargin=True
    )
    figure.update_yaxes(title="test accuracy", ticksuffix=" %", gridcolor=GRID, zeroline=False, automargin=True)
    return figure
