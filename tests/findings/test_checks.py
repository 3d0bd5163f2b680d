"""A whole dataset is checked."""

import numpy as np
import pytest

from imgrec import findings
from imgrec.datasets.own import LEFT_OUT
from imgrec.errors import DatasetError
from imgrec.findings import Kind

NAMES = tuple("abcdefghij")


def test_every_planted_fault_is_found_and_nothing_else(pixels, labels):
    splits = np.repeat([0, 2], 150)
    pixels[3] = 77
    pixels[4] //= 9
    pixels[250], labels[250] = pixels[10], labels[10]
    found = findings.check(pixels, labels, splits, NAMES, [(400, 300)] * 299 + [(10, 10)])
    rows = {finding.kind: finding.rows for finding in found.found if finding.rows}
    assert rows == {Kind.EXACT_ACROSS_SPLITS: (10, 250), Kind.BLANK: (3,), Kind.DARK: (4,), Kind.TINY: (299,)}
    assert {finding.kind for finding in found.found} - set(rows) == {Kind.FEW_TRAINING_IMAGES, Kind.FEW_TEST_IMAGES}
    assert found.images == 300


def test_what_is_left_out_is_not_looked_at(pixels, labels):
    splits = np.zeros(300, np.uint8)
    pixels[3], splits[3] = 77, LEFT_OUT
    found = findings.check(pixels, labels, splits, NAMES, [(400, 300)] * 3 + [(10, 10)] + [(400, 300)] * 296)
    assert found.images == 299
    assert all(not finding.rows for finding in found.found)


def test_no_images_are_checked_too():
    nothing = np.zeros(0, np.int64)
    found = findings.check(np.zeros((0, 32, 32, 3), np.uint8), nothing, nothing, ("a", "b"))
    assert [finding.kind for finding in found.found] == [Kind.EMPTY_CLASS]


@pytest.mark.parametrize("labels", [np.zeros(299, np.int64), np.full(300, 10), np.full(300, -1)])
def test_what_does_not_fit_is_refused_in_words(photos, labels):
    with pytest.raises(DatasetError, match=r"A check needs .* Received: "):
        findings.check(photos, labels, np.zeros(300, np.uint8), NAMES)
