"""Own pictures become a dataset: where they are, what is understood of them, and how far adding them is."""

from pathlib import Path

import pandas as pd
import streamlit as st

from imgrec import importing, profiles, quantities
from imgrec.datasets import own
from imgrec.errors import DatasetError, ImgrecError
from imgrec.importing import Import, Plan, Request, Source
from imgrec.ui import PAGES, browser, cached, forms, ready_made, received, sheets, words

OPEN, REQUEST, STARTED, DONE = "adding", "import request", "import started", "import done"
"""Where it is kept that the form is open, what it asks for, the import that this tab started, and what it has made."""

UPLOADED = "own pictures"
UPLOAD_MB = 200
"""Of a file that a browser sends: it is held in memory until it is added. For more there is the command."""

EXAMPLES = 6
"""Pictures that are shown as the network will see them."""

SIDE = 96
TICK_SECONDS = 0.7

FILES, FOLDER, PATH = "ZIP file", "Folder of pictures", "Folder on this computer"
LAYOUT = (
    "A folder for each class, as `cat/1.jpg` and `dog/1.jpg`; `train` and `test` folders around or inside them are "
    "understood. Or a CSV or JSONL list with `file_name` and `label` beside the pictures."
)


def button() -> None:
    """Draw the button that opens the form."""
    st.button(
        "Add your own pictures",
        key="add-pictures",
        icon=":material/add_photo_alternate:",
        on_click=lambda: st.session_state.update({OPEN: True}),
    )


def _close() -> None:
    for name in (OPEN, DONE):
        st.session_state.pop(name, None)


def draw() -> None:
    """Draw the dialog where it is open, else the import that is under way, or why one has failed."""
    if OPEN in st.session_state:
        _dialog()
    elif (adding := _current()) is not None:
        with st.container(border=True):
            _progress(adding)


# Not a part of the page: it stays in view, and what is chosen in it does not draw the page anew.
@st.dialog("Add your own pictures", icon=":material/add_photo_alternate:", width="large", on_dismiss=_close)
def _dialog() -> None:
    if result := st.session_state.get(DONE):
        _made(result)
    elif (adding := _current()) is not None:
        _progress(adding)
    else:
        _form(browser.store().folder)


def _current() -> Import | None:
    return importing.current(browser.store().folder) or st.session_state.get(STARTED)


@st.fragment(run_every=TICK_SECONDS)
def _progress(adding: Import) -> None:
    """Draw how far an import is, or how it has ended: what it has made is used."""
    if not adding.is_running:
        _ended(adding)
        return
    progress = adding.progress()
    parts = [{"reading": "Reading pictures"}.get(progress.phase, progress.phase.capitalize())]
    if progress.total:
        parts = [f"{parts[0]}: {progress.done:,} of {progress.total:,}"]
    if progress.seconds_left:
        parts.append(f"about {quantities.duration(words.rounded(progress.seconds_left))} left")
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.markdown(f"**Adding {adding.name}**", width="content")
        cancelled = st.button("Cancel", key="cancel-import", icon=":material/close:")
    st.progress(progress.done / progress.total if progress.total else 0.0, " · ".join(parts))
    st.caption("It goes on when this page is closed.")
    if cancelled:
        adding.cancel()
        st.session_state.pop(STARTED, None)
        st.rerun()


def _ended(adding: Import) -> None:
    st.session_state.pop(STARTED, None)
    try:
        result = adding.result()
    except DatasetError as error:
        st.error(words.literal(str(error)), icon=":material/error:")
        if st.button("Try again", key="dismiss-import"):
            adding.forget()
            st.rerun()
        return
    ready_made.take_dataset(f"{result.name}@{result.version}")
    st.session_state[DONE] = result
    st.session_state[OPEN] = True
    st.session_state.pop(REQUEST, None)
    st.rerun()


