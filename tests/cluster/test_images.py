"""The images that a node keeps for all runs."""

import os
import time
from pathlib import Path

import numpy as np
import pytest

from imgrec.cluster import images
from imgrec.cluster.images import NodeImages

PIXELS = np.arange(2 * 4 * 4 * 3, dtype=np.uint8).reshape(2, 4, 4, 3)


def test_what_is_kept_is_given_back(tmp_path: Path) -> None:
    kept = NodeImages(tmp_path / "images")
    assert not kept.has("a")
    kept.keep("a", PIXELS)
    kept.keep("a", PIXELS + 1)  # another run was quicker
    assert kept.has("a")
    assert not kept.has("b")
    found = NodeImages(tmp_path / "images").get("a")
    assert type(found) is np.ndarray
    np.testing.assert_array_equal(found, PIXELS)
    assert (tmp_path / "images").stat().st_mode & 0o777 == 0o700


def test_images_that_were_not_used_for_longest_make_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "KEPT_BYTES", 4 * (PIXELS.nbytes + 128))
    kept = NodeImages(tmp_path)
    for days, key in ((3, "old"), (4, "oldest"), (0, "in use")):
        kept.keep(key, PIXELS)
        used = time.time() - days * 86_400
        os.utime(tmp_path / f"{key}.npy", (used, used))
    kept.get("oldest")
    kept.keep("new", PIXELS)
    kept.keep("newer", PIXELS)
    assert [kept.has(key) for key in ("old", "oldest", "in use", "new", "newer")] == [False, True, True, True, True]
