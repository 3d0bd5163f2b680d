"""What can be done with a run: rename it, tag it, repeat it, train it further, delete it."""

from urllib.parse import urljoin

import streamlit as st

from imgrec import jobs, quantities
from imgrec.runs import MAX_NAME, Run, State, Store, library, sharing
from imgrec.ui import PAGES, browser, forms, run_buttons, selection
from imgrec.ui.network import beginning

FURTHER = ("epochs", "learning_rate", "schedule")
"""What one changes when a model goes on."""


def menu(run: Run) -> None:
    """Draw the menu of a run of one's own: its name, its tags, its layers, its size, and the way to the trash."""
    if not selection.is_own(run):
        return
    menu = st.popover("More", icon=":material/more_horiz:", key=f"menu-{run.id}", on_change="rerun")
    if not menu.open:
        return
    with menu:
        annotations = run.annotations
        st.text_input(
            "Name",
            annotations.name,
            max_chars=MAX_NAME,
            key=f"name-{run.id}",
            on_change=run_buttons.attempt,
            args=(_rename, run),
        )
        st.multiselect(
            "Tags",
            list(annotations.tags),
            default=list(annotations.tags),
            accept_new_options=True,
            max_selections=max(library.MAX_TAGS, len(annotations.tags)),  # of a run from elsewhere there may be more
            placeholder="Type a word to find it by",
            key=f"tags-{run.id}",
            on_change=run_buttons.attempt,
            args=(_tag, run),
        )
        state = run.state
        if state is State.FINISHED:
            use_layers(run)
        if state is State.FINISHED and run.parent is None:
            _repeat(run)
        if state is State.FINISHED and Store.of(run).is_visitors:
            _share(run)
        st.caption(f"Size: {quantities.size(run.disk_bytes)}")
        if left := kept(run):
            st.caption(left)
        living = state is State.RUNNING
        if st.button(
            "Delete",
            icon=":material/delete:",
            key=f"delete-{run.id}",
            disabled=living,
            help="Stop it first." if living else "Moves it to the trash, at the end of the Start page.",
        ):
            delete(run)


def use_layers(run: Run) -> None:
    """Draw the button that puts a finished run's network into the draft, with what its layers have learnt."""
    if st.button(
        "Use its layers",
        icon=":material/content_copy:",
        key=f"use-layers-{run.id}",
        help="Your draft begins with what this network has learnt, on your dataset: best where pictures are few.",
    ):
        beginning.take(run)
        st.switch_page(PAGES / "network.py")


def kept(run: Run) -> str | None:
    """Say for how long the server still keeps a run, where it does not keep it for ever."""
    left = jobs.seconds_left(run)
    if left is None:
        return None
    hours = max(1, round(left / 3600))
    return f"This server keeps it for another {quantities.count(hours, 'hour')} if nothing is done with it."


def _repeat(run: Run) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        copies = st.number_input("Other seeds", 1, jobs.MAX_COPIES, 2, key=f"copies-{run.id}", width=110)
        st.button(
            "Repeat",
            icon=":material/repeat:",
            key=f"repeat-{run.id}",
            on_click=run_buttons.attempt,
            args=(_queue_copies, run, copies, jobs.known(Store.of(run))),
            help=f"Queues {quantities.count(copies, 'run')} that differ only in the seed: shows how much is luck.",
        )


def _share(run: Run) -> None:
    """Draw the link by which others see a run, or the button that makes it."""
    copy = sharing.copy_of(run)
    if copy is None:
        st.button(
            "Share by a link",
            icon=":material/share:",
            key=f"share-{run.id}",
            on_click=run_buttons.attempt,
            args=(library.share, run),
            help="Whoever has the link sees this run and tries it on pictures. Only you can change or withdraw it.",
        )
        return
    st.caption("Whoever has this link sees the run. It stays on this server until you withdraw it.")
    st.code(urljoin(st.context.url or "", f"results?run={copy.id}"), language=None, wrap_lines=True)
    st.button(
        "Withdraw the link",
        icon=":material/link_off:",
        key=f"withdraw-{run.id}",
        on_click=run_buttons.attempt,
        args=(library.withdraw, run),
    )


def _queue_copies(run: Run, copies: int, known: frozenset[str]) -> None:
    jobs.repeat(run, copies, known, browser.address())
    st.toast("Queued. Compare shows their mean and spread when they have finished.", icon=":material/repeat:")


def delete(run: Run) -> None:
    """Move a run to the trash, and open the page where it can be brought back."""
    st.session_state["deleted"] = library.called(run)
    library.delete(run)
    selection.forget()
    st.switch_page(PAGES / "start.py")


def further(run: Run) -> None:
    """Draw the form that trains a finished run's model for more epochs, as a new run."""
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
        config = run.config.replace(training=settings)
        if config.start is not None and config.start.locked:
            help = "Lets the copied layers learn too, best at a tenth of the learning rate or less."
            unlocked = st.toggle("Unlock the copied layers", key=f"unlock-{run.id}", help=help)
            config = config.replace(start=config.start.replace(locked=not unlocked))
        if st.button("Start", type="primary", icon=":material/play_arrow:", key=f"start-further-{run.id}"):
            child = jobs.launch(
                browser.store(),
                config,
                parent=run,
                known=known,
                address=browser.address(),
            )
            st.switch_page(PAGES / "train.py", query_params={"run": child.id})
        st.session_state["known"] = jobs.known(browser.store())


def _rename(run: Run) -> None:
    library.rename(run, st.session_state[f"name-{run.id}"])


def _tag(run: Run) -> None:
    library.tag(run, st.session_state[f"tags-{run.id}"])
