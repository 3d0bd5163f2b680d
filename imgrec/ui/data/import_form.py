"""The form of an import: where pictures are, what is understood of them, and how they become a dataset."""

from pathlib import Path

import pandas as pd
import streamlit as st

from imgrec import importing, profiles, quantities
from imgrec.datasets import own
from imgrec.importing import Import, Plan, Request, Source
from imgrec.ui import browser, cached, dropped, forms, received, sheets, words

REQUEST = "import request"
"""Where it is kept what the form asks for."""

UPLOADED = "own pictures"
UPLOAD_MB = 200
"""Of a file that a browser sends: it is held in memory until it is added. For more there is the command."""

EXAMPLES = 6
"""Pictures that are shown as the network will see them."""

SIDE = 96

FILES, FOLDER, PATH = "ZIP file", "Folder", "On this computer"
LAYOUT = (
    "A folder for each class, as `cat/1.jpg` and `dog/1.jpg`; `train` and `test` folders around or inside them are "
    "understood. Or a CSV or JSONL list with `file_name` and `label` beside the pictures."
)


def draw(store: Path) -> Import | None:
    """Draw the form, and return the import that its button has just started. Raises ImgrecError."""
    source, key = _source()
    return None if source is None else _understood(store, source, key)


def _source() -> tuple[Source | None, str]:
    """Draw the places where pictures come from. Return what was chosen, and a key that only this choice has.

    A browser that sends another file in place of one first takes that away: widgets that keep their keys meanwhile
    are drawn there without the values that they have here.
    """
    offered = [FILES, FOLDER] if browser.store().is_visitors else [FILES, FOLDER, PATH]
    place = st.segmented_control(
        "From", offered, default=FILES, required=True, label_visibility="collapsed", key="from"
    )
    if place == PATH and PATH in offered:  # whatever a visitor's browser may send
        path = st.text_input(
            "Folder, ZIP file or list on this computer", placeholder="/home/me/pictures", key="import-path"
        ).strip()
        st.caption(LAYOUT)
        return (importing.at(Path(path).expanduser()) if path else None), path
    with st.container(gap=None):
        st.file_uploader(
            "A ZIP file of class folders" if place == FILES else "A folder for each class, or one with all of them",
            type="zip" if place == FILES else None,
            accept_multiple_files=False if place == FILES else "directory",
            max_upload_size=min(UPLOAD_MB, profiles.current().uploads_mb or UPLOAD_MB),
            key=f"{UPLOADED} {place}",
        )
        dropped.name()
    files = received.files(f"{UPLOADED} {place}")
    if not files:
        st.caption(LAYOUT)
        return None, ""
    if place == FILES:
        return importing.Archive(files[0], files[0].name), files[0].file_id
    folders = {file.name.partition("/")[0] for file in files}
    name = folders.pop() if len(folders) == 1 else "Pictures"
    return importing.Uploads([(file.name, file) for file in files], name), files[0].file_id


def _understood(store: Path, source: Source, key: str) -> Import | None:
    """Draw what is understood of the pictures, what can be changed of it, and the button that adds them."""
    kept: Request = st.session_state.get(REQUEST) or Request(name="pictures")
    first = importing.plan(source, kept)  # what is there does not depend on what is chosen below
    if not first.images:  # then there is nothing to choose
        _said(first)
        return None
    title = st.text_input("Name of the dataset", _title(source.name), max_chars=60, key=f"import-title-{key}")
    left, right = st.columns([2, 3], gap="large")
    with left:
        fields = ("size", "colours", "framing", *(("test_share",) if first.splits_off else ()))
        kept = forms.edit(kept, f"import-{key}", fields)
    st.session_state[REQUEST] = kept
    base = kept.replace(name=own.name_of(title), title=title.strip())
    with right:
        request = _classes(first, base, key)
        _examples(source, request)
    plan = importing.plan(source, request, store / own.FOLDER)
    _said(plan)
    if not plan.images:
        return None
    with st.container(horizontal=True, vertical_alignment="center"):
        added = st.button(
            f"Add {quantities.count(plan.images, 'picture')}",
            type="primary",
            key="add",
            icon=":material/add_photo_alternate:",
            disabled=bool(plan.problems),
        )
        st.caption(
            f"It takes {quantities.size(plan.pixel_bytes)} on the disk, and {quantities.size(plan.memory_bytes)} of "
            "memory while it is added."
        )
    return importing.start(store, request, source) if added else None


def _said(plan: Plan) -> None:
    """Draw what there is to say of a plan."""
    for said in plan.said:
        st.caption(words.literal(said))
    not_taken(plan.not_taken)
    for problem in plan.problems:
        st.error(words.literal(problem), icon=":material/error:")


def _title(name: str) -> str:
    """Return a name of a dataset for the name of its file or folder."""
    stem = name[:-4] if name.casefold().endswith(".zip") else name
    return stem.replace("_", " ").strip()[:60] or "Pictures"


def _classes(plan: Plan, request: Request, key: str) -> Request:
    """Draw the classes with their pictures by split, and return the request with the names that were given."""
    columns: dict[str, list[bool] | list[str] | list[int]] = {
        "Use": [True] * len(plan.classes),
        "Class": [each.name for each in plan.classes],
        "Training": [each.train for each in plan.classes],
        "Validation": [each.validation for each in plan.classes],
        "Test": [each.test for each in plan.classes],
    }
    if not any(columns["Validation"]):
        del columns["Validation"]
    if plan.splits_off:
        columns["Pictures"] = columns.pop("Training")
        del columns["Test"]
    shown = pd.DataFrame(columns)
    edited = st.data_editor(
        shown,
        key=f"import-classes-{key}-{hash(plan.class_names)}",  # folders can be added to those that are there
        hide_index=True,
        disabled=[name for name in columns if name not in {"Use", "Class"}],
        height=min(38 + 35 * len(shown), 300),
        column_config={
            "Use": st.column_config.CheckboxColumn(width=60),
            "Class": st.column_config.TextColumn(max_chars=importing.MOST_LETTERS, required=True),
            **{name: st.column_config.NumberColumn(width=80) for name in columns if name not in {"Use", "Class"}},
        },
    )
    renamed: dict[str, str] = {}
    left_out: list[str] = []
    for each, name, use in zip(plan.classes, edited["Class"], edited["Use"], strict=True):
        if not use:
            left_out += each.folders
        elif name != each.name:
            renamed |= dict.fromkeys(each.folders, str(name))
    return request.replace(renamed=renamed, left_out=tuple(left_out))


def _examples(source: Source, request: Request) -> None:
    """Draw some pictures as the network will see them."""
    found = importing.examples(source, request, EXAMPLES)
    if not found:
        return
    read = cached.engine().read([content for _, content in found], request.image_shape, request.way)
    with st.container(horizontal=True, gap="xsmall"):
        for (name, _), picture in zip(found, read, strict=True):
            if not isinstance(picture, str):
                st.image(sheets.enlarged(picture.pixels, SIDE), words.literal(name), width=SIDE, alt=name)
    st.caption(f"As the network will see them: {request.size}×{request.size} pixels.")


def not_taken(groups: tuple[importing.NotTaken, ...]) -> None:
    """Draw which files are not taken, by the reason."""
    if not groups:
        return
    count = sum(group.count for group in groups)
    with st.expander(
        f"{quantities.count(count, 'file')} {'is' if count == 1 else 'are'} not taken", icon=":material/block:"
    ):
        for group in groups:
            st.markdown(f"**{group.count:,}**: {words.literal(group.reason)}")
            more = " …" if group.count > len(group.files) else ""
            st.caption(words.literal(", ".join(group.files)) + more)
