"""Datasets that are downloaded: fetched once, checked, and put in place whole; or read from a person's own copy.

To add one: a subclass of Downloaded, or a value of one, that says which files there are and where they come from.
"""

import logging
import os
import shutil
import stat
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from imgrec import files
from imgrec.datasets.dataset import Images, Location, OnProgress
from imgrec.errors import DatasetError

STALL_SECONDS = 30.0
"""A server that sends nothing for so long is given up."""


@dataclass(frozen=True)
class Remote:
    """A file on a server, and what it is checked against. sha256 is in hex."""

    url: str
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Downloaded(ABC):
    """The files of a dataset, in the folder of a location or still on a server.

    contents names the files in a sentence, as "six .bin files". megabytes is what downloading takes on disk.
    """

    name: str
    title: str
    variable: str
    contents: str
    megabytes: int
    remotes: tuple[Remote, ...]

    @property
    @abstractmethod
    def sizes(self) -> Mapping[str, int]:
        """The names of the files in the folder, and how many bytes each has."""

    @abstractmethod
    def unpack(self, fetched: Sequence[Path], folder: Path) -> None:
        """Put the files into an empty folder. fetched are those of remotes, in their order, checked."""

    @abstractmethod
    def read(self, location: Location) -> tuple[Images, Images]:
        """Return the training and the test images. Raises DatasetError where a file is damaged."""

    @property
    def download_bytes(self) -> int:
        """How many bytes are fetched."""
        return sum(remote.bytes for remote in self.remotes)

    def is_ready(self, location: Location) -> bool:
        """Return whether all files are there, by their sizes."""
        return not self._misfits(location.folder)

    def prepare(self, location: Location, on_progress: OnProgress | None = None) -> None:
        """Download the dataset unless it is there. Raises DatasetError where that fails, or a copy is not there."""
        folder = location.folder
        misfits = self._misfits(folder)
        if not misfits:
            return
        if location.own:
            raise DatasetError(
                f"{self.variable} needs to name a folder that holds the {self.contents} of {self.title}. Received: "
                f"{folder}, where {misfits[0]}. Put the right files there, or unset {self.variable} to download them."
            )
        try:
            folder.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(folder.parent / f"{self.name}.lock"):
                if self._misfits(folder):  # else another process has downloaded it while this one waited
                    self._download(folder, on_progress)
        except OSError as error:
            raise DatasetError(
                f"{self.title} needs about {self.megabytes} MB under {folder.parent}. It cannot be kept there: "
                f"{error.strerror or error}. Make room or set IMGREC_HOME to another folder."
            ) from error

    def damage(self, location: Location, problem: str) -> DatasetError:
        """Return the error for files that have the right sizes and are damaged all the same."""
        remedy = "Put an undamaged copy there" if location.own else f"Delete {location.folder} to download it again"
        return DatasetError(f"{self.title} needs {problem}. {remedy}.")

    def _misfits(self, folder: Path) -> list[str]:
        """Say what is wrong with the files of a folder, by their sizes."""
        found = []
        for name, size in self.sizes.items():
            try:
                entry = (folder / name).stat()
            except (FileNotFoundError, NotADirectoryError):
                found.append(f"{name} is missing")
            except OSError as error:
                found.append(f"{name} cannot be read: {error.strerror}")
            else:
                if not stat.S_ISREG(entry.st_mode):
                    found.append(f"{name} is missing")
                elif entry.st_size != size:
                    found.append(f"{name} has {entry.st_size:,} bytes instead of {size:,}")
        return found

    def _download(self, folder: Path, on_progress: OnProgress | None) -> None:
        """Fetch, check and unpack beside the folder, then give it its name: it is whole or not there."""
        unfinished = folder.with_name(f"{self.name}.unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)  # left by a download that was killed
        unpacked = unfinished / "files"
        unpacked.mkdir(parents=True)
        try:
            self.unpack(self._fetch(unfinished, on_progress), unpacked)
            for path in unpacked.iterdir():
                _sync(path)
            shutil.rmtree(folder, ignore_errors=True)
            unpacked.rename(folder)
            files.sync_folder(folder.parent)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)

    def _fetch(self, folder: Path, on_progress: OnProgress | None) -> list[Path]:
        fetched: list[Path] = []
        before = 0
        for number, remote in enumerate(self.remotes):
            bar = _Bar(before, before + remote.bytes, self.download_bytes, on_progress)
            try:
                fetched.append(_fetch(remote, folder / f"{number}.fetched", bar))
            except _FailedError as error:
                raise DatasetError(
                    f"{self.title} could not be downloaded: {error}. Set {self.variable} to a folder that holds a copy "
                    f"of its {self.contents}, or use the dataset shapes, which needs no connection."
                ) from error
            before += remote.bytes
        return fetched


class _FailedError(Exception):
    """Why a file could not be fetched, as a part of a sentence."""


class _Bar:
    """What pooch takes for a progress bar: from the first byte of one file to its last, of the bytes of all files."""

    def __init__(self, first: int, last: int, of_all: int, on_progress: OnProgress | None) -> None:
        self.total = 0  # set by pooch, to what the server says
        self._first, self._last, self._of_all = first, last, of_all
        self._done = first
        self._on_progress = on_progress

    def update(self, count: int) -> None:
        self._done = min(self._done + count, self._last)  # pooch counts the last part of a file as a whole one
        if self._on_progress:
            self._on_progress(self._done, self._of_all)

    def reset(self) -> None:
        self._done = self._first

    def close(self) -> None:
        pass


def _fetch(remote: Remote, path: Path, bar: _Bar) -> Path:
    import pooch  # noqa: PLC0415 - it takes longer to import than the rest of the core together
    import requests  # noqa: PLC0415

    pooch.get_logger().setLevel(logging.WARNING)  # on_progress says what its log lines say
    answers: list[requests.Response] = []
    downloader = pooch.HTTPDownloader(
        progressbar=bar,
        chunk_size=1 << 16,
        timeout=STALL_SECONDS,
        hooks={"response": lambda answer, **_: answers.append(answer)},
    )
    try:
        pooch.retrieve(remote.url, f"sha256:{remote.sha256}", path.name, path.parent, downloader=downloader)
    except requests.RequestException as error:
        raise _FailedError(_reason(error, remote.url.split("/")[2])) from error
    except ValueError as error:  # pooch's word for a wrong checksum
        raise _FailedError(f"what {remote.url} sent is not the dataset (its checksum differs)") from error
    finally:
        for answer in answers:  # pooch leaves the connection of a failed download open
            answer.close()
    return path


def _reason(error: Exception, host: str) -> str:
    import requests  # noqa: PLC0415 - as above

    if isinstance(error, requests.HTTPError) and error.response is not None:
        return f"{host} answered {error.response.status_code} {error.response.reason}"
    if isinstance(error, requests.Timeout) or "timed out" in str(error):
        return f"{host} sent nothing for {STALL_SECONDS:g} seconds"
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return f"the connection to {host} broke off"
    return f"{host} cannot be reached"


def _sync(path: Path) -> None:
    """Bring a file's content to the disk, so that a power cut cannot leave its name without it."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())
