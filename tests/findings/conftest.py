"""Made-up photos, all different, that faults are planted in."""

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

COUNT, CLASSES = 300, 10


@pytest.fixture(scope="session")
def photos() -> NDArray[np.uint8]:
    """Return 300 images that vary as photos do: the less the finer, and in brightness more than in colour."""
    rng = np.random.default_rng(3)
    made = np.full((COUNT, 32, 32, 3), 128.0)
    for cells in (2, 4, 8, 16, 32):
        for channels, contrast in ((1, 70), (3, 25)):
            noise = rng.normal(0, contrast / np.sqrt(cells), (COUNT, cells, cells, channels))
            made += noise.repeat(32 // cells, axis=1).repeat(32 // cells, axis=2)
    return made.clip(0, 255).astype(np.uint8)


@pytest.fixture
def pixels(photos: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return a copy of them, to plant faults in."""
    return photos.copy()


@pytest.fixture
def labels() -> NDArray[np.int64]:
    """Return a label of each, of ten classes."""
    return np.arange(COUNT) % CLASSES


def enlarged(pixels: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """Return images as if they had been taken with more pixels or fewer."""
    sharp = Image.Resampling.LANCZOS
    return np.stack([np.asarray(Image.fromarray(image).resize((side, side), sharp)) for image in pixels])
