"""The parts of the Runs page: what narrows the table, the table, and what is done with the rows that are chosen."""

from collections.abc import Callable, Sequence

import pandas as pd
import streamlit as st

from imgrec import jobs, metrics, quantities, spreadsheet
from imgrec.errors import ImgrecError
from imgrec.runs import Run, State, Store, library, listing
from imgrec.runs.listing import RunRow
from imgrec.ui import PAGES, browser, draft, run_buttons, run_menu, selection, words

WATCH_SECONDS = 3
"""A table of runs need not follow each step of a training; its own page does."""


def find(rows: Sequence[RunRow]) -> list[RunRow]:
    """Draw what narrows the table, and return the rows that suit."""
    tags = sorted({tag for row in rows for tag in row.tags})
    states = [state for state in State if any(row.state is state for row in rows)]
    titles = dict(sorted({(row.dataset, row.dataset_title) for row in rows}))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        hint = "Words in a name, tag, dataset or state"
        search = st.text_input("Search", placeholder=hint, key="search", width=320, persist_state="session")
        starred = st.toggle("Starred only", key="starred", persist_state="session")
        chosen_states = _pills("State", states) if len(states) > 1 else []
        chosen_names = _pills("Dataset", list(titles), titles.__getitem__) if len(titles) > 1 else []
        chosen_tags = _pills("Tags", tags) if tags else []
    return listing.filtered(rows, search, chosen_states, chosen_names, chosen_tags, starred)


def table(rows: Sequence[RunRow]) -> list[RunRow]:
    """Draw a row for each run, and return those that are chosen, in their order."""
    if not rows:
        st.caption("No run matches. Clear a filter.")
        return []
    frame = pd.DataFrame(
        {
            "": [words.dot(row.colour) for row in rows],
            "★": ["★" if row.starred else "" for row in rows],
            "Name": [_label(row.name) for row in rows],
            "Test accuracy": [None if row.test_accuracy is None else 100 * row.test_accuracy for row in rows],
            "±": [_half_interval(row) for row in rows],
            "State": [str(row.state) for row in rows],
            "Dataset": [row.dataset_title for row in rows],
            "Test images": [row.test_images for row in rows],
            "Epochs": [f"{row.epochs}/{row.epochs_wanted}" for row in rows],
            "Optimizer": [row.optimizer for row in rows],
            "Learning rate": [row.learning_rate for row in rows],
            "Batch size": [row.batch_size for row in rows],
            "Seed": [row.seed for row in rows],
            "Parameters": [row.params for row in rows],
            "Seconds": [row.seconds for row in rows],
            "Tags": [list(row.tags) for row in rows],
            "Made": [row.created for row in rows],
            "Size": [row.disk_bytes / 1e6 for row in rows],
        }
    )
    # Another choice of rows is another table: a selection, and a click, mean places in it.
    key = f"runs-{hash(tuple(row.id for row in rows))}"
    event = st.dataframe(
        frame,
        hide_index=True,
        key=key,
        on_select="rerun",
        selection_mode="multi-row",
        height="content" if len(rows) <= 12 else 480,
        placeholder="–",
        column_config={
            "": st.column_config.ImageColumn(width=28, help="The run's colour in charts."),
            "★": st.column_config.TextColumn(width=28),
            "Name": st.column_config.ButtonColumn(
                width="medium", type="tertiary", alignment="left", key=f"open-{key}", help="A click opens the run."
            ),
            "Test accuracy": st.column_config.NumberColumn(format="%.2f %%"),
            "±": st.column_config.NumberColumn(format="%.1f", help="Half of the 95 % interval, in points."),
            "Test images": st.column_config.NumberColumn(format="localized"),
            "Learning rate": st.column_config.NumberColumn(format="%g"),
            "Parameters": st.column_config.NumberColumn(format="localized"),
            "Seconds": st.column_config.NumberColumn(format="%.0f", help="Of training."),
            "Made": st.column_config.DatetimeColumn(format="distance"),
            "Size": st.column_config.NumberColumn(format="%.1f MB"),
        },
    )
    if clicked := st.session_state.get(f"open-{key}"):
        row = rows[clicked.row]
        _open(row.id, row.state)
    st.caption(
        "A click on a name opens the run. Select rows with the box before them: one to star, name or tag it, several "
        "to compare, tag or delete them. A click on the head of a column sorts."
    )
    return [rows[place] for place in event.selection.rows]


def _pills(label: str, options: Sequence[str], say: Callable[[str], str] = str) -> list[str]:
    def said(option: str) -> str:
        return words.literal(say(option))

    key = label.lower()
    return st.pills(label, options, selection_mode="multi", key=key, format_func=said, persist_state="session")


