"""What is wrong with classes."""

import numpy as np
import pytest

from imgrec import findings
from imgrec.datasets.own import LEFT_OUT, TEST, TRAIN
from imgrec.findings import Action, Kind, classes


def found(names, counts, groups=None):
    """Return findings by kind, for so many (training, test) images of each class."""
    labels = np.repeat(np.arange(len(counts)), np.sum(counts, axis=1))
    splits = np.concatenate([np.repeat([TRAIN, TEST], both) for both in counts])
    return {each.kind: each for each in classes.findings(names, labels, splits, groups)}, labels, splits


def test_nothing_is_wrong_with_even_classes():
    assert found(["ant", "bee"], [(400, 100), (500, 120)])[0] == {}


@pytest.mark.parametrize(("count", "points"), [(1, 40), (10, 26), (40, 15), (100, 10), (10_000, 1)])
def test_the_width_of_an_interval_of_so_many_test_images(count, points):
    assert round(100 * classes.half_width(count)) == points


def test_a_class_with_few_test_images_is_told_with_its_interval():
    few = found(["ant", "bee", "cat"], [(400, 100), (400, 40), (400, 60)])[0][Kind.FEW_TEST_IMAGES]
    assert [case.says for case in few.cases] == ["40 test images: ± 15 points", "60 test images: ± 12 points"]
    assert few.cases[0].classes == (1,)
    assert "± 15 points" in few.sentence
    assert few.correction() is None


def test_a_class_without_test_images_gets_some_of_its_training_images():
    groups = np.arange(800)
    groups[300:310] = 300  # twins, which must stay together
    kinds, labels, splits = found(["ant", "bee"], [(300, 200), (300, 0)], groups)
    correction = kinds[Kind.NOT_IN_TEST].correction()
    assert (correction.action, len(correction.rows), set(correction.to)) == (Action.MOVE, 60, {TEST})
    assert set(labels[list(correction.rows)]) == {1}
    _, labels, splits = findings.corrected(correction, ("ant", "bee"), labels, splits)
    assert Kind.NOT_IN_TEST not in {each.kind for each in classes.findings(["ant", "bee"], labels, splits)}


def test_a_name_stands_in_a_sentence_as_it_is():
    kinds, *_ = found(["ant", "100%"], [(300, 200), (300, 0)])
    assert kinds[Kind.NOT_IN_TEST].sentence.startswith("100% has no test images")


def test_empty_classes_and_those_that_are_only_tested_can_be_left_out():
    kinds, *_ = found(["ant", "bee", "cat"], [(400, 100), (0, 0), (0, 100)])
    assert kinds[Kind.EMPTY_CLASS].correction() == findings.Correction(action=Action.DROP, classes=(1,))
    assert kinds[Kind.EMPTY_CLASS].sentence.startswith("bee has no images")
    assert kinds[Kind.NOT_IN_TRAINING].correction().classes == (2,)
    assert Kind.NOT_IN_TEST not in kinds


@pytest.mark.parametrize(
    "names", [("cat", "Cat"), ("cats", "cat"), ("guinea pig", "guinea_pig"), ("cafe", "Café"), ("猫", " 猫")]
)
def test_classes_whose_names_mean_the_same_can_be_merged(names):
    kinds, *_ = found(["ant", *names], [(400, 100)] * 3)
    assert kinds[Kind.ALIKE_NAMES].correction() == findings.Correction(action=Action.MERGE, classes=(1, 2))


@pytest.mark.parametrize("names", [("bus", "bu"), ("cat", "car"), ("A", "B"), ("!", "?"), ("1", "11")])
def test_classes_whose_names_differ_are_not_merged(names):
    assert Kind.ALIKE_NAMES not in found([*names], [(400, 100)] * 2)[0]


def test_uneven_classes_are_told_the_smallest_first():
    uneven = found(["ant", "bee", "cat"], [(900, 100), (300, 100), (500, 100)])[0][Kind.UNEVEN_CLASSES]
    assert [case.classes for case in uneven.cases] == [(1,), (2,), (0,)]
    assert uneven.sentence.startswith("ant has 900 training images, bee 300")
    assert Kind.UNEVEN_CLASSES not in found(["ant", "bee"], [(899, 100), (300, 100)])[0]


def test_a_class_with_few_training_images_is_told():
    few = found(["ant", "bee"], [(30, 100), (19, 100)])[0][Kind.FEW_TRAINING_IMAGES]
    assert [(case.classes, case.says) for case in few.cases] == [((1,), "19 training images")]


def test_what_is_left_out_does_not_count():
    labels, splits = np.zeros(200, np.int64), np.full(200, LEFT_OUT)
    assert [each.kind for each in classes.findings(["ant"], labels, splits)] == [Kind.EMPTY_CLASS]


def test_a_thousand_empty_classes_are_one_sentence():
    names = [f"class {number}" for number in range(1000)]
    (empty,) = classes.findings(names, np.zeros(0, np.int64), np.zeros(0, np.int64))
    assert empty.sentence.startswith("class 0, class 1 and 998 other classes have no images")
    assert len(empty.cases) == 1000
