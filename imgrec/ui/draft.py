"""The RunConfig being edited: its undo history, and an id for each layer that stays with it when it moves.

It is kept in the browser tab's session, and in a file under the browser's name, so that a reload loses nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from uuid import uuid4

import streamlit as st

from imgrec import files, presets, transfer
from imgrec.config import RunConfig
from imgrec.datasets import Dataset, own
from imgrec.errors import DatasetError, ImgrecError, SettingsError
from imgrec.layers import Layer
from imgrec.runs import Run
from imgrec.ui import browser, selection, words

HISTORY = ".history"
"""Ending of the file with the versions of a draft: which is current, and each as a share link, a line each."""

OF_A_VISITOR = "draft"
"""The name of the one draft in a visitor's store: the browser's own is a secret, and no name for a file."""

NOTICE = "draft notice"
"""Where it is kept what has just become of the draft, beside what was asked for."""

UNDO_STEPS = 100
"""As far back as one remembers; each is a few hundred bytes."""


@dataclass(frozen=True)
class Version:
    """A state of the draft. layer_ids stand in the order of the layers."""

    config: RunConfig
    layer_ids: tuple[str, ...]

    @cached_property
    def link(self) -> str:
        """The config as it is kept: packed once, and written with each change that follows."""
        return self.config.to_link()


@dataclass(frozen=True)
class Notice:
    """What has become of the draft, in words, the version that this made, and how it was adapted, if it was."""

    said: str
    by: Version
    adapted: tuple[str, ...] = ()


@dataclass
class History:
    """The versions of one browser tab's draft, and which of them is current."""

    versions: list[Version] = field(default_factory=list)
    current: int = 0


def get() -> RunConfig:
    """Return the draft; a new visitor's is the preset quick."""
    return _version().config


def dataset() -> Dataset:
    """Return the dataset of the draft. Raises DatasetError where it is one's own and has been removed."""
    return browser.store().dataset(get().dataset)


def has_dataset() -> bool:
    """Return whether the dataset of the draft is here: one's own may have been removed."""
    try:
        dataset()
    except DatasetError:
        return False
    return True


def layer_ids() -> tuple[str, ...]:
    """Return the id of each layer, in their order: what a widget's key is made of."""
    return _version().layer_ids


def put(config: RunConfig) -> None:
    """Make this the draft; undo brings the last one back. Layers whose types stay as they were keep their ids."""
    old = _version()
    same = [type(layer) for layer in config.layers] == [type(layer) for layer in old.config.layers]
    _push(Version(config, old.layer_ids if same else _new_ids(len(config.layers))))


def edit(layers: Sequence[Layer]) -> None:
    """Put these layers in the place of those that there are, changed in their settings alone."""
    before = get()
    put(before.with_layers(layers))
    _note_what_is_copied_no_more(before)


def insert(layer: Layer, position: int) -> str:
    """Put a layer at a position and return its id."""
    id = uuid4().hex
    _change([*_pairs()[:position], (id, layer), *_pairs()[position:]])
    return id


def remove(id: str) -> None:
    """Take a layer out."""
    _change([(other, layer) for other, layer in _pairs() if other != id])


def move(id: str, by: int) -> None:
    """Move a layer down, or up where by is negative; at the end of the stack it stays."""
    pairs = _pairs()
    position = layer_ids().index(id)
    pair = pairs.pop(position)
    pairs.insert(max(0, position + by), pair)
    _change(pairs)


def arrange(layers: Sequence[Layer], moved_from: Sequence[int | None]) -> None:
    """Put other layers in the place of all; each keeps the id of its former place, where it had one."""
    ids = layer_ids()
    pairs = zip(moved_from, layers, strict=True)
    _change([(uuid4().hex if place is None else ids[place], layer) for place, layer in pairs])


def replace(config: RunConfig, what: str, adapted: tuple[str, ...] = ()) -> None:
    """Make a whole other config the draft, and let the pages say what it is and offer to take it back."""
    before = get()
    put(config)
    if get() != before:
        st.session_state[NOTICE] = Notice(f":material/swap_horiz: Your draft is now {what}.", _version(), adapted)


def copy(run: Run) -> None:
    """Make the config of a run the draft."""
    replace(run.config, f"a copy of {words.dotted(run)}")


def undo() -> None:
    """Go back to the version before the last change."""
    if can_undo():
        _history().current -= 1
        _write()


def redo() -> None:
    """Take the last undo back."""
    if can_redo():
        _history().current += 1
        _write()


def can_undo() -> bool:
    """Return whether there is a version before this one."""
    return _history().current > 0


def can_redo() -> bool:
    """Return whether there is a version after this one."""
    return _history().current < len(_history().versions) - 1


