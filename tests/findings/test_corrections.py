"""What a correction makes of a dataset, and that findings are kept as JSON."""

import numpy as np
import pytest

from imgrec import findings
from imgrec.datasets.own import LEFT_OUT
from imgrec.findings import Action, Case, Correction, Finding, Findings, Kind, corrected, joined

NAMES = ("ant", "bee", "cat", "dog")
LABELS = np.array([0, 1, 2, 3, 1], np.uint8)
SPLITS = np.array([0, 0, 1, 2, 2], np.uint8)


@pytest.mark.parametrize(
    ("correction", "names", "labels", "splits"),
    [
        (Correction(action=Action.LEAVE_OUT, rows=(1, 4)), NAMES, [0, 1, 2, 3, 1], [0, 3, 1, 2, 3]),
        (Correction(action=Action.MOVE, rows=(3, 0), to=(0, 2)), NAMES, [0, 1, 2, 3, 1], [2, 0, 1, 0, 2]),
        (Correction(action=Action.RELABEL, rows=(4, 0), to=(3, 2)), NAMES, [2, 1, 2, 3, 3], [0, 0, 1, 2, 2]),
        (Correction(action=Action.MERGE, classes=(2, 0)), ("bee", "cat", "dog"), [1, 0, 1, 2, 0], [0, 0, 1, 2, 2]),
        (Correction(action=Action.DROP, classes=(1,)), ("ant", "cat", "dog"), [0, 0, 1, 2, 0], [0, 3, 1, 2, 3]),
    ],
    ids=lambda value: value.action.value if isinstance(value, Correction) else "",
)
def test_each_correction_of_an_example_worked_out_by_hand(correction, names, labels, splits):
    after = corrected(correction, NAMES, LABELS, SPLITS)
    assert (after.class_names, after.labels.tolist(), after.splits.tolist()) == (names, labels, splits)
    assert LABELS.tolist() == [0, 1, 2, 3, 1]
    assert SPLITS.tolist() == [0, 0, 1, 2, 2]


def test_corrections_of_several_cases_are_one():
    moves = [Correction(action=Action.MOVE, rows=rows, to=(0,) * len(rows)) for rows in ((5, 3), (9,), (3,))]
    assert joined(moves) == Correction(action=Action.MOVE, rows=(3, 5, 9), to=(0, 0, 0))
    drops = [Correction(action=Action.DROP, classes=(label,)) for label in (4, 2)]
    assert joined(drops) == Correction(action=Action.DROP, classes=(2, 4))
    assert joined([]) is None


def test_corrections_that_do_different_things_are_not_joined():
    with pytest.raises(ValueError, match="leave out images, move images"):
        joined([Correction(action=Action.LEAVE_OUT, rows=(1,)), Correction(action=Action.MOVE, rows=(2,), to=(0,))])


def test_a_person_may_correct_some_of_the_cases():
    cases = tuple(
        Case(rows=(row,), correction=Correction(action=Action.LEAVE_OUT, rows=(row,)) if row else None)
        for row in range(4)
    )
    finding = Finding(kind=Kind.BLANK, sentence="4 images are blank.", cases=cases)
    assert finding.rows == (0, 1, 2, 3)
    assert finding.correction() == Correction(action=Action.LEAVE_OUT, rows=(1, 2, 3))
    assert finding.correction(cases[2:3]) == Correction(action=Action.LEAVE_OUT, rows=(2,))
    assert finding.correction(cases[:1]) is None


def test_findings_are_the_same_after_json(pixels, labels):
    pixels[3], pixels[4], pixels[200] = 0, 9, pixels[5]
    found = findings.check(pixels, labels, np.repeat([0, 2, LEFT_OUT], 100), [*"abcdefghij", "A", "k"], [(9, 9)] * 300)
    assert len(found.found) > 5
    assert Findings.model_validate_json(found.model_dump_json()) == found


def test_a_new_finding_takes_the_place_of_the_old_one_of_its_kind():
    blank, blurred, others = (
        Finding(kind=kind, sentence=sentence, cases=())
        for kind, sentence in ((Kind.BLANK, "one"), (Kind.BLURRED, "two"), (Kind.BLANK, "three"))
    )
    found = Findings(images=9).with_(blurred, None, blank)
    assert [finding.sentence for finding in found.found] == ["one", "two"]
    assert [finding.sentence for finding in found.with_(others).found] == ["three", "two"]
    assert found.of(Kind.DARK) is None
