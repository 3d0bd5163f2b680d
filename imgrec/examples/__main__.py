"""Trains examples anew and replaces their runs: `python -m imgrec.examples`, or with the names of some.

Those of shapes take about ten minutes on two cores, and that of CIFAR-10 half an hour.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from imgrec.examples import EXAMPLES, STORE, TAG
from imgrec.runs import Run, RunWriter, Store, library

KEPT = ("config.json", "label.json", "history.jsonl", "evaluation.json", "model.keras")
"""All that a finished run is read from but its predictions; its log and its attempts tell of this machine alone."""


def main() -> None:
    """Train into a home of its own, then put what is kept into the package."""
    asked = sys.argv[1:] or [example.name for example in EXAMPLES]
    for run in STORE.all():
        if run.name in asked:
            shutil.rmtree(run.folder)
    with tempfile.TemporaryDirectory() as home:
        for example in (example for example in EXAMPLES if example.name in asked):
            config = Path(home) / "config.json"
            config.write_text(example.config.to_json(), encoding="utf-8")
            command = (sys.executable, "-m", "imgrec", "train", "--config", str(config), "--name", example.name)
            subprocess.run(command, check=True, env=os.environ | {"IMGREC_HOME": home})
            run = Store(Path(home)).all()[0]
            library.tag(run, [TAG])
            keep(run, quick=example.learns)


def keep(run: Run, *, quick: bool) -> None:
    """Copy a run into the package; quick: also what lets it answer at once, for which there is no room in all."""
    folder = STORE.runs / run.id
    folder.mkdir(parents=True)
    for name in (*KEPT, run.lite.name) if quick else KEPT:
        shutil.copyfile(run.folder / name, folder / name)
    RunWriter(folder).forget_folders()
    probabilities, labels = run.predictions()
    np.savez_compressed(folder / "predictions.npz", probabilities=probabilities, labels=labels)


if __name__ == "__main__":
    main()
