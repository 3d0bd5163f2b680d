"""Paths as users write them, and the one way to write a whole file."""

import errno
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

OWN_COPIES = ("IMGREC_CIFAR10", "IMGREC_CIFAR100", "IMGREC_FASHION_MNIST")
"""The variables that name a folder with a person's own copy of a dataset."""


def absolute(path: str) -> Path:
    """Return a path as the user wrote it, from the root; an unknown ~user stays a name."""
    return Path(os.path.expanduser(path)).absolute()  # noqa: PTH111 - Path.expanduser raises for an unknown user


def environment(home: Path) -> dict[str, str]:
    """Return the environment for a process that works elsewhere: its folders mean there what they mean here.

    Keras finds none of the user's own settings there, as another backend or another order of axes.
    """
    copies = {name: os.environ.get(name) for name in OWN_COPIES}
    ours = {name: str(absolute(folder)) for name, folder in copies.items() if folder}
    profile = os.environ.get("IMGREC_PROFILE", "")
    if profile.endswith(".json"):  # else the name of a profile
        ours["IMGREC_PROFILE"] = str(absolute(profile))
    keras = {"KERAS_BACKEND": "tensorflow", "KERAS_HOME": str(home / "keras")}
    return {**os.environ, **ours, "IMGREC_HOME": str(home), **keras}


def cannot_write(path: Path, error: OSError) -> str:
    """Say that a file or folder cannot be written, and what to do about the reason that the system gives."""
    return f"{path} cannot be written: {error.strerror or error}. {remedy(error)}"


def remedy(error: OSError) -> str:
    """Say what to do where the system refuses to read or write: a full disk and a missing right differ in that."""
    if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
        return "Make room there."
    if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
        return "Give yourself the right to read and write there."
    if error.errno == errno.EIO:
        return "Check that disk: it does not answer as it should."
    return "Put that right first."


def write_bytes(path: Path, *parts: bytes | memoryview) -> None:
    """Replace a file so that a reader sees the old or the new content, never a mixture, also after a power cut.

    The content may come in parts, as joining large ones takes their memory again.
    """
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
    try:
        with os.fdopen(descriptor, "wb") as file:
            if hasattr(os, "fchmod"):
                os.fchmod(descriptor, 0o644)  # temporary files are private; a store may be read by others
            for part in parts:
                file.write(part)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def write_json(path: Path, value: Any) -> None:
    """Replace a JSON file. Raises ValueError for NaN and infinity, which JSON does not have."""
    write_bytes(path, json.dumps(value, indent=1, allow_nan=False, ensure_ascii=False).encode() + b"\n")


@contextmanager
def new_folder(folder: Path) -> Iterator[Path]:
    """Give a folder beside this one to be filled, which then gets its name: no reader meets half of it.

    Where filling it fails, nothing of it stays.
    """
    building = folder.with_name(f".{folder.name}")
    try:
        building.mkdir(parents=True)
        yield building
        building.rename(folder)
    except BaseException:
        shutil.rmtree(building, ignore_errors=True)
        raise
    sync_folder(folder.parent)


def remove_folder(folder: Path) -> None:
    """Remove a folder: it is gone at once, also for who looks at it while its files are removed.

    Raises OSError where it is not there, or its name cannot be changed.
    """
    gone = folder.with_name(f".gone-{folder.name}")
    folder.rename(gone)
    shutil.rmtree(gone, ignore_errors=True)


def disk_bytes(folder: Path) -> int:
    """Return how much the files below a folder take, while others may write there."""
    total = 0
    for path in folder.rglob("*"):
        with suppress(FileNotFoundError):  # a temporary one, meanwhile renamed
            total += path.lstat().st_size
    return total


def mark(path: str | Path) -> tuple[int, int] | None:
    """Return what tells a file from the one that replaces it: a clock's tick may be longer than a write.

    None where it is not there.
    """
    try:
        found = os.stat(path)  # noqa: PTH116 - where there are thousands, Path takes several times as long
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ino


def sync_folder(folder: Path) -> None:
    """Make the names in a folder survive a power cut (a no-op on Windows, which cannot open folders)."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
