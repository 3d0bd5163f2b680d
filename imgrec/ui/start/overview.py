"""Cards of presets and runs, to choose what to open."""

from collections.abc import Sequence

import streamlit as st

from imgrec import jobs, quantities
from imgrec.examples import Example
from imgrec.presets import Preset
from imgrec.runs import Run, State, Store
from imgrec.ui import PAGES, draft, icons, ready_made, words

MOST_RUNS = 6
"""Runs shown as cards; older ones are on the Runs page."""


def newest(store: Store, active: Sequence[tuple[Run, State]]) -> list[Run]:
    """List the runs to show as cards: those that are active, which is what is under way, then the newest others."""
    found = [run for run, _ in active[:MOST_RUNS]]
    others = (run for run in store.readable(MOST_RUNS + len(found)) if run not in found)
    return [*found, *others][:MOST_RUNS]


def preset_card(preset: Preset) -> None:
    """Draw a preset with what it reaches, and open it."""
    with st.container(border=True, height="stretch"):
        st.markdown(f"**{preset.title}**")
        st.caption(preset.description)
        st.caption(preset.measured)
        if st.button(icons.of("Open", f"preset {preset.title}"), key=f"open-{preset.name}", icon=":material/layers:"):
            ready_made.take_preset(preset)
            st.switch_page(PAGES / "network.py")


def example_card(example: Example, run: Run) -> None:
    """Draw an example with its curve and the reason for it, to open it or to edit a copy."""
    evaluation = run.evaluation()
    assert evaluation is not None
    with st.container(border=True, height="stretch"):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            st.markdown(words.dotted(run), width="content")
            if example.learns:
                st.badge("learns well", color="green", icon=":material/check:")
            else:
                st.badge("goes wrong", color="orange", icon=":material/warning:")
        st.metric(
            "Test accuracy",
            quantities.percent(evaluation.test_accuracy),
            chart_data=[100 * metrics.validation_accuracy for metrics in run.history()],
        )
        st.caption(example.why)
        with st.container(horizontal=True):
            if st.button(icons.of("Open", run.name), key=f"example-{run.id}", icon=":material/query_stats:"):
                st.switch_page(PAGES / "results.py", query_params={"run": run.id})
            if st.button(
                icons.of("Edit a copy", f"of {run.name}"),
                key=f"edit-{run.id}",
                type="tertiary",
                icon=":material/content_copy:",
            ):
                draft.copy(run)
                st.switch_page(PAGES / "network.py")


def run_cards(found: Sequence[Run], of: int) -> None:
    """Draw the newest of so many runs; again every few seconds while one of them is under way."""
    active = any(run.state in jobs.ACTIVE for run in found)

    @st.fragment(run_every=2 if active else None)
    def cards() -> None:
        with st.grid(3, min_column_width=260):
            for run in found:
                _run_card(run)

    cards()
    if len(found) < min(of, MOST_RUNS):
        damaged = quantities.count(of - len(found), "run")
        st.caption(f"{damaged} cannot be read. `python -m imgrec check` says why, and what can be done.")
    if of:
        st.page_link(
            PAGES / "runs.py", label=f"All {of:,} runs" if of > 1 else "The run", icon=":material/inventory_2:"
        )


def _run_card(run: Run) -> None:
    state, history = run.state, run.history()
    with st.container(border=True, height="stretch"):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            st.markdown(words.dotted(run), width="content")
            words.badge(state)
        accuracies = [100 * metrics.validation_accuracy for metrics in history]
        evaluation = run.evaluation()
        st.metric(
            "Test accuracy" if evaluation else "Validation accuracy",
            words.plus_minus(evaluation.test_correct, evaluation.test_images)
            if evaluation
            else f"{accuracies[-1]:.1f} %"
            if accuracies
            else "–",
            chart_data=accuracies if len(accuracies) > 1 else None,
            help=f"± is half of the 95 % interval, n = {evaluation.test_images:,}." if evaluation else None,
        )
        st.caption(_line(run, state, len(history)))
        page = "train.py" if state in jobs.ACTIVE else "results.py"
        label = "Watch" if state in jobs.ACTIVE else "Open"
        if st.button(icons.of(label, run.name), key=f"run-{run.id}"):
            st.switch_page(PAGES / page, query_params={"run": run.id})


def _line(run: Run, state: State, epochs: int) -> str:
    progress = run.progress() if state is State.RUNNING else None
    left = progress.seconds_left if progress else None
    parts = [
        words.literal(run.dataset.title),
        f"epoch {epochs} of {run.config.training.epochs}",
        f"{quantities.duration(left)} left" if left else words.ago(run.created),
        *words.tags(run),
    ]
    return " · ".join(parts)
