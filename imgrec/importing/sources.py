"""Where pictures come from: a folder, or files that a browser has sent. A zip is one too (archives.py).

Names of files decide what a file is taken for, and are shown. Only a folder on this computer opens files by names, and
these are names that it has listed itself.
"""

import os
import re
import shutil
import stat
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from imgrec.errors import DatasetError, ImageError
from imgrec.importing.request import Limits, limits

JUNK = frozenset({"__macosx", "thumbs.db", "desktop.ini", "$recycle.bin", "system volume information"})
"""What systems leave beside people's files. Hidden names, as .DS_Store, are left out as well."""


LONGEST_NAME = 1000
"""Of a file with its folders; systems allow 255 to 4,096."""

_DRIVE = re.compile("[A-Za-z]:")


@dataclass(frozen=True, slots=True)
class File:
    """A file of a source: the parts of its name, its size in bytes, and the number by which the source reads it."""

    parts: tuple[str, ...]
    size: int
    number: int

    def __str__(self) -> str:
        """Return its name as it is shown."""
        return "/".join(self.parts)


Refused = tuple[str, str]
"""The name of a file that is not taken, and the reason."""


class Source(ABC):
    """Files with names. spec is what another process opens the same source by (opened)."""

    name: str
    files: list[File]
    refused: list[Refused]

    @property
    @abstractmethod
    def spec(self) -> dict[str, Any]:
        """What `opened` takes, as JSON."""

    @abstractmethod
    def read(self, file: File, most: int) -> bytes:
        """Return a file's content. Raises ImageError where it is longer than most, or cannot be read."""

    @abstractmethod
    def kept(self, folder: Path) -> "Source":
        """Return the same source as another process can open it: what is only in memory is written to this folder."""


class Folder(Source):
    """The files in a folder on this computer. Links to files are followed, and those to folders are not."""

    def __init__(self, path: Path, manifest: str = "", bounds: Limits | None = None, *, listed: bool = True) -> None:
        """List the folder. manifest is the name of the only list of labels that counts, where there are several.

        Raises DatasetError where it cannot be read, or holds too much.
        """
        bounds = bounds or limits()
        self.path, self.manifest, self.name = path, manifest, path.absolute().name
        self.files = []
        self.refused = []
        if not listed:
            return
        try:
            self._list(path, (), bounds)
        except OSError as error:
            raise DatasetError(f"A folder that can be read is needed. Received: {path}: {error.strerror}.") from None
        check_bounds(len(self.files), sum(file.size for file in self.files), bounds)

    @property
    def spec(self) -> dict[str, Any]:
        return {"kind": "folder", "path": str(self.path.absolute()), "manifest": self.manifest}

    def read(self, file: File, most: int) -> bytes:
        """Return a file's content. Raises ImageError where it is longer than most, or cannot be read."""
        try:
            with self.path.joinpath(*file.parts).open("rb") as opened:
                return _capped(opened, most)
        except OSError as error:
            raise ImageError(f"This file cannot be read: {error.strerror}.") from None

    def kept(self, folder: Path) -> "Folder":  # noqa: ARG002 - it is on the disk already
        """Return this."""
        return self

    def _list(self, folder: Path, parts: tuple[str, ...], bounds: Limits) -> None:
        with os.scandir(folder) as found:
            entries = sorted(found, key=lambda entry: entry.name)
        for entry in entries:
            if is_junk(entry.name):
                continue
            inside = (*parts, entry.name)
            if entry.is_dir(follow_symlinks=False):
                self._list(Path(entry.path), inside, bounds)
                continue
            try:
                status = entry.stat()
            except OSError:
                self.refused.append(("/".join(inside), "a link that leads nowhere"))
                continue
            if not stat.S_ISREG(status.st_mode):
                self.refused.append(("/".join(inside), "a link to a folder, or a device"))
                continue
            self.files.append(File(inside, status.st_size, len(self.files)))
            check_bounds(len(self.files), 0, bounds)


