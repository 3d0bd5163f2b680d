"""The form of a new sweep: which settings of the draft vary, between which values, and how many points are tried."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from imgrec import jobs, quantities
from imgrec.config import RunConfig
from imgrec.errors import ImgrecError
from imgrec.jobs import SweepPlan
from imgrec.runs import MAX_NAME
from imgrec.settings import entries, limits, options
from imgrec.sweep import MOST_VARIED, Sampling, Sweep, Value, Varied, can_vary, suggested
from imgrec.ui import PAGES, browser, cached, draft, forms, words

SAMPLING, PLANNED, STARTS = "sweep-sampling", "sweep-planned", "sweep-starts"
"""Where the session keeps the Sampling, the last plan with its sweep, and how many sweeps it has started."""

USUAL = ("training.learning_rate",)
"""What varies at first: it matters most often (Bengio 2012, arXiv 1206.5533)."""


def draw() -> str | None:
    """Draw the form, and return the id of the sweep where one was just started."""
    store, config = browser.store(), draft.get()
    starts = st.session_state.setdefault(STARTS, 0)
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            with st.container(horizontal=True, vertical_alignment="center", width="content"):
                st.subheader("New sweep", anchor=False, width="content")
                name = st.text_input(
                    "Name of the new sweep",
                    max_chars=MAX_NAME,
                    placeholder="Name",
                    key=f"sweep-name-{starts}",
                    label_visibility="collapsed",
                    width=220,
                )
            button = st.container(width="content")
        draft.summary()
        varied = _what_varies(config)
        with st.expander("How many are tried", icon=":material/tune:", key="sweep-how"):
            sampling = _sampling()
        sweep, plan = _planned(config, varied, sampling)
        ready = cached.is_available(config.dataset)
        if not ready:
            st.info("The images of the draft are not on this computer yet.", icon=":material/download:")
            st.page_link(PAGES / "data.py", label="Download them, or choose others", icon=":material/image:")
        started = button.button(
            f"Start {quantities.count(plan.first, 'run')}" if plan else "Start",
            key=f"sweep-start-{starts}",
            type="primary",
            icon=":material/play_arrow:",
            disabled=plan is None or not ready,
        )
    if not started or sweep is None:
        return None
    # Before the runs are queued, which takes a moment: the second click of a double click then meets no button.
    st.session_state[STARTS] = starts + 1
    try:
        return jobs.start_sweep(store, sweep, name.strip(), browser.address()).id
    except ImgrecError:
        st.session_state[STARTS] = starts  # the name that was typed stays
        raise


def _what_varies(config: RunConfig) -> list[Varied]:
    offered = can_vary(config)
    chosen = st.multiselect(
        "What varies",
        list(offered),
        [path for path in USUAL if path in offered],
        format_func=lambda path: words.literal(offered[path]),
        max_selections=MOST_VARIED,
        key=f"sweep-varied-{hash(tuple(offered))}",  # another network has other settings
        persist_state="session",
        help="One or two settings are best: their results can be seen as a curve or a map.",
    )
    return [_values(config, path, offered[path]) for path in chosen]


def _values(config: RunConfig, path: str, called: str) -> Varied:
    """Draw between which values a setting varies, or over which."""
    usual, field = suggested(config, path), config.field(path)
    key, label = f"sweep-{path}-{config.setting(path)}", words.literal(called)
    if usual.values:
        offered = options(field) or list(entries(field)) or [False, True]
        picked = st.pills(
            label,
            offered,
            selection_mode="multi",
            default=offered,
            key=key,
            persist_state="session",
            format_func=_spoken,
        )
        return Varied.model_construct(setting=path, values=tuple(picked), low=None, high=None, log=False)
    assert usual.low is not None
    assert usual.high is not None
    bounds = limits(field)
    assert bounds is not None
    whole = float(usual.low).is_integer() and isinstance(config.setting(path), int)
    kind, form = (int, "%d") if whole else (float, "%g")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        low, high = (
            st.number_input(
                f"{label}, {side}",
                kind(bounds[0]),
                kind(bounds[1]),
                kind(value),
                kind(1) if whole else value / 10 or 0.01,
                form,
                key=f"{key}-{side}",
                width=220,
                persist_state="session",
            )
            for side, value in (("from", usual.low), ("to", usual.high))
        )
        log = st.toggle(
            "By factors",
            usual.log,
            key=f"{key}-log",
            help="1, 10, 100 rather than 1, 50, 100: for what matters by its order of magnitude.",
            persist_state="session",
        )
    return Varied.model_construct(setting=path, values=(), low=float(low), high=float(high), log=log)


def _spoken(value: Value) -> str:
    return {True: "on", False: "off"}[value] if isinstance(value, bool) else words.literal(str(value).replace("_", " "))


def _sampling() -> Sampling:
    before: Sampling = st.session_state.get(SAMPLING, Sampling())
    left, right = st.columns(2, gap="large")
    with left:
        after = forms.edit(before, "sweep", ("method", "points", "seeds"))
    with right:
        more = ("first_epochs", *(("best",) if before.first_epochs else ()))
        after = forms.edit(after, "sweep", more + (("seed",) if after.method == "random" else ()))
    if after != before:
        st.session_state[SAMPLING] = after
        st.rerun()
    return after


def _planned(
    config: RunConfig, varied: Sequence[Varied], sampling: Sampling
) -> tuple[Sweep, SweepPlan] | tuple[None, None]:
    """Say what the sweep would be, or why it cannot be; and return it."""
    if not varied:
        st.caption("Choose at least one setting that varies.")
        return None, None
    data: dict[str, Any] = {"base": config, "varied": [each.model_dump() for each in varied], **sampling.model_dump()}
    try:
        sweep = Sweep.parse(data)
        kept, plan = st.session_state.get(PLANNED, (None, None))
        if kept != sweep:
            plan = jobs.plan_sweep(browser.store(), sweep)
            st.session_state[PLANNED] = sweep, plan
    except ImgrecError as error:
        st.error(words.literal(str(error)), icon=":material/error:")
        return None, None
    parts = [f"{quantities.count(plan.first, 'run')} of {quantities.count(len(plan.points), 'point')}"]
    parts += [f"then {quantities.count(plan.later, 'run')} in full"] if plan.later else []
    parts += [f"about {quantities.duration(words.rounded(plan.seconds))}"] if plan.seconds is not None else []
    parts += [f"{quantities.size(plan.disk_bytes)} on the disk"] if plan.disk_bytes is not None else []
    st.markdown(f"**{' · '.join(parts)}**")
    if plan.refused:
        with st.expander(f"{quantities.count(len(plan.refused), 'point')} left out", icon=":material/report:"):
            for refused in plan.refused:
                st.caption(words.literal(f"{', '.join(map(str, refused.point))}: {refused.why}"))
    return sweep, plan
