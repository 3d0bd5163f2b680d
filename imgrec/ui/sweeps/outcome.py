"""What came of a sweep: how far it is, its points from the best on, and the best one as the draft."""

from collections.abc import Mapping, Sequence
from statistics import fmean

import pandas as pd
import streamlit as st

from imgrec import jobs, quantities, swept
from imgrec.jobs import PointRuns
from imgrec.runs import State, sweeps
from imgrec.runs.listing import RunRow
from imgrec.runs.sweeps import KeptSweep
from imgrec.ui import PAGES, browser, draft, run_buttons, selection, words
from imgrec.ui.sweeps import learnt
from imgrec.varying import can_vary

WATCH_SECONDS = 3


def draw(kept: KeptSweep) -> None:
    """Draw all that is known of a sweep."""
    rows = jobs.rows_of(browser.store(), kept)
    ranked = jobs.ranked(rows)
    finished = sum(row.state is State.FINISHED for row in rows)
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        with st.container(width="content"):
            st.subheader(words.literal(kept.name), anchor=False)
            st.caption(_how_far(kept, rows, finished))
        buttons = st.container(horizontal=True, width="content")
    if rows and finished < len(rows):
        st.progress(finished / len(rows))
    done = [one for one in ranked if one.finished]
    with buttons:
        _buttons(kept, rows, done)
    for refused in kept.refused:
        st.caption(words.literal(f"Left out: {', '.join(map(str, refused.point))}. {refused.why}"))
    if not ranked:
        st.caption("Its runs are gone. Queue the missing ones, or forget the sweep.")
        return
    if done:
        _best(kept, ranked)
    _table(kept, ranked)
    if any(row.state in jobs.ACTIVE for row in rows) or kept.waits:
        _watch(kept, finished, len(rows))


def _how_far(kept: KeptSweep, rows: Sequence[RunRow], finished: int) -> str:
    parts = [f"{finished} of {quantities.count(len(rows), 'run')} finished"]
    if failed := sum(row.state is State.FAILED for row in rows):
        parts.append(f"{failed} failed")
    if kept.waits:
        parts.append(f"then the best {kept.sweep.best} in full")
    return " · ".join(parts)


def _buttons(kept: KeptSweep, rows: Sequence[RunRow], done: Sequence[PointRuns]) -> None:
    if done and st.button(
        "Adopt the best",
        key=f"adopt-{kept.id}",
        type="primary",
        icon=":material/check:",
        help="Its settings become your draft, with all epochs.",
    ):
        _adopt(kept, done[0], "the best point")
    missing = jobs.missing(kept, rows)
    if missing and st.button(
        f"Queue {quantities.count(missing, 'missing run')}",
        key=f"missing-{kept.id}",
        icon=":material/replay:",
        help="Those that failed, were cancelled or are gone.",
    ):
        run_buttons.attempt(lambda: jobs.add_missing(browser.store(), kept, browser.address()))
        st.rerun()
    with st.popover("More", icon=":material/more_vert:"):
        st.caption("Its runs stay, on the Runs page.")
        if st.button("Forget this sweep", key=f"forget-{kept.id}", icon=":material/delete:"):
            sweeps.remove(browser.store(), kept.id)
            st.rerun()


def _adopt(kept: KeptSweep, one: PointRuns, which: str) -> None:
    config, *_ = kept.sweep.configs(one.point, first=False)
    draft.replace(config, f"{which} of {words.literal(kept.name)}")
    st.switch_page(PAGES / "train.py")


def _best(kept: KeptSweep, ranked: Sequence[PointRuns]) -> None:
    """Say which point is the best, by how much it looks better than it is, and which setting mattered."""
    called = _called(kept)
    best = next(one for one in ranked if one.finished)
    values = ", ".join(
        f"{called[path]} **{value}**" for path, value in zip(kept.sweep.settings, best.point, strict=True)
    )
    st.markdown(f":material/emoji_events: Best: {values}.")
    looks = quantities.count(sum(len(one.finished) for one in ranked), "time")
    st.caption(
        words.literal(
            f"{swept.optimism(learnt.points(ranked, first=best.first)).sentence} This sweep has looked at the test "
            f"images {looks}, once with each finished run: choose by test accuracy, and that is too high as well."
        )
    )
    tried = learnt.points(ranked, first=bool(kept.sweep.first_epochs))
    learnt.draw(kept, tried)


