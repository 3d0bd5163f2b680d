"""Runs as a stranger may have made them: every text in their folders is a payload, and every checksum is right."""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from imgrec import edge, examples
from imgrec.config import RunConfig
from imgrec.records import Progress
from imgrec.runs import Run, RunWriter, checksum
from imgrec.runs.run import Annotations
from tests.payloads import PAYLOADS

CLASSES = 30
"""As many as a matrix is drawn quickly with."""


def joined(texts: Sequence[str], into: int) -> list[str]:
    """Return all texts in a few, each of which is as long as the others."""
    return [" ".join(texts[place::into]) for place in range(into)]


CLASS_NAMES = joined(PAYLOADS, CLASSES)
NAMES = joined(PAYLOADS, 6)
"""Names of as many runs as are compared at once."""


def rewrite(path: Path, **changes: Any) -> None:
    """Change what a document of a run says, with the checksum of the changed one."""
    found = checksum.verify(json.loads(path.read_text(encoding="utf-8")))
    path.write_text(json.dumps(checksum.add({**found, **changes})), encoding="utf-8")


def finished(place: int) -> Run:
    """Make a finished run out of an example: its classes, names, versions and the rest are payloads."""
    source = next(run for example, run in examples.runs() if example.name == "Small network")
    folder = edge.store().runs / f"20250101-000000-000000{place:02x}"
    shutil.copytree(source.folder, folder)
    about: dict[str, Any] = {"title": f"{PAYLOADS[place]} {NAMES[5]}", "class_names": CLASS_NAMES}
    if place == 5:
        about["name"] = NAMES[5]  # of a dataset that this computer does not have
    rewrite(
        folder / "config.json",
        dataset={**source.dataset.model_dump(mode="json"), **about},
        versions={f"{text} key": text for text in NAMES},
        parent=NAMES[0],
        colour=place,
    )
    rewrite(folder / "evaluation.json", precision=NAMES[1], diverged=NAMES[2])
    Run(folder).write_annotations(Annotations(NAMES[place], tuple(PAYLOADS[place::5]) if place < 5 else ("a",)))
    labels = np.arange(len(source.predictions()[1])) % CLASSES
    answers = (labels + (labels + place) % 3) % CLASSES
    scores = np.full((len(labels), CLASSES), 0.1 / CLASSES, np.float32)
    scores[np.arange(len(labels)), answers] += 0.9
    np.savez(folder / "predictions.npz", probabilities=scores, labels=labels.astype(np.uint8))
    return Run(folder)


def waiting(config: RunConfig, name: str) -> Run:
    """Make a run that waits in the queue."""
    run = edge.store().create(config, "a")
    run.write_annotations(Annotations(name, tuple(joined(PAYLOADS, 8))))
    return run


def failed(config: RunConfig) -> Run:
    """Make a run that failed for a reason that is not its own words."""
    run = waiting(config, NAMES[3])
    RunWriter(run.folder).fail(" ".join(NAMES), " ".join(NAMES))
    return run


def training(config: RunConfig) -> Run:
    """Make a run in whose progress a payload stands; whoever locks it is its worker."""
    run = waiting(config, NAMES[4])
    RunWriter(run.folder).write_progress(Progress(phase=" ".join(NAMES)))
    return run


def deleted(config: RunConfig) -> list[Run]:
    """Put a run of every name into the trash."""
    first = edge.store().create(config, "a")
    found = []
    edge.store().trash.mkdir(parents=True)
    for place, name in enumerate(PAYLOADS):
        folder = edge.store().trash / f"20240101-000000-{place:08x}"
        shutil.copytree(first.folder, folder)
        Run(folder).write_annotations(Annotations(name))
        found.append(Run(folder))
    shutil.rmtree(first.folder)
    return found
