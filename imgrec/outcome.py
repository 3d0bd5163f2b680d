"""What became of a run, in words: the one account that pages and commands give of it.

They differ only in how one does what is advised: with a button, or with a command.
"""

import shutil
from collections.abc import Iterator
from enum import StrEnum

from imgrec import jobs, metrics, quantities
from imgrec.errors import RunError
from imgrec.records import Evaluation
from imgrec.runs import Run, State, Store

FULL_BYTES = 20_000_000
"""Free space below which a disk counts as full: a checkpoint of a middling network does not fit any more."""

NEARLY_ALL = 0.95
"""A share of the test images above which a network answers one class and no other."""


NOTHING_LEARNT = (
    "It has not learnt to tell the classes apart: try a copy with a smaller learning rate, or with more epochs."
)


class Next(StrEnum):
    """What can be done with a run that is at rest and has no result."""

    GO_ON = "go on where it was"
    BEGIN_ANEW = "begin anew"
    COPY = "start a copy with other settings"


def why(run: Run) -> str:
    """Say why a run has no result yet."""
    if not run.exists:
        back = any(found.id == run.id for found in Store.of(run).deleted())
        return "This run was deleted." + (" It is in the trash." if back else "")
    match run.state:
        case State.FAILED:
            error = run.error()
            return error.sentence if error else "This run failed."
        case State.CANCELLED:
            return "This run was stopped before it learnt anything, and so has no model."
        case State.INTERRUPTED:
            return f"{_interrupted(run)} {_complete(run)}"
        case State.PAUSED:
            return f"This run is paused. {_complete(run)}"
        case state:
            return f"This run is {state}."


def next_step(run: Run) -> Next | None:
    """Say what is advised to do with a run that is at rest and has no result, if anything."""
    state = run.state
    if not run.exists or state is State.FINISHED or state in jobs.ACTIVE:
        return None
    ending = run.ending()
    if not jobs.can_resume(run, state) or (state is State.INTERRUPTED and ending and ending.crashed):
        return Next.COPY
    return Next.GO_ON if run.has_checkpoint else Next.BEGIN_ANEW


def remarks(run: Run) -> list[str]:
    """Say what one should know of a finished run beside its scores: that it ended early, or learnt nothing."""
    evaluation = run.evaluation()
    if evaluation is None:
        return []
    try:
        return [*_ended_early(run, evaluation), *_learnt_nothing(run)]
    except RunError as error:  # its predictions are damaged
        return [*_ended_early(run, evaluation), str(error)]


def _complete(run: Run) -> str:
    return f"{len(run.history())} of {run.config.training.epochs} epochs are complete."


def _interrupted(run: Run) -> str:
    ending = run.ending()
    if ending is None:
        said = "Its process ended without a word: it was killed, or the machine was switched off."
    else:
        said = f"Its process {ending}."
    if ending and ending.crashed:
        said += (
            " At the same step it would crash again: start a copy with another batch size or other layers. Its log has "
            "the place in the code."
        )
    if ending and ending.killed:
        said += " A copy with a smaller batch size needs less of it."
    free = shutil.disk_usage(run.folder).free
    if free < FULL_BYTES:
        said += f" The disk with its folder is full: {free / 1e6:.1f} MB are free. Make room there."
    return said


def _ended_early(run: Run, evaluation: Evaluation) -> Iterator[str]:
    trained, wanted = evaluation.epochs_trained, run.config.training.epochs
    if evaluation.diverged:
        yield f"{evaluation.diverged} The model of epoch {evaluation.best_epoch}, the best before, is kept."
    elif evaluation.minutes_allowed is not None:
        yield (
            f"Stopped after epoch {trained} of {wanted}: on this server, a training takes at most "
            f"{quantities.count(evaluation.minutes_allowed, 'minute')}."
        )
    elif evaluation.stopped:
        yield f"Stopped by hand after epoch {trained} of {wanted}."
    elif trained < wanted:
        patience = run.config.training.patience
        yield (
            f"Ended after epoch {trained} of {wanted}: the validation accuracy had not risen within the patience of "
            f"{patience} {'epoch' if patience == 1 else 'epochs'} that was set."
        )


def _learnt_nothing(run: Run) -> Iterator[str]:
    probabilities, labels = run.predictions()
    names = run.dataset.class_names
    matrix = metrics.confusion_matrix(labels, probabilities.argmax(axis=1), len(names))
    images, of_class, answered = int(matrix.sum()), matrix.sum(axis=1), matrix.sum(axis=0)
    most, frequent = int(answered.argmax()), int(of_class.max())
    always = frequent / images
    # Who looks for the small classes may be right less often than who always says the largest, and has learnt all the
    # same: more is right than of the same answers in any order. Where classes are even, the two are equal.
    in_any_order = float(answered @ of_class) / images**2
    low, _ = metrics.wilson_interval(int(matrix.trace()), images)
    if answered[most] >= NEARLY_ALL * images > frequent:
        how = "all" if answered[most] == images else f"{int(answered[most]):,} of"
        yield f"It answers {names[most]} for {how} {images:,} test images. {NOTHING_LEARNT}"
    elif low <= min(always, in_any_order) and always < 1:
        yield (
            f"Its test accuracy is no better than chance: always answering one class gives {100 * always:.1f} %. "
            f"{NOTHING_LEARNT}"
        )