def open_link() -> None:
    """Make the config of a share link (…?c=LINK) the draft, once. Raises ImgrecError where it is damaged."""
    link = st.query_params.get("c")
    if link is None:
        return
    # Gone from the address, so that a reload does not undo what is edited from here on.
    del st.query_params["c"]
    try:
        config = RunConfig.from_link(link)
        browser.store().dataset(config.dataset)
    except ImgrecError as error:
        st.error(f"This share link cannot be opened. {words.literal(str(error))}", icon=":material/link_off:")
        return
    replace(config, "the network of a share link")


def open_file(name: str, content: bytes) -> None:
    """Make the config of a file the draft. Raises SettingsError, or DatasetError, where it is none."""
    try:
        config = RunConfig.from_json(content.decode("utf-8-sig"))  # Windows editors begin files with a mark
    except UnicodeDecodeError:
        raise SettingsError(f"A config file needs to be JSON in UTF-8. {name} is not: export it again.") from None
    browser.store().dataset(config.dataset)
    replace(config, f"the config file **{words.literal(name)}**")


def summary(*more: str) -> None:
    """Draw the draft in one quiet line, so that no one wonders what Start would start; more parts may follow.

    Where it has just been replaced by another one, or copied layers were changed, that is said as well.
    """
    notice = st.session_state.get(NOTICE)
    if notice is not None and notice.by is _version():
        with st.container(border=True, key="replaced", gap="small"):
            with st.container(horizontal=True, vertical_alignment="center"):
                st.markdown(notice.said, width="content")
                st.button("Undo", key="undo-replaced", type="tertiary", icon=":material/undo:", on_click=undo)
            for reason in notice.adapted:
                st.caption(reason)
    config, origin = get(), selection.origin(get())
    parts = words.parts(config, dataset().info, origin.name if origin else None)
    st.caption(" &nbsp;·&nbsp; ".join((":material/edit_note: **Draft**", *parts, *more)))


def _history() -> History:
    if "draft" not in st.session_state:
        config = _read() or presets.get("quick").config
        versions, current = _read_history(config) or ([config], 0)
        st.session_state["draft"] = History([Version(each, _new_ids(len(each.layers))) for each in versions], current)
    history: History = st.session_state["draft"]
    return history


def _version() -> Version:
    history = _history()
    return history.versions[history.current]


def _pairs() -> list[tuple[str, Layer]]:
    return list(zip(layer_ids(), get().layers, strict=True))


def _change(pairs: list[tuple[str, Layer]]) -> None:
    before = get()
    config = before.with_layers([layer for _, layer in pairs])
    _push(Version(config, tuple(id for id, _ in pairs)))
    _note_what_is_copied_no_more(before)


def _note_what_is_copied_no_more(before: RunConfig) -> None:
    """Let the pages say that a change has ended the copy of layers from a run, and offer to take it back."""
    if said := transfer.broken(before, get()):
        st.session_state[NOTICE] = Notice(f":material/link_off: {said}", _version())


def _push(version: Version) -> None:
    history = _history()
    if version == _version():
        return
    kept = history.versions[: history.current + 1][-UNDO_STEPS:]
    history.versions = [*kept, version]
    history.current = len(kept)
    _write()


def _file() -> Path | None:
    store = browser.store()
    name = OF_A_VISITOR if store.is_visitors else browser.name()
    return store.drafts / f"{name}.json" if name else None


def _read() -> RunConfig | None:
    """Return what this browser last edited, if anything."""
    path = _file()
    if path is None or not path.exists():
        return None
    try:
        config = RunConfig.from_file(path)
        if not own.is_own(config.dataset):  # which may be added again; the pages say so (imgrec/ui/gone.py)
            browser.store().dataset(config.dataset)
    except ImgrecError as error:
        st.toast(
            f"Your last draft cannot be opened, so this is a new one. {words.literal(str(error))}",
            icon=":material/warning:",
        )
        return None
    return config


def _read_history(config: RunConfig) -> tuple[list[RunConfig], int] | None:
    """Return the versions of this draft and which is current; None where there are none, or are of another draft.

    They can be done without: damaged ones are as if there were none.
    """
    path = _file()
    if path is None:
        return None
    try:
        current, *links = path.with_suffix(HISTORY).read_text(encoding="ascii").split()
        versions = [RunConfig.from_link(link) for link in links]
        return (versions, int(current)) if versions[int(current)] == config else None
    except (OSError, ValueError, IndexError, ImgrecError):
        return None


def _write() -> None:
    path = _file()
    if path is None:
        return
    history = _history()
    lines = [str(history.current), *(version.link for version in history.versions)]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        files.write_bytes(path, get().to_json().encode())
        files.write_bytes(path.with_suffix(HISTORY), "\n".join(lines).encode())
    except OSError as error:
        said = words.literal(f"The draft will be lost on a reload: {path} cannot be written. {error}")
        st.toast(said, icon=":material/warning:")


def _new_ids(count: int) -> tuple[str, ...]:
    return tuple(uuid4().hex for _ in range(count))
