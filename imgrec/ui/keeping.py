"""What is done with a run that is there: train it further, rename it, tag it, delete it; and the trash."""

import streamlit as st

from imgrec import jobs
from imgrec.runs import MAX_NAME, Run, State, library
from imgrec.ui import PAGES, asking, chosen, forms, words

FURTHER = ("epochs", "learning_rate", "schedule")
"""What one changes when a model goes on."""


def menu(run: Run) -> None:
    """Draws the menu of a run: its name, its tags, its size, and the way to the trash."""
    menu = st.popover("More", icon=":material/more_horiz:", key=f"menu-{run.id}", on_change="rerun")
    if not menu.open:
        return
    with menu:
        label = run.label
        st.text_input(
            "Name", label.name, max_chars=MAX_NAME, key=f"name-{run.id}", on_change=asking.attempt, args=(_rename, run)
        )
        st.multiselect(
            "Tags",
            list(label.tags),
            default=list(label.tags),
            accept_new_options=True,
            max_selections=library.MAX_TAGS,
            placeholder="Type a word to find it by",
            key=f"tags-{run.id}",
            on_change=asking.attempt,
            args=(_tag, run),
        )
        if run.state is State.FINISHED and run.parent is None:
            _repeat(run)
        st.caption(f"{words.size(run.disk_bytes)} on the disk.")
        living = run.state is State.RUNNING
        if st.button(
            "Delete",
            icon=":material/delete:",
            key=f"delete-{run.id}",
            disabled=living,
            help="Stop it first." if living else "Moves it to the trash, at the end of the Start page.",
        ):
            delete(run)


def _repeat(run: Run) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        copies = st.number_input("Other seeds", 1, jobs.MAX_COPIES, 2, key=f"copies-{run.id}", width=110)
        st.button(
            "Repeat",
            icon=":material/repeat:",
            key=f"repeat-{run.id}",
            on_click=asking.attempt,
            args=(_queue_copies, run, copies, jobs.known()),
            help=f"Queues {words.count(copies, 'run')} that differ only in the seed: so one sees how much is luck.",
        )


def _queue_copies(run: Run, copies: int, known: frozenset[str]) -> None:
    jobs.repeat(run, copies, known)
    st.toast("Queued. Compare shows their mean and spread when they have finished.", icon=":material/repeat:")


def delete(run: Run) -> None:
    """Moves a run to the trash, and opens the page where it can be brought back."""
    st.session_state["deleted"] = library.called(run)
    library.delete(run)
    chosen.forget()
    st.switch_page(PAGES / "start.py")


def further(run: Run) -> None:
    """Draws the form that trains a finished run's model for more epochs, as a new run."""
    form = st.popover("Train further", icon=":material/fast_forward:", key=f"further-{run.id}", on_change="rerun")
    if not form.open:
        return
    with form:
        st.caption(
            "A new run that begins with this run's model, on the same images. Its optimizer and its schedule begin "
            "anew; this run stays as it is."
        )
        key = f"further-{run.id}-training"
        settings = forms.edit(st.session_state.get(key, run.config.training), key, FURTHER)
        st.session_state[key] = settings
        known = st.session_state.get("known")
        if st.button("Start", type="primary", icon=":material/play_arrow:", key=f"start-further-{run.id}"):
            child = jobs.launch(run.config.replace(training=settings), parent=run, known=known)
            st.switch_page(PAGES / "train.py", query_params={"run": child.id})
        st.session_state["known"] = jobs.known()


def trash() -> None:
    """Draws the deleted runs, where there are any: each can be brought back, and all can be removed for good."""
    if deleted := st.session_state.pop("deleted", None):
        st.toast(f"{words.literal(deleted)} is in the trash, at the end of this page.", icon=":material/delete:")
    found = library.trash()
    if not found:
        return
    sizes = {run.id: run.disk_bytes for run in found}
    title = f"Trash: {words.count(len(found), 'run')}, {words.size(sum(sizes.values()))}"
    with st.expander(title, icon=":material/delete:"):
        for run in found:
            with st.container(horizontal=True, vertical_alignment="center"):
                st.markdown(f"**{words.literal(library.called(run))}** · {words.size(sizes[run.id])}")
                st.button("Bring back", key=f"restore-{run.id}", on_click=asking.attempt, args=(library.restore, run))
        st.button(
            "Empty the trash",
            icon=":material/delete_forever:",
            on_click=asking.attempt,
            args=(library.empty_trash,),
            help="Removes these runs for good, with their models.",
        )


def _rename(run: Run) -> None:
    library.rename(run, st.session_state[f"name-{run.id}"])


def _tag(run: Run) -> None:
    library.tag(run, st.session_state[f"tags-{run.id}"])
