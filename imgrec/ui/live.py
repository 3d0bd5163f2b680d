"""A run as it goes, from its folder alone: a line that ticks, and the rest, which changes with each epoch."""

from typing import Any

import streamlit as st

from imgrec import charts, jobs
from imgrec.runs import Run, State
from imgrec.ui import PAGES, draft, words

TICK_SECONDS = 1.8
"""Within two seconds a page shows that a run has ended. What a tick draws is one line: each takes time from a training
on the same processor, and a chart, a row of cards or a bar that slides takes several times as much as a line.
"""

CARD_HEIGHT = 140
"""Pixels; room for the sparkline from the start, so that nothing jumps when it appears."""

ACTIVE = (State.QUEUED, State.RUNNING)


def follow(run: Run) -> None:
    """Draws a run. While it is active a line of it ticks, and the whole page is drawn anew with each epoch."""
    state, history = run.state, run.history()
    _head(run, state)
    st.caption(" &nbsp;·&nbsp; ".join(words.parts(run.config)))
    if state not in ACTIVE:
        _ENDED[state](run)
        return
    _tick(run, state, len(history))
    if state is State.RUNNING:
        _numbers(history)
        draw_curves(run, history)
        st.caption("The run goes on when this page is closed. The address of this page leads back to it from anywhere.")


@st.fragment(run_every=TICK_SECONDS)
def _tick(run: Run, drawn: State, epochs: int) -> None:
    state = run.state
    if state is State.QUEUED:
        jobs.start_next()
        _queued(run)
    elif state is State.RUNNING:
        _running(run)
    if state is not drawn or len(run.history()) != epochs:
        st.rerun()  # the whole page, once: the curves are drawn anew, or there is something else to do now


@st.fragment
def _head(run: Run, state: State) -> None:
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        with st.container(horizontal=True, vertical_alignment="center", width="content", gap="small"):
            st.subheader(run.name, anchor=False, width="content")
            words.badge(state)
        if state in ACTIVE:
            stop_button(run)


def stop_button(run: Run) -> None:
    """Draws the button that ends a run, or takes it out of the queue."""
    asked, running = run.stop_requested, run.state is State.RUNNING
    help = "Ends the training within a moment and scores its best epoch." if running else "Takes it out of the queue."
    st.button(
        "Stopping …" if asked else "Stop" if running else "Cancel",
        icon=":material/stop_circle:",
        key=f"stop-{run.id}",
        disabled=asked,
        on_click=_stop,
        args=(run,),
        help=help,
    )


def _stop(run: Run) -> None:
    if run.state in ACTIVE:  # it may have ended since the button was drawn
        jobs.stop(run)


def _queued(run: Run) -> None:
    waiting = [other.id for other in jobs.queue()]
    place = waiting.index(run.id) + 1 if run.id in waiting else 1
    before = "another run is" if place == 1 else f"{place} runs are"
    st.progress(0.0, text=f"Waiting for its turn: {before} ahead of it. It starts by itself; this page can be closed.")


def _running(run: Run) -> None:
    progress = run.progress() or {"phase": "starting"}
    st.progress(_share(progress), text=_doing(run, progress))


def _share(progress: dict[str, Any]) -> float:
    if "step" not in progress:
        return 0.0
    done = progress["epoch"] - 1 + progress["step"] / progress["steps"]
    return min(
        1.0, round(float(done / progress["epochs"]), 2)
    )  # whole percent: the bar slides now and then, not always


def _doing(run: Run, progress: dict[str, Any]) -> str:
    if run.stop_requested:
        return "Stopping: the best epoch so far is kept and scored on the test images."
    if "step" not in progress:
        phase = str(progress["phase"])
        return f"{phase[0].upper()}{phase[1:]} …"
    parts = [
        f"Epoch {progress['epoch']} of {progress['epochs']}",
        f"step {progress['step']:,} of {progress['steps']:,}",
    ]
    if "loss" in progress:
        parts.append(f"training loss {progress['loss']:.3f}")
        parts.append(f"{words.percent(progress['accuracy'])} right")
    if progress.get("images_per_second"):
        parts.append(f"{progress['images_per_second']:,.0f} images/s")
    if progress.get("seconds_left"):
        parts.append(f"about {words.duration(progress['seconds_left'])} left")
    return " · ".join(parts)


