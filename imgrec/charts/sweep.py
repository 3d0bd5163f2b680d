"""What a sweep teaches beside its surface: which setting mattered, and what accuracy costs in time."""

from collections.abc import Sequence

import plotly.graph_objects as go

from imgrec.charts.accuracies import BEST, CHOSEN, accuracy_said, values_said
from imgrec.charts.theme import ACCENT, GRID, QUIET, faint, intervals, layout, plain, short
from imgrec.quantities import duration
from imgrec.swept import Importance, Setting, Timed


def importance(found: Sequence[Importance]) -> go.Figure:
    """Draw the share of the variance that each setting explains alone, with its 95 % interval, the largest on top.

    Those that may be claimed are coloured, and say so.
    """
    figure = go.Figure(layout=layout(height=90 + 44 * len(found), uirevision="importance"))
    ordered = sorted(found, key=lambda each: (each.claimed, each.share))
    figure.add_bar(
        x=[100 * each.share for each in ordered],
        y=list(range(len(ordered))),
        orientation="h",
        width=0.5,
        marker={"color": [faint(ACCENT if each.claimed else QUIET, 0.55) for each in ordered]},
        error_x=intervals(
            [each.share for each in ordered],
            [each.low for each in ordered],
            [each.high for each in ordered],
            thickness=2,
        ),
        customdata=[
            f"{plain(each.setting.title)} explains {100 * each.share:.0f} % alone<br>"
            f"95 % interval {100 * each.low:.0f} to {100 * each.high:.0f} %<br>"
            f"{'more than chance' if each.claimed else 'may be chance'}, {_p(each.p)}"
            for each in ordered
        ],
        hovertemplate="%{customdata}<extra></extra>",
    )
    for at, each in enumerate(ordered):
        figure.add_annotation(
            x=100 * each.high,
            y=at,
            xanchor="left",
            xshift=6,
            text="<b>mattered</b>" if each.claimed else "may be chance",
            showarrow=False,
        )
    figure.update_layout(showlegend=False, hovermode="closest", margin={"l": 8, "r": 8, "t": 8, "b": 8})
    figure.update_xaxes(
        title="differences explained",
        range=[0, 145],  # what stands behind the interval of a large share has room
        tickvals=[0, 25, 50, 75, 100],
        ticksuffix=" %",
        gridcolor=GRID,
        zeroline=False,
        automargin=True,
    )
    figure.update_yaxes(
        range=[-0.6, len(ordered) - 0.4],
        tickvals=list(range(len(ordered))),
        ticktext=[plain(short(each.setting.title, 20)) for each in ordered],
        showgrid=False,
        zeroline=False,
        automargin=True,
    )
    return figure


def over_time(settings: Sequence[Setting], points: Sequence[Timed], *, chosen: int | None = None) -> go.Figure:
    """Draw validation accuracy against the time of training, and a line through the points that none beats in both.

    The points of the last trace are those given; the customdata of each are the ids of its runs. The most accurate has
    a star, and the chosen one, a place among the points, a thick edge.
    """
    figure = go.Figure(layout=layout(height=360, uirevision="over time"))
    minutes = max((point.seconds for point in points), default=0) >= 600
    unit = 60 if minutes else 1
    unbeaten = sorted((point for point in points if point.on_front), key=lambda point: point.seconds)
    first = max(range(len(points)), key=lambda at: points[at].accuracy, default=None)
    figure.add_scatter(
        x=[point.seconds / unit for point in unbeaten],
        y=[100 * point.accuracy for point in unbeaten],
        mode="lines",
        line={"color": QUIET, "width": 1.5, "dash": "dot", "shape": "hv"},
        hoverinfo="skip",
    )
    marked = range(len(points))
    figure.add_scatter(
        x=[point.seconds / unit for point in points],
        y=[100 * point.accuracy for point in points],
        error_y=intervals(
            [point.accuracy for point in points], [point.low for point in points], [point.high for point in points]
        ),
        mode="markers",
        marker={
            "size": [18 if at == first else 11 for at in marked],
            "opacity": 1,
            "symbol": ["star" if at == first else "circle" if points[at].on_front else "circle-open" for at in marked],
            "color": [BEST if at == first else ACCENT if points[at].on_front else QUIET for at in marked],
            "line": {
                "width": [4 if at == chosen else 1.5 for at in marked],
                "color": [CHOSEN if at == chosen else QUIET for at in marked],
            },
        },
        selected={"marker": {"opacity": 1}},
        unselected={"marker": {"opacity": 1}},
        text=[
            f"{values_said(settings, point.values)}<br>"
            f"{accuracy_said(point.accuracy, point.low, point.high, len(point.runs))}, {duration(point.seconds)} each"
            for point in points
        ],
        customdata=[list(point.runs) for point in points],
        hovertemplate="%{text}<extra></extra>",
        cliponaxis=False,
    )
    figure.update_layout(
        showlegend=False, hovermode="closest", clickmode="event+select", margin={"l": 8, "r": 16, "t": 16, "b": 8}
    )
    figure.update_xaxes(
        title=f"{'minutes' if minutes else 'seconds'} of training, one run",
        rangemode="tozero",
        gridcolor=GRID,
        zeroline=False,
        automargin=True,
    )
    figure.update_yaxes(title="validation accuracy", ticksuffix=" %", gridcolor=GRID, zeroline=False, automargin=True)
    return figure


def _p(p: float) -> str:
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}" if p < 0.1 else f"p = {p:.2f}"