class Uploads(Source):
    """Files that a browser has sent, with the names that it gives them: cats/1.jpg, cats/2.jpg …"""

    def __init__(self, files: Sequence[tuple[str, BinaryIO | Path]], name: str = "uploaded files") -> None:
        """Take the name and the content of each. Raises DatasetError where there is too much."""
        self.name = name
        self._contents: list[BinaryIO | Path] = []
        self._names: list[str] = []
        self.files = []
        self.refused = []
        for given, content in files:
            parts, why = parts_of(given)
            if why:
                self.refused.append((given, why))
            elif not any(map(is_junk, parts)):
                self.files.append(File(parts, _size(content), len(self.files)))
                self._contents.append(content)
                self._names.append(given)
        check_bounds(len(files), sum(file.size for file in self.files), limits())

    @property
    def spec(self) -> dict[str, Any]:
        stored = [(name, str(content)) for name, content in zip(self._names, self._contents, strict=True)]
        return {"kind": "uploads", "name": self.name, "files": stored}

    def read(self, file: File, most: int) -> bytes:
        """Return a file's content. Raises ImageError where it is longer than most, or cannot be read."""
        content = self._contents[file.number]
        try:
            if isinstance(content, Path):
                with content.open("rb") as opened:
                    return _capped(opened, most)
            content.seek(0)
            return _capped(content, most)
        except OSError as error:
            raise ImageError(f"This file cannot be read: {error.strerror}.") from None

    def kept(self, folder: Path) -> "Uploads":
        """Return the same files from this folder, to which they are written under numbers."""
        folder.mkdir()
        kept: list[tuple[str, BinaryIO | Path]] = []
        for number, (name, content) in enumerate(zip(self._names, self._contents, strict=True)):
            path = folder / str(number)
            if isinstance(content, Path):
                shutil.copyfile(content, path)
            else:
                content.seek(0)
                with path.open("wb") as written:
                    shutil.copyfileobj(content, written)
            kept.append((name, path))
        return Uploads(kept, self.name)


def is_junk(name: str) -> bool:
    """Return whether a file or folder of this name is none of a person's pictures, and not worth a word."""
    return name.startswith(".") or name.casefold() in JUNK or name == "Icon\r"


def parts_of(name: str) -> tuple[tuple[str, ...], str]:
    """Return the parts of a name that someone else has given a file, and why it cannot be one, if so.

    No file is ever opened or written by such a name.
    """
    if len(name) > LONGEST_NAME:
        return (), f"a name of more than {LONGEST_NAME:,} letters"
    plain = name.replace("\\", "/")
    parts = tuple(part for part in plain.split("/") if part not in {"", "."})
    if not parts or "\0" in name:
        return (), "no name, or a zero in it"
    if plain.startswith("/") or _DRIVE.match(plain):
        return (), "its name leads to another folder or drive"
    if ".." in parts:
        return (), "its name leads out of the folder"
    return parts, ""


def check_bounds(files: int, size: int, bounds: Limits) -> None:
    """Refuse what is more than one import may bring. Raises DatasetError."""
    if files > bounds.files:
        raise DatasetError(
            f"One import may have at most {bounds.files:,} files. Received: more. Add fewer pictures, or leave out "
            "what is no picture."
        )
    if size > bounds.bytes:
        raise DatasetError(
            f"The files of one import may take at most {bounds.bytes / 1e6:,.0f} MB unpacked. Received: "
            f"{size / 1e6:,.0f} MB. Save the pictures smaller, or add fewer."
        )


def _capped(opened: BinaryIO, most: int) -> bytes:
    content = opened.read(most + 1)
    if len(content) > most:
        raise ImageError(f"A picture file needs to have at most {most / 1e6:,.0f} MB. This one has more.")
    return content


def _size(content: BinaryIO | Path) -> int:
    return content.stat().st_size if isinstance(content, Path) else content.seek(0, os.SEEK_END)
