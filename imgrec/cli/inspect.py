"""`runs` and `show`: what runs there are, and what one of them is."""

import argparse
import json
from typing import Any

from imgrec import datasets, metrics, runs
from imgrec.cli import choose
from imgrec.cli.output import duration, megabytes, percent, say, say_json, table, tell
from imgrec.cli.train import outcome
from imgrec.errors import ImgrecError
from imgrec.runs import Run


def add(commands: Any, common: argparse.ArgumentParser) -> None:
    """Adds the commands."""
    choose.add_command(commands, common, "runs", "List the runs, newest first.", _runs, of_a_run=False)
    choose.add_command(commands, common, "show", "Show a run: its scores, confusion matrix and settings.", _show)


def _runs(arguments: argparse.Namespace) -> int:
    rows = []
    for run in runs.all():
        try:
            rows.append(_row(run))
        except ImgrecError as error:
            tell(str(error))
    if arguments.json:
        say_json({"runs": rows})
    elif not rows:
        say("There are no runs yet. `python -m imgrec train --preset quick` makes one.")
    else:
        head = ("run", "name", "state", "dataset", "test accuracy", "epochs", "on disk", "created")
        say(table(head, [_cells(row) for row in rows]))
    return 0


def _row(run: Run) -> dict[str, Any]:
    evaluation = run.evaluation() or {}
    return {
        "run": run.id,
        "name": run.name,
        "state": run.state,
        "dataset": run.config.dataset,
        "test_accuracy": evaluation.get("test_accuracy"),
        "epochs": len(run.history()),
        "epochs_wanted": run.config.training.epochs,
        "tags": list(run.label.tags),
        "parent": run.parent,
        "disk_bytes": run.disk_bytes,
        "created": run.created.isoformat(),
    }


def _cells(row: dict[str, Any]) -> tuple[object, ...]:
    created = runs.get(row["run"]).created.astimezone()
    return (
        row["run"],
        row["name"],
        row["state"],
        row["dataset"],
        percent(row["test_accuracy"]),
        f"{row['epochs']}/{row['epochs_wanted']}",
        megabytes(row["disk_bytes"]),
        f"{created:%Y-%m-%d %H:%M}",
    )


def _show(arguments: argparse.Namespace) -> int:
    run = choose.find(arguments.run, lambda _: True, "run")
    shown = {
        **outcome(run),
        "created": run.created.isoformat(),
        "config": run.record["config"],
        "versions": run.record.get("versions", {}),
        "history": run.history(),
    }
    if shown["test_accuracy"] is not None:
        shown |= _scored(run)
    if arguments.json:
        say_json(shown)
    else:
        say(_text(shown))
    return 0


def _scored(run: Run) -> dict[str, Any]:
    names = datasets.get(run.config.dataset).class_names
    probabilities, labels = run.predictions()
    matrix = metrics.confusion_matrix(labels, probabilities.argmax(axis=1), len(names))
    scores = metrics.class_scores(matrix)
    rows = zip(names, scores.precision, scores.recall, scores.f1, scores.support, strict=True)
    return {
        "classes": [
            {
                "class": name,
                "precision": float(precision),
                "recall": float(recall),
                "f1": float(f1),
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
    if "classes" in shown:
        low, high = shown["test_interval"]
        parts.append(
            f"Test accuracy {percent(shown['test_accuracy'])}, 95 % interval {100 * low:.1f} to {percent(high)}, "
            f"{shown['test_images']:,} images; test loss {shown['test_loss']:.3f}\n"
            f"Validation accuracy {percent(shown['validation_accuracy'])} in epoch {shown['best_epoch']}, the best of "
            f"{shown['epochs_trained']}; {duration(shown['seconds'])}, {shown['images_per_second']:,.0f} images/s"
        )
        names = [row["class"] for row in shown["classes"]]
        scores = [
            (row["class"], *(percent(row[key]) for key in ("precision", "recall", "f1")), row["test_images"])
            for row in shown["classes"]
        ]
        parts.append(table(("class", "precision", "recall", "F1", "test images"), scores))
        rows = [(name, *counts) for name, counts in zip(names, shown["confusion_matrix"], strict=True)]
        parts.append(
            "Confusion matrix: a row holds the images of one class, a column what they were taken for.\n"
            + table(("", *names), rows)
        )
    parts.append("Settings:\n" + json.dumps(shown["config"], indent=2))
    return "\n\n".join(parts)
