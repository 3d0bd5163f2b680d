"""The points of a sweep over all of its settings, as parallel coordinates.

Plotly's own kind of them draws with WebGL, whose shaders it compiles from strings, which no page of imgrec allows; it
knows no logarithm and no click either. So lines stand here as lines.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go
from plotly.colors import sample_colorscale

from imgrec.charts.accuracies import (
    BEST,
    CHOSEN,
    DARK,
    LIGHT,
    accuracy_said,
    reach,
    ticks,
    values_said,
    written,
)
from imgrec.charts.theme import QUIET, layout, plain, short
from imgrec.swept import Point, Setting, Value, best, front, scaled

MOST_COLOURS = 8
"""Lines of one colour are one trace: a browser takes long for thousands."""

_ROOM = 0.06
"""Free height beyond the ends of an axis, as a share of it."""


@dataclass(frozen=True)
class _Axis:
    title: str
    places: tuple[float, ...]
    """Where each point lies, from 0 to 1."""
    ticks: tuple[tuple[float, str], ...]
    """Places and what stands there."""


def parallel(
    settings: Sequence[Setting], points: Sequence[Point], *, dark: bool = False, chosen: int | None = None
) -> go.Figure:
    """Draw each point as a line over its settings to its validation accuracy, which colours it; the best is thick.

    The points of the last trace are axis by axis all points in their order; customdata has the ids of their runs. The
    chosen one, a place among the points, is drawn dotted.
    """
    figure = go.Figure(layout=layout(height=400, uirevision="parallel"))
    if not points:
        return figure
    means = [point.mean for point in points]
    low, high = reach(means)
    axes = [_axis(setting, [point.values[at] for point in points]) for at, setting in enumerate(settings)]
    axes.append(_accuracy_axis(means))
    shares = [min(max((mean - low) / (high - low), 0.0), 1.0) for mean in means]
    steps = [round(share * (MOST_COLOURS - 1)) for share in shares]
    scale = [list(stop) for stop in (DARK if dark else LIGHT)]
    # The palest colours are for areas: a thin line would not be seen.
    colours = sample_colorscale(scale, [0.25 + 0.75 * step / (MOST_COLOURS - 1) for step in range(MOST_COLOURS)])
    for step in sorted(set(steps)):
        _lines(figure, axes, [at for at, each in enumerate(steps) if each == step], colours[step], 1.5)
    first = best(points)
    _lines(figure, axes, [first], BEST, 3.5)
    if chosen is not None:
        _lines(figure, axes, [chosen], CHOSEN, 3.5, dash="dot")
    _markers(figure, settings, points, axes, [colours[step] for step in steps], first)
    _draw_axes(figure, axes, dark)
    figure.update_layout(
        showlegend=False, hovermode="closest", clickmode="event+select", margin={"l": 24, "r": 48, "t": 64, "b": 12}
    )
    figure.update_xaxes(visible=False, range=[-0.02, len(axes) - 1 + 0.02])
    figure.update_yaxes(visible=False, range=[-_ROOM, 1 + _ROOM])
    return figure


def _lines(
    figure: go.Figure, axes: Sequence[_Axis], points: Sequence[int], colour: str, width: float, dash: str = "solid"
) -> None:
    """Draw points as lines of one colour, with a gap between two."""
    y = [place for at in points for place in (*(axis.places[at] for axis in axes), None)]
    figure.add_scatter(
        x=[*range(len(axes)), None] * len(points),
        y=y,
        mode="lines",
        line={"color": colour, "width": width, "dash": dash},
        hoverinfo="skip",
    )


def _markers(
    figure: go.Figure,
    settings: Sequence[Setting],
    points: Sequence[Point],
    axes: Sequence[_Axis],
    colours: Sequence[str],
    first: int,
) -> None:
    """Draw where lines end, and let them be pointed at on every axis."""
    seen = len(axes) - 1
    opacity = [float(axis == seen) for axis in range(len(axes)) for _ in points]
    said = [
        f"{values_said(settings, point.values)}<br>{accuracy_said(each.accuracy, each.low, each.high, len(each.runs))}"
        for point, each in zip(points, front(points), strict=True)
    ]
    figure.add_scatter(
        x=[axis for axis in range(len(axes)) for _ in points],
        y=[place for axis in axes for place in axis.places],
        mode="markers",
        marker={
            "size": [15 if at == first else 9 for at in range(len(points))] * len(axes),
            "symbol": ["star" if at == first else "circle" for at in range(len(points))] * len(axes),
            "color": [BEST if at == first else colours[at] for at in range(len(points))] * len(axes),
            "opacity": opacity,
            "line": {"width": 1, "color": QUIET},
        },
        selected={"marker": {"opacity": 1}},
        unselected={"marker": {"opacity": 0}},
        text=said * len(axes),
        customdata=[list(point.run_ids) for point in points] * len(axes),
        hovertemplate="%{text}<extra></extra>",
        cliponaxis=False,
    )


def _draw_axes(figure: go.Figure, axes: Sequence[_Axis], dark: bool) -> None:
    for at, axis in enumerate(axes):
        figure.add_shape(
            type="line", x0=at, x1=at, y0=-_ROOM / 2, y1=1 + _ROOM / 2, line={"color": QUIET, "width": 1}, layer="below"
        )
        side = "left" if at == 0 else "right" if at == len(axes) - 1 else "center"
        figure.add_annotation(
            x=at,
            y=1 + _ROOM,
            # On a telephone there is no room for all titles beside each other.
            yshift=4 + 18 * (at % 2) * (len(axes) > 3),
            yanchor="bottom",
            xanchor=side,
            xshift={"left": -20, "right": 44, "center": 0}[side],
            text=f"<b>{plain(short(axis.title, 16))}</b>",
            font={"size": 11},
            showarrow=False,
        )
        for place, text in axis.ticks:
            figure.add_annotation(
                x=at,
                y=place,
                xanchor="left",
                xshift=4,
                text=text,
                font={"size": 10},
                # Lines run behind the numbers.
                bgcolor="rgba(16,20,29,0.7)" if dark else "rgba(255,255,255,0.75)",
                borderpad=1,
                showarrow=False,
            )


def _axis(setting: Setting, values: Sequence[Value]) -> _Axis:
    if setting.kind == "choice":
        once = list(dict.fromkeys(values))
        places = [once.index(value) / max(1, len(once) - 1) for value in values]
        named = tuple((at / max(1, len(once) - 1), written(value, 10)) for at, value in enumerate(once))
        return _Axis(setting.title, tuple(places), named)
    numbers = scaled(setting, values)
    low, high = min(numbers), max(numbers)
    if high <= low:
        return _Axis(setting.title, (0.5,) * len(values), ((0.5, written(values[0])),))
    tried = sorted({float(value) for value in values})
    chosen = tried if len(tried) <= 6 else ticks(setting, tried)
    at = [(number - low) / (high - low) for number in scaled(setting, chosen, among=tried)]
    whole = all(isinstance(value, int) for value in values)
    named = tuple((place, written(int(value) if whole else value)) for place, value in zip(at, chosen, strict=True))
    return _Axis(setting.title, tuple((number - low) / (high - low) for number in numbers), named)


def _accuracy_axis(means: Sequence[float]) -> _Axis:
    low, high = min(means), max(means)
    if high <= low:
        return _Axis("Validation acc.", (0.5,) * len(means), ((0.5, f"{100 * low:.1f} %"),))
    places = tuple((mean - low) / (high - low) for mean in means)
    ticks = tuple((at, f"{100 * (low + at * (high - low)):.1f} %") for at in (0.0, 0.25, 0.5, 0.75, 1.0))
    return _Axis("Validation acc.", places, ticks)
