"""A run as it goes, from its folder alone: a line that ticks, and the rest, which changes with each epoch."""

from collections.abc import Sequence
from uuid import uuid4

import streamlit as st

from imgrec import jobs, outcome, quantities
from imgrec.outcome import Next
from imgrec.records import EpochMetrics, Progress, best_epoch
from imgrec.runs import Run, State, Store, starts
from imgrec.ui import PAGES, draft, run_buttons, run_curves, run_menu, watched, watchers, words

TICK_SECONDS = 1.7
"""Within two seconds a page shows that a run has ended. What a tick draws is one line: each takes time from a training
on the same processor, and a chart, a row of cards or a bar that slides takes several times as much as a line.
"""

BEGINNING_TICK_SECONDS = 0.6
"""Until there is something to see, so that the first point of the curves is drawn as soon as there is one."""


def follow(run: Run) -> None:
    """Draw a run. While it is active a line of it ticks, and the whole page is drawn anew with each epoch."""
    state, history, progress = run.state, run.history(), run.progress() or Progress()
    under_way = jobs.under_way(run)
    _head(run, state)
    if under_way:
        begun = bool(history or progress.within)
        begins = not begun and (
            state is State.RUNNING or (state is State.QUEUED and not jobs.ahead(run, jobs.earlier(run)))
        )
        every = BEGINNING_TICK_SECONDS if begins else TICK_SECONDS
        st.fragment(_tick, run_every=every)(run, state, len(history), begun)
    else:
        _AT_REST[state](run)
    if state is State.RUNNING:
        _numbers(history, progress)
        run_curves.grow(run)
        watched.draw(run, history)
        st.caption("The run goes on when this page is closed. The address of this page leads back to it from anywhere.")
    elif history and under_way:  # it waits to go on
        run_curves.draw(run, history)


def _tick(run: Run, drawn: State, complete: int, begun: bool) -> None:
    state, epochs = run.state, len(run.history())
    if state is not State.RUNNING:
        jobs.look_after(Store.of(run))
    under_way = jobs.under_way(run)
    # Said at once, as the rest takes a moment to be drawn.
    (_TICKING.get(state, _running) if under_way else _ended)(run)
    begins = not begun and (run.progress() or Progress()).within
    page = st.session_state.setdefault("watcher", uuid4().hex)
    more = epochs != complete and watchers.has_turn(run, page)
    if state is not drawn or more or begins or not under_way:
        st.rerun()  # the whole page, once: another epoch is complete, or there is something else to do now


@st.fragment
def _head(run: Run, drawn: State) -> None:
    state = run.state
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        with st.container(horizontal=True, vertical_alignment="center", width="content", gap="small"):
            st.subheader(words.dotted(run), anchor=False, width="content")
            words.badge(state)
        with st.container(horizontal=True, width="content", gap="small"):
            run_buttons.buttons(run, state)
            run_menu.menu(run)
    origin = starts.origin(run)
    st.caption(
        " &nbsp;·&nbsp; ".join(
            (*words.parts(run.config, run.dataset, origin.name if origin else None), *words.tags(run))
        )
    )
    if state is not drawn:
        st.rerun()  # a button has just changed what the page is about


def _queued(run: Run) -> None:
    earlier = jobs.earlier(run)
    match jobs.ahead(run, earlier):
        case 0:
            text = "Starting …"
        case ahead:
            runs = "another run is" if ahead == 1 else f"{ahead} runs are"
            seconds = jobs.wait(run, earlier)
            when = f" in about {quantities.duration(words.rounded(seconds))}" if seconds else ""
            text = f"Waiting for its turn: {runs} ahead of it. It starts by itself{when}; this page can be closed."
    if jobs.is_drained(Store.of(run).home):
        text = "This server is about to be maintained and starts nothing now. The run goes on by itself afterwards."
    st.progress(_share(run, Progress()), text=text)


def _comes_back(run: Run) -> None:
    text = "Its process ended before it was done. It goes on by itself in a moment, where it was."
    st.progress(_share(run, Progress()), text=text)


def _ended(run: Run) -> None:
    st.progress(_share(run, Progress()), text=f"This run is {run.state}.")


def _running(run: Run) -> None:
    progress = run.progress() or Progress(phase="starting")
    st.progress(_share(run, progress), text=_doing(run, progress))


def _share(run: Run, progress: Progress) -> float:
    """Return how much is done: of its phase, where that is not the training itself."""
    return words.trained_share(run, progress) if progress.share is None else progress.share


def _doing(run: Run, progress: Progress) -> str:
    match run.request.what:
        case "stop":
            return "Stopping: the best epoch so far is kept and scored on the test images."
        case "pause":
            return "Pausing: what it needs to go on is being kept."
    if progress.steps is None:
        return words.literal(f"{progress.phase[:1].upper()}{progress.phase[1:]} …")
    parts = [f"Epoch {progress.epoch} of {progress.epochs}", f"step {progress.step:,} of {progress.steps:,}"]
    if progress.loss is not None:
        parts.append(f"training loss {progress.loss:.3f}")
    if progress.accuracy is not None:
        parts.append(f"{quantities.percent(progress.accuracy)} right")
    if progress.images_per_second:
        parts.append(f"{progress.images_per_second:,.0f} images/s")
    if progress.seconds_left:
        parts.append(f"about {quantities.duration(progress.seconds_left)} left")
    if progress.place:
        parts.append(f"on {words.literal(progress.place)}")
    return " · ".join(parts)


