"""Prepares a finished training for quick answers: its model as a .tflite file, and the verdict "none of these".

`python -m imgrec.quick FOLDER` does it for a run of an imgrec that did not do so. Side effects: holds the run's lock
while it lives, and writes the model and evaluation.json into its folder. Exit status: 0 done, 1 failed, 3 not to be
done.
"""

import os
import sys
import traceback
from hashlib import sha256
from pathlib import Path

import numpy as np
from filelock import Timeout

from imgrec import datasets, edge, jobs
from imgrec.datasets import Images
from imgrec.errors import ImgrecError
from imgrec.executor import Executor, LocalExecutor
from imgrec.lite import LiteClassifier, agree
from imgrec.records import Evaluation, Novelty
from imgrec.runs import RunWriter, State, Store, source

KNOWN_IMAGES = 2000
"""Training images that others are compared with; with eight thousand, foreign pictures were told apart no better."""

NICENESS = 10
"""Nobody waits for it: pages and trainings come first."""

NOVEL_SHARE = 0.02
"""Share of the validation images that are more novel than the threshold."""


def prepared(
    run: RunWriter,
    executor: Executor,
    model: bytes,
    evaluation: Evaluation,
    learn_from: Images,
    test: Images,
) -> Evaluation:
    """Keep a run's model as a .tflite file, if it says of every test image what the model says.

    Takes the images that the run may see and the test images; the run's predictions are written already. Return the
    evaluation with the checksum of the file and the threshold of novelty.
    """
    asked = run.config.training
    training, validation = datasets.split(learn_from, asked)
    probabilities, _ = run.predictions()
    try:
        known = training[:: -(-len(training) // KNOWN_IMAGES)]
        content = executor.convert(model, learn_from.pixels[known])
        if content is None:
            return evaluation
        found = LiteClassifier(content, asked.test_time_augmentation).ask(test.pixels)
        if not agree(found.probabilities, probabilities):
            return evaluation.replace(lite_sha256="")
        own = LiteClassifier(content).ask(datasets.Rows(learn_from.pixels, validation)).novelty
        assert own is not None  # the file was just made so
        assert found.novelty is not None
        threshold = float(np.quantile(own, 1 - NOVEL_SHARE))
    except Exception:  # a training is not lost for it: Keras answers then, and the log says why
        traceback.print_exc()
        return evaluation
    run.write_lite(content)
    return evaluation.replace(
        lite_sha256=sha256(content).hexdigest(),
        novelty=Novelty(threshold=threshold, test_share=float((found.novelty > threshold).mean())),
    )


def main(folder: Path) -> int:
    """Prepare the finished run of this folder, if its images are here."""
    run = RunWriter(folder)
    try:
        with run.lock().acquire(timeout=0):
            evaluation = run.evaluation()
            if run.state is not State.FINISHED or evaluation is None or evaluation.is_prepared:
                return jobs.NOT_MINE
            images = source.ready(run.config.dataset, edge.home(), Store.of(run).folder)
            if images is None or images.fingerprint != evaluation.fingerprint:
                return jobs.NOT_MINE
            if hasattr(os, "nice"):
                os.nice(NICENESS)
            run.finish(prepared(run, LocalExecutor(folder), run.model.read_bytes(), evaluation, *images.images))
    except Timeout:
        return jobs.NOT_MINE
    except (ImgrecError, OSError):
        traceback.print_exc()
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
