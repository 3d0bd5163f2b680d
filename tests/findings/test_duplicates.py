"""What twins mean for a dataset, and what mends it."""

import numpy as np

from imgrec import findings
from imgrec.datasets.own import LEFT_OUT, TEST, TRAIN, VALIDATION
from imgrec.findings import Action, Kind

NAMES = tuple("abcdefghij")


def found(pixels, labels, splits):
    return findings.check(pixels, labels, splits, NAMES)


def twins(found):
    return [finding.kind for finding in found.found if {"same", "almost"} & set(finding.kind.value.split())]


def mended(kind, pixels, labels, splits):
    correction = found(pixels, labels, splits).of(kind).correction()
    _, labels, splits = findings.corrected(correction, NAMES, labels, splits)
    return correction, labels, splits, found(pixels, labels, splits)


def test_copies_across_splits_go_to_the_training_images(pixels, labels):
    splits = np.repeat([TRAIN, VALIDATION, TEST], 100)
    pixels[[110, 250]] = pixels[10]
    labels[[110, 250]] = labels[10]
    pixels[260], labels[260] = pixels[120, :, ::-1], labels[120]
    assert twins(found(pixels, labels, splits)) == [Kind.EXACT_ACROSS_SPLITS, Kind.NEAR_ACROSS_SPLITS]
    correction, *_ = mended(Kind.EXACT_ACROSS_SPLITS, pixels, labels, splits)
    assert (correction.action, correction.rows, correction.to) == (Action.MOVE, (110, 250), (TRAIN, TRAIN))
    correction, _, splits, after = mended(Kind.NEAR_ACROSS_SPLITS, pixels, labels, splits)
    assert correction.rows == (120, 260)
    assert after.of(Kind.NEAR_ACROSS_SPLITS) is None


def test_of_copies_within_a_split_one_is_kept(pixels, labels):
    splits = np.repeat([TRAIN, TEST], 150)
    pixels[[20, 30]], labels[[20, 30]] = pixels[10], labels[10]
    correction, *_, after = mended(Kind.EXACT_WITHIN_SPLIT, pixels, labels, splits)
    assert (correction.action, correction.rows) == (Action.LEAVE_OUT, (20, 30))
    assert twins(after) == []
    assert after.images == 298


def test_where_copies_have_two_labels_the_majority_stays(pixels, labels):
    pixels[[20, 30]] = pixels[10]
    labels[[10, 30]], labels[20] = 3, 4
    correction, *_, after = mended(Kind.TWO_LABELS, pixels, labels, np.full(300, TRAIN))
    assert (correction.action, correction.rows) == (Action.LEAVE_OUT, (20,))
    assert twins(after) == [Kind.EXACT_WITHIN_SPLIT]


def test_where_no_label_has_the_majority_all_copies_go(pixels, labels):
    pixels[250], labels[10], labels[250] = pixels[10, :, ::-1], 3, 4
    correction, *_, after = mended(Kind.TWO_LABELS, pixels, labels, np.repeat([TRAIN, TEST], 150))
    assert correction.rows == (10, 250)
    assert twins(after) == []


def test_images_that_are_left_out_count_no_more(pixels, labels):
    splits = np.full(300, TRAIN)
    pixels[20], splits[20] = pixels[10], LEFT_OUT
    assert twins(found(pixels, labels, splits)) == []


def test_a_group_is_in_one_finding_only_and_the_surest_stands_first(pixels, labels):
    splits = np.full(300, TRAIN)
    labels[:] = 0
    pixels[100], pixels[101] = pixels[1, :, ::-1], pixels[2]
    pixels[103] = np.clip(pixels[3] * 0.7, 0, 255)
    result = found(pixels, labels, splits)
    assert [case.rows for case in result.of(Kind.EXACT_WITHIN_SPLIT).cases] == [(2, 101)]
    near = result.of(Kind.NEAR_WITHIN_SPLIT)
    assert sorted(case.rows for case in near.cases) == [(1, 100), (3, 103)]
    assert [case.score for case in near.cases] == sorted((case.score for case in near.cases), reverse=True)
    assert near.cases[0].says == "2 training images"
