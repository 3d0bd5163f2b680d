"""The calibration error: by hand, by a plain loop, and of networks whose calibration is known."""

import numpy as np
import pytest

from imgrec.metrics import reliability


def test_an_example_counted_by_hand():
    #              bin (0, 0.5]     (0.5, 1]
    # confidence   0.5, 0.4         0.9, 0.8, 0.7
    # right        yes, no          yes, yes, no
    probabilities = [[0.5, 0.3, 0.2], [0.3, 0.4, 0.3], [0.9, 0.1, 0.0], [0.1, 0.8, 0.1], [0.2, 0.1, 0.7]]
    found = reliability(np.array(probabilities), [0, 2, 0, 1, 0], bins=2)
    assert found.low.tolist() == [0, 0.5]
    assert found.high.tolist() == [0.5, 1]
    assert found.images.tolist() == [2, 3]
    assert found.images.dtype == np.int64
    # (0.5 + 0.4) / 2 = 0.45; (0.9 + 0.8 + 0.7) / 3 = 0.8
    assert found.confidence == pytest.approx([0.45, 0.8])
    assert found.accuracy == pytest.approx([1 / 2, 2 / 3])
    # 2/5 · |1/2 - 0.45| + 3/5 · |2/3 - 0.8| = 2/5 · 1/20 + 3/5 · 2/15 = 1/50 + 4/50
    assert found.error == pytest.approx(0.1)
    assert type(found.error) is float


def test_1000_prediction_sets_agree_with_a_plain_loop(prediction_sets):
    for seed, (probabilities, labels) in enumerate(prediction_sets):
        bins = 1 + seed % 20
        found = reliability(probabilities, labels, bins)
        members: list[list[tuple[float, bool]]] = [[] for _ in range(bins)]
        for row, label in zip(probabilities.tolist(), labels.tolist(), strict=True):
            confidence = max(row)
            place = next(i for i in range(bins) if confidence <= found.high[i])
            members[place].append((confidence, row.index(confidence) == label))
        error = 0.0
        for i, inside in enumerate(members):
            assert found.images[i] == len(inside)
            if not inside:
                assert np.isnan(found.confidence[i])
                assert np.isnan(found.accuracy[i])
                continue
            confidence, right = (sum(column) / len(inside) for column in zip(*inside, strict=True))
            assert found.confidence[i] == pytest.approx(confidence, rel=1e-12)
            assert found.accuracy[i] == pytest.approx(right, rel=1e-12)
            error += len(inside) / len(labels) * abs(right - confidence)
        assert found.error == pytest.approx(error, abs=1e-12), f"seed {seed}"


@pytest.mark.parametrize("bins", [3, 5, 7, 10, 15])
def test_a_confidence_on_an_edge_belongs_to_the_bin_below_it(bins):
    for i in range(1, bins + 1):
        images = reliability(np.array([[i / bins, 0.0]]), [0], bins).images
        assert images.tolist() == [int(place == i - 1) for place in range(bins)]


def test_confidence_0_belongs_to_the_first_bin():
    assert reliability(np.zeros((1, 2)), [0], 4).images.tolist() == [1, 0, 0, 0]


def test_a_confidence_that_float32_puts_above_1_belongs_to_the_last_bin_and_counts_as_1():
    above = np.nextafter(np.float32(1), np.float32(2))
    found = reliability(np.array([[above, 0]], np.float32), [0], 15)
    assert found.images[-1] == 1
    assert found.confidence[-1] == 1
    assert found.error == 0


def test_float32_probabilities_are_averaged_in_float64():
    probabilities = np.tile(np.array([0.7, 0.3], np.float32), (100_001, 1))
    found = reliability(probabilities, np.zeros(100_001, np.uint8), 10)
    assert found.confidence[6] == pytest.approx(float(np.float32(0.7)), rel=1e-11)
    assert found.confidence.dtype == found.accuracy.dtype == np.float64


def test_a_network_that_knows_its_chances_has_almost_no_error_and_one_that_boasts_has_the_gap():
    random = np.random.default_rng(5)
    confidence = random.uniform(0.5, 1, 50_000)
    labels = (random.random(50_000) > confidence).astype(np.int64)
    honest = np.stack([confidence, 1 - confidence], axis=1)
    assert reliability(honest, labels).error < 0.01
    # It is right in 75 % of all cases, the mean of its confidence, and says 99 %.
    boasting = np.tile([0.99, 0.01], (50_000, 1))
    assert reliability(boasting, labels).error == pytest.approx(0.24, abs=0.01)


@pytest.mark.parametrize(
    ("probabilities", "labels", "bins", "said"),
    [
        (np.zeros((0, 2)), [], 15, "Received: 0 images, 15 bins"),
        (np.ones((1, 2)), [0], 0, "Received: 1 images, 0 bins"),
        (np.ones((2, 2)), [0], 15, "1 labels, 2 rows"),
        (np.full((1, 2), np.nan), [0], 15, r"\[0, 1\]"),
    ],
)
def test_no_images_no_bins_and_what_does_not_fit_are_refused(probabilities, labels, bins, said):
    with pytest.raises(ValueError, match=said):
        reliability(probabilities, labels, bins)
