"""Opens what pictures come from: by a path, or by what another process says of it."""

from pathlib import Path
from typing import Any

from imgrec.errors import DatasetError
from imgrec.importing.archives import ARCHIVES, Archive
from imgrec.importing.manifests import ENDINGS
from imgrec.importing.sources import Folder, Source, Uploads


def at(path: Path) -> Source:
    """Return the pictures in a folder, in a zip, or in the list of labels that this path leads to.

    Raises DatasetError where it leads to none of them.
    """
    if path.is_dir():
        return Folder(path)
    if not path.is_file():
        raise DatasetError(f"A folder or a ZIP archive with pictures is needed. There is none at {path}.")
    ending = path.name.casefold()
    if ending.endswith(ENDINGS):
        return Folder(path.absolute().parent, path.name)
    if ending.endswith(ARCHIVES) and not ending.endswith(".zip"):
        raise DatasetError(f"A folder or a ZIP archive with pictures is needed. Unpack {path.name} first.")
    return Archive(path)


def opened(spec: dict[str, Any], *, listed: bool = True) -> Source:
    """Return the source with this spec; a folder not listed is only read from. Raises DatasetError where it is gone."""
    if spec["kind"] == "folder":
        return Folder(Path(spec["path"]), spec["manifest"], listed=listed)
    if spec["kind"] == "zip":
        return Archive(Path(spec["path"]), spec["name"])
    return Uploads([(name, Path(path)) for name, path in spec["files"]], spec["name"])
