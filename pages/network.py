"""Stack layers; see shape, parameters and cost after each, and the first misfit in words."""

from urllib.parse import urljoin

import streamlit as st

from imgrec import jobs
from imgrec.architecture import trace
from imgrec.presets import MEASURED_ON, PRESETS
from imgrec.templates import TEMPLATES
from imgrec.ui import PAGES, assignment, browser, diagram, draft, gone, heading, ready_made, received, undo, vary, words
from imgrec.ui.network import beginning, layer_cards


def load(name: str) -> None:
    """Make a preset the draft and close the menu it was chosen from."""
    ready_made.take_preset(PRESETS[name])
    st.session_state["presets"] = False


def load_layers(name: str) -> None:
    """Put the layers of a template into the draft and close the menu it was chosen from."""
    ready_made.take_template(TEMPLATES[name])
    st.session_state["templates"] = False


def open_config(key: str) -> None:
    """Make an uploaded config file the draft, and the place for files empty again."""
    for file in received.files(key):
        st.session_state["config files"] += 1
        draft.open_file(file.name, file.getvalue())


config = draft.get()
if not draft.has_dataset():
    heading.draw("Network", "layers")
    gone.draw()
    st.stop()
dataset = draft.dataset()
network = trace(config.layers, dataset.image_shape, len(dataset.class_names))
fixed = assignment.is_fixed("network")

with heading.draw("Network", "layers"):
    with st.popover("Presets", icon=":material/auto_awesome:", key="presets", on_change="rerun", disabled=fixed):
        if config.dataset in MEASURED_ON:
            st.caption("A preset replaces everything: dataset, augmentations, network and training settings.")
        else:
            st.caption(
                f"A preset replaces augmentations, network and training settings, and is adapted to the images of "
                f"{words.literal(dataset.title)}. What it reached on other images says little about yours."
            )
        for name, preset in PRESETS.items():
            st.button(preset.title, key=f"preset-{name}", on_click=load, args=(name,), width="stretch")
            st.caption(f"{preset.description} {preset.measured}")
    with st.popover("Templates", icon=":material/stacks:", key="templates", on_change="rerun", disabled=fixed):
        st.caption("A template replaces the layers alone: dataset, augmentations and training settings stay.")
        for name, template in TEMPLATES.items():
            st.button(template.title, key=f"template-{name}", on_click=load_layers, args=(name,), width="stretch")
            st.caption(template.description)
    undo.buttons()
    with st.popover("Share", icon=":material/share:"):
        st.caption("Whoever opens this link gets this network, dataset choice, augmentations and settings.")
        st.code(urljoin(st.context.url or "", f"network?c={config.to_link()}"), language=None, wrap_lines=True)
        st.caption("The same as a file, which `python -m imgrec train --config FILE` trains too.")
        st.download_button(
            "Config (.json)",
            config.to_json(),
            "config.json",
            "application/json",
            on_click="ignore",
            icon=":material/download:",
        )
        opened = f"config-file-{st.session_state.setdefault('config files', 0)}"
        st.file_uploader(
            "Open a config file", "json", key=opened, max_upload_size=1, on_change=open_config, args=(opened,)
        )
    leave = st.button(
        "Train it",
        key="train",
        type="primary",
        icon=":material/play_arrow:",
        disabled=network.problem is not None or not config.layers,
        help=None if config.layers else "Add a layer first.",
    )
assignment.banner(network)
draft.summary()
if network.problem:
    st.error(words.literal(network.problem), title="This network does not fit together yet", icon=":material/error:")

stack, picture = st.columns([5, 6], gap="large")
with stack:
    st.subheader("Layers", anchor=False)
    assignment.note("network")
    beginning.draw(network, fixed=fixed)
    layers = layer_cards.draw(network, fixed=fixed)
if layers != config.layers:
    draft.edit(layers)
vary.go()
if leave:  # after the cards, whose last change may have come with this click
    st.switch_page(PAGES / "train.py")
if layers != config.layers:
    st.rerun()
with picture:
    st.subheader("What fits so far" if network.problem else "Size and cost", anchor=False)
    diagram.draw(network, dataset.image_shape, config.layers)
jobs.expect(browser.store(), config.dataset)
