"""Images are described by what a network finds in them, without TensorFlow, and wrong labels are found by that."""

import os

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks import planted
from imgrec import datasets, edge, examples, features, findings
from imgrec.lite import LiteFeatures


@pytest.fixture(scope="module")
def network() -> LiteFeatures:
    return LiteFeatures(examples.of_photographs().lite.read_bytes())


def noise(count: int, side: int = 32, channels: int = 3) -> NDArray[np.uint8]:
    return np.random.default_rng(0).integers(0, 256, (count, side, side, channels), dtype=np.uint8)


@pytest.mark.slow
def test_what_a_network_finds_is_what_keras_computes(network: LiteFeatures) -> None:
    from imgrec.engine import prediction  # noqa: PLC0415 - TensorFlow
    from imgrec.engine.novelty import NoveltyDetector  # noqa: PLC0415

    images = noise(LiteFeatures.AT_ONCE + 3)
    detector = NoveltyDetector(prediction.read(examples.of_photographs().model), images)
    _, expected = detector._of(images)
    np.testing.assert_allclose(network.of(images), expected.numpy(), rtol=1e-3, atol=1e-4)


def test_images_of_any_size_in_grey_or_colour_are_described(network: LiteFeatures) -> None:
    for side, channels in ((28, 1), (32, 3), (128, 3)):
        images = noise(70, side, channels)
        told: list[float] = []
        found = features.described(images, findings.glance(images), told.append)
        looks = 176 if channels == 3 else 144
        assert found.all.shape == (70, network.size + looks)
        assert found.late.shape == (70, 2 * 256 + 10 + looks)
        assert np.isfinite(found.all).all()
        assert abs(float(found.all.astype(np.float32).mean())) < 0.01
        assert told[-1] == 1


def test_a_larger_copy_of_an_image_is_described_alike(network: LiteFeatures) -> None:
    images = noise(60)
    larger = images.repeat(4, axis=1).repeat(4, axis=2)
    one, other = (features.described(each, findings.glance(each)).all[:, : network.size] for each in (images, larger))
    np.testing.assert_array_equal(one, other)


@pytest.mark.skipif(not os.environ.get("IMGREC_CIFAR10"), reason="IMGREC_CIFAR10 names no folder with the real images")
def test_wrong_labels_of_photographs_are_found() -> None:
    _, test = datasets.load("cifar10", edge.location("cifar10"))
    rows = np.flatnonzero(np.isin(test.labels, (1, 5, 8)))[:900]  # automobile, dog, ship
    pixels, right = test.pixels[rows], np.unique(test.labels[rows], return_inverse=True)[1]
    labels, wrong = planted.relabelled(right, 3, 40, seed=0)
    described = features.described(pixels, findings.glance(pixels))
    probabilities = features.probabilities(described, labels, 3)
    finding = findings.wrong_labels(probabilities, labels, ("automobile", "dog", "ship"))
    assert finding is not None
    first = [case.rows[0] for case in finding.cases[:20]]
    assert np.isin(first, wrong).mean() >= 0.8
