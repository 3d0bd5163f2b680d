"""Plotly figures from plain numbers; background and text colours are left to the theme they are shown in."""

import html
import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

# Okabe and Ito 2008, "Color Universal Design": told apart by colour-blind people, legible on white and on near-black.
TRAINING = "#0072B2"
VALIDATION = "#D55E00"
ACCENT = "#7A68C6"
"""What a chart points at where it is not about a split."""
QUIET = "#8B93A1"
"""What stands beside it."""

_CLEAR = "rgba(0,0,0,0)"
_GRID = "rgba(128,136,150,0.22)"
_MOST_CELL_TEXTS = 20
"""Classes up to which the cells of a confusion matrix have room for their numbers."""


def curves(
    history: Sequence[Mapping[str, float | None]], metric: str, epochs: int, best_epoch: int | None = None
) -> go.Figure:
    """Draws a metric, "loss" or "accuracy", of the training and the validation images over the epochs.

    A row of the history holds epoch (from 1), loss, accuracy, validation_loss and validation_accuracy; None or NaN
    leaves a gap. The axes reach to the last planned epoch and to 100 % at once, so that nothing jumps in a live run.
    """
    percent = metric == "accuracy"
    figure = go.Figure(layout=_layout(height=320, uirevision=metric))
    for name, key, colour in (("training", metric, TRAINING), ("validation", f"validation_{metric}", VALIDATION)):
        values = [row[key] for row in history]
        figure.add_scatter(
            name=name,
            x=[row["epoch"] for row in history],
            y=[100 * value if percent and value is not None else value for value in values],
            mode="lines+markers" if len(history) <= 30 else "lines",
            line={"color": colour, "width": 2},
            marker={"size": 5},
            hovertemplate="%{y:.2f} %" if percent else "%{y:.4f}",
        )
    figure.update_layout(
        hovermode="x unified",
        legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
        margin={"l": 8, "r": 12, "t": 36, "b": 8},
    )
    figure.update_xaxes(
        title="epoch",
        range=[0.5, epochs + 0.5],
        tick0=0,
        dtick=_epoch_step(epochs),
        tickformat="d",
        showgrid=False,
        showspikes=False,  # its outline is white on dark pages too
        unifiedhovertitle={"text": "epoch %{x}"},
        zeroline=False,
        automargin=True,
    )
    figure.update_yaxes(title=metric, gridcolor=_GRID, zeroline=False, automargin=True)
    if percent:
        figure.update_yaxes(range=[0, 100], ticksuffix=" %", nticks=6)
    else:
        figure.update_yaxes(rangemode="tozero")
    for row in history:
        value = row[f"validation_{metric}"]
        if best_epoch is not None and row["epoch"] == best_epoch and value is not None:
            _mark_best(figure, best_epoch, 100 * value if percent else value, percent, epochs)
    return figure


def confusion(matrix: NDArray[Any], class_names: Sequence[str], normalise: bool, dark: bool = False) -> go.Figure:
    """Draws a confusion matrix [true, predicted], coloured by the share of each true class.

    The cells show counts, or with normalise the percentage of the row. On a dark page, dark makes small shares dark;
    without it the chart can be read there too, but glares.
    """
    classes = len(class_names)
    counts = np.asarray(matrix)
    rows = counts.sum(axis=1)
    shares = np.divide(counts, rows[:, None], out=np.zeros(counts.shape), where=rows[:, None] != 0)
    ticks = {
        "tickvals": list(range(classes)),
        "ticktext": [_plain(_short(name)) for name in class_names],
        "showgrid": False,
        "zeroline": False,
        "ticks": "",
        "automargin": True,
        "constrain": "domain",
        "tickfont": {"size": 11},
    }
    scale = _DARK_SHARES if dark else _LIGHT_SHARES
    figure = go.Figure(layout=_layout(height=460, uirevision="confusion"))
    figure.add_heatmap(
        z=shares,
        zmin=0,
        zmax=1,
        colorscale=scale,
        showscale=False,
        xgap=1,
        ygap=1,
        hovertext=_cell_sentences(counts, class_names),
        hovertemplate="%{hovertext}<extra></extra>",
    )
    if classes <= _MOST_CELL_TEXTS:
        _write_cells(figure, counts, shares, normalise, _ink(shares, scale))
    figure.update_xaxes(
        title={"text": "predicted class", "standoff": 4},
        side="top",
        tickangle=-45,
        range=[-0.5, classes - 0.5],
        **ticks,
    )
    figure.update_yaxes(
        title="true class", range=[classes - 0.5, -0.5], scaleanchor="x", constraintoward="top", **ticks
    )
    # The last class name leans out to the right, and Plotly makes no room for it: about 5 pixels a letter.
    right = 8 + 5 * len(_short(class_names[-1]))
    figure.update_layout(showlegend=False, margin={"l": 4, "r": right, "t": 4, "b": 4})
    return figure


def probabilities(class_names: Sequence[str], values: Sequence[float]) -> go.Figure:
    """Draws the probability of each class as a bar, the largest on top and in colour."""
    order = sorted(range(len(values)), key=lambda index: -values[index])
    figure = _bars(
        [class_names[index] for index in order],
        [100 * float(values[index]) for index in order],
        [ACCENT, *[QUIET] * (len(order) - 1)],
        "%{x:.1f} %",
    )
    figure.update_xaxes(range=[0, 100], ticksuffix=" %", dtick=25)
    return figure


