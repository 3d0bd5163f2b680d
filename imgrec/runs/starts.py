"""What a run begins with, where that is another one's model or some of its layers: a copy in the run's own folder.

The record says of whose layers it is a copy, and has the SHA-256 of the file; runs of before this was kept do without.
"""

from hashlib import sha256
from typing import Any

from pydantic import ValidationError

from imgrec import records
from imgrec.config import RunConfig
from imgrec.errors import StartError
from imgrec.records import Origin
from imgrec.runs.documents import CONFIG, damaged
from imgrec.runs.run import Run

ORIGIN, CHECKSUM = "origin", "start_sha256"


def has(run: Run) -> bool:
    """Return whether a run begins with another one's model, or with some of its layers."""
    return run.parent is not None or run.config.start is not None


def origin(run: Run) -> Origin | None:
    """Return what the run was whose layers this one began with, if any; it may be gone."""
    found = run.record.get(ORIGIN)
    if run.config.start is None or found is None:
        return None
    try:
        return Origin.model_validate(found)
    except ValidationError as error:
        raise damaged(run.folder / CONFIG, records.misfit(error)) from None


def read(run: Run) -> bytes:
    """Read the model that a run begins with. Raises StartError where it is absent or damaged."""
    try:
        content = run.start.read_bytes()
    except (FileNotFoundError, IsADirectoryError):
        content = b""
    if not content or run.record.get(CHECKSUM, found := sha256(content).hexdigest()) != found:
        raise StartError(
            f"This run begins with the model in its file {run.start.name}, and that is absent or damaged. Delete the "
            "run, and start another one in the same way."
        )
    return content


def of(
    config: RunConfig, parent: Run | None, like: Run | None, from_layers_of: Run | None
) -> tuple[bytes | None, dict[str, Any]]:
    """Return the model that a new run begins with, if any, and what its record holds of it.

    It has that of its parent, the one that a run like it began with, or that of a run whose layers it takes. Raises
    OSError or StartError where it cannot be read.
    """
    if parent is not None:
        content, before = parent.model.read_bytes(), origin(parent)
    elif config.start is None:
        return None, {}
    elif like is not None:
        content, before = read(like), origin(like)
    else:
        assert from_layers_of is not None
        run = from_layers_of
        content, before = run.model.read_bytes(), Origin(run=run.id, name=run.name, dataset=run.dataset.title)
    told = {ORIGIN: before.model_dump(mode="json")} if before else {}
    return content, {CHECKSUM: sha256(content).hexdigest(), **told}
