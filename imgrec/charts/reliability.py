"""Whether a network is as sure as it is right."""

from collections.abc import Sequence

import plotly.graph_objects as go

from imgrec.charts.theme import ACCENT, GRID, QUIET, layout


def reliability(confidence: Sequence[float], accuracy: Sequence[float], images: Sequence[int]) -> go.Figure:
    """Draw the accuracy at each mean confidence, both in [0, 1]; NaN where a bin holds no image.

    A point is the larger the more images it stands for. On the dashed line a network is exactly as sure as it is right.
    """
    bins = [each for each in zip(confidence, accuracy, images, strict=True) if each[2]]
    most = max((count for _, _, count in bins), default=1)
    figure = go.Figure(layout=layout(height=340, uirevision="reliability"))
    figure.add_scatter(
        x=[0, 100], y=[0, 100], mode="lines", line={"color": QUIET, "width": 1, "dash": "dash"}, hoverinfo="skip"
    )
    figure.add_scatter(
        x=[100 * sure for sure, _, _ in bins],
        y=[100 * right for _, right, _ in bins],
        mode="lines+markers",
        line={"color": ACCENT, "width": 2},
        marker={"color": ACCENT, "size": [6 + 18 * (count / most) ** 0.5 for _, _, count in bins]},
        text=[f"{count:,} images" for _, _, count in bins],
        hovertemplate="%{text}<br>confidence %{x:.1f} %<br>accuracy %{y:.1f} %<extra></extra>",
    )
    figure.update_layout(showlegend=False, hovermode="closest", margin={"l": 8, "r": 12, "t": 8, "b": 8})
    percent = {"range": [0, 105], "ticksuffix": " %", "dtick": 20, "zeroline": False, "automargin": True}
    figure.update_xaxes(title="how sure the network was", gridcolor=GRID, **percent)
    figure.update_yaxes(title="share it had right", gridcolor=GRID, **percent)
    return figure