def _called(kept: KeptSweep) -> dict[str, str]:
    """Return what people call the settings that vary."""
    titles = can_vary(kept.sweep.base)
    return {path: words.literal(titles.get(path, path)) for path in kept.sweep.settings}


def _table(kept: KeptSweep, ranked: Sequence[PointRuns]) -> None:
    called = _called(kept)
    frame = pd.DataFrame(
        {
            "Validation accuracy": [_points(one.validation_accuracy) for one in ranked],
            **{name: [one.point[place] for one in ranked] for place, name in enumerate(called.values())},
            "Epochs": [one.runs[0].epochs_wanted for one in ranked],
            "Spread": [_spread(one) for one in ranked],
            "Finished": [f"{len(one.finished)} of {len(one.runs)}" for one in ranked],
            "Seconds": [_seconds(one) for one in ranked],
        }
    )
    event = st.dataframe(
        frame,
        hide_index=True,
        key=f"sweep-{kept.id}",
        on_select="rerun",
        selection_mode="single-row",
        height="content" if len(ranked) <= 16 else 560,
        placeholder="–",
        column_config={
            **{name: st.column_config.NumberColumn(format="%g") for name in _numbers(kept, called)},
            "Validation accuracy": st.column_config.NumberColumn(format="%.2f %%", help="The mean over the seeds."),
            "Spread": st.column_config.NumberColumn(
                format="%.2f", help="From the worst seed to the best, in points: what luck does."
            ),
            "Seconds": st.column_config.NumberColumn(format="%.0f", help="Of training, of one run."),
        },
    )
    selected = [ranked[place] for place in event.selection.rows if place < len(ranked)]
    clicked = [one for one in ranked if learnt.chosen_run(kept) in {row.id for row in one.runs}]
    one = next(iter([*selected, *clicked]), None)
    if one is None:
        st.caption("Select a row, or click a point above, to adopt its settings or to open its runs.")
        return
    st.markdown(f"{', '.join(f'{name} **{value}**' for name, value in zip(called.values(), one.point, strict=True))}:")
    with st.container(horizontal=True):
        if st.button("Adopt these settings", key=f"adopt-row-{kept.id}", icon=":material/check:"):
            _adopt(kept, one, "a point")
        for row in one.runs:
            finished = row.state is State.FINISHED
            if st.button(words.literal(row.name), key=f"open-{row.id}", icon=":material/open_in_new:"):
                selection.keep(browser.store().get(row.id))
                st.switch_page(PAGES / ("results.py" if finished else "train.py"), query_params={"run": row.id})


def _numbers(kept: KeptSweep, called: Mapping[str, str]) -> list[str]:
    """Return the titles of the settings that are numbers."""
    return [called[each.path] for each in learnt.settings(kept) if each.kind == "number"]


def _points(share: float | None) -> float | None:
    return None if share is None else 100 * share


def _spread(one: PointRuns) -> float | None:
    found = [row.validation_accuracy for row in one.finished if row.validation_accuracy is not None]
    return 100 * (max(found) - min(found)) if len(found) > 1 else None


def _seconds(one: PointRuns) -> float | None:
    found = [row.seconds for row in one.finished if row.seconds is not None]
    return fmean(found) if found else None


@st.fragment(run_every=WATCH_SECONDS)
def _watch(kept: KeptSweep, finished: int, count: int) -> None:
    """Draw the whole page anew when a run has been finished or added."""
    rows = jobs.rows_of(browser.store(), kept)
    if (sum(row.state is State.FINISHED for row in rows), len(rows)) != (finished, count):
        st.rerun()
