"""`compare`: whether one run is better than another, and what differs between them."""

import argparse
from typing import Any

from imgrec import metrics
from imgrec.cli import choose
from imgrec.cli.output import say, say_json, table
from imgrec.differences import differences
from imgrec.errors import RunError
from imgrec.quantities import percent
from imgrec.runs import Run, State, starts


def add(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the command."""
    text = "Say whether another run is better than RUN on the same test images, and what differs between them."
    parser = choose.add_command(commands, common, "compare", text, _compare)
    parser.add_argument("other", metavar="OTHER", help="the run that may be better, named in the same ways")


def _compare(arguments: argparse.Namespace) -> int:
    runs = [choose.find(text, _finished, "finished run") for text in (arguments.run, arguments.other)]
    for run in runs:
        if (state := run.state) is not State.FINISHED:
            raise RunError(f"Only finished runs can be compared. {run.name} is {state}.")
    before, after = runs
    marks = {evaluation.fingerprint for run in runs if (evaluation := run.evaluation())}
    if len(marks) > 1:
        raise RunError(
            f"Comparing needs runs that were scored on the same test images. {before.name} and {after.name} were not."
        )
    (one, labels), (other, _) = before.predictions(), after.predictions()
    found = metrics.compare(labels, one.argmax(axis=1), other.argmax(axis=1))
    classes = len(before.dataset.class_names)
    matrices = [metrics.confusion_matrix(labels, said.argmax(axis=1), classes) for said in (one, other)]
    balanced = [metrics.balanced_accuracy(matrix) for matrix in matrices]
    origins = [origin.name if (origin := starts.origin(run)) else None for run in runs]
    differing = differences([run.config for run in runs], [run.dataset.title for run in runs], origins)
    if arguments.json:
        say_json(
            {
                "runs": [run.id for run in runs],
                "images": found.images,
                "fixed": len(found.fixed),
                "broken": len(found.broken),
                "difference": found.difference,
                "interval": [found.low, found.high],
                "p": found.p,
                "differs": found.differs,
                "balanced_accuracies": balanced,
                "settings": {what: list(values) for what, values in differing},
            }
        )
        return 0
    say(f"{metrics.verdict(found, before.name, after.name)}.")
    say(
        f"Of {found.images:,} test images {after.name} has {len(found.fixed):,} right that {before.name} has wrong, "
        f"and {len(found.broken):,} wrong that it has right."
    )
    if metrics.is_uneven(matrices[0].sum(axis=1)):
        each = " and ".join(f"{percent(share)} of {run.name}" for share, run in zip(balanced, runs, strict=True))
        say(f"Balanced accuracy: {each}. {metrics.BALANCED}")
    if differing:
        say("\n" + table(("setting", before.name, after.name), ((what, *values) for what, values in differing)))
    return 0


def _finished(run: Run) -> bool:
    return run.state is State.FINISHED
