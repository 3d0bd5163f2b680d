"""What can be taken away from a finished run: files that the server sends from the disk, to whoever may see the run.

To add one: an entry in FILES.
"""

from codecs import BOM_UTF8
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import urlencode

import streamlit as st
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from imgrec import examples, spreadsheet
from imgrec.errors import ImgrecError
from imgrec.runs import Run, State, Store
from imgrec.ui import browser

FOLDER = "download"
"""The first part of the address of each file."""

NEVER_KEPT = {"Cache-Control": "private, no-store", "X-Content-Type-Options": "nosniff"}


@dataclass(frozen=True)
class File:
    """A file of a run: the words on its button, what it is good for, its type, and what sends it."""

    label: str
    meaning: str
    mime: str
    response: Callable[[Run, str, str], Response]


def draw(run: Run) -> None:
    """Draw the menu of what can be taken away from a finished run."""
    menu = st.popover("Download", icon=":material/download:", key=f"download-{run.id}", on_change="rerun")
    if not menu.open:
        return
    with menu:
        for name, file in FILES.items():
            st.link_button(file.label, address(run, name), icon=":material/download:", width="stretch")
            st.caption(file.meaning)


def address(run: Run, name: str) -> str:
    """Return the address of a file of a run, from any page."""
    secret = st.session_state[browser.LINK] if browser.is_in_address() else None
    return f"{FOLDER}/{run.id}/{name}" + (f"?{urlencode({browser.LINK: secret})}" if secret else "")


async def _send(request: Request) -> Response:
    name, run_id = request.path_params["name"], request.path_params["run"]
    try:
        return await run_in_threadpool(_found, browser.store_of(request), run_id, name)
    except ImgrecError as error:
        return PlainTextResponse(str(error), 404, headers=NEVER_KEPT)


def _found(store: Store | None, run_id: str, name: str) -> Response:
    if store is None or name not in FILES:
        raise ImgrecError("There is no such file, or this browser may not see it.")
    run = examples.find(store, run_id)
    if run.state is not State.FINISHED:
        raise ImgrecError(f"Only a finished run has files to download. {run.name} is {run.state}.")
    file = FILES[name]
    return file.response(run, f"{run.id}-{name}", file.mime)


def _content(write: Callable[[Run], str | bytes]) -> Callable[[Run, str, str], Response]:
    def respond(run: Run, name: str, mime: str) -> Response:
        return Response(write(run), media_type=mime, headers=NEVER_KEPT | _attached(name))

    return respond


def _predictions(run: Run, name: str, mime: str) -> Response:
    header, rows = predictions_table(run)

    def content() -> Iterator[bytes]:
        yield BOM_UTF8
        yield from (block.encode() for block in spreadsheet.blocks(header, rows))

    return StreamingResponse(content(), media_type=mime, headers=NEVER_KEPT | _attached(name))


def _attached(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"'}


def _model(run: Run, name: str, mime: str) -> Response:
    if not run.model.exists():
        raise ImgrecError(f"The model of {run.name} is gone from its folder.")
    return FileResponse(run.model, filename=name, media_type=mime, headers=NEVER_KEPT)


def predictions_table(run: Run) -> tuple[list[str], Iterator[list[object]]]:
    """Return the header and the rows of a table of the test predictions, in the order of the test images.

    The rows are made one by one: of 1,000 classes and 10,000 test images, all of them would take a gigabyte.
    """
    probabilities, labels = run.predictions()
    names = run.dataset.class_names
    header = ["image", "class", "predicted", "correct", *(f"probability of {name}" for name in names)]

    def rows() -> Iterator[list[object]]:
        for image, (label, row) in enumerate(zip(labels.tolist(), probabilities, strict=True)):
            found = int(row.argmax())
            yield [image, names[label], names[found], label == found, *row.astype(float).round(6).tolist()]

    return header, rows()


FILES = {
    "model.keras": File(
        "Model (.keras)",
        "Takes uint8 images and gives probabilities. Plain Keras loads it: `keras.saving.load_model`.",
        "application/octet-stream",
        _model,
    ),
    "predictions.csv": File(
        "Predictions (.csv)",
        "A row for each test image: its class, the predicted one, and the probability of each.",
        "text/csv",
        _predictions,
    ),
    "config.json": File(
        "Config (.json)",
        "Network, dataset, augmentations and settings. `python -m imgrec train --config FILE` trains it.",
        "application/json",
        _content(lambda run: run.config.to_json()),
    ),
}

ROUTE = Route(f"/{FOLDER}/{{run}}/{{name}}", _send)
"""Where browsers get the files."""
