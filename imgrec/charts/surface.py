"""Validation accuracy over two settings of a sweep. A click on a cell or point selects it, with the ids of its runs."""

from typing import Any

import numpy as np
import plotly.graph_objects as go

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
from imgrec.charts.theme import GRID, QUIET, Scale, ink, layout, plain, short
from imgrec.swept import Cell, Setting, Surface, Value, scaled, smooth

_ROWS_OF_ROOM = 5


def surface(found: Surface, *, dark: bool = False, chosen: int | None = None) -> go.Figure:
    """Draw the cells of a surface: as a table, where few values were tried; else as points on a smooth surface.

    The best has a star, and the chosen one, a place among the cells, a frame. The points of the last trace are the
    cells in their order; the customdata of each are the ids of its runs. On a dark page, dark makes low accuracies
    dark.
    """
    figure = go.Figure(layout=layout(height=_height(found), uirevision=f"{found.x.path} {found.y.path}"))
    scale = DARK if dark else LIGHT
    if not found.cells:
        return figure
    ends = reach([cell.mean for cell in found.cells])
    if found.is_table:
        _table(figure, found, scale, ends, chosen)
    else:
        _points(figure, found, scale, ends, chosen)
    figure.update_layout(
        showlegend=False, hovermode="closest", clickmode="event+select", margin={"l": 8, "r": 12, "t": 8, "b": 8}
    )
    if not found.is_table:
        figure.update_layout(margin={"t": 56})  # the colours stand there
    return figure


def _height(found: Surface) -> int:
    return 420 if not found.is_table else 100 + 40 * max(_ROWS_OF_ROOM, len(found.ys))


def _table(figure: go.Figure, found: Surface, scale: Scale, ends: tuple[float, float], chosen: int | None) -> None:
    places = [(found.xs.index(cell.x), found.ys.index(cell.y)) for cell in found.cells]
    means = np.full((len(found.ys), len(found.xs)), np.nan)
    for (column, row), cell in zip(places, found.cells, strict=True):
        means[row, column] = 100 * cell.mean
    figure.add_heatmap(
        # NaN is no JSON, and null leaves the cell empty.
        z=[[None if np.isnan(mean) else mean for mean in row] for row in means.tolist()],
        zmin=100 * ends[0],
        zmax=100 * ends[1],
        colorscale=scale,
        showscale=False,
        xgap=2,
        ygap=2,
        hoverinfo="skip",  # the points above it answer, also to a click, which a heatmap does not report
    )
    wide = len(found.xs) <= 8
    shares = np.array([(cell.mean - ends[0]) / (ends[1] - ends[0]) for cell in found.cells]).clip(0, 1)
    figure.add_scatter(
        x=[column for column, _ in places],
        y=[row for _, row in places],
        # On a telephone a cell of many has room for two digits.
        text=[
            f"{'★ ' if at == found.best else ''}{100 * cell.mean:.1f}" if wide else f"{100 * cell.mean:.0f}"
            for at, cell in enumerate(found.cells)
        ],
        mode="text",
        textfont={"size": 12 if wide else 10, "color": ink(shares, scale).tolist()},
        hoverinfo="skip",
    )
    _clickable(figure, found, [column for column, _ in places], [row for _, row in places], {"opacity": 0, "size": 4})
    for at, colour in ((found.best, BEST), (chosen, CHOSEN)):
        if at is not None:
            column, row = places[at]
            figure.add_shape(
                type="rect",
                x0=column - 0.5,
                x1=column + 0.5,
                y0=row - 0.5,
                y1=row + 0.5,
                line={"color": colour, "width": 3, "dash": "dot" if at == chosen != found.best else "solid"},
            )
    figure.update_layout(hoverdistance=-1)  # a cell answers as a whole
    for axis, setting, values in (("x", found.x, found.xs), ("y", found.y, found.ys)):
        _category_axis(figure, axis, setting, values)