def _made(result: importing.Result) -> None:
    """Say what was made of which pictures."""
    validation = f", {result.validation:,} validation" if result.validation else ""
    st.success(
        f"**{result.name} is ready**: {result.train:,} training{validation} and {result.test:,} test images of "
        f"{len(result.class_names)} classes. The draft now learns from them.",
        icon=":material/check_circle:",
    )
    for found in result.found:
        st.warning(words.literal(found), icon=":material/report:")
    for said in result.said:
        st.caption(words.literal(said))
    _not_taken(result.not_taken)
    with st.container(horizontal=True):
        if st.button("Train on it", type="primary", key="train-own", icon=":material/model_training:"):
            _close()
            st.switch_page(PAGES / "train.py")
        if st.button("Look at it", key="look-own", icon=":material/photo_library:"):
            _close()
            st.rerun()


def _form(store: Path) -> None:
    try:
        source = _source()
        if source is not None:
            _understood(store, source)
    except ImgrecError as error:
        st.error(words.literal(str(error)), icon=":material/error:")


def _source() -> Source | None:
    """Draw the places where pictures come from, and return what was chosen."""
    offered = [FILES, FOLDER] if browser.store().is_visitors else [FILES, FOLDER, PATH]
    place = st.segmented_control(
        "From", offered, default=FILES, required=True, label_visibility="collapsed", key="from"
    )
    if place == PATH and PATH in offered:  # whatever a visitor's browser may send
        path = st.text_input(
            "Folder, ZIP file or list on this computer", placeholder="/home/me/pictures", key="import-path"
        )
        st.caption(LAYOUT)
        return importing.at(Path(path.strip()).expanduser()) if path.strip() else None
    st.file_uploader(
        "A ZIP file of class folders" if place == FILES else "A folder with a folder for each class",
        type="zip" if place == FILES else None,
        accept_multiple_files=False if place == FILES else "directory",
        max_upload_size=min(UPLOAD_MB, profiles.current().uploads_mb or UPLOAD_MB),
        key=f"{UPLOADED} {place}",
    )
    files = received.files(f"{UPLOADED} {place}")
    if not files:
        st.caption(LAYOUT)
        return None
    if place == FILES:
        return importing.Archive(files[0], files[0].name)
    return importing.Uploads([(file.name, file) for file in files], files[0].name.partition("/")[0])


def _understood(store: Path, source: Source) -> None:
    """Draw what is understood of the pictures, what can be changed of it, and the button that adds them."""
    title = st.text_input("Name of the dataset", _title(source.name), max_chars=60, key=f"import-title-{source.name}")
    kept: Request = st.session_state.get(REQUEST) or Request(name="pictures")
    left, right = st.columns([2, 3], gap="large")
    first = importing.plan(source, kept)  # what is there does not depend on what is chosen below
    with left:
        kept = forms.edit(
            kept, "import", ("size", "colours", "framing", *(("test_share",) if first.splits_off else ()))
        )
    st.session_state[REQUEST] = kept
    base = kept.replace(name=own.name_of(title), title=title.strip())
    with right:
        request = _classes(first, base)
        _examples(source, request)
    plan = importing.plan(source, request, store / own.FOLDER)
    for said in plan.said:
        st.caption(words.literal(said))
    _not_taken(plan.not_taken)
    for problem in plan.problems:
        st.error(words.literal(problem), icon=":material/error:")
    if not plan.images:
        return
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
    if added:
        st.session_state[STARTED] = importing.start(store, request, source)
        st.rerun()


def _title(name: str) -> str:
    """Return a name of a dataset for the name of its file or folder."""
    stem = name[:-4] if name.casefold().endswith(".zip") else name
    return stem.replace("_", " ").strip()[:60] or "Pictures"


def _classes(plan: Plan, request: Request) -> Request:
    """Draw the classes with their pictures by split, and return the request with the names that were given."""
    if not plan.classes:
        return request
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
        key=f"import-classes-{plan.source}-{len(plan.classes)}",
        hide_index=True,
        disabled=[name for name in columns if name not in {"Use", "Class"}],
        height=min(38 + 35 * len(shown), 300),
        column_config={
            "Use": st.column_config.CheckboxColumn(width=60),
            "Class": st.column_config.TextColumn(max_chars=importing.MOST_LETTERS, required=True, width="medium"),
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


def _not_taken(groups: tuple[importing.NotTaken, ...]) -> None:
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
