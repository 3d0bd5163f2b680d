"""A picture of none of the classes and an uncertain answer are said to be so, by what the test images have shown."""

import numpy as np
import pytest

from imgrec import metrics
from imgrec.records import Novelty
from imgrec.verdict import CLEAR, Judge, Verdict

NOVELTY = Novelty(threshold=0.25, test_share=0.024)


def rows(*confidences: float) -> np.ndarray:
    """Return probabilities of three classes, of which the first has these."""
    return np.array([[share, (1 - share) * 0.6, (1 - share) * 0.4] for share in confidences], np.float32)


def test_how_often_answers_so_sure_are_right_is_counted_over_the_nearest_ones() -> None:
    probabilities = rows(0.9, 0.9, 0.9, 0.9, 0.5, 0.5, 0.5, 0.5)
    labels = np.array([0, 0, 0, 1, 0, 1, 1, 1])
    assert metrics.accuracy_near(probabilities, labels, 0.88, 4) == 0.75
    assert metrics.accuracy_near(probabilities, labels, 0.4, 4) == 0.25
    assert metrics.accuracy_near(probabilities, labels, 0.4) == 0.5  # all of them
    with pytest.raises(ValueError, match="at least one image"):
        metrics.accuracy_near(probabilities[:0], labels[:0], 0.4)


def judged(confidence: float, novelty: float | None, known: Novelty | None = NOVELTY) -> Verdict:
    sure, unsure = np.repeat(0.9, 300), np.repeat(0.5, 300)
    labels = np.zeros(600, np.uint8)
    labels[300:450] = 1  # half of the unsure ones are wrong
    judge = Judge(rows(*sure, *unsure), labels, known)
    return judge.verdict(rows(confidence)[0], novelty)


def test_a_sure_answer_is_clear_and_says_how_often_such_are_right() -> None:
    assert judged(0.93, 0.1) == ("clear", "Of the 200 test images answered about as surely, 100.0 % were right.")


def test_an_answer_as_unsure_as_those_that_are_often_wrong_is_uncertain() -> None:
    kind, because = judged(0.52, 0.25)  # at the threshold, and not above
    assert kind == "uncertain"
    assert because.startswith("Of the 200 test images answered about as surely, 25.0 %")
    assert CLEAR > 0.25


def test_what_is_more_novel_than_the_threshold_is_none_however_sure_the_answer() -> None:
    kind, because = judged(0.99, 0.26)
    assert kind == "none"
    assert "novelty is 0.26, and the limit is 0.25" in because
    assert "2.4 % of the test images" in because


def test_a_network_that_cannot_tell_novelty_never_says_none() -> None:
    assert judged(0.99, None).kind == "clear"
    assert judged(0.99, 0.9, None).kind == "clear"