def _numbers(history: Sequence[EpochMetrics], progress: Progress) -> None:
    """Draw what the last complete epoch brought; of the first one, what is known so far."""
    best = best_epoch(history)
    loss = history[-1].loss if history else progress.loss
    speed = history[-1].images_per_second if history else progress.images_per_second
    with st.grid(4, min_column_width=150):
        st.metric(
            "Validation accuracy",
            quantities.percent(history[-1].validation_accuracy) if history else "–",
            border=True,
            help="On images that the network does not learn from, after the last complete epoch.",
        )
        st.metric(
            "Training loss",
            f"{loss:.3f}" if loss is not None else "–",
            border=True,
            help="What training makes smaller, over the last complete epoch; over the first as far as it has come.",
        )
        st.metric(
            "Best epoch",
            str(best.epoch) if best else "–",
            border=True,
            help="The epoch with the best validation accuracy so far: its model is the one that is kept.",
        )
        st.metric(
            "Images per second",
            f"{speed:,.0f}" if speed else "–",
            border=True,
        )


def _finished(run: Run) -> None:
    found = run.evaluation()
    assert found is not None
    epochs = quantities.count(found.epochs_trained, "epoch")
    how = f"stopped after {epochs} of {run.config.training.epochs}," if found.stopped else epochs
    said = (
        f"**{quantities.percent(found.test_accuracy)} test accuracy**, {how} in {quantities.duration(found.seconds)}. "
        f"The model of the best epoch ({found.best_epoch}) is kept."
    )
    if found.stopped:
        st.info(said, icon=":material/stop_circle:")
    else:
        st.success(said, icon=":material/check_circle:")
    remarks(run)
    with st.container(horizontal=True):
        if st.button("See the results", type="primary", icon=":material/query_stats:", key=f"results-{run.id}"):
            st.switch_page(PAGES / "results.py", query_params={"run": run.id})
        if st.button("Try it on pictures", icon=":material/image_search:", key=f"predict-{run.id}"):
            st.switch_page(PAGES / "predict.py", query_params={"run": run.id})
    run_curves.draw(run, run.history())


def remarks(run: Run) -> None:
    """Draw what one should know of a finished run beside its scores, if anything."""
    for remark in outcome.remarks(run):
        st.warning(words.literal(remark), icon=":material/report:")


def _failed(run: Run) -> None:
    error = run.error()
    st.error(words.literal(outcome.why(run)), title="This run failed", icon=":material/error:")
    with st.container(horizontal=True):
        if error and error.learning_rate and run.parent is None:
            _slower(run, error.learning_rate)
        _again(run)
    if run.history():
        run_curves.draw(run, run.history())
    if error and error.traceback:
        with st.expander("Technical details"):
            st.code(error.traceback, language=None)


def _paused(run: Run) -> None:
    st.info(_with_advice(run), title="Paused", icon=":material/pause_circle:")
    if run.history():
        run_curves.draw(run, run.history())


def _interrupted(run: Run) -> None:
    # Until whoever started its process has said how it ended, which takes the scheduler a second.
    st.fragment(
        _why_interrupted,
        run_every=TICK_SECONDS if run.ending() is None and jobs.scheduler_alive(Store.of(run)) else None,
    )(run)
    if outcome.next_step(run) is Next.COPY:
        _again(run)
    if run.history():
        run_curves.draw(run, run.history())


def _why_interrupted(run: Run) -> None:
    st.warning(_with_advice(run), title="This run was interrupted", icon=":material/power_off:")


def _cancelled(run: Run) -> None:
    st.info(outcome.why(run), icon=":material/block:")
    _again(run)


def _with_advice(run: Run) -> str:
    how = {Next.GO_ON: " **Resume** goes on exactly where it was.", Next.BEGIN_ANEW: " **Resume** begins it anew."}
    step = outcome.next_step(run)
    return words.literal(outcome.why(run)) + (how.get(step, "") if step else "")


def _slower(run: Run, learning_rate: float) -> None:
    store, known = Store.of(run), st.session_state.get("known")
    label = f"Try again with {learning_rate:g}"
    what = f"Trains the same with a learning rate of {learning_rate:g}, as a new run."
    if st.button(label, icon=":material/replay:", key=f"slower-{run.id}", help=what):
        config = run.config.with_setting("training.learning_rate", learning_rate)
        new = jobs.launch(store, config, known=known)
        st.switch_page(PAGES / "train.py", query_params={"run": new.id})
    st.session_state["known"] = jobs.known(store)


def _again(run: Run) -> None:
    what = "Opens this run's network and settings, to start it anew."
    if st.button("Edit a copy", icon=":material/content_copy:", key=f"again-{run.id}", help=what):
        draft.copy(run)
        st.switch_page(PAGES / "network.py")


_TICKING = {State.QUEUED: _queued, State.INTERRUPTED: _comes_back}

_AT_REST = {
    State.FINISHED: _finished,
    State.PAUSED: _paused,
    State.FAILED: _failed,
    State.INTERRUPTED: _interrupted,
    State.CANCELLED: _cancelled,
}
