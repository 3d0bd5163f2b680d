"""What the layers of the draft begin with: new weights, or those of a finished run, locked or not."""

import streamlit as st

from imgrec import examples, jobs, transfer
from imgrec.architecture import Architecture
from imgrec.config import RunConfig, Transfer
from imgrec.errors import ImgrecError
from imgrec.runs import Run, listing
from imgrec.runs.listing import RunRow
from imgrec.ui import PAGES, browser, draft, forms, selection, words

OPEN = "start-from"
"""Where it is kept whether the menu of runs to start from is open."""

CHOSEN = "start-from-run"


def draw(network: Architecture, *, fixed: bool = False) -> None:
    """Draw what the layers begin with, and the menu of runs whose layers could be taken; fixed ones are only seen."""
    config = draft.get()
    with st.container(border=config.start is not None, gap="small", key="beginning"):
        if config.start is None:
            with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
                st.caption("All layers begin with new weights.", width="content")
                _menu(fixed=fixed)
            return
        _begun(config, config.start, network, fixed=fixed)


def mark(start: Transfer | None, origin: Run | None, position: int, *, learns: bool) -> str:
    """Say behind the name of a layer that it is copied, and from what it has learnt; nothing of any other.

    learns says that it has weights.
    """
    if start is None or position >= start.layers:
        return ""
    icon = ":material/lock:" if start.locked else ":material/lock_open:"
    learnt_from = f" {words.literal(origin.dataset.title)}" if origin and learns else ""
    return f"&ensp;:blue[{icon}{learnt_from}]"


def note(start: Transfer | None, origin: Run | None, position: int) -> None:
    """Say in full of an open layer that it is copied."""
    if start is None or position >= start.layers:
        return
    trained = f"Trained on {words.literal(origin.dataset.title)}" if origin else "Copied"
    stays = "locked: it stays as it is while the rest learns" if start.locked else "not locked: it goes on learning"
    st.caption(f":material/content_copy: {trained}, {stays}. Changing it ends the copy here.")


def take(run: Run) -> None:
    """Put the network of a run into the draft, with what its layers have learnt; all but the network stays."""
    draft.replace(
        jobs.begun(browser.store(), draft.get(), run),
        f"the network of {words.dotted(run)}, which begins as it has learnt",
    )


def _begun(config: RunConfig, start: Transfer, network: Architecture, *, fixed: bool) -> None:
    """Draw whose layers are copied, how many of them, and whether they are locked."""
    origin = selection.origin(config)
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        if origin is None:
            st.markdown(":material/content_copy: Begins with a run that is not here", width="content")
        else:
            title = f"{words.dotted(origin)}, trained on {words.literal(origin.dataset.title)}"
            st.markdown(f":material/content_copy: Begins with {title}", width="content")
        with st.container(horizontal=True, width="content", gap="small"):
            _menu(fixed=fixed)
            if not fixed:
                st.button(
                    "Begin anew",
                    key="begin-anew",
                    icon=":material/restart_alt:",
                    on_click=draft.put,
                    args=(config.replace(start=None),),
                    help="Keeps the layers, and lets all of them begin with new weights.",
                )
    if problem := _problem(config):
        st.markdown(f":small[:red[{words.literal(problem)}]]")
    if origin is None:
        return
    _settings(config, start, origin, fixed=fixed)
    parts = transfer.locked(network, start).params, transfer.learning(network, start).params
    amounts = f"{parts[0]:,} parameters are locked, {parts[1]:,} learn." if start.locked else "All parameters learn."
    st.caption(
        f"{amounts} Moving or changing a copied layer ends the copy there. The output layer is always new."
        + (
            " These layers have learnt images of this very dataset, also some that validate now: validation accuracy "
            "flatters them, test accuracy does not."
            if origin.config.dataset == config.dataset
            else ""
        )
    )
    st.page_link(
        PAGES / "results.py",
        label="Results of that run",
        icon=":material/query_stats:",
        query_params={"run": origin.id},
    )


def _settings(config: RunConfig, start: Transfer, origin: Run, *, fixed: bool) -> None:
    image_shape = draft.dataset().image_shape
    most = max(start.layers, transfer.fitting(config.layers, image_shape, jobs.source(origin)))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.session_state["start-layers"] = start.layers
        st.number_input(
            "Copied layers",
            1,
            most,
            key="start-layers",
            on_change=_changed,
            width=130,
            disabled=fixed,
            help=f"The first ones of the network, {most} at most. The last ones tell the classes of that run apart: "
            "copy them too where yours are like those, or unlocked.",
        )
        locked = forms.toggle(
            "Locked", start.locked, "start-locked", Transfer.model_fields["locked"].description, disabled=fixed
        )
    if locked != start.locked and not fixed:
        draft.put(config.replace(start=start.replace(locked=locked)))
        st.rerun()


def _changed() -> None:
    config = draft.get()
    if config.start is not None:
        draft.put(config.replace(start=config.start.replace(layers=int(st.session_state["start-layers"]))))


def _problem(config: RunConfig) -> str | None:
    """Say why the draft cannot begin so, or nothing."""
    try:
        jobs.check(config, browser.store())
        jobs.checked_origin(browser.store(), config)
    except ImgrecError as error:
        return str(error)
    return None


def _menu(*, fixed: bool) -> None:
    """Draw the menu of runs whose layers can be taken."""
    menu = st.popover("Start from", icon=":material/content_copy:", key=OPEN, on_change="rerun", disabled=fixed)
    if not menu.open:
        return
    offered = _offered()
    by_id = {row.id: row for row in offered}
    with menu:
        st.caption(
            "Begin with what another network has learnt, best where pictures are few. Its layers replace those here; "
            "dataset, augmentations and training settings stay."
        )
        chosen = st.selectbox("Run", list(by_id), format_func=words.labels(offered).__getitem__, key=CHOSEN)
        st.caption(f"It has learnt from {words.literal(by_id[chosen].dataset_title)}.")
        st.button(
            "Take its layers",
            key="take-layers",
            type="primary",
            icon=":material/content_copy:",
            on_click=_take,
            args=(chosen,),
        )


def _take(run_id: str) -> None:
    st.session_state[OPEN] = False
    take(selection.get(run_id))


def _offered() -> list[RunRow]:
    """Return the runs to start from: the example of photographs, one's own finished ones, other good examples."""
    photographs = examples.of_photographs()
    good = [run for example, run in examples.runs() if example.learns and run != photographs]
    own = listing.finished(listing.rows(browser.store())[0])
    return [listing.row(photographs), *own, *map(listing.row, good)]