def _numbers(history: list[dict[str, float]]) -> None:
    """Draws what the last complete epoch brought."""
    accuracies = [row["validation_accuracy"] for row in history]
    losses = [row["loss"] for row in history]
    with st.grid(4, min_column_width=150):
        st.metric(
            "Validation accuracy",
            words.percent(accuracies[-1]) if history else "–",
            border=True,
            height=CARD_HEIGHT,
            help="On images that the network does not learn from, after the last complete epoch.",
            chart_data=[100 * value for value in accuracies] if len(history) > 1 else None,
        )
        st.metric(
            "Training loss",
            f"{losses[-1]:.3f}" if history else "–",
            border=True,
            height=CARD_HEIGHT,
            help="What training makes smaller, over the last complete epoch.",
            chart_data=losses if len(history) > 1 else None,
        )
        st.metric(
            "Best epoch",
            f"{_best(history)['epoch']:.0f}" if history else "–",
            border=True,
            height=CARD_HEIGHT,
            help="The epoch with the best validation accuracy so far: its model is the one that is kept.",
        )
        st.metric(
            "Images per second",
            f"{history[-1]['images_per_second']:,.0f}" if history else "–",
            border=True,
            height=CARD_HEIGHT,
        )


def _best(history: list[dict[str, float]]) -> dict[str, float]:
    return max(history, key=lambda row: row["validation_accuracy"])


def draw_curves(run: Run, history: list[dict[str, float]]) -> None:
    """Draws accuracy and loss of every complete epoch, the best one marked."""
    best = int(_best(history)["epoch"]) if history else None
    epochs = run.config.training.epochs
    for column, metric in zip(st.columns(2), ("accuracy", "loss"), strict=True):
        with column.container(border=True):
            st.markdown(f"**{metric.capitalize()}** after each epoch")
            figure = charts.curves(history, metric, epochs, best)
            st.plotly_chart(
                figure,
                key=f"{metric}-{run.id}",
                config={"displayModeBar": False},
                alt=f"Training and validation {metric} over {len(history)} epochs",
            )
    st.caption(
        "Training and validation should move together. Where training goes on getting better and validation does not, "
        "the network learns its images by heart: add augmentation or dropout, or stop earlier."
    )


def _finished(run: Run) -> None:
    found = run.evaluation()
    assert found is not None
    how = f"stopped in epoch {found['epochs_trained']}" if found["stopped"] else f"{found['epochs_trained']} epochs"
    st.success(
        f"**{words.percent(found['test_accuracy'])} test accuracy**, {how} in {words.duration(found['seconds'])}. "
        f"The model of the best epoch ({found['best_epoch']}) is kept.",
        icon=":material/check_circle:",
    )
    with st.container(horizontal=True):
        if st.button("See the results", icon=":material/query_stats:", key=f"results-{run.id}"):
            st.switch_page(PAGES / "results.py", query_params={"run": run.id})
        if st.button("Try it on pictures", icon=":material/image_search:", key=f"predict-{run.id}"):
            st.switch_page(PAGES / "predict.py", query_params={"run": run.id})
    draw_curves(run, run.history())


def _failed(run: Run) -> None:
    error = run.error() or {"sentence": "The run failed.", "traceback": ""}
    st.error(error["sentence"], title="This run failed", icon=":material/error:")
    _again(run)
    if run.history():
        draw_curves(run, run.history())
    if error["traceback"]:
        with st.expander("Technical details"):
            st.code(error["traceback"], language=None)


def _interrupted(run: Run) -> None:
    done = len(run.history())
    st.warning(
        "The training process ended before it was done: the machine was switched off, or its memory or disk is full. "
        f"{done} of {run.config.training.epochs} epochs were completed. A copy can be started anew.",
        title="This run was interrupted",
        icon=":material/power_off:",
    )
    _again(run)
    if done:
        draw_curves(run, run.history())


def _cancelled(run: Run) -> None:
    st.info("This run was cancelled before it learnt anything.", icon=":material/block:")
    _again(run)


def _again(run: Run) -> None:
    what = "Opens this run's network and settings, to start it anew."
    if st.button("Edit a copy", icon=":material/content_copy:", key=f"again-{run.id}", help=what):
        draft.put(run.config)
        st.switch_page(PAGES / "network.py")


_ENDED = {
    State.FINISHED: _finished,
    State.FAILED: _failed,
    State.INTERRUPTED: _interrupted,
    State.CANCELLED: _cancelled,
}
