"""A dataset that a network of a few weights learns in a moment: each class has its own mean colour."""

import numpy as np
import pytest

from imgrec.datasets import Images

CLASSES = 3


@pytest.fixture
def colours() -> Images:
    """Return 330 images (8, 8, 3) of three classes: reddish, greenish, bluish, over noise."""
    rng = np.random.default_rng(0)
    labels = np.arange(330, dtype=np.uint8) % CLASSES
    pixels = rng.integers(0, 156, (330, 8, 8, 3))
    pixels[np.arange(330), :, :, labels] += 60
    return Images(pixels.astype(np.uint8), labels)
