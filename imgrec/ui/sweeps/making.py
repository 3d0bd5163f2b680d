"""The form of a new sweep: which settings of the draft vary, between which values, and how many points are tried."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urljoin

import streamlit as st
from pydantic.fields import FieldInfo

from imgrec import jobs, quantities
from imgrec.config import RunConfig
from imgrec.errors import ImgrecError
from imgrec.jobs import SweepPlan
from imgrec.runs import MAX_NAME, sweeps
from imgrec.settings import entries, is_whole, limits, options
from imgrec.sweep import MOST_VARIED, Sampling, Sweep, Value, Varied, read_value
from imgrec.ui import PAGES, browser, cached, draft, forms, words
from imgrec.varying import can_vary, suggested

SAMPLING, PLANNED, STARTS, KNOWN = "sweep-sampling", "sweep-planned", "sweep-starts", "sweeps-known"
"""Where the session keeps the Sampling, the last plan with its sweep, how many sweeps it has started, and the ids of
those that there were when the form was drawn."""

RANGE, LIST = "Range", "List"

USUAL = ("training.learning_rate",)
"""What varies at first: it matters most often (Bengio 2012, arXiv 1206.5533)."""


def draw(*, primary: bool) -> str | None:
    """Draw the form, and return the id of the sweep where one was just started.

    primary says whether Start is the page's main button.
    """
    store, config = browser.store(), draft.get()
    starts = st.session_state.setdefault(STARTS, 0)
    known = st.session_state.get(KNOWN)
    st.session_state[KNOWN] = {kept.id for kept in sweeps.every(store)}
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
            buttons = st.container(horizontal=True, width="content")
        draft.summary()
        varied = _what_varies(config)
        with st.expander("How many are tried", True, icon=":material/tune:", key="sweep-how"):
            sampling = _sampling()
        sweep, plan = _planned(config, varied, sampling)
        ready = cached.is_available(config.dataset)
        if not ready:
            st.info("The images of the draft are not on this computer yet.", icon=":material/download:")
            st.page_link(PAGES / "data.py", label="Download them, or choose others", icon=":material/image:")
        if sweep is not None:
            with buttons:
                _share(sweep)
        started = buttons.button(
            f"Start {quantities.count(plan.first, 'run')}" if plan else "Start",
            key=f"sweep-start-{starts}",
            type="primary" if primary else "secondary",
            icon=":material/play_arrow:",
            disabled=plan is None or not ready,
        )
    if not started or sweep is None or plan is None:
        return None
    # Before the runs are queued, which takes a moment: the second click of a double click then meets no button.
    st.session_state[STARTS] = starts + 1
    try:
        with st.spinner(f"Queuing {quantities.count(plan.first, 'run')} …"):
            return jobs.start_sweep(store, sweep, name.strip(), known=known, address=browser.address()).id
    except ImgrecError:
        st.session_state[STARTS] = starts  # the name that was typed stays
        raise


def _share(sweep: Sweep) -> None:
    with st.popover("Share", icon=":material/share:"):
        st.caption("Whoever opens this link has the same sweep before them.")
        st.code(urljoin(st.context.url or "", f"sweeps?s={sweep.to_link()}"), language=None, wrap_lines=True)
        st.download_button(
            "Sweep file",
            sweep.to_json(),
            "sweep.json",
            "application/json",
            icon=":material/download:",
            on_click="ignore",
            help="For `python -m imgrec sweep --sweep sweep.json`.",
        )


def _what_varies(config: RunConfig) -> list[Varied]:
    offered = can_vary(config)
    chosen = st.multiselect(
        "What varies",
        list(offered),
        format_func=lambda path: words.literal(offered[path]),
        max_selections=MOST_VARIED,
        key=_preset(_choice_key(config), [path for path in USUAL if path in offered]),
        persist_state="session",
        help="One or two settings are best: their results can be seen as a curve or a map.",
    )
    return [_values(config, path, offered[path]) for path in chosen]


def _values(config: RunConfig, path: str, called: str) -> Varied:
    """Draw between which values a setting varies, or over which."""
    usual, field = suggested(config, path), config.field(path)
    key, label = _key(config, path), words.literal(called)
    if usual.values:
        offered = options(field) or list(entries(field)) or [False, True]
        picked = st.pills(
            label,
            offered,
            selection_mode="multi",
            key=_preset(key, offered),
            persist_state="session",
            format_func=_spoken,
        )
        return Varied.model_construct(setting=path, values=tuple(picked), low=None, high=None, log=False)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        mode = st.segmented_control(
            label, [RANGE, LIST], required=True, key=_preset(f"{key}-mode", RANGE), persist_state="session"
        )
        if mode == LIST:
            return _list(usual, field, key, label)
        return _range(usual, field, key, label)


def _list(usual: Varied, field: FieldInfo, key: str, label: str) -> Varied:
    """Draw the values that a number takes, as they are typed."""
    start = Sampling(points=3)
    some = dict.fromkeys(str(usual.at(place / (start.points - 1), is_whole(field))) for place in range(start.points))
    said = st.text_input(
        f"{label}, values",
        key=_preset(f"{key}-values", ", ".join(some)),
        width=300,
        help="Numbers with commas between them.",
        persist_state="session",
    )
    values = tuple(read_value(part.strip()) for part in said.split(",") if part.strip())
    return Varied.model_construct(setting=usual.setting, values=values, low=None, high=None, log=False)


def _range(usual: Varied, field: FieldInfo, key: str, label: str) -> Varied:
    """Draw between which values a number varies."""
    bounds = limits(field)
    assert bounds is not None
    assert usual.low is not None
    assert usual.high is not None
    kind, form = (int, "%d") if is_whole(field) else (float, "%g")
    low, high = (
        st.number_input(
            f"{label}, {side}",
            kind(bounds[0]),
            kind(bounds[1]),
            step=kind(1) if kind is int else value / 10 or 0.01,
            format=form,
            key=_preset(f"{key}-{side}", kind(value)),
            width=200,
            persist_state="session",
        )
        for side, value in (("from", usual.low), ("to", usual.high))
    )
    log = st.toggle(
        "By factors",
        key=_preset(f"{key}-log", usual.log),
        help="1, 10, 100 rather than 1, 50, 100: for what matters by its order of magnitude.",
        persist_state="session",
    )
    return Varied.model_construct(setting=usual.setting, values=(), low=float(low), high=float(high), log=log)


def _preset(key: str, value: object) -> str:
    """Let a widget show a value unless it shows another already, and return its key."""
    st.session_state.setdefault(key, value)
    return key


def open_link() -> None:
    """Make the sweep of a share link (…?s=LINK) the one that the form shows, and its config the draft, once."""
    link = st.query_params.get("s")
    if link is None:
        return
    del st.query_params["s"]  # so that a reload does not undo what is edited from here on
    try:
        sweep = Sweep.from_link(link)
        browser.store().dataset(sweep.base.dataset)
    except ImgrecError as error:
        st.error(f"This share link cannot be opened. {words.literal(str(error))}", icon=":material/link_off:")
        return
    draft.replace(sweep.base, "that of a shared sweep")
    st.session_state[SAMPLING] = Sampling.model_validate(sweep.model_dump(include=set(Sampling.model_fields)))
    st.session_state[_choice_key(sweep.base)] = list(sweep.settings)
    for each in sweep.varied:
        _show(sweep.base, each)


def _show(config: RunConfig, varied: Varied) -> None:
    """Let the widgets of a setting show how it varies."""
    key = _key(config, varied.setting)
    whole = is_whole(config.field(varied.setting))
    if not suggested(config, varied.setting).values:
        st.session_state[f"{key}-mode"] = LIST if varied.values else RANGE
    if varied.values and suggested(config, varied.setting).values:
        st.session_state[key] = list(varied.values)
    elif varied.values:
        st.session_state[f"{key}-values"] = ", ".join(map(str, varied.values))
    else:
        for side, value in (("from", varied.low), ("to", varied.high)):
            assert value is not None
            st.session_state[f"{key}-{side}"] = int(value) if whole else value
        st.session_state[f"{key}-log"] = varied.log


def add(config: RunConfig, path: str) -> bool:
    """Let the form vary one more setting of the draft. Return False where it varies as many as it can."""
    key = _choice_key(config)
    chosen = st.session_state.get(key, [])
    if path not in chosen and len(chosen) == MOST_VARIED:
        return False
    st.session_state[key] = list(dict.fromkeys([*chosen, path]))
    return True


def _choice_key(config: RunConfig) -> str:
    """Return the key of the choice of settings: another network has other ones."""
    return f"sweep-varied-{hash(tuple(can_vary(config)))}"


def _key(config: RunConfig, path: str) -> str:
    """Return how the keys of a setting's widgets begin: where its value is another, others are suggested."""
    return f"sweep-{path}-{config.setting(path)}"


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
