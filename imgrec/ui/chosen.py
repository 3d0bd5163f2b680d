"""The run that a page is about: it stands in the address, so that a link, a reload and the Back button find it."""

from collections.abc import Callable, Sequence
from contextlib import suppress

import streamlit as st

from imgrec import runs
from imgrec.errors import RunError
from imgrec.runs import Run
from imgrec.ui import words


def from_address() -> Run | None:
    """Gives the run of …?run=ID. Says so where the address names none."""
    asked = st.query_params.get("run")
    if asked is None:
        return None
    try:
        return keep(runs.get(asked))
    except RunError as error:
        st.warning(str(error), icon=":material/search_off:")
        del st.query_params["run"]
        return None


def remembered() -> Run | None:
    """Gives the run last looked at in this tab, if it is still there: the menu of pages drops the address."""
    with suppress(RunError):
        return runs.get(st.session_state.get("run", ""))
    return None


def keep(run: Run) -> Run:
    """Puts a run into the address and remembers it for the other pages."""
    st.session_state["run"] = run.id
    if st.query_params.get("run") != run.id:
        st.query_params["run"] = run.id
    return run


def watch(run: Run) -> None:
    """Makes the page one about this run: for a button's callback."""
    keep(run)


def forget() -> None:
    """Forgets the run last looked at, as it is gone."""
    st.session_state.pop("run", None)
    st.query_params.pop("run", None)


def pick(offered: Sequence[Run], current: Run | None, key: str) -> Run:
    """Draws a menu of runs and gives the one chosen: the current one, else the first."""
    by_id = {run.id: run for run in offered}
    shown = current.id if current is not None and current.id in by_id else offered[0].id
    if st.session_state.get(key) not in by_id or st.session_state.get(f"{key} shown") != shown:
        st.session_state[key] = shown
    chosen = st.selectbox("Run", list(by_id), format_func=_label(by_id), key=key)
    st.session_state[f"{key} shown"] = chosen
    return keep(by_id[chosen])


def _label(by_id: dict[str, Run]) -> Callable[[str], str]:
    def label(run_id: str) -> str:
        run = by_id[run_id]
        evaluation = run.evaluation()
        result = f"{words.percent(evaluation['test_accuracy'])} test accuracy" if evaluation else run.state
        tags = (f"#{tag}" for tag in run.label.tags)  # as they are: a menu shows no Markdown
        return " · ".join((run.name, result, words.ago(run.created), *tags))

    return label
