"""Images that may be in the wrong class."""

import numpy as np
import pytest

from benchmarks import planted
from imgrec import findings
from imgrec.findings import Action, Kind

NAMES = ("ant", "bee", "cat")


@pytest.fixture
def clouds():
    """Return features of 600 images, in three clouds that hardly touch, and their labels."""
    rng = np.random.default_rng(0)
    labels = np.arange(600) % 3
    return rng.normal(0, 1, (600, 8)) + 3 * np.eye(3, 8)[labels], labels


def test_planted_wrong_labels_are_found_by_what_classifiers_say_that_have_not_learnt_them(clouds):
    features, right = clouds
    labels, wrong = planted.relabelled(right, 3, 30, seed=1)
    probabilities = findings.cross_validated(labels, 3, findings.by_features(features, labels, 3))
    assert (probabilities.argmax(axis=1) == right).mean() > 0.95
    finding = findings.wrong_labels(probabilities, labels, NAMES)
    assert finding is not None
    first = [case.rows[0] for case in finding.cases[:20]]
    assert np.isin(first, wrong).mean() >= 0.95
    correction = finding.correction(finding.cases[:20])
    assert correction is not None
    _, mended, _ = findings.corrected(correction, NAMES, labels, np.zeros(600))
    assert (mended != right).sum() < (labels != right).sum()


def test_a_doubtful_label_says_what_it_looks_like_and_is_corrected_to_that():
    probabilities = [
        [0.96, 0.02, 0.02],
        [0.9, 0.1, 0.0],
        [0.95, 0.05, 0.0],
        [0.0, 0.9, 0.1],
        [0.0, 0.1, 0.9],
        [0.1, 0.0, 0.9],
    ]
    finding = findings.wrong_labels(probabilities, np.array([1, 0, 0, 1, 2, 2]), NAMES, rows=np.arange(40, 46))
    assert finding is not None
    (case,) = finding.cases
    assert case.rows == (40,)
    assert case.says == "bee, looks like ant (96 %)"
    assert case.correction == findings.Correction(action=Action.RELABEL, rows=(40,), to=(0,))
    assert finding.sentence.startswith("1 label may be wrong")


def test_nothing_is_doubted_where_nothing_is_sure():
    unsure = np.where(np.eye(3)[np.arange(30) % 3], 0.34, 0.33)
    assert findings.wrong_labels(unsure, np.arange(30) % 3, NAMES) is None


@pytest.mark.parametrize(("right", "doubted"), [(0.6, False), (0.8, True)])
def test_a_classifier_that_is_often_wrong_itself_doubts_nothing(right, doubted):
    labels = np.arange(300) % 3
    taken_for = np.where(np.arange(300) < right * 300, labels, (labels + 1) % 3)
    finding = findings.wrong_labels(0.9 * np.eye(3)[taken_for] + 0.1 / 3, labels, NAMES)
    assert (finding is not None) == doubted


def test_of_several_classifiers_the_best_is_asked_and_is_as_sure_as_it_is_right():
    rng = np.random.default_rng(0)
    labels = np.arange(3000) % 3
    right = np.where(rng.random(3000) < 0.8, labels, (labels + 1) % 3)
    guesses = np.full((3000, 3), 1 / 3)
    too_sure = np.where(np.eye(3)[right] == 1, 0.998, 0.001)
    found = findings.best_calibrated([guesses, too_sure], labels)
    np.testing.assert_array_equal(found.argmax(axis=1), right)
    assert found.max(axis=1).mean() == pytest.approx(0.8, abs=0.05)


def test_no_images_have_no_wrong_labels():
    assert findings.wrong_labels(np.zeros((0, 3)), np.zeros(0, np.int64), NAMES) is None


def test_each_image_is_predicted_once_by_who_has_not_learnt_it_nor_a_twin():
    labels, groups, asked = np.arange(90) % 3, np.arange(90) // 2, []

    def fit_predict(learnt, rows):
        assert not set(groups[learnt]) & set(groups[rows])
        asked.extend(rows.tolist())
        return np.eye(3)[labels[rows]]

    told = []
    found = findings.cross_validated(labels, 3, fit_predict, 4, groups=groups, on_fold=lambda *at: told.append(at))
    assert sorted(asked) == list(range(90))
    assert (found.argmax(axis=1) == labels).all()
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_probabilities_of_another_shape_are_refused():
    with pytest.raises(ValueError, match=r"\(2, 3\).*\(2, 2\)"):
        findings.cross_validated(np.arange(10) % 3, 3, lambda _, rows: np.zeros((len(rows), 2)))


def test_a_class_that_was_not_learnt_has_no_probability(clouds):
    features, labels = clouds
    found = findings.by_features(features, labels, 4)(np.flatnonzero(labels != 1), np.arange(600))
    assert found[:, [1, 3]].max() == 0
    assert found.sum(axis=1) == pytest.approx(1)


@pytest.fixture
def bundles():
    """Return features of 600 images that point in three directions, and their labels."""
    labels = np.arange(600) % 3
    return np.random.default_rng(0).uniform(-1, 1, (600, 8)) + 10 * np.eye(3, 8)[labels], labels


def test_an_image_unlike_its_class_is_an_outlier(bundles):
    features, labels = bundles
    features[[7, 300], 5:] += 30
    finding = findings.outliers(features, labels, NAMES, rows=np.arange(1000, 1600))
    assert finding is not None
    assert finding.kind is Kind.OUTLIER
    assert {case.rows for case in finding.cases[:2]} == {(1007,), (1300,)}


def test_hardly_an_image_of_even_bundles_and_none_of_a_small_class_is_an_outlier(bundles):
    features, labels = bundles
    finding = findings.outliers(features, labels, NAMES)
    assert finding is None or len(finding.cases) < 0.01 * len(labels)
    assert findings.outliers(np.random.default_rng(1).normal(size=(57, 8)) ** 5, labels[:57], NAMES) is None


def test_colours_and_edges_tell_different_pictures_apart(pixels):
    dark = pixels // 3
    features = findings.colours_and_edges(findings.glance(np.concatenate([pixels, dark])))
    assert np.isfinite(features).all()
    assert features.mean(axis=0) == pytest.approx(0, abs=1e-3)
    labels = np.repeat([0, 1], 300)
    found = findings.cross_validated(labels, 2, findings.by_features(features, labels, 2))
    assert (found.argmax(axis=1) == labels).mean() > 0.95
