"""How it shall learn, and how it is going: settings, launch, the live run and the queue."""

import streamlit as st

from imgrec import jobs, quantities
from imgrec.config import WITH_WARM_UP
from imgrec.errors import ImgrecError
from imgrec.jobs import memory
from imgrec.runs import MAX_NAME, State
from imgrec.ui import PAGES, assignment, browser, cached, draft, forms, gone, heading, live, selection, vary, words
from imgrec.ui.train import other_runs

ESSENTIAL = ("epochs", "batch_size", "learning_rate", "schedule")
LOSS = ("label_smoothing", "class_weights", "loss")
DATA = ("train_share", "validation_share", "seed")
EVALUATION = ("patience", "test_time_augmentation", "precision")


store, config = browser.store(), draft.get()
active = heading.active()
twin = jobs.twin(active, config)
starts = st.session_state.setdefault("starts", 0)
known, st.session_state["known"] = st.session_state.get("known"), jobs.known(store)
heading.draw("Train", "model_training", under_way=False)
run = selection.from_address() or next((run for run, _ in active), None) or selection.remembered_own()
if run is not None:
    selection.keep(run)
if not draft.has_dataset():
    gone.draw()
    if run is not None:
        with st.container(border=True):
            live.follow(run)
    other_runs.draw(active, run)
    st.stop()
dataset = draft.dataset()
problem = jobs.problem(config, store)
ready = cached.is_available(config.dataset)

must_restore = assignment.banner()
new = st.container(border=True)
with new:
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        with st.container(horizontal=True, vertical_alignment="center", width="content"):
            st.subheader("New run", anchor=False, width="content")
            name = st.text_input(
                "Name of the new run",
                max_chars=MAX_NAME,
                placeholder=f"Name, else {jobs.default_name(store, config)}",
                key=f"run-name-{starts}",
                label_visibility="collapsed",
                width=220,
            )
        started = st.button(
            "Start training",
            key=f"start-{starts}",
            # The page's one primary button, which a finished run has for its results.
            type="secondary" if run is not None and run.state is State.FINISHED else "primary",
            icon=":material/play_arrow:",
            disabled=bool(problem) or not ready or twin is not None,
            help=f"{words.literal(twin.name)} already trains exactly this. Change the seed to train it again."
            if twin
            else None,
        )
    seconds = None if problem else jobs.forecast(store, config)
    needs = None if problem else memory.needs(store, config)
    draft.summary(
        *([f":material/schedule: about {quantities.duration(words.rounded(seconds))}"] if seconds else []),
        *([f":material/memory: about {needs.memory / 1e9:.1f} GB of memory"] if needs else []),
        *([f":material/hard_drive: {quantities.size(needs.disk)} on disk"] if needs else []),
    )
    if store.is_visitors:
        st.page_link(PAGES / "about.py", label="What this server allows", icon=":material/info:")
    if problem and not must_restore:  # which the banner says, with the button that does it
        st.error(words.literal(problem), title="This network cannot be trained yet", icon=":material/error:")
        st.page_link(PAGES / "network.py", label="Fix it on the Network page", icon=":material/layers:")
    elif not ready:
        st.info(f"{dataset.title} is not on this computer yet.", icon=":material/download:")
        st.page_link(
            PAGES / "data.py", label="Download it, or choose another, on the Data page", icon=":material/image:"
        )
    settings = st.expander(
        "Training settings",
        icon=":material/tune:",
        expanded=run is None,
        key=f"settings-{starts}",  # a start closes it
        on_change="rerun",
    )
training = config.training
if settings.open:  # drawn only then: each tick of a running training costs a browser time for all that is on the page
    fixed, fixed_split = assignment.is_fixed("training"), assignment.is_fixed("split")
    with settings:
        assignment.note("training" if fixed else "split")
        beside = vary.beside(config, "training", disabled=fixed)
        essential, more = st.columns(2, gap="large")
        with essential:
            warm_up = ("warm_up",) if training.schedule in WITH_WARM_UP else ()
            training = forms.edit(training, "training", (*ESSENTIAL, *warm_up), disabled=fixed, beside=beside)
        with more:
            rule, loss, images, evaluation = st.tabs(["Optimizer", "Loss", "Data", "Evaluation"])
            with rule:
                training = forms.edit(training, "training", ("optimizer",), disabled=fixed, beside=beside)
                own = f"training.{type(training.optimizer).__name__}"
                own_beside = vary.beside(config, "training.optimizer", disabled=fixed)
                optimizer = forms.edit(training.optimizer, own, disabled=fixed, beside=own_beside)
                training = training.replace(optimizer=optimizer)
            with loss:
                training = forms.edit(training, "training", LOSS, disabled=fixed, beside=beside)
            with images:
                split_beside = None if fixed_split else beside
                training = forms.edit(training, "training", DATA, disabled=fixed_split, beside=split_beside)
            with evaluation:
                # Of no use on other machines, but where it is chosen it can be seen and undone.
                devices = ("devices",) if jobs.several_gpus() or training.devices == "all" else ()
                training = forms.edit(training, "training", (*EVALUATION, *devices), disabled=fixed, beside=beside)
if training != config.training:
    draft.put(config.replace(training=training))
vary.go()
if started:  # after the form, whose last change may have come with this click
    # Before the launch, which takes a moment: the second click of a double click then meets no button.
    st.session_state["starts"] = starts + 1
    try:
        selection.keep(jobs.launch(store, draft.get(), name.strip(), known=known, address=browser.address()))
    except ImgrecError:
        st.session_state["starts"] = starts  # the name that was typed stays
        raise
if started or training != config.training:
    st.rerun()

if run is None:
    st.caption("After the start, the curves grow here while the network learns.")
else:
    with st.container(border=True):
        live.follow(run)

other_runs.draw(active, run)
jobs.expect(store, config.dataset)
