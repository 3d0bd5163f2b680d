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
    first = [case.rows[0] for case in finding.cases[:20]]
    assert np.isin(first, wrong).mean() >= 0.95
    _, mended, _ = findings.corrected(finding.correction(finding.cases[:20]), NAMES, labels, np.zeros(600))
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
    (case,) = finding.cases
    assert case.rows == (40,)
    assert case.says == "bee, looks like ant (96 %)"
    assert case.correction == findings.Correction(action=Action.RELABEL, rows=(40,), to=(0,))
    assert finding.sentence.startswith("1 label is probably wrong")


def test_nothing_is_doubted_where_nothing_is_sure():
    assert findings.wrong_labels(np.full((30, 3), 1 / 3), np.arange(30) % 3, NAMES) is None


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


def test_an_image_unlike_its_class_is_an_outlier(clouds):
    features, labels = clouds
    features[[7, 300]] += 30
    finding = findings.outliers(features, labels, NAMES, rows=np.arange(1000, 1600))
    assert finding.kind is Kind.OUTLIER
    assert sorted(finding.rows) == [1007, 1300]
    assert findings.outliers(clouds[0][labels == 2], labels[labels == 2], NAMES) is None or 1300 not in finding.rows[:1]


def test_images_of_other_classes_or_of_a_small_class_are_no_outliers(clouds):
    features, labels = clouds
    assert findings.outliers(features, labels, NAMES) is None
    assert findings.outliers(features[:30] * 100, labels[:30], NAMES) is None


def test_colours_and_edges_tell_different_pictures_apart(pixels):
    dark = pixels // 3
    features = findings.colours_and_edges(findings.glance(np.concatenate([pixels, dark])))
    assert np.isfinite(features).all()
    assert features.mean(axis=0) == pytest.approx(0, abs=1e-3)
    labels = np.repeat([0, 1], 300)
    found = findings.cross_validated(labels, 2, findings.by_features(features, labels, 2))
    assert (found.argmax(axis=1) == labels).mean() > 0.95
