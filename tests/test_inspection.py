"""A dataset of own pictures is checked in a process of its own, and what was found is kept and mended."""

from pathlib import Path

import numpy as np
import pytest

from imgrec import inspection
from imgrec.datasets import making, own
from imgrec.datasets.own import TEST, TRAIN, OwnDataset, Source
from imgrec.errors import DatasetError
from imgrec.findings import Kind
from tests.conftest import WaitFor

pytestmark = pytest.mark.slow


@pytest.fixture
def kept(home: Path) -> OwnDataset:
    """Return a dataset of noise, of which a training image is also a test image, and one is black."""
    pixels = np.random.default_rng(0).integers(0, 256, (40, 32, 32, 3), dtype=np.uint8)
    pixels[36], pixels[3] = pixels[0], 0
    labels, splits = np.arange(40) % 2, np.array([TRAIN] * 30 + [TEST] * 10)
    sources = [Source(file=f"{place}.png", sha256="0" * 64, width=32, height=32) for place in range(40)]
    (home / own.FOLDER).mkdir()
    folder = home / own.FOLDER / "noise"
    with making.new(folder) as made:
        made.pixels(40, (32, 32, 3))[:] = pixels
        made.finish("noise", "Noise", "noise.zip", sources, ("a", "b"), labels, splits, "Added 40 pictures.")
    return OwnDataset(folder)


def test_what_is_found_is_kept_and_its_correction_mends_it(kept: OwnDataset, wait_for: WaitFor) -> None:
    version = kept.newest
    assert inspection.found(kept, version) is None
    inspection.start(kept, version)
    inspection.start(kept, version)  # it is under way: nothing is started
    wait_for(lambda: inspection.found(kept, version) is not None)
    found = inspection.found(kept, version)
    assert found is not None
    across, blank = found.of(Kind.EXACT_ACROSS_SPLITS), found.of(Kind.BLANK)
    assert across is not None
    assert blank is not None
    assert (across.rows, blank.rows) == ((0, 36), (3,))
    wait_for(lambda: not inspection.is_under_way(kept, version))
    assert not list(kept.folder_of(version).glob("*progress*"))


def test_a_check_that_ends_with_an_error_is_said_and_may_be_tried_again(kept: OwnDataset, wait_for: WaitFor) -> None:
    version, sources = kept.newest, kept.folder / "sources.jsonl"
    whole = sources.read_bytes()
    sources.write_bytes(b"{")
    inspection.start(kept, version)
    wait_for((kept.folder_of(version) / inspection.FAILED).exists)
    with pytest.raises(DatasetError, match="Checking these images ended with an unexpected error"):
        inspection.found(kept, version)
    wait_for(lambda: not inspection.is_under_way(kept, version))
    sources.write_bytes(whole)
    inspection.start(kept, version)
    wait_for((kept.folder_of(version) / inspection.FINDINGS).exists)
    assert inspection.found(kept, version)
