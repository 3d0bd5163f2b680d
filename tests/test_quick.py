"""A finished run is prepared for quick answers: by its own worker, or later where an earlier imgrec did not do so."""

import os
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from imgrec import datasets, edge, jobs, lite, quick
from imgrec.lite import LiteClassifier
from imgrec.records import Evaluation
from imgrec.runs import Run, RunWriter

pytestmark = pytest.mark.slow


def evaluation(run: Run) -> Evaluation:
    found = run.evaluation()
    assert found is not None
    return found


def as_of_an_earlier_imgrec(run: Run, *, answers_quickly: bool = False) -> RunWriter:
    """Return the run as it was finished before there was novelty; or before there were quick answers at all."""
    writer = RunWriter(run.folder)
    if answers_quickly:
        writer.finish(evaluation(run).replace(novelty=None))
    else:
        run.lite.unlink()
        writer.finish(evaluation(run).replace(lite_sha256=None, novelty=None))
    return writer


def test_the_threshold_lies_above_nearly_all_validation_images_and_its_error_is_counted(trained_run: Run) -> None:
    found = evaluation(trained_run)
    train, test = datasets.load("shapes", edge.location("shapes"))
    _, validation = datasets.split(train, trained_run.config.training)
    answers = LiteClassifier(trained_run.lite.read_bytes())
    own, of_test = answers.ask(train.pixels[validation]).novelty, answers.ask(test.pixels).novelty
    assert own is not None
    assert of_test is not None
    assert found.novelty is not None
    above = float((own > found.novelty.threshold).mean())
    assert above == pytest.approx(quick.NOVEL_SHARE, abs=0.01)
    assert found.novelty.test_share == pytest.approx(float((of_test > found.novelty.threshold).mean()), abs=1e-3)


@pytest.mark.parametrize("answers_quickly", [False, True])
def test_an_older_run_is_prepared_as_a_new_one(trained_run: Run, answers_quickly: bool) -> None:
    expected = evaluation(trained_run)
    run = as_of_an_earlier_imgrec(trained_run, answers_quickly=answers_quickly)
    jobs.prepare_answers(run)
    [child] = jobs.processes._children
    assert child.wait() == 0
    found = evaluation(run)
    # A converted file has other bytes each time, and the same content.
    assert found.lite_sha256 == sha256(run.lite.read_bytes()).hexdigest()
    assert found.replace(lite_sha256=expected.lite_sha256) == expected
    assert quick.main(run.folder) == jobs.NOT_MINE  # it is done


def test_a_run_whose_images_are_others_or_whose_worker_is_at_it_is_left_alone(trained_run: Run) -> None:
    run = as_of_an_earlier_imgrec(trained_run)
    before = evaluation(run)
    run.finish(before.replace(fingerprint="of other images"))
    assert quick.main(run.folder) == jobs.NOT_MINE
    run.finish(before)
    code = f"""
import sys
from pathlib import Path
from imgrec.runs import RunWriter
with RunWriter(Path({str(run.folder)!r})).lock():
    print("held", flush=True)
    sys.stdin.read()
"""
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=Path(__file__).parents[1]
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        assert quick.main(run.folder) == jobs.NOT_MINE
        assert other.stdin is not None
        other.stdin.close()
    assert not run.lite.exists()


def test_a_model_that_would_say_something_else_is_not_kept_and_not_tried_again(
    trained_run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = as_of_an_earlier_imgrec(trained_run)
    monkeypatch.setattr(lite, "TOLERANCE", -1.0)
    nice = os.nice
    monkeypatch.setattr(os, "nice", lambda by: nice(0 * by))
    assert quick.main(run.folder) == 0
    assert evaluation(run).lite_sha256 == ""
    assert not run.lite.exists()
    assert quick.main(run.folder) == jobs.NOT_MINE


def test_the_checksum_is_that_of_the_file(trained_run: Run) -> None:
    assert evaluation(trained_run).lite_sha256 == sha256(trained_run.lite.read_bytes()).hexdigest()
    assert np.isfinite(evaluation(trained_run).novelty.threshold)  # type: ignore[union-attr]
