"""The drawn dataset: the same images everywhere, kept once, drawn anew when damaged."""

from pathlib import Path

import numpy as np
import pytest

from imgrec import datasets, edge
from imgrec.datasets import drawing, shapes
from imgrec.datasets.outlines import OUTLINES
from imgrec.errors import DatasetError


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make the dataset small; return the path it is kept under."""
    monkeypatch.setattr(shapes, "TRAIN_IMAGES", 40)
    monkeypatch.setattr(shapes, "TEST_IMAGES", 20)
    train, test = drawing.draw(40, shapes.TRAIN_SEED, print), drawing.draw(20, shapes.TEST_SEED, print)
    monkeypatch.setattr(shapes, "FINGERPRINT", datasets.fingerprint(train, test))
    return shapes._path(edge.location("shapes"))


def test_the_images_are_the_pinned_ones(drawn: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMGREC_HOME", str(drawn))
    pinned = "d03584a28ae39bfb9aa045d90dc4e806b13029619b65e2a84c27f6d64d35a78c"
    assert datasets.fingerprint(*datasets.load("shapes", edge.location("shapes"))) == shapes.FINGERPRINT == pinned


def test_every_class_has_as_many_images(drawn: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMGREC_HOME", str(drawn))
    train, test = datasets.load("shapes", edge.location("shapes"))
    assert set(np.bincount(train.labels)) == {2_000}
    assert set(np.bincount(test.labels)) == {400}


def test_progress_counts_every_image_once_and_reaches_the_end(few: Path) -> None:
    told: list[tuple[int, int]] = []
    datasets.prepare("shapes", edge.location("shapes"), lambda done, total: told.append((done, total)))
    assert told == sorted(set(told))
    assert told[-1] == (60, 60)
    assert few.is_file()


def test_the_images_are_drawn_once(few: Path) -> None:
    assert not datasets.is_ready("shapes", edge.location("shapes"))
    datasets.prepare("shapes", edge.location("shapes"))
    drawn_at = few.stat().st_mtime_ns
    assert datasets.is_ready("shapes", edge.location("shapes"))
    datasets.load("shapes", edge.location("shapes"))
    assert few.stat().st_mtime_ns == drawn_at


@pytest.mark.parametrize("damage", ["cut", "empty", "no archive", "other pixels"])
def test_a_damaged_file_is_drawn_anew(few: Path, damage: str) -> None:
    datasets.prepare("shapes", edge.location("shapes"))
    whole = few.read_bytes()
    other = bytearray(whole)
    other[5_000] ^= 1
    few.write_bytes({"cut": whole[:-100], "empty": b"", "no archive": b"hello", "other pixels": bytes(other)}[damage])
    assert datasets.fingerprint(*datasets.load("shapes", edge.location("shapes"))) == shapes.FINGERPRINT
    assert few.read_bytes() == whole


def test_a_file_with_other_images_is_drawn_anew(few: Path) -> None:
    datasets.prepare("shapes", edge.location("shapes"))
    with np.load(few) as kept:
        arrays = dict(kept)
    arrays["test_labels"] = arrays["test_labels"][::-1]
    np.savez(few, **arrays)
    assert datasets.fingerprint(*datasets.load("shapes", edge.location("shapes"))) == shapes.FINGERPRINT


def test_images_that_come_out_otherwise_are_refused(few: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shapes, "FINGERPRINT", "0" * 64)
    with pytest.raises(DatasetError, match=r"the same everywhere.* in place of 000000000000, with numpy"):
        datasets.load("shapes", edge.location("shapes"))
    assert not few.exists()


def test_a_home_that_cannot_be_written_says_so(home: Path) -> None:
    (home / "datasets").write_text("a file where a folder is needed")
    with pytest.raises(DatasetError, match=r"needs 74 MB in .* cannot be kept there: .* set IMGREC_HOME"):
        datasets.prepare("shapes", edge.location("shapes"))


@pytest.mark.parametrize("outline", OUTLINES.values(), ids=OUTLINES)
def test_an_outline_stays_in_its_circle_fills_enough_of_it_and_keeps_the_precision(outline: object) -> None:
    assert callable(outline)
    x, y = np.meshgrid(*[np.linspace(-1.5, 1.5, 301, dtype=np.float32)] * 2)
    distance = outline(x, y)
    inside = distance < 0
    assert distance.dtype == np.float32
    assert not inside[x * x + y * y > 1.1 * 1.1].any()
    assert 0.15 < inside.sum() / (x * x + y * y < 1).sum() < 0.8
    assert np.array_equal(inside, inside[:, ::-1]) or outline is OUTLINES["crescent"]
