"""The run that a page is about: it stands in the address, so that a link, a reload and the Back button find it."""

from collections.abc import Sequence
from contextlib import suppress

import streamlit as st

from imgrec import examples, jobs
from imgrec.config import RunConfig
from imgrec.errors import RunError
from imgrec.runs import Run, Store, listing
from imgrec.runs.listing import RunRow
from imgrec.ui import PAGES, browser, words

MOST_COMPARED = 6
"""Runs compared at once: as many as there are colours, and as a chart stays legible."""

COMPARED = "compared"
"""Where the ids of the runs last compared are remembered."""


def get(run_id: str) -> Run:
    """Return the run of this id: one of the browser's store, an example, or one that somebody shares.

    Raises RunError where there is none.
    """
    return examples.find(browser.store(), run_id)


def origin(config: RunConfig) -> Run | None:
    """Return the run whose layers a config begins with; None where it begins anew, or that run is not here."""
    with suppress(RunError):
        return jobs.origin(browser.store(), config)
    return None


def is_own(run: Run) -> bool:
    """Return whether the run is of the browser's store, and not one that it may only read."""
    return Store.of(run) == browser.store()


def offered(rows: Sequence[RunRow], shown: Run | None) -> list[RunRow]:
    """Return the finished ones of a store's rows, then the examples; none before a run is finished or is shown.

    The one that is shown is among them, also where somebody else shares it. A newcomer learns from an empty page what
    belongs there, and is led to an example.
    """
    finished = listing.finished(rows)
    if not finished and (shown is None or is_own(shown)):
        return []
    return [*shared_rows(*([shown.id] if shown else [])), *finished, *example_rows()]


def shared_rows(*ids: str) -> list[RunRow]:
    """Return the rows of those of these runs that somebody else shares."""
    found = []
    for run_id in dict.fromkeys(ids):
        with suppress(RunError):
            found.append(listing.row(browser.store().shared.get(run_id)))
    return found


def best(offered: Sequence[RunRow]) -> Run:
    """Return the run that is best on the test images of the first, which is the newest."""
    alike = [row for row in offered if row.fingerprint == offered[0].fingerprint]
    return get(max(alike, key=lambda row: row.test_accuracy or 0.0).id)


def example_rows() -> list[RunRow]:
    """Return the rows of the examples, in their order."""
    return [listing.row(run) for _, run in examples.runs()]


def from_address() -> Run | None:
    """Return the run of …?run=ID. Says so where the address names none."""
    asked = st.query_params.get("run")
    if asked is None:
        return None
    try:
        return keep(get(asked))
    except RunError as error:
        st.warning(words.literal(str(error)), icon=":material/search_off:")
        del st.query_params["run"]
        return None


def remembered() -> Run | None:
    """Return the run last looked at in this tab, if it is still there: the menu of pages drops the address."""
    with suppress(RunError):
        return get(st.session_state.get("run", ""))
    return None


def remembered_own() -> Run | None:
    """Return the run last looked at unless it is only read, as an example, which no one trains."""
    run = remembered()
    return run if run is not None and is_own(run) else None


def keep(run: Run) -> Run:
    """Put a run into the address and remember it for the other pages."""
    remember(run)
    if st.query_params.get("run") != run.id:
        st.query_params["run"] = run.id
    return run


def remember(run: Run) -> None:
    """Remember a run for the other pages."""
    st.session_state["run"] = run.id


def watch(run: Run) -> None:
    """Make the page one about this run: for a button's callback."""
    keep(run)


def forget() -> None:
    """Forget the run last looked at, as it is gone."""
    st.session_state.pop("run", None)
    st.query_params.pop("run", None)


def pick(offered: Sequence[RunRow], current: Run | None, key: str) -> Run:
    """Draw a menu of runs and return the one chosen: the current one, else the first."""
    by_id = {row.id: row for row in offered}
    shown = current.id if current is not None and current.id in by_id else offered[0].id
    if st.session_state.get(key) not in by_id or st.session_state.get(f"{key} shown") != shown:
        st.session_state[key] = shown
    chosen = st.selectbox("Run", list(by_id), format_func=words.labels(offered).__getitem__, key=key)
    st.session_state[f"{key} shown"] = chosen
    return keep(get(chosen))


def compare(run: Run, offered: Sequence[RunRow]) -> None:
    """Open the Compare page with this run, which is one of those offered, and another of them."""
    beside = _two(offered, next(row for row in offered if row.id == run.id))
    st.switch_page(PAGES / "compare.py", query_params={"runs": ",".join(beside)})


def asks_for_several() -> bool:
    """Return whether the address names runs to compare, or some were compared before."""
    return bool(asked_to_compare())


def asked_to_compare() -> list[str]:
    """Return the ids of the runs that the address names, or of those compared before: the menu of pages drops it."""
    if "runs" in st.query_params:
        return st.query_params["runs"].split(",")
    return list(st.session_state.get(COMPARED, ()))


def pick_several(offered: Sequence[RunRow]) -> list[RunRow]:
    """Draw a menu of runs and return those chosen, in the order of choosing; they stand in the address, …?runs=ID,ID.

    At first they are the run last looked at and the newest other one of the same test images.
    """
    by_id = {row.id: row for row in offered}
    key = "compared-runs"
    if asks_for_several():
        asked = asked_to_compare()
    else:
        asked = _two(offered, by_id.get(st.session_state.get("run", ""), offered[0]))
    shown = [run for run in dict.fromkeys(asked) if run in by_id][:MOST_COMPARED]
    if left_out := [run for run in asked if run not in shown]:
        said = ", ".join(run[:60] for run in left_out)
        st.warning(
            f"Not compared: {words.literal(said)}. Two to {MOST_COMPARED} runs that are here and finished can be.",
            icon=":material/search_off:",
        )
    st.session_state[key] = shown

    def changed() -> None:
        ids = ",".join(st.session_state[key])
        if st.query_params.get("runs") != ids:  # else the Back button would have one more place to stop
            st.query_params["runs"] = ids

    st.multiselect(
        "Runs",
        list(by_id),
        format_func=words.labels(offered).__getitem__,
        key=key,
        max_selections=MOST_COMPARED,
        placeholder=f"Choose two to {MOST_COMPARED} runs",
        on_change=changed,
    )
    st.session_state[COMPARED] = st.session_state[key]
    changed()
    return [by_id[run] for run in st.session_state[key]]


def _two(offered: Sequence[RunRow], last: RunRow) -> list[str]:
    """Return a run and the newest other one, rather one that was scored on the same test images."""
    others = sorted((row for row in offered if row.id != last.id), key=lambda row: row.fingerprint != last.fingerprint)
    return [last.id, *(row.id for row in others[:1])]