@st.fragment(run_every=WATCH_SECONDS)
def watch(rows: Sequence[RunRow], ids: Sequence[str]) -> None:
    """Draw the whole page anew when there are other runs than these ids, or one has come farther than its row says.

    Runs that are finished are not looked at again, as there may be thousands.
    """
    store = browser.store()
    others = (row for row in rows if row.state is not State.FINISHED)
    if store.ids() != ids or any(_has_gone_on(row, store) for row in others):
        st.rerun()


def compare(picked: Sequence[RunRow]) -> None:
    """Draw the button that compares the chosen runs."""
    finished = [row.id for row in picked if row.state is State.FINISHED]
    fits = 2 <= len(finished) <= selection.MOST_COMPARED
    if st.button(
        f"Compare {len(finished)} runs" if fits else "Compare",
        type="primary",
        icon=":material/balance:",
        disabled=not fits,
        help=None
        if fits and len(finished) == len(picked)
        else f"Select two to {selection.MOST_COMPARED} finished runs in the table; others are left out.",
    ):
        st.switch_page(PAGES / "compare.py", query_params={"runs": ",".join(finished)})


def download(rows: Sequence[RunRow]) -> None:
    """Draw the button that gives the table as a file for a spreadsheet."""
    st.download_button(
        "CSV",
        data=lambda: spreadsheet.to_csv(*listing.to_table(rows)).encode(spreadsheet.ENCODING),
        file_name="runs.csv",
        mime="text/csv",
        on_click="ignore",
        icon=":material/download:",
        help="The rows of the table, with all their columns.",
    )


def one(run: Run) -> None:
    """Draw what is done with one run."""
    with st.container(horizontal=True, vertical_alignment="center", border=True):
        st.markdown(words.dotted(run), width="content")
        if st.button("Open", icon=":material/query_stats:", key="open"):
            _open(run.id, run.state)
        if st.button("Edit a copy", icon=":material/content_copy:", key="copy"):
            draft.copy(run)
            st.switch_page(PAGES / "network.py")
        starred = run.annotations.starred
        st.button(
            "Unstar" if starred else "Star",
            icon=":material/star:",
            key="star",
            on_click=run_buttons.attempt,
            args=(library.star, run, not starred),
        )
        run_menu.menu(run)


def several(runs: Sequence[Run]) -> None:
    """Draw what is done with several runs at once: they get a tag, or go to the trash."""
    many = quantities.count(len(runs), "run")
    with st.container(horizontal=True, vertical_alignment="center", border=True):
        st.markdown(f"**{many}** selected", width="content")
        st.text_input(
            "Add a tag to them",
            max_chars=library.MAX_TAG,
            placeholder="Add a tag",
            label_visibility="collapsed",
            key="tag-several",
            width=180,
            on_change=run_buttons.attempt,
            args=(_tag_all, runs),
        )
        st.button(
            f"Delete {many}",
            icon=":material/delete:",
            key="delete-several",
            on_click=run_buttons.attempt,
            args=(_delete_all, runs),
            help="Moves them to the trash, at the end of this page.",
        )


def _open(run_id: str, state: State) -> None:
    page = "train.py" if state in jobs.ACTIVE else "results.py"
    st.switch_page(PAGES / page, query_params={"run": run_id})


def _tag_all(runs: Sequence[Run]) -> None:
    tag = st.session_state["tag-several"]
    st.session_state["tag-several"] = ""
    if tag.strip():
        _each(runs, lambda run: library.tag(run, (*run.annotations.tags, tag)))


def _delete_all(runs: Sequence[Run]) -> None:
    _each(runs, library.delete)


def _each(runs: Sequence[Run], change: Callable[[Run], object]) -> None:
    """Change all runs that can be. Raises the error of the first that cannot, after the others."""
    errors = []
    for run in runs:
        try:
            change(run)
        except ImgrecError as error:
            errors.append(error)
    if errors:
        raise errors[0]


def _label(name: str) -> str:
    """Part ":material/home:" by an invisible character, as a table's button shows an icon in its place."""
    return name.replace(":material/", ":\N{WORD JOINER}material/")


def _half_interval(row: RunRow) -> float | None:
    return 100 * metrics.half_interval(*row.score) if row.state is State.FINISHED else None


def _has_gone_on(row: RunRow, store: Store) -> bool:
    try:
        now = listing.row(Run(store.runs / row.id))
    except ImgrecError:  # it was damaged since
        return True
    return (now.state, now.epochs) != (row.state, row.epochs)