# They rise steeply at first: confusions are a few percent and would not be seen on a straight scale.
_LIGHT_SHARES = ((0, "#F7F6FB"), (0.05, "#E4E0F3"), (0.2, "#B9AFE0"), (1, "#4A35A0"))
_DARK_SHARES = ((0, "#1B1A26"), (0.05, "#2F294C"), (0.2, "#4A3D85"), (1, "#9C8CF0"))


def _layout(height: int, uirevision: str) -> dict[str, Any]:
    return {
        "height": height,
        "uirevision": uirevision,
        "paper_bgcolor": _CLEAR,
        "plot_bgcolor": _CLEAR,
        "dragmode": False,
        "font": {"size": 12},
    }


def _mark_best(figure: go.Figure, epoch: int, value: float, percent: bool, epochs: int) -> None:
    left_half = epoch <= (epochs + 1) / 2
    figure.add_vline(x=epoch, line={"color": QUIET, "width": 1, "dash": "dot"}, layer="below")
    figure.add_scatter(
        x=[epoch],
        y=[value],
        mode="markers",
        marker={"size": 10, "color": VALIDATION, "symbol": "circle-open", "line": {"width": 2}},
        showlegend=False,
        hoverinfo="skip",
    )
    # A curve of accuracies leaves the bottom free, one of losses the top.
    figure.add_annotation(
        x=epoch,
        y=0 if percent else 1,
        yref="paper",
        yanchor="bottom" if percent else "top",
        xanchor="left" if left_half else "right",
        xshift=5 if left_half else -5,
        text=f"best: epoch {epoch}, {value:.1f} %" if percent else f"best: epoch {epoch}, {value:.3f}",
        showarrow=False,
    )


def _epoch_step(epochs: int) -> int:
    """Gives the distance of the axis' numbers: at most about eight of them, whole and round."""
    steps = (lead * int(10**size) for size in itertools.count() for lead in (1, 2, 5))
    return next(step for step in steps if epochs / step <= 8)


def _write_cells(
    figure: go.Figure, counts: NDArray[Any], shares: NDArray[Any], normalise: bool, ink: NDArray[Any]
) -> None:
    places = [(int(true), int(guess)) for true, guess in np.argwhere(counts > 0)]
    figure.add_scatter(
        x=[guess for _, guess in places],
        y=[true for true, _ in places],
        text=[_percent(shares[place]) if normalise else f"{counts[place]:,}" for place in places],
        mode="text",
        textfont={"size": 10, "color": [ink[place] for place in places]},
        hoverinfo="skip",
    )


def _ink(shares: NDArray[Any], scale: Sequence[tuple[float, str]]) -> NDArray[Any]:
    """Chooses white or black for the text on each cell, whichever contrasts more."""
    stops = [stop for stop, _ in scale]
    luminance = np.zeros(shares.shape)
    for place, weight in ((1, 0.2126), (3, 0.7152), (5, 0.0722)):
        channel = np.interp(shares, stops, [int(colour[place : place + 2], 16) / 255 for _, colour in scale])
        luminance += weight * channel**2.2
    # White has luminance 1, black 0; the contrast of WCAG 2.2 to both is the same at √(1.05 · 0.05) - 0.05.
    return np.where(luminance < 0.179, "white", "black")


def _percent(share: float) -> str:
    """Writes a percentage in at most three characters: a cell is 22 pixels wide on a phone."""
    return f"{100 * share:.1f}" if share < 0.0995 else f"{100 * share:.0f}"


def _cell_sentences(counts: NDArray[Any], class_names: Sequence[str]) -> list[list[str]]:
    names = [_plain(name) for name in class_names]

    def sentence(true: int, guess: int) -> str:
        row, count = int(counts[true].sum()), int(counts[true, guess])
        share = f" ({100 * count / row:.1f} %)" if row else ""
        what = f"{names[true]} recognised" if true == guess else f"{names[true]} taken for {names[guess]}"
        return f"{what}: {count:,} of {row:,}{share}"

    return [[sentence(true, guess) for guess in range(len(names))] for true in range(len(names))]


def _bars(names: Sequence[str], values: Sequence[float], colours: Sequence[str], number: str) -> go.Figure:
    figure = go.Figure(layout=_layout(height=28 * len(names) + 40, uirevision="bars"))
    figure.add_bar(
        x=values,
        y=list(range(len(names))),
        orientation="h",
        marker={"color": colours},
        texttemplate=number,
        textposition="outside",
        cliponaxis=False,
        customdata=[_plain(name) for name in names],
        hovertemplate=f"%{{customdata}}: {number}<extra></extra>",
    )
    figure.update_layout(bargap=0.3, margin={"l": 4, "r": 56, "t": 4, "b": 4})
    figure.update_xaxes(gridcolor=_GRID, zeroline=False, automargin=True)
    figure.update_yaxes(
        tickvals=list(range(len(names))),
        ticktext=[_plain(_short(name)) for name in names],
        range=[len(names) - 0.5, -0.5],
        showgrid=False,
        zeroline=False,
        automargin=True,
        ticklabelstandoff=6,
    )
    return figure


def _plain(name: str) -> str:
    """Makes a name safe for Plotly, which reads text as HTML."""
    return html.escape(name, quote=False)


def _short(name: str) -> str:
    return name if len(name) <= 14 else f"{name[:13]}…"
