"""A store with thousands of runs, made in a minute: copies of the bundled examples, each with a record of its own.

The files are those of real trainings of a small network on 20,000 images, about 0.4 MB a run, and each is written anew:
none is shared by a link, so that the disk says what so many runs take. What differs is what a list shows and a rule
ties together: id, name, colour, time, settings, sweep, tags and star.
"""

import io
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from imgrec import examples
from imgrec.config import RunConfig
from imgrec.records import Attempt, Progress, SweepPlace
from imgrec.runs import COLOURS, Run, RunWriter, Store, checksum, sweeps
from imgrec.runs.documents import CONFIG
from imgrec.sweep import Sweep

TEMPLATES = (
    "Small network",
    "Residual network",
    "Well augmented",
    "Overfit without augmentation",
    "Sigmoid that does not learn",
)
"""The examples that are copied in turn."""

QUEUED = 100
"""Runs that wait."""

SWEPT = 0.2
"""The share of the runs that come of one sweep, to its 2,000 at most."""

SEEDS = 10
"""Of each point of that sweep."""

TAGS = ("baseline", "wide", "to keep", "course")


def fill(store: Store, runs: int, queued: int = QUEUED) -> None:
    """Write so many runs, some of which wait and the others of which have ended: finished, failed or cancelled."""
    store.runs.mkdir(parents=True, exist_ok=True)
    by_name = {example.name: run for example, run in examples.runs()}
    templates = [by_name[name] for name in TEMPLATES]
    contents = [_content(template) for template in templates]
    begun = datetime.now(UTC) - timedelta(minutes=runs + 10)
    swept = _sweep(store, templates[0].config, min(int(runs * SWEPT), 2000))
    queued = min(queued, runs // 10)
    for number in range(runs):
        made = begun + timedelta(minutes=number)
        template, content = templates[number % len(templates)], contents[number % len(templates)]
        if number >= runs - queued:
            _write(store, template, number, made, {})
        elif number < len(swept):
            _write(store, templates[0], number, made, contents[0], swept[number])
        else:
            run = _write(store, template, number, made, {} if number % 50 < 2 else content)
            if number % 50 == 0:
                RunWriter(run.folder).fail("The loss became infinite in epoch 3.", "", learning_rate=0.001)
            elif number % 50 == 1:
                run.ask("stop")
            if number % 5 == 0:
                label = {"name": f"Run {number}", "tags": [TAGS[number // 5 % len(TAGS)]], "starred": number % 20 == 0}
                _json(run.folder / "label.json", checksum.add(label))


def train_forever(run: Run) -> RunWriter:
    """Let a waiting run look as one that trains, whose lock the caller takes."""
    writer = RunWriter(run.folder)
    _json(writer.folder / "progress.json", Progress(epoch=1, epochs=6, step=10, steps=100).model_dump())
    return writer


def _sweep(store: Store, base: RunConfig, runs: int) -> list[tuple[RunConfig, SweepPlace]]:
    """Keep a sweep of about so many runs, and return the config of each with its place."""
    points = runs // SEEDS
    if points < 2:
        return []
    varied = [
        {"setting": "training.learning_rate", "low": 0.0003, "high": 0.03, "log": True},
        {"setting": "training.label_smoothing", "low": 0.0, "high": 0.2},
    ]
    sweep = Sweep.parse({"base": base, "varied": varied, "method": "random", "points": points, "seeds": SEEDS})
    kept = sweeps.keep(store, sweep, "Rate and smoothing", ())
    return [
        (config, SweepPlace(id=kept.id, point=point))
        for point in sweep.all_points()
        for config in sweep.configs(point, first=True)
    ]


def _content(template: Run) -> dict[str, bytes]:
    """Return the files that a finished run has beside its record, with predictions as a worker writes them."""
    found = {path.name: path.read_bytes() for path in template.folder.iterdir()}
    probabilities, labels = template.predictions()
    predictions = io.BytesIO()
    np.savez(predictions, probabilities=probabilities, labels=labels)
    attempt = Attempt(time=template.created.isoformat(timespec="seconds"), process=1)
    found |= {
        "predictions.npz": predictions.getvalue(),
        "starts.jsonl": checksum.lines_with([attempt.model_dump(mode="json")]).encode(),
        "progress.json": json.dumps(Progress(phase="scoring", share=1.0).model_dump()).encode(),
        "worker.lock": b"",
        "log.txt": b"",
    }
    return {name: content for name, content in found.items() if name not in {CONFIG, "label.json"}}


def _write(
    store: Store,
    template: Run,
    number: int,
    made: datetime,
    content: Mapping[str, bytes],
    swept: tuple[RunConfig, SweepPlace] | None = None,
) -> Run:
    """Write the folder of a run: a record like that of its template, and these files."""
    folder = store.runs / f"{made:%Y%m%d-%H%M%S}-{number:08x}"
    folder.mkdir()
    record = {key: value for key, value in template.record.items() if key != checksum.KEY}
    config, place = swept or (template.config.with_setting("training.seed", number), None)
    record |= {
        "name": f"Rate and smoothing · {number}" if place else f"Run {number}",
        "colour": number % COLOURS,
        "created": made.isoformat(timespec="microseconds"),
        "config": config.model_dump(mode="json"),
        **({"sweep": place.model_dump(mode="json")} if place else {}),
    }
    _json(folder / CONFIG, checksum.add(record))
    for name, data in content.items():
        (folder / name).write_bytes(data)
    return Run(folder)


def _json(path: Path, value: Any) -> None:
    """Write what files.write_json writes, without waiting for the disk."""
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
