"""Metrics over the epochs: the two splits of one run, or several runs over one another."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from imgrec.charts.theme import GRID, LEGEND_ABOVE, QUIET, TRAINING, VALIDATION, faint, layout, plain


def curves(
    history: Sequence[Mapping[str, float | None]],
    metric: str,
    epochs: int,
    best_epoch: int | None = None,
    within: Sequence[Mapping[str, float]] = (),
) -> go.Figure:
    """Draw a metric, "loss" or "accuracy", of the training and the validation images over the epochs.

    A row of the history holds epoch (from 1), loss, accuracy, validation_loss and validation_accuracy; None or NaN
    leaves a gap. A row of within holds epoch, the share of an epoch at which it stands as 3.25, loss and accuracy: of
    the epoch under way. The axes reach to the last planned epoch and to 100 % at once, so that nothing jumps in a live
    run.
    """
    percent = metric == "accuracy"
    figure = go.Figure(layout=layout(height=320, uirevision=metric))
    for name, key, colour in (("training", metric, TRAINING), ("validation", f"validation_{metric}", VALIDATION)):
        values = [row[key] for row in history]
        figure.add_scatter(
            name=name,
            uid=name,  # by which a chart that goes on knows what is hidden
            x=[row["epoch"] for row in history],
            y=[100 * value if percent and value is not None else value for value in values],
            mode="lines+markers" if len(history) <= 30 else "lines",
            line={"color": colour, "width": 2},
            marker={"size": 5},
            hovertemplate="%{y:.2f} %" if percent else "%{y:.4f}",
        )
    if within:
        figure.add_scatter(
            name="training, this epoch so far",
            uid="within",
            x=[row["epoch"] for row in within],
            y=[100 * row[metric] if percent else row[metric] for row in within],
            mode="lines+markers" if len(within) == 1 else "lines",
            line={"color": TRAINING, "width": 2, "dash": "dot"},
            marker={"size": 5},
            hovertemplate="%{y:.2f} %" if percent else "%{y:.4f}",
        )
    figure.update_layout(
        hovermode="x unified", legend=LEGEND_ABOVE, showlegend=True, margin={"l": 8, "r": 12, "t": 36, "b": 8}
    )
    _epoch_axis(figure, epochs)
    figure.update_xaxes(range=[0, epochs + 0.5])  # the first epoch lies between 0 and 1
    _metric_axis(figure, metric)
    for row in history:
        value = row[f"validation_{metric}"]
        if best_epoch is not None and row["epoch"] == best_epoch and value is not None:
            _mark_best(figure, best_epoch, 100 * value if percent else value, percent, epochs)
    return figure


@dataclass(frozen=True)
class Curve:
    """One run, or the mean of several, among others: x and y of the same length, y with its lowest and highest."""

    name: str
    colour: str
    x: Sequence[float]
    y: Sequence[float]
    low: Sequence[float] = ()
    high: Sequence[float] = ()
    dash: str = "solid"
    """Tells apart two of the same colour."""


def overlaid(runs: Sequence[Curve], metric: str, over: str) -> go.Figure:
    """Draw the validation "accuracy" (in [0, 1]) or "loss" of several runs over "epoch" or "seconds".

    Where a curve has low and high, a band between them stands behind it.
    """
    percent = metric == "accuracy"
    scale = 100 if percent else 1
    figure = go.Figure(layout=layout(height=360, uirevision=f"{metric} {over}"))
    for run in runs:
        if run.low:
            figure.add_scatter(
                x=[*run.x, *reversed(run.x)],
                y=[scale * value for value in [*run.high, *reversed(run.low)]],
                fill="toself",
                fillcolor=faint(run.colour, 0.25),
                line={"width": 0},
                mode="lines",
                hoverinfo="skip",
                showlegend=False,
            )
        figure.add_scatter(
            name=plain(run.name),
            x=list(run.x),
            y=[scale * value for value in run.y],
            mode="lines+markers" if len(run.x) <= 30 else "lines",
            line={"color": run.colour, "width": 2, "dash": run.dash},
            marker={"size": 5},
            hovertemplate="%{y:.2f} %" if percent else "%{y:.4f}",
        )
    longest = max((max(run.x, default=0.0) for run in runs), default=0.0)
    figure.update_layout(
        hovermode="x unified" if over == "epoch" else "closest",
        legend=LEGEND_ABOVE,
        showlegend=True,
        margin={"l": 8, "r": 12, "t": 36, "b": 8},
    )
    if over == "epoch":
        _epoch_axis(figure, max(1, round(longest)))
    else:
        figure.update_xaxes(
            title="seconds of training", rangemode="tozero", showgrid=False, zeroline=False, automargin=True
        )
    figure.update_yaxes(title=f"validation {metric}", gridcolor=GRID, zeroline=False, automargin=True)
    figure.update_yaxes(**({"ticksuffix": " %", "nticks": 6} if percent else {"rangemode": "tozero"}))
    return figure


def _epoch_axis(figure: go.Figure, epochs: int) -> None:
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


def _metric_axis(figure: go.Figure, metric: str) -> None:
    figure.update_yaxes(title=metric, gridcolor=GRID, zeroline=False, automargin=True)
    if metric == "accuracy":
        figure.update_yaxes(range=[0, 100], ticksuffix=" %", nticks=6)
    else:
        figure.update_yaxes(rangemode="tozero")


def _mark_best(figure: go.Figure, epoch: int, value: float, percent: bool, epochs: int) -> None:
    left_half = epoch <= (epochs + 1) / 2
    figure.add_vline(x=epoch, line={"color": QUIET, "width": 1, "dash": "dot"}, layer="below")
    figure.add_scatter(
        x=[epoch],
        y=[value],
        uid="best",
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
    """Return the distance of the axis' numbers: at most about eight of them, whole and round."""
    steps = (lead * int(10**size) for size in itertools.count() for lead in (1, 2, 5))
    return next(step for step in steps if epochs / step <= 8)
