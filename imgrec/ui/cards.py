"""The layers of the draft as cards: title, one-line summary, buttons; the open one shows its form."""

import streamlit as st

from imgrec.architecture import Architecture
from imgrec.layers import LAYERS, Layer
from imgrec.ui import draft, forms

OPEN = "open layer"
"""Where the id of the card that is open is kept: one at a time, so that the stack stays in sight."""

DUPLICATE, INSERT, DELETE = "Duplicate", "Insert below", "Delete"
ICONS = {DUPLICATE: "content_copy", INSERT: "add", DELETE: "delete"}


def draw(network: Architecture) -> tuple[Layer, ...]:
    """Draws a card for each layer of the draft and gives the layers as the user has changed them."""
    layers, ids = draft.get().layers, draft.layer_ids()
    last = len(layers) - 1
    edited = []
    for position, (id, layer) in enumerate(zip(ids, layers, strict=True)):
        problem = network.problem if position == network.problem_position else None
        with st.container(border=True, key=f"card-{id}", gap="small"):
            _header(id, layer, position, last, wrong=problem is not None)
            if problem:
                st.markdown(f":red[:material/error: {problem}]")
            edited.append(_form(id, layer) if st.session_state.get(OPEN) == id else layer)
    return tuple(edited)


def add_button() -> None:
    """Draws the button that puts a layer at the end of the stack."""
    if st.button("Add a layer", icon=":material/add:", width="stretch", key="add-layer"):
        _choose(len(draft.get().layers))


def _header(id: str, layer: Layer, position: int, last: int, wrong: bool) -> None:
    opened = st.session_state.get(OPEN) == id
    name = type(layer).__name__
    title = f":red[**{name}**]" if wrong else f"**{name}**"
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", wrap=False):
        st.button(
            f":gray[{position + 1}]&ensp;{title}&ensp;:gray[{layer.summary()}]",
            icon=":material/expand_less:" if opened else ":material/expand_more:",
            type="tertiary",
            key=f"open-{id}",
            on_click=_toggle,
            args=(id,),
        )
        st.space("stretch")
        _arrow("up", id, -1, disabled=position == 0)
        _arrow("down", id, 1, disabled=position == last)
        chosen = st.menu_button(
            "",
            [DUPLICATE, INSERT, DELETE],
            format_func=lambda action: f":material/{ICONS[action]}: {action}",
            icon=":material/more_vert:",
            type="tertiary",
            key=f"menu-{id}",
            on_click=_act,
            args=(id, position),
        )
    if chosen == INSERT:
        _choose(position + 1)


def _arrow(direction: str, id: str, by: int, disabled: bool) -> None:
    st.button(
        "",
        icon=f":material/arrow_{direction}ward:",
        type="tertiary",
        help=f"Move {direction}",
        key=f"{direction}-{id}",
        disabled=disabled,
        on_click=draft.move,
        args=(id, by),
    )


def _form(id: str, layer: Layer) -> Layer:
    st.caption((type(layer).__doc__ or "").split("\n")[0])
    if not type(layer).model_fields:
        st.caption("It has nothing to set.")
        return layer
    with st.grid(2, min_column_width=200, gap="medium"):
        return forms.edit(layer, f"layer-{id}")


def _toggle(id: str) -> None:
    st.session_state[OPEN] = None if st.session_state.get(OPEN) == id else id


def _act(id: str, position: int) -> None:
    action = st.session_state[f"menu-{id}"]
    if action == DUPLICATE:
        draft.insert(draft.get().layers[position], position + 1)
    elif action == DELETE:
        draft.remove(id)


def _insert(name: str, position: int) -> None:
    st.session_state[OPEN] = draft.insert(LAYERS[name](), position)


@st.dialog("Add a layer", icon=":material/add:", width="medium")
def _choose(position: int) -> None:
    """Offers every layer with what it does."""
    for name, layer in LAYERS.items():
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            chosen = st.button(name, key=f"add-{name}", width=210, on_click=_insert, args=(name, position))
            st.caption((layer.__doc__ or "").split("\n")[0], width=420)
        if chosen:
            st.rerun()
