"""The layers of the draft, one row each: title, one-line summary, buttons; the open one shows its form."""

import streamlit as st

from imgrec.architecture import Architecture
from imgrec.config import MAX_LAYERS
from imgrec.fixes import Fix, fix, place_for
from imgrec.layers import LAYERS, Layer, Shape
from imgrec.ui import draft, forms, selection, vary, words
from imgrec.ui.icons import icon
from imgrec.ui.network import beginning

OPEN = "open layer"
"""Where the id of the layer that is open is kept: one at a time, so that the stack stays in sight."""

PER_PAGE = 50
"""Rows drawn at once: each is five buttons, and a browser takes long for a thousand."""

PAGE = "page of layers"


def draw(network: Architecture, *, fixed: bool = False) -> tuple[Layer, ...]:
    """Draw the layers of the draft, in pages where there are many, and return them as the user has changed them.

    Fixed ones are seen and not changed.
    """
    config, ids = draft.get(), draft.layer_ids()
    layers, origin = config.layers, selection.origin(config)
    pages = max(1, -(-len(layers) // PER_PAGE))
    page = st.session_state[PAGE] = min(st.session_state.get(PAGE) or 1, pages)
    drawn = range(PER_PAGE * (page - 1), PER_PAGE * page)
    edited = []
    with st.container(border=True, gap="xsmall"):
        if not layers:
            st.markdown("No layer yet. Add one, or choose a preset.")
        for position, (id, layer) in enumerate(zip(ids, layers, strict=True)):
            if position not in drawn:
                edited.append(layer)
                continue
            opened = st.session_state.get(OPEN) == id
            problem = network.problem if position == network.problem_position else None
            with st.container(border=opened, key=f"card-{id}", gap="small"):
                learns = position < len(network.rows) and network.rows[position].params > 0
                copied = beginning.mark(config.start, origin, position, learns=learns)
                _header(id, layer, position, len(layers), opened, copied, wrong=problem is not None, fixed=fixed)
                if problem:
                    _problem(problem, None if fixed else fix(layers, *_task()))
                if opened:
                    beginning.note(config.start, origin, position)
                edited.append(_form(id, layer, position, len(layers), fixed) if opened else layer)
        if pages > 1:
            st.pagination(pages, key=PAGE, max_visible_pages=5)
        if not fixed:
            _add("Add a layer", "add-layer", None, len(layers))
    return tuple(edited)


def _problem(sentence: str, mended: Fix | None) -> None:
    """Say why a layer does not fit, with the button that mends it where there is one."""
    st.markdown(f":small[:red[{words.literal(sentence)}]]")
    if mended:
        args = mended.layers, mended.moved_from
        st.button(mended.label, key="fix", icon=":material/build:", on_click=draft.arrange, args=args)


def _header(
    id: str, layer: Layer, position: int, count: int, opened: bool, copied: str, wrong: bool, fixed: bool
) -> None:
    name = type(layer).__name__
    title = f":red[**{name}**]" if wrong else f"**{name}**"
    row = st.container(horizontal=True, vertical_alignment="center", gap="xsmall", wrap=False)
    row.container(horizontal=True, wrap=False).button(
        f":gray[{position + 1}]&ensp;{title}{copied}&ensp;:gray[{layer.summary()}]",
        icon=":material/expand_less:" if opened else ":material/expand_more:",
        type="tertiary",
        key=f"open-{id}",
        on_click=_toggle,
        args=(id,),
    )
    if fixed:
        return
    with row.container(horizontal=True, width="content", gap="xsmall", wrap=False):
        full, which = count >= MAX_LAYERS, f"layer {position + 1}, {name}"
        _icon("up", "Move up", which, id, draft.move, (id, -1), disabled=position == 0)
        _icon("down", "Move down", which, id, draft.move, (id, 1), disabled=position == count - 1)
        _icon("copy", "Duplicate", which, id, draft.insert, (layer, position + 1), disabled=full)
        _icon("delete", "Delete", which, id, draft.remove, (id,))


def _icon(
    picture: str, help: str, which: str, id: str, action: object, args: tuple[object, ...], disabled: bool = False
) -> None:
    key = f"{help.lower()}-{id}"
    st.button(
        icon(picture, f"{help}: {which}", faint=disabled),
        type="tertiary",
        help=help,
        key=key,
        disabled=disabled,
        on_click=action,  # type: ignore[arg-type]
        args=args,
    )


def _form(id: str, layer: Layer, position: int, count: int, fixed: bool) -> Layer:
    st.caption((type(layer).__doc__ or "").split("\n")[0])
    if type(layer).model_fields:
        with st.grid(2, min_column_width=200, gap="medium"):
            beside = vary.beside(draft.get(), f"layers.{position}", disabled=fixed)
            layer = forms.edit(layer, f"layer-{id}", disabled=fixed, beside=beside)
    if not fixed:
        _add("Insert a layer below", f"insert-{id}", position + 1, count)
    return layer


def _add(label: str, key: str, position: int | None, count: int) -> None:
    if st.button(label, icon=":material/add:", type="tertiary", key=key, disabled=count >= MAX_LAYERS):
        _choose(position)


def _toggle(id: str) -> None:
    st.session_state[OPEN] = None if st.session_state.get(OPEN) == id else id


def _task() -> tuple[Shape, int]:
    """Return the shape of the draft's images, and into how many classes they are told apart."""
    dataset = draft.dataset()
    return dataset.image_shape, len(dataset.class_names)


def _insert(name: str, position: int | None) -> None:
    layer = LAYERS[name]()
    if position is None:
        position = place_for(layer, draft.get().layers, *_task())
    st.session_state[OPEN] = draft.insert(layer, position)
    st.session_state[PAGE] = position // PER_PAGE + 1


@st.dialog("Add a layer", icon=":material/add:", width="large")
def _choose(position: int | None) -> None:
    """Offer every layer with what it does, for a position, or for the last one where it fits."""
    with st.grid(2, min_column_width=260, gap="medium") as grid:
        for name, layer in LAYERS.items():
            with grid.cell():
                chosen = st.button(f"**{name}**", key=f"add-{name}", on_click=_insert, args=(name, position))
                st.caption((layer.__doc__ or "").split("\n")[0])
            if chosen:
                st.rerun()
