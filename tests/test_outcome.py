"""What became of a run is said once, and pages and commands say it in the same words."""

import shutil
import signal

import numpy as np
import pytest

from imgrec import cli, datasets, edge, jobs, outcome
from imgrec.config import RunConfig
from imgrec.outcome import Next
from imgrec.records import TrainingState
from imgrec.runs import Ending, RunWriter, checkpoints, library
from tests.evaluated import epochs, evaluated

UNKNOWN = (
    "Its process ended without a word: it was killed, or the machine was switched off. 0 of 2 epochs are complete."
)


@pytest.fixture
def run(tiny: RunConfig) -> RunWriter:
    return RunWriter(edge.store().create(tiny, "A run").folder)


@pytest.fixture
def begun(run: RunWriter) -> RunWriter:
    """Return a run whose worker is gone."""
    run.begin()
    return run


def died(run: RunWriter, ending: Ending) -> None:
    run.note_ending(run.attempts()[-1].process, ending)


@pytest.mark.parametrize(
    ("ending", "words", "step"),
    [
        (Ending(-signal.SIGSEGV), "Its process crashed in native code (SIGSEGV). At the same step it would", Next.COPY),
        (Ending(-signal.SIGABRT), "Its process crashed in native code (SIGABRT). At the same step it would", Next.COPY),
        (
            Ending(-signal.SIGKILL),
            "Its process was killed (SIGKILL), as a system does that runs out of memory. A copy with a smaller batch",
            Next.BEGIN_ANEW,
        ),
        (Ending(-signal.SIGTERM), "Its process was ended from outside (SIGTERM). 0 of 2", Next.BEGIN_ANEW),
        (Ending(-60), "Its process was ended from outside (signal 60). 0 of 2", Next.BEGIN_ANEW),
        (
            Ending(-signal.SIGKILL, hung=True),
            "Its process hung and was ended: it had said nothing new for too long. 0 of 2",
            Next.BEGIN_ANEW,
        ),
        (Ending(1), "Its process ended with exit status 1 and could not write why. 0 of 2", Next.BEGIN_ANEW),
    ],
    ids=str,
)
def test_a_run_whose_process_died_says_how(begun: RunWriter, ending: Ending, words: str, step: Next) -> None:
    died(begun, ending)
    assert outcome.why(begun).startswith(words)
    assert "disk" not in outcome.why(begun)
    assert outcome.next_step(begun) is step


def test_where_no_one_learnt_how_it_ended_just_that_is_said(begun: RunWriter) -> None:
    assert outcome.why(begun) == UNKNOWN


def test_how_an_earlier_worker_ended_is_not_said_of_a_later_one(
    begun: RunWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    died(begun, Ending(-signal.SIGSEGV))
    monkeypatch.setattr("os.getpid", lambda: 1)
    begun.begin()
    assert outcome.why(begun) == UNKNOWN
    begun.note_ending(2, Ending(-signal.SIGKILL))
    assert outcome.why(begun) == UNKNOWN, "that was none of its workers"


def test_that_a_worker_hung_is_not_overwritten_by_the_signal_that_ended_it(begun: RunWriter) -> None:
    died(begun, Ending(-signal.SIGKILL, hung=True))
    died(begun, Ending(-signal.SIGKILL))
    assert "hung" in outcome.why(begun)


def test_a_run_that_ended_by_itself_gets_no_other_ending(begun: RunWriter) -> None:
    begun.fail("It broke.", "", again=True)
    died(begun, Ending(1))
    begun.clear_error()
    assert outcome.why(begun) == UNKNOWN


def test_a_disk_is_blamed_only_where_it_is_full(begun: RunWriter, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(begun.folder)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1_200_000))
    assert "The disk with its folder is full: 1.2 MB are free. Make room there." in outcome.why(begun)


@pytest.mark.parametrize("trash", [True, False])
def test_a_run_that_was_deleted_while_it_waited_says_so(run: RunWriter, trash: bool) -> None:
    assert run.name == "A run"
    if trash:
        library.delete(run)
    else:
        shutil.rmtree(run.folder)
    assert outcome.why(run) == "This run was deleted." + (" It is in the trash." if trash else "")
    assert outcome.next_step(run) is None
    assert cli.train.summary(run)["error"] == outcome.why(run)


def keep(run: RunWriter) -> None:
    run.write_checkpoint(checkpoints.Saved(TrainingState(history=epochs(0.1)), {"a": np.zeros(2)}, "f"))


