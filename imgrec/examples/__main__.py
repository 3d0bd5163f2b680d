"""Trains every example anew and replaces its run: `python -m imgrec.examples`, about ten minutes on two cores."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from imgrec.examples import EXAMPLES, STORE, TAG
from imgrec.runs import Run, Store, library

KEPT = ("config.json", "label.json", "history.jsonl", "evaluation.json", "model.keras")
"""All that a finished run is read from but its predictions; its log and its attempts tell of this machine alone."""


def main() -> None:
    """Train into a home of its own, then put what is kept into the package."""
    shutil.rmtree(STORE.runs, ignore_errors=True)
    with tempfile.TemporaryDirectory() as home:
        for example in EXAMPLES:
            config = Path(home) / "config.json"
            config.write_text(example.config.to_json(), encoding="utf-8")
            command = (sys.executable, "-m", "imgrec", "train", "--config", str(config), "--name", example.name)
            subprocess.run(command, check=True, env=os.environ | {"IMGREC_HOME": home})
            run = Store(Path(home)).all()[0]
            library.tag(run, [TAG])
            _keep(run, quick=example.learns)


def _keep(run: Run, *, quick: bool) -> None:
    """Copy a run into the package; quick: also what lets it answer at once, for which there is no room in all."""
    folder = STORE.runs / run.id
    folder.mkdir(parents=True)
    for name in (*KEPT, run.lite.name) if quick else KEPT:
        shutil.copyfile(run.folder / name, folder / name)
    probabilities, labels = run.predictions()
    np.savez_compressed(folder / "predictions.npz", probabilities=probabilities, labels=labels)


if __name__ == "__main__":
    main()
