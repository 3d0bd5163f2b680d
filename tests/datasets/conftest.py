"""What tests of datasets share: CIFAR-10's files made small."""

from pathlib import Path

import numpy as np
import pytest

from imgrec.datasets import cifar10


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make CIFAR-10's files hold 20 images each, and return a folder with the six; IMGREC_CIFAR10 is not set.

    Image i of file f has label i modulo 10; its red is f, its green 100, its blue i.
    """
    monkeypatch.delenv("IMGREC_CIFAR10", raising=False)
    monkeypatch.setattr(cifar10, "IMAGES_PER_FILE", 20)
    monkeypatch.setattr(cifar10, "FILE_BYTES", 20 * cifar10.IMAGE_BYTES)
    folder = tmp_path / "copy"
    folder.mkdir()
    for place, name in enumerate((*cifar10.TRAIN_FILES, cifar10.TEST_FILE)):
        images = np.empty((20, 3, 32, 32), np.uint8)
        images[:, 0], images[:, 1] = place, 100
        images[:, 2] = np.arange(20)[:, None, None]
        labels = np.arange(20) % 10
        rows = np.concatenate([labels[:, None].astype(np.uint8), images.reshape(20, -1)], axis=1)
        (folder / name).write_bytes(rows.tobytes())
    return folder
