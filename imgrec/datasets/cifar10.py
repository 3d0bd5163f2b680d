"""CIFAR-10 in its binary version (no pickle): downloaded once, or read from the folder that IMGREC_CIFAR10 names."""

import logging
import os
import shutil
import stat
import tarfile
from pathlib import Path, PurePosixPath

import numpy as np
from filelock import FileLock
from numpy.typing import NDArray

from imgrec import files
from imgrec.datasets.dataset import Dataset, Images, Location, OnProgress
from imgrec.errors import DatasetError

URL = "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz"
ARCHIVE_BYTES = 170_052_171
ARCHIVE_SHA256 = "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd"
STALL_SECONDS = 30.0
"""A server that sends nothing for so long is given up."""

CLASS_NAMES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
TRAIN_FILES = tuple(f"data_batch_{number}.bin" for number in range(1, 6))
TEST_FILE = "test_batch.bin"
IMAGES_PER_FILE = 10_000
IMAGE_BYTES = 1 + 3 * 32 * 32
"""One byte for the label, then the red, the green and the blue plane. Source: the dataset's page."""
FILE_BYTES = IMAGES_PER_FILE * IMAGE_BYTES

OTHER_WAYS = (
    "Set IMGREC_CIFAR10 to a folder that holds a copy of its six .bin files, or use the dataset shapes, "
    "which needs no connection."
)


def is_ready(location: Location) -> bool:
    """Return whether six files of the right size are there."""
    return not _misfits(location.folder)


def prepare(location: Location, on_progress: OnProgress | None = None) -> None:
    """Download the dataset unless it is there. Raises DatasetError where that fails, or a copy is not there."""
    folder = location.folder
    misfits = _misfits(folder)
    if not misfits:
        return
    if location.own:
        raise DatasetError(
            f"IMGREC_CIFAR10 needs to name a folder that holds the six .bin files of CIFAR-10's binary version, "
            f"{FILE_BYTES:,} bytes each. Received: {folder}, where {misfits[0]}. Put the right files there, or unset "
            f"IMGREC_CIFAR10 to download them."
        )
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(folder.parent / "cifar10.lock"):
            if _misfits(folder):  # else another process has downloaded it while this one waited
                _download(folder, on_progress)
    except OSError as error:
        raise DatasetError(
            f"CIFAR-10 needs about 360 MB under {folder.parent}. It cannot be kept there: {error.strerror or error}. "
            f"Make room or set IMGREC_HOME to another folder."
        ) from error


def read(location: Location) -> tuple[Images, Images]:
    """Return the 50,000 training and the 10,000 test images. Raises DatasetError where a file is damaged."""
    folder = location.folder
    whose = "Put an undamaged copy there" if location.own else f"Delete {folder} to download it again"
    return _read(folder, TRAIN_FILES, whose), _read(folder, (TEST_FILE,), whose)


def _misfits(folder: Path) -> list[str]:
    """Say what is wrong with the files of a folder, by their sizes."""
    found = []
    for name in (*TRAIN_FILES, TEST_FILE):
        try:
            entry = (folder / name).stat()
        except (FileNotFoundError, NotADirectoryError):
            found.append(f"{name} is missing")
        except OSError as error:
            found.append(f"{name} cannot be read: {error.strerror}")
        else:
            if not stat.S_ISREG(entry.st_mode):
                found.append(f"{name} is missing")
            elif entry.st_size != FILE_BYTES:
                found.append(f"{name} has {entry.st_size:,} bytes")
    return found


