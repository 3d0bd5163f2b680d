"""The curves of a run: accuracy and loss over its epochs."""

from collections.abc import Sequence
from functools import lru_cache

import plotly.graph_objects as go
import streamlit as st

from imgrec import charts
from imgrec.records import EpochMetrics, Progress, WithinEpoch, best_epoch
from imgrec.runs import Run
from imgrec.ui import live_chart

CURVES_SECONDS = 12
"""As often as the curves grow within an epoch: every 5 s cost a training 2 % of its processors with three who watch."""


@st.fragment(run_every=CURVES_SECONDS)
def grow(run: Run) -> None:
    """Draw the curves of a run that trains, and go on with them within each epoch."""
    draw(run, run.history(), run.progress() or Progress())


def draw(run: Run, history: Sequence[EpochMetrics], progress: Progress | None = None) -> None:
    """Draw accuracy and loss of every complete epoch, the best one marked, and of the one under way so far.

    With the progress of a run that trains, the charts go on in place.
    """
    epochs, within = run.config.training.epochs, _within(progress, len(history))
    for column, metric in zip(st.columns(2), ("accuracy", "loss"), strict=True):
        with column.container(border=True):
            st.markdown(f"**{metric.capitalize()}** over the epochs")
            key, alt = f"{metric}-{run.id}", f"Training and validation {metric} over {len(history)} epochs"
            if progress is not None:
                live_chart.draw(_drawing(tuple(history), metric, epochs, within), f"live-{key}", alt)
            else:
                figure = _figure(history, metric, epochs)
                st.plotly_chart(figure, key=key, config={"displayModeBar": False}, alt=alt)
    st.caption(
        "Training and validation should move together. Where training goes on getting better and validation does not, "
        "the network memorises its training images (overfitting): add augmentation or dropout, or stop earlier. "
        f"Both losses are what training makes small: {_loss(run)}."
    )


@lru_cache(maxsize=16)
def _drawing(
    history: tuple[EpochMetrics, ...], metric: str, epochs: int, within: tuple[tuple[float, WithinEpoch], ...]
) -> live_chart.Drawing:
    """Draw once for all who watch."""
    return live_chart.Drawing.of(_figure(history, metric, epochs, within))


def _figure(
    history: Sequence[EpochMetrics], metric: str, epochs: int, within: Sequence[tuple[float, WithinEpoch]] = ()
) -> go.Figure:
    best = best_epoch(history)
    rows = [row.model_dump() for row in history]
    points = [{"epoch": epoch, "loss": point.loss, "accuracy": point.accuracy} for epoch, point in within]
    return charts.curves(rows, metric, epochs, best.epoch if best else None, points)


def _within(progress: Progress | None, complete: int) -> tuple[tuple[float, WithinEpoch], ...]:
    """Return the points of the epoch under way, each after the share of the epoch at which it stands."""
    if progress is None or not progress.steps or progress.epoch != complete + 1:
        return ()
    return tuple((complete + point.step / progress.steps, point) for point in progress.within)


def _loss(run: Run) -> str:
    training = run.config.training
    if training.loss == "mean_squared_error":
        return "the mean squared error"
    smoothed = f" with label smoothing {training.label_smoothing:g}" if training.label_smoothing else ""
    return f"the cross-entropy{smoothed}"
