"""Zips that anyone may have made: what is in one is decided from its directory, and nothing of it is ever unpacked.

Of each file as much is read as the directory says, and never more than a picture may have. Names are only looked at.
"""

import shutil
import stat
import struct
import zipfile
import zlib
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, BinaryIO, cast

from imgrec.errors import DatasetError, ImageError
from imgrec.importing.request import Limits, limits
from imgrec.importing.sources import File, Source, check_bounds, is_junk, parts_of

MOST_RATIO = 200
"""How many times smaller a file may have been packed: photos shrink by nothing, flat drawings by 100."""
UNSUSPICIOUS_BYTES = 1_000_000
"""A small file may have been packed to any size: a blank drawing shrinks by 1,000."""
DIRECTORY_BYTES = 300
"""Of the directory for each file that there may be, on average: its own 46, a long name, times and more. Python takes
about as much memory for each file again."""
ARCHIVES = (".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar", ".zst", ".jar", ".iso", ".cab")
_LOCAL_HEADER = 30
_TAIL_BYTES = 66_000
"""Where the end of a zip is looked for, as it may end with a comment."""
_SAYS_UTF8 = 0x800
_ENCRYPTED = 0x1 | 0x40
_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
"""Of others Python would unpack any amount at once."""


class Archive(Source):
    """The files in a zip, which lies on this computer or in memory."""

    def __init__(self, content: Path | BinaryIO, name: str = "", bounds: Limits | None = None) -> None:
        """Read its directory. Raises DatasetError where it is no zip, or one that is refused as a whole."""
        bounds = bounds or limits()
        self.content = content
        self.name = name or (content.name if isinstance(content, Path) else "archive.zip")
        try:
            file = _Bounded(content, bounds.files * DIRECTORY_BYTES + _TAIL_BYTES)
            self._zip = zipfile.ZipFile(cast(IO[bytes], file))  # reads the whole directory
            file.longest = None
            entries = self._zip.infolist()
        except DatasetError:
            raise
        except (zipfile.BadZipFile, OSError, ValueError, struct.error, NotImplementedError) as error:
            raise DatasetError(
                f"A ZIP archive is needed. {self.name} cannot be read as one: {str(error).rstrip('.')}. Pack it again."
            ) from None
        self.files = []
        self.refused = []
        check_bounds(len(entries), 0, bounds)
        _refuse_overlaps(self.name, entries)
        for number, entry in enumerate(entries):
            self._take(number, entry)
        if not self.files and any(why == "encrypted" for _, why in self.refused):
            raise DatasetError(f"{self.name} is encrypted. Unpack it with its password, and pack it again without one.")
        check_bounds(len(entries), sum(file.size for file in self.files), bounds)

    @property
    def spec(self) -> dict[str, Any]:
        assert isinstance(self.content, Path)
        return {"kind": "zip", "path": str(self.content.absolute()), "name": self.name}

    def read(self, file: File, most: int) -> bytes:
        """Return a file's content. Raises ImageError where it is longer than most or than announced, or damaged."""
        if file.size > most:
            raise ImageError(f"A picture file needs to have at most {most / 1e6:,.0f} MB. This one has more.")
        try:
            with self._zip.open(self._zip.infolist()[file.number]) as opened:
                content = opened.read(file.size + 1)  # which also compares the checksum
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, NotImplementedError, ValueError):
            raise ImageError("This file is damaged in the archive, or not what its directory says.") from None
        if len(content) != file.size:
            raise ImageError("This file has another size than the archive's directory says.")
        return content

    def kept(self, folder: Path) -> "Archive":
        """Return the same archive as a file: itself, or a copy in this folder of what is only in memory."""
        if isinstance(self.content, Path):
            return self
        folder.mkdir()
        self.content.seek(0)
        with (folder / "0").open("wb") as written:
            shutil.copyfileobj(self.content, written)
        return Archive(folder / "0", self.name)

    def _take(self, number: int, entry: zipfile.ZipInfo) -> None:
        name = _name(entry)
        parts, why = parts_of(name)
        if not why and any(map(is_junk, parts)):
            return
        if name.endswith("/") and not entry.file_size:  # a folder
            return
        why = why or _refusal(entry)
        if why:
            self.refused.append((name.replace("\0", "␀"), why))
        else:
            self.files.append(File(parts, entry.file_size, number))


def _refusal(entry: zipfile.ZipInfo) -> str:
    """Say why a file of an archive is not taken, or nothing."""
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind not in {0, stat.S_IFREG, stat.S_IFDIR}:
        return "a link or a device"
    if entry.flag_bits & _ENCRYPTED:
        return "encrypted"
    if entry.compress_type not in _METHODS:
        return "packed in a way that is not read: pack it as a usual ZIP"
    if entry.orig_filename.casefold().endswith(ARCHIVES):
        return "an archive inside of the archive: unpack it first"
    if entry.file_size > UNSUSPICIOUS_BYTES and entry.file_size > MOST_RATIO * max(entry.compress_size, 1):
        return f"packed more than {MOST_RATIO} times smaller, as no photo is"
    return ""


class _Bounded:
    """An open file of which no part longer than this is read at once."""

    def __init__(self, content: Path | BinaryIO, longest: int | None) -> None:
        self._own = isinstance(content, Path)
        self._file = content.open("rb") if isinstance(content, Path) else content
        self.longest = longest

    def read(self, size: int = -1) -> bytes:
        """Read as a file does. Raises DatasetError where it would be too much."""
        place = self._file.tell()
        left = self._file.seek(0, 2) - place
        self._file.seek(place)
        if self.longest is not None and (left if size < 0 else min(size, left)) > self.longest:
            raise DatasetError(
                "One import may have at most so many files as its server allows. The directory of this archive is "
                f"longer than {self.longest / 1e6:,.1f} MB. Add fewer pictures."
            )
        return self._file.read(size)

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def seekable(self) -> bool:
        return True

    def __del__(self) -> None:
        if self._own:
            self._file.close()


def _name(entry: zipfile.ZipInfo) -> str:
    """Return a file's name. Programs that write UTF-8 and do not say so, as that of macOS, are understood."""
    name = entry.orig_filename
    with suppress(UnicodeError):
        if not entry.flag_bits & _SAYS_UTF8:
            name = name.encode("cp437").decode("utf-8")
    return name


def _refuse_overlaps(name: str, entries: Sequence[zipfile.ZipInfo]) -> None:
    """Refuse an archive in which files share bytes: so few of them can announce any amount."""
    end = 0
    for entry in sorted(entries, key=lambda entry: entry.header_offset):
        if entry.header_offset < end:
            raise DatasetError(f"{name} is refused: files in it overlap, as in a ZIP bomb. Pack the pictures again.")
        end = entry.header_offset + _LOCAL_HEADER + len(entry.orig_filename) + entry.compress_size