def _read(folder: Path, names: tuple[str, ...], whose: str) -> Images:
    pixels = np.empty((len(names) * IMAGES_PER_FILE, 32, 32, 3), np.uint8)
    labels = np.empty(len(names) * IMAGES_PER_FILE, np.uint8)
    for place, name in enumerate(names):  # one file at a time keeps the peak of memory low
        rows = _rows(folder / name, whose)
        part = slice(place * IMAGES_PER_FILE, (place + 1) * IMAGES_PER_FILE)
        labels[part] = rows[:, 0]
        pixels[part] = rows[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
    return Images(pixels, labels)


def _rows(path: Path, whose: str) -> NDArray[np.uint8]:
    try:
        data = np.fromfile(path, np.uint8)
    except OSError as error:
        raise DatasetError(f"CIFAR-10 needs {path}. It cannot be read: {error.strerror}. {whose}.") from error
    if data.size != FILE_BYTES:
        raise DatasetError(f"CIFAR-10 needs {FILE_BYTES:,} bytes in {path}. Received: {data.size:,}. {whose}.")
    rows = data.reshape(IMAGES_PER_FILE, IMAGE_BYTES)
    highest = int(rows[:, 0].max())
    if highest >= len(CLASS_NAMES):
        raise DatasetError(f"CIFAR-10 needs labels from 0 to 9 in {path}. Received: {highest}. {whose}.")
    return rows


def _download(folder: Path, on_progress: OnProgress | None) -> None:
    """Fetch, check and unpack beside the folder, then give it its name: it is whole or not there."""
    unfinished = folder.with_name("cifar10.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)  # left by a download that was killed
    unpacked = unfinished / "files"
    unpacked.mkdir(parents=True)
    try:
        _unpack(_fetch(unfinished, on_progress), unpacked)
        shutil.rmtree(folder, ignore_errors=True)
        unpacked.rename(folder)
        files.sync_folder(folder.parent)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


class _Bar:
    """What pooch takes for a progress bar."""

    def __init__(self, on_progress: OnProgress | None) -> None:
        self.total = 0  # set by pooch, to what the server says
        self._done = 0
        self._on_progress = on_progress

    def update(self, count: int) -> None:
        self._done += count
        if self._on_progress:
            self._on_progress(min(self._done, ARCHIVE_BYTES), ARCHIVE_BYTES)

    def reset(self) -> None:
        self._done = 0

    def close(self) -> None:
        pass


def _fetch(folder: Path, on_progress: OnProgress | None) -> Path:
    import pooch  # noqa: PLC0415 - it takes longer to import than the rest of the core together
    import requests  # noqa: PLC0415

    pooch.get_logger().setLevel(logging.WARNING)  # on_progress says what its log lines say
    answers: list[requests.Response] = []
    downloader = pooch.HTTPDownloader(
        progressbar=_Bar(on_progress),
        chunk_size=1 << 16,
        timeout=STALL_SECONDS,
        hooks={"response": lambda answer, **_: answers.append(answer)},
    )
    try:
        return Path(pooch.retrieve(URL, f"sha256:{ARCHIVE_SHA256}", "archive.tar.gz", folder, downloader=downloader))
    except requests.RequestException as error:
        raise DatasetError(f"CIFAR-10 could not be downloaded: {_reason(error)}. {OTHER_WAYS}") from error
    except ValueError as error:  # pooch's word for a wrong checksum
        raise DatasetError(
            f"CIFAR-10 could not be downloaded: what {URL} sent is not the dataset (its checksum differs). {OTHER_WAYS}"
        ) from error
    finally:
        for answer in answers:  # pooch leaves the connection of a failed download open
            answer.close()


def _reason(error: Exception) -> str:
    import requests  # noqa: PLC0415 - as above

    host = URL.split("/")[2]
    if isinstance(error, requests.HTTPError) and error.response is not None:
        return f"{host} answered {error.response.status_code} {error.response.reason}"
    if isinstance(error, requests.Timeout) or "timed out" in str(error):
        return f"{host} sent nothing for {STALL_SECONDS:g} seconds"
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return f"the connection to {host} broke off"
    return f"{host} cannot be reached"


def _unpack(archive: Path, folder: Path) -> None:
    """Copy the six files out. The names and paths in the archive decide nothing but which is which."""
    wanted = {*TRAIN_FILES, TEST_FILE}
    with tarfile.open(archive, "r|gz") as members:
        for member in members:
            name = PurePosixPath(member.name).name
            content = members.extractfile(member) if member.isfile() and member.size == FILE_BYTES else None
            if name in wanted and content:
                wanted.remove(name)
                with (folder / name).open("xb") as file:
                    shutil.copyfileobj(content, file, 1 << 20)
                    file.flush()
                    os.fsync(file.fileno())
    if wanted:
        raise DatasetError(f"CIFAR-10's archive needs six .bin files. It lacks {', '.join(sorted(wanted))}.")


DATASET = Dataset(
    name="cifar10",
    title="CIFAR-10",
    description="Small colour photos of ten kinds of animals and vehicles: the classic first challenge.",
    image_shape=(32, 32, 3),
    class_names=CLASS_NAMES,
    train_images=50_000,
    test_images=10_000,
    source="Krizhevsky 2009, “Learning Multiple Layers of Features from Tiny Images”, "
    "https://www.cs.toronto.edu/~kriz/cifar.html",
    licence="None stated by its authors; they ask to cite the report named as its source.",
    download_bytes=ARCHIVE_BYTES,
    is_ready=is_ready,
    prepare=prepare,
    read=read,
    variable="IMGREC_CIFAR10",
)
