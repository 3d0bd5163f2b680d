"""`runs` and `show`: what runs there are, and what one of them is."""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from imgrec import edge, metrics, spreadsheet
from imgrec.cli import choose, data
from imgrec.cli.output import say, say_json, table, tell
from imgrec.cli.train import summary
from imgrec.errors import ImgrecError, SettingsError
from imgrec.quantities import UNKNOWN, duration, percent, size
from imgrec.runs import Run, State, listing
from imgrec.runs.listing import RunRow

STANDARD_OUTPUT = "-"

MOST_CLASSES = 20
"""A terminal is about as wide as a matrix of so many."""

MOST_CONFUSIONS = 20


def add(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the commands."""
    _add_choices(choose.add_command(commands, common, "runs", "List the runs, newest first.", _runs, of_a_run=False))
    choose.add_command(commands, common, "show", "Show a run: its scores, confusion matrix and settings.", _show)


def _add_choices(parser: argparse.ArgumentParser) -> None:
    searched = "only those with each of these words in their name, tags, id, dataset or state"
    parser.add_argument("--search", metavar="TEXT", default="", help=searched)
    states = [state.value for state in State]
    either = f"only those in this state: {', '.join(states)}; given twice, in either"
    parser.add_argument("--state", metavar="STATE", action="append", default=[], choices=states, help=either)
    parser.add_argument("--dataset", metavar="NAME", help="only those of this dataset")
    parser.add_argument(
        "--tag", metavar="TAG", action="append", default=[], help="only those with this tag; twice, both"
    )
    parser.add_argument("--starred", action="store_true", help="only those with a star")
    columns = ", ".join(listing.SORTABLE)
    parser.add_argument("--sort", metavar="COLUMN", choices=listing.SORTABLE, help=f"the smallest first, by {columns}")
    parser.add_argument("--descending", action="store_true", help="with --sort: the largest first")
    parser.add_argument("--csv", metavar="FILE", help="write them as CSV instead; - is the standard output")


def _runs(arguments: argparse.Namespace) -> int:
    if arguments.csv == STANDARD_OUTPUT and arguments.json:
        raise SettingsError("The standard output takes one of CSV and JSON. Received: both. Name a file for --csv.")
    wanted = () if arguments.dataset is None else (data.checked(arguments.dataset).name,)
    there, unreadable = listing.rows(edge.store())
    for sentence in unreadable:
        tell(sentence)
    rows = listing.filtered(there, arguments.search, arguments.state, wanted, arguments.tag, starred=arguments.starred)
    if arguments.sort is not None:
        rows = listing.ordered(rows, arguments.sort, arguments.descending)
    if arguments.csv is not None:
        _write(rows, arguments.csv)
    if arguments.json:
        say_json({"runs": _described(rows)})
    elif arguments.csv is None:
        say(_listed(rows, of=len(there), unreadable=len(unreadable)))
    return 0


def _write(rows: Sequence[RunRow], file: str) -> None:
    text = spreadsheet.to_csv(*listing.to_table(rows))
    if file == STANDARD_OUTPUT:
        say(text, end="")
    else:
        try:
            Path(file).write_bytes(text.encode(spreadsheet.ENCODING))
        except OSError as error:
            raise ImgrecError(f"{file} cannot be written: {error.strerror}. Choose another file.") from error
        tell(f"{file} has {len(rows)} {'run' if len(rows) == 1 else 'runs'}.")


def _described(rows: Sequence[RunRow]) -> list[dict[str, object]]:
    head, cells = listing.to_table(rows)
    found = [dict(zip(head, row, strict=True)) for row in cells]
    return [{**one, "created": row.created.isoformat()} for one, row in zip(found, rows, strict=True)]


def _listed(rows: Sequence[RunRow], of: int, unreadable: int) -> str:
    if not of and unreadable:
        what = "The only run" if unreadable == 1 else f"Each of the {unreadable} runs"
        return f"{what} cannot be read. `python -m imgrec check` says what can be done."
    if not of:
        return "There are no runs yet. `python -m imgrec train --preset quick` makes one."
    if not rows:
        return f"None of the {of} runs is like that. `python -m imgrec runs` lists them."
    head = ("run", "name", "state", "dataset", "test accuracy", "epochs", "on disk", "created")
    return table(head, map(_cells, rows))


def _cells(row: RunRow) -> tuple[object, ...]:
    return (
        row.id,
        f"★ {row.name}" if row.starred else row.name,
        row.state,
        row.dataset,
        _accuracy(row),
        f"{row.epochs}/{row.epochs_wanted}",
        size(row.disk_bytes),
        f"{row.created.astimezone():%Y-%m-%d %H:%M}",
    )


def _accuracy(row: RunRow) -> str:
    if row.state is not State.FINISHED:
        return UNKNOWN
    return f"{percent(row.test_accuracy)} ± {100 * metrics.half_interval(*row.score):.1f}"


def _show(arguments: argparse.Namespace) -> int:
    run = choose.find(arguments.run, lambda _: True, "run")
    shown = {
        **summary(run),
        "created": run.created.isoformat(),
        "config": run.record["config"],
        "versions": run.record.get("versions", {}),
        "history": [metrics.model_dump() for metrics in run.history()],
    }
    if run.state is State.FINISHED:
        shown |= _scored(run)
    if arguments.json:
        say_json(shown)
    else:
        say(_text(shown))
    return 0


def _scored(run: Run) -> dict[str, Any]:
    """Return the scores of each class, None where nothing is known of one, and the confusion matrix."""
    names = run.dataset.class_names
    probabilities, labels = run.predictions()
    matrix = metrics.confusion_matrix(labels, probabilities.argmax(axis=1), len(names))
    scores = metrics.class_scores(matrix)
    called, there = matrix.sum(axis=0) > 0, matrix.sum(axis=1) > 0
    known = (scores.precision, called), (scores.recall, there), (scores.f1, called | there)
    told = [
        [float(score) if is_known else None for score, is_known in zip(values, where, strict=True)]
        for values, where in known
    ]
    rows = zip(names, *told, scores.support, strict=True)
    return {
        "classes": [
            {
                "class": name,
                "precision": precision,
                "recall": recall,
                "f1": f1,
                "test_images": int(support),
            }
            for name, precision, recall, f1, support in rows
        ],
        "confusion_matrix": matrix.tolist(),
    }


def _text(shown: dict[str, Any]) -> str:
    parts = [f"{shown['name']} ({shown['run']}): {shown['state']}"]
    if shown["error"]:
        parts.append(shown["error"])
    parts += shown["remarks"]
    if "classes" in shown:
        low, high = shown["test_interval"]
        parts.append(
            f"Test accuracy {percent(shown['test_accuracy'])}, 95 % interval {100 * low:.1f} to {percent(high)}, "
            f"{shown['test_images']:,} images; test loss {shown['test_loss']:.3f} (mean cross-entropy)\n"
            f"Validation accuracy {percent(shown['validation_accuracy'])} in epoch {shown['best_epoch']}, the best of "
            f"{shown['epochs_trained']}; {duration(shown['seconds'])}, {shown['images_per_second']:,.0f} images/s"
        )
        if shown["uneven_classes"]:
            balanced, f1 = percent(shown["balanced_accuracy"]), percent(shown["macro_f1"])
            parts.append(f"Balanced accuracy {balanced}, macro F1 {f1}. {metrics.BALANCED}")
        many = len(shown["classes"]) > MOST_CLASSES
        parts += _of_many_classes(shown) if many else _of_all_classes(shown)
    parts.append("Settings:\n" + json.dumps(shown["config"], indent=2))
    return "\n\n".join(parts)


def _of_all_classes(shown: dict[str, Any]) -> list[str]:
    names = [row["class"] for row in shown["classes"]]
    rows = [(name, *counts) for name, counts in zip(names, shown["confusion_matrix"], strict=True)]
    return [
        _class_table(shown["classes"]),
        "Confusion matrix: a row holds the images of one class, a column what they were taken for.\n"
        + table(("", *names), rows),
    ]


def _of_many_classes(shown: dict[str, Any]) -> list[str]:
    worst = sorted(shown["classes"], key=lambda row: 1 if row["f1"] is None else row["f1"])[:MOST_CLASSES]
    names, matrix = [row["class"] for row in shown["classes"]], np.array(shown["confusion_matrix"])
    pairs = metrics.largest_cells(matrix, MOST_CONFUSIONS)
    confused = [(names[true], names[taken], matrix[true, taken]) for true, taken in pairs]
    columns = ("class", "taken for", "images")
    return [
        f"The {len(worst)} of {len(names):,} classes with the lowest F1 (--json has all):\n{_class_table(worst)}",
        f"What is confused most often (--json has the whole matrix):\n{table(columns, confused)}",
    ]


def _class_table(rows: Sequence[dict[str, Any]]) -> str:
    scores = [
        (row["class"], *(percent(row[key]) for key in ("precision", "recall", "f1")), row["test_images"])
        for row in rows
    ]
    return table(("class", "precision", "recall", "F1", "test images"), scores)