@pytest.mark.parametrize(("again", "kept"), [(True, True), (True, False), (False, True), (False, False)])
def test_what_is_advised_after_a_failure_can_be_done(begun: RunWriter, again: bool, kept: bool) -> None:
    if kept:
        keep(begun)
    begun.fail("It broke.", "", again=again)
    step = outcome.next_step(begun)
    assert step is (Next.COPY if not again else Next.GO_ON if kept else Next.BEGIN_ANEW)
    assert jobs.can_resume(begun) is again


def test_a_run_that_failed_before_this_was_written_is_tried_again_where_it_had_come_anywhere(begun: RunWriter) -> None:
    begun._write("error.json", {"sentence": "It broke.", "traceback": ""})
    assert outcome.next_step(begun) is Next.COPY
    keep(begun)
    assert outcome.next_step(begun) is Next.GO_ON


def finished(run: RunWriter, answers: np.ndarray, labels: np.ndarray, **more: object) -> None:
    run.write_predictions(np.eye(10, dtype=np.float32)[answers], labels.astype(np.uint8))
    run.finish(evaluated(int((answers == labels).sum()), len(labels), **more))


LABELS = np.arange(1000) % 10
DRAWN = np.random.default_rng(1).integers(0, 10, 1000)
NAMES = datasets.get("shapes").class_names
ONE_CLASS = f"It answers {NAMES[3]} for all 1,000 test images. {outcome.NOTHING_LEARNT}"
CHANCE = (
    f"Its test accuracy is no better than chance: always answering one class gives 10.0 %. {outcome.NOTHING_LEARNT}"
)


UNEVEN = np.where(np.arange(1000) < 690, 0, 1)
FOUND = np.where(np.arange(1000) % 10 < np.where(UNEVEN == 0, 5, 9), UNEVEN, 1 - UNEVEN)
"""62 % are right, fewer than the 69 % of always answering the larger class; of the smaller one, 90 % are found."""


@pytest.mark.parametrize(
    ("answers", "labels", "more", "expected"),
    [
        (LABELS, LABELS, {}, []),
        (np.full(1000, 3), LABELS, {}, [ONE_CLASS]),
        (np.where(np.arange(1000) < 40, LABELS, 3), LABELS, {}, [ONE_CLASS.replace("for all", "for 964 of")]),
        (np.where(np.arange(1000) < 100, LABELS, 3), LABELS, {}, []),  # 19 % are right
        (DRAWN, LABELS, {}, [CHANCE]),
        (FOUND, UNEVEN, {}, []),
        (np.random.default_rng(1).permutation(UNEVEN), UNEVEN, {}, [CHANCE.replace("10.0", "69.0")]),
        (np.full(1000, 3), np.full(1000, 3), {}, []),
        (LABELS, LABELS, {"stopped": True, "epochs_trained": 1}, ["Stopped by hand after epoch 1 of 2."]),
        (
            LABELS,
            LABELS,
            {"diverged": "Training diverged: …"},
            ["Training diverged: … The model of epoch 1, the best before, is kept."],
        ),
        (
            np.full(1000, 3),
            LABELS,
            {"epochs_trained": 1},
            [
                "Ended after epoch 1 of 2: the validation accuracy had not risen within the patience of 1 epoch that "
                "was set.",
                ONE_CLASS,
            ],
        ),
    ],
    ids=[
        "well",
        "one class",
        "nearly one class",
        "often one class",
        "chance",
        "fewer than chance, and of each class more",
        "uneven chance",
        "one label",
        "stopped",
        "diverged",
        "patience",
    ],
)
def test_what_one_should_know_of_a_finished_run_is_said(
    tiny: RunConfig, answers: np.ndarray, labels: np.ndarray, more: dict[str, object], expected: list[str]
) -> None:
    run = RunWriter(edge.store().create(tiny.with_setting("training.patience", 1), "A run").folder)
    finished(run, answers, labels, **more)
    assert outcome.remarks(run) == expected


def test_where_the_predictions_are_damaged_that_is_said(run: RunWriter) -> None:
    finished(run, LABELS, LABELS, stopped=True)
    (run.folder / "predictions.npz").write_bytes(b"")
    stopped, damaged = outcome.remarks(run)
    assert stopped.startswith("Stopped by hand")
    assert "cannot be read" in damaged