def _points(figure: go.Figure, found: Surface, scale: Scale, ends: tuple[float, float], chosen: int | None) -> None:
    between = smooth(found)
    bar = {
        "orientation": "h",
        "thickness": 8,
        "x": 0.5,
        "y": 1.02,
        "yanchor": "bottom",
        "nticks": 5,
        "ticksuffix": " %",
        "title": {"text": "validation accuracy", "side": "top"},
    }
    colours = {"colorscale": scale, "cmin": 100 * ends[0], "cmax": 100 * ends[1]}
    if between is not None:
        figure.add_contour(
            x=between.x.tolist(),
            y=between.y.tolist(),
            z=[[None if np.isnan(mean) else 100 * mean for mean in row] for row in between.accuracy.tolist()],
            zmin=100 * ends[0],
            zmax=100 * ends[1],
            colorscale=scale,
            showscale=False,
            opacity=0.75,
            line={"width": 0},
            ncontours=24,
            hoverinfo="skip",
        )
    x = [_place(found.x, found.xs, cell.x) for cell in found.cells]
    y = [_place(found.y, found.ys, cell.y) for cell in found.cells]
    last = range(len(found.cells))
    lines = [BEST if at == found.best else CHOSEN if at == chosen else QUIET for at in last]
    _clickable(
        figure,
        found,
        x,
        y,
        {
            "size": [20 if at == found.best else 16 if at == chosen else 12 for at in last],
            "symbol": ["star" if at == found.best else "circle" for at in last],
            "color": [100 * cell.mean for cell in found.cells],
            **colours,
            "colorbar": bar,
            "showscale": True,
            "line": {"color": lines, "width": [2 if at in {found.best, chosen} else 1 for at in last]},
            "opacity": 1,
        },
    )
    for axis, setting, values in (("x", found.x, found.xs), ("y", found.y, found.ys)):
        if setting.kind == "choice":
            _category_axis(figure, axis, setting, values)
        else:
            named = ticks(setting, [float(value) for value in values]) if len(values) > 1 else [float(values[0])]
            # Logarithms on a straight axis: Plotly's own has no place for 0.
            numbers = {"tickvals": scaled(setting, named, among=values), "ticktext": [written(tick) for tick in named]}
            figure.update_layout({f"{axis}axis": {**_axis(setting), **numbers, "gridcolor": GRID}})


def _clickable(figure: go.Figure, found: Surface, x: list[Any], y: list[Any], marker: dict[str, Any]) -> None:
    opacity = marker["opacity"]
    figure.add_scatter(
        x=x,
        y=y,
        mode="markers",
        marker=marker,
        selected={"marker": {"opacity": opacity}},
        unselected={"marker": {"opacity": opacity}},
        text=[_sentence(found, cell) for cell in found.cells],
        customdata=[list(cell.runs) for cell in found.cells],
        hovertemplate="%{text}<extra></extra>",
        cliponaxis=False,
    )


def _sentence(found: Surface, cell: Cell) -> str:
    said = values_said((found.x, found.y), (cell.x, cell.y))
    return f"{said}<br>{accuracy_said(cell.mean, cell.low, cell.high, len(cell.runs))}"


def _place(setting: Setting, values: tuple[Value, ...], value: Value) -> float:
    return values.index(value) if setting.kind == "choice" else scaled(setting, [value], among=values)[0]


def _axis(setting: Setting) -> dict[str, Any]:
    return {"title": plain(short(setting.title, 28)), "zeroline": False, "automargin": True, "tickfont": {"size": 11}}


def _category_axis(figure: go.Figure, axis: str, setting: Setting, values: tuple[Value, ...]) -> None:
    figure.update_layout(
        {
            f"{axis}axis": {
                **_axis(setting),
                "showgrid": False,
                "ticks": "",
                "range": [-0.5, len(values) - 0.5],
                "tickvals": list(range(len(values))),
                "ticktext": [written(value) for value in values],
            }
        }
    )
