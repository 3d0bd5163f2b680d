"""Images are read once, a few at a time, whatever they are kept in."""

import numpy as np
import pytest

from imgrec import findings
from imgrec.findings import thumbnails


class Lazy:
    """Images that say how many of them were asked for at once."""

    def __init__(self, pixels):
        self.pixels, self.shape, self.asked = pixels, pixels.shape, []

    def __len__(self):
        return len(self.pixels)

    def __iter__(self):
        return iter(self.pixels)

    def __getitem__(self, index):
        found = self.pixels[index]
        self.asked.append(len(found))
        return found


def test_a_large_dataset_is_read_once_and_never_all_at_once(monkeypatch, pixels, labels):
    monkeypatch.setattr(thumbnails, "CHUNK_BYTES", 10 * 32 * 32 * 3)
    lazy = Lazy(pixels)
    found = findings.check(lazy, labels, np.zeros(300, np.uint8), list("abcdefghij"))
    assert lazy.asked == [10] * 30
    assert found == findings.check(pixels, labels, np.zeros(300, np.uint8), list("abcdefghij"))


def test_progress_is_told_up_to_the_end(pixels, labels):
    told = []
    findings.check(pixels, labels, np.zeros(300, np.uint8), list("abcdefghij"), on_progress=lambda *at: told.append(at))
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert told[-1] == (600, 600)


@pytest.mark.parametrize(("size", "to"), [(32, 32), (128, 32), (28, 32), (45, 16), (3, 8)])
def test_resizing_keeps_the_mean_and_weighs_each_pixel_the_same(size, to):
    matrix = thumbnails.averaging(size, to)
    assert matrix.sum(axis=1) == pytest.approx(1)
    assert matrix.sum(axis=0) == pytest.approx(to / size)


def test_mirrored_images_differ_in_the_sign_of_the_second_half_of_their_signature(pixels):
    one, other = (thumbnails.glance(given).signatures for given in (pixels, pixels[:, :, ::-1]))
    half = one.shape[1] // 2
    assert other[:, :half] == pytest.approx(one[:, :half], abs=1e-5)
    assert other[:, half:] == pytest.approx(-one[:, half:], abs=1e-5)
    assert np.linalg.norm(one, axis=1) == pytest.approx(1)
