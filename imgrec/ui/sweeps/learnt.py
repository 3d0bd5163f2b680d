"""What a sweep teaches, in sentences and charts."""

from collections.abc import Iterable, Sequence
from statistics import fmean
from typing import Literal

import plotly.graph_objects as go
import streamlit as st

from imgrec import charts, swept
from imgrec.jobs import PointRuns
from imgrec.runs.sweeps import KeptSweep
from imgrec.settings import is_log
from imgrec.sweep import Varied
from imgrec.ui import browser, words
from imgrec.varying import can_vary

CHOSEN = "sweep-chosen"
"""Where the session keeps, for each sweep, a run of the point that was clicked."""


def settings(kept: KeptSweep) -> list[swept.Setting]:
    """Return the settings that vary, as charts and estimates take them."""
    titles = can_vary(kept.sweep.base)
    return [
        swept.Setting(each.setting, titles.get(each.setting, each.setting), _kind(each), log=_log(kept, each))
        for each in kept.sweep.varied
    ]


def points(ranked: Sequence[PointRuns], *, first: bool) -> list[swept.Point]:
    """Return the points of which a run is finished: those with the epochs at first, or those in full."""
    done = [one for one in ranked if one.finished and one.first == first]
    images = _validation_images(done)
    return [
        swept.Point(
            values=one.point,
            validation=_known(row.validation_accuracy for row in one.finished),
            validation_images=images,
            test=_known(row.test_accuracy for row in one.finished),
            seconds=fmean(_known(row.seconds for row in one.finished)),
            run_ids=tuple(row.id for row in one.finished),
        )
        for one in done
    ]


def _known(figures: Iterable[float | None]) -> tuple[float, ...]:
    """Return figures of finished runs, which have all of them."""
    return tuple(figure for figure in figures if figure is not None)


def _validation_images(done: Sequence[PointRuns]) -> int:
    """Return on how many images the points were compared: the same for all, unless their share varies."""
    counts = []
    for one in done:
        evaluation = browser.store().get(one.finished[0].id).evaluation()
        if evaluation is not None:
            counts.append(evaluation.validation_images)
    return min(counts, default=1)


def _kind(varied: Varied) -> Literal["number", "choice"]:
    numbers = all(isinstance(value, int | float) and not isinstance(value, bool) for value in varied.values)
    return "number" if numbers else "choice"


def _log(kept: KeptSweep, varied: Varied) -> bool:
    return varied.log or (_kind(varied) == "number" and is_log(kept.sweep.base.field(varied.setting)))


def draw(kept: KeptSweep, tried: Sequence[swept.Point]) -> None:
    """Draw the points over their settings, over time, and which setting mattered; a click on a point chooses it."""
    varied = settings(kept)
    found = swept.importance(varied, tried)
    st.caption(words.literal(swept.said(found, len(tried))))
    if len(tried) < 2:
        return
    over_settings, over_time, mattered = st.tabs(["Accuracy by setting", "Accuracy by time", "What mattered"])
    dark, run = st.context.theme.type == "dark", chosen_run(kept)
    chosen = _place(run, [point.run_ids for point in tried])
    with over_settings:
        if len(varied) == 2:
            found_at = swept.surface(varied, tried, varied[0].path, varied[1].path)
            cell = _place(run, [cell.runs for cell in found_at.cells])
            figure = charts.surface(found_at, dark=dark, chosen=cell)
        else:
            figure = charts.parallel(varied, tried, dark=dark, chosen=chosen)
        _clickable(kept, figure, "settings", "Validation accuracy of the points by their settings")
    with over_time:
        figure = charts.over_time(varied, swept.front(tried), chosen=chosen)
        _clickable(kept, figure, "time", "Validation accuracy of the points by the seconds of training")
        st.caption("The line joins the points that no other beats in both.")
    with mattered:
        if found:
            st.plotly_chart(
                charts.importance(found),
                key=f"mattered-{kept.id}",
                config={"displayModeBar": False},
                alt="How much of the differences each setting explains",
            )
        else:
            st.caption(f"This takes at least {swept.FEWEST_POINTS} points.")


def chosen_run(kept: KeptSweep) -> str | None:
    """Return the id of a run of the point that was clicked in a chart, if any."""
    found: str | None = st.session_state.get(f"{CHOSEN}-{kept.id}")
    return found


def _place(run: str | None, ids: Sequence[Sequence[str]]) -> int | None:
    """Return the place of the first of several lists of runs in which a run stands, if any."""
    return next((place for place, runs in enumerate(ids) if run in runs), None)


def _clickable(kept: KeptSweep, figure: go.Figure, name: str, alt: str) -> None:
    key = f"chart-{name}-{kept.id}"

    def clicked() -> None:
        points = st.session_state[key].selection.points
        runs = points[0].get("customdata") if points else None
        st.session_state[f"{CHOSEN}-{kept.id}"] = runs[0] if runs else None

    st.plotly_chart(
        figure, key=key, on_select=clicked, selection_mode="points", config={"displayModeBar": False}, alt=alt
    )
