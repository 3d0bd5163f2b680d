"""Shapes: ten kinds of drawn shapes over busy grounds; drawn here in seconds, so it needs no connection."""

import io
import zipfile
from pathlib import Path

import numpy as np
from filelock import FileLock

from imgrec import files
from imgrec.datasets.dataset import Dataset, Images, Location, OnProgress, fingerprint
from imgrec.datasets.drawing import SIDE, draw
from imgrec.datasets.outlines import OUTLINES
from imgrec.errors import DatasetError

VERSION = 1
"""Part of the file's name; raise it whenever FINGERPRINT changes."""
FINGERPRINT = "d03584a28ae39bfb9aa045d90dc4e806b13029619b65e2a84c27f6d64d35a78c"
TRAIN_IMAGES, TRAIN_SEED = 20_000, 1
TEST_IMAGES, TEST_SEED = 4_000, 2
KEYS = ("train_pixels", "train_labels", "test_pixels", "test_labels")


def is_ready(location: Location) -> bool:
    """Return whether the images have been drawn."""
    return _path(location).is_file()


def prepare(location: Location, on_progress: OnProgress | None = None) -> None:
    """Draw the images unless they are there. Raises DatasetError where they cannot be kept."""
    if not is_ready(location):
        _draw(_path(location), on_progress)


def read(location: Location) -> tuple[Images, Images]:
    """Return the training and the test images; a damaged file is drawn anew."""
    path = _path(location)
    return _kept(path) or _draw(path)


def _path(location: Location) -> Path:
    return location.folder / f"shapes-{VERSION}.npz"


def _kept(path: Path) -> tuple[Images, Images] | None:
    """Return the images on disk, or None where they are not exactly the right ones."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as kept:
            train_pixels, train_labels, test_pixels, test_labels = (kept[key] for key in KEYS)
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile):
        return None
    found = Images(train_pixels, train_labels), Images(test_pixels, test_labels)
    return found if fingerprint(*found) == FINGERPRINT else None


def _draw(path: Path, on_progress: OnProgress | None = None) -> tuple[Images, Images]:
    def progress(done: int) -> None:
        if on_progress:
            on_progress(done, TRAIN_IMAGES + TEST_IMAGES)

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(path.parent / "shapes.lock"):
            kept = _kept(path)  # another process may have drawn them while this one waited
            if kept:
                return kept
            train = draw(TRAIN_IMAGES, TRAIN_SEED, lambda done, _: progress(done))
            test = draw(TEST_IMAGES, TEST_SEED, lambda done, _: progress(TRAIN_IMAGES + done))
            drawn = fingerprint(train, test)
            if drawn != FINGERPRINT:
                raise DatasetError(
                    f"The dataset shapes needs to come out the same everywhere, or accuracies cannot be compared. Here "
                    f"it did not: {drawn[:12]} in place of {FINGERPRINT[:12]}, with numpy {np.__version__}. Install "
                    f"the numpy that requirements.txt names, or use another dataset."
                )
            content = io.BytesIO()
            np.savez(
                content,
                train_pixels=np.asarray(train.pixels),
                train_labels=train.labels,
                test_pixels=np.asarray(test.pixels),
                test_labels=test.labels,
            )
            files.write_bytes(path, content.getvalue())
    except OSError as error:
        raise DatasetError(
            f"The dataset shapes needs 74 MB in {path.parent}. It cannot be kept there: {error.strerror or error}. "
            f"Make room or set IMGREC_HOME to another folder."
        ) from error
    return train, test


DATASET = Dataset(
    name="shapes",
    title="Shapes",
    description="Drawn shapes of ten kinds in any size, tilt, colour and place, over busy grounds. No download.",
    image_shape=(SIDE, SIDE, 3),
    class_names=tuple(OUTLINES),
    train_images=TRAIN_IMAGES,
    test_images=TEST_IMAGES,
    source="Drawn by imgrec itself, from a fixed seed.",
    licence="MIT, as imgrec.",
    download_bytes=0,
    is_ready=is_ready,
    prepare=prepare,
    read=read,
)
