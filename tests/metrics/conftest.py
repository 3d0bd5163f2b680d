"""What the tests of the metrics share: predictions of every size and shape."""

from collections.abc import Callable

import numpy as np
import pytest

Predictions = tuple[np.ndarray, np.ndarray]
SETS = 1_000


def _predictions(seed: int) -> Predictions:
    """Draw probabilities (N, classes) and labels (N,): 1 to 300 images of 2 to 12 classes, some of them absent."""
    random = np.random.default_rng(seed)
    classes, n = int(random.integers(2, 13)), int(random.integers(1, 301))
    present = random.permutation(classes)[: random.integers(1, classes + 1)]
    labels = random.choice(present, n)
    weights = random.random((n, classes)) ** random.uniform(0.5, 8)
    weights[:, random.random(classes) < random.choice([0, 0.5])] *= 1e-3
    weights[np.arange(n), labels] += random.random(n) * random.choice([0, 0.5, 2])
    return weights / weights.sum(axis=1, keepdims=True), labels


@pytest.fixture(scope="session")
def prediction_sets() -> list[Predictions]:
    """Return SETS seeded pairs of probabilities and labels."""
    return [_predictions(seed) for seed in range(SETS)]


@pytest.fixture(scope="session")
def right_or_wrong() -> Callable[[np.random.Generator, np.ndarray, np.ndarray], np.ndarray]:
    """Return a function that draws predictions of ten classes: right with each image's own probability."""

    def drawn(random: np.random.Generator, labels: np.ndarray, chance: np.ndarray) -> np.ndarray:
        wrong = (labels + random.integers(1, 10, len(labels))) % 10
        return np.where(random.random(len(labels)) < chance, labels, wrong)

    return drawn
