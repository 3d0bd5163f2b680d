"""What is promised of the example that has learnt CIFAR-10, measured: `python -m benchmarks.bundled`.

Needs the dataset, as IMGREC_CIFAR10. All 10,000 test images as PNG files get what the evaluation gave them; test images
and foreign pictures are told apart; masking what HiResCAM highlights counts; and an answer comes after each of 50 kills
of the prediction process. Exit status 1 where one of these does not hold.
"""

import argparse
import os
import signal
import sys
import threading
import time
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from benchmarks import foreign, home
from imgrec import datasets, edge, examples
from imgrec.classifier import Answer
from imgrec.errors import ImgrecError
from imgrec.predictor import Predictor
from imgrec.runs import Run
from imgrec.ui.predict.sources import png
from imgrec.verdict import Judge


def main() -> int:
    """Measure everything, and print a line for each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=10_000, help="test images that are sent as PNG files")
    parser.add_argument("--some", type=int, default=200, help="of them told from foreign pictures, and masked")
    parser.add_argument("--kills", type=int, default=50)
    chosen = parser.parse_args()
    run = examples.of_photographs()
    with home.with_datasets():
        _, test = datasets.load("cifar10", edge.location("cifar10"))
        predictor = Predictor(edge.home(), quiet=True)
        try:
            held = [
                _same_answers(predictor, run, test.pixels[: chosen.images]),
                _told_apart(predictor, run, np.asarray(test.pixels), chosen.some),
                _masked(predictor, run, np.asarray(test.pixels), chosen.some),
                _killed(predictor, run, png(test.pixels[0]), chosen.kills),
            ]
        finally:
            predictor.close()
    return 0 if all(held) else 1


def _answers(predictor: Predictor, run: Run, files: Sequence[bytes]) -> list[Answer]:
    return [answer for answer in predictor.predict(run, files) if not isinstance(answer, str)]


def _say(held: bool, what: str) -> bool:
    print(f"{'ok' if held else 'NOT HELD'}: {what}", flush=True)
    return held


def _same_answers(predictor: Predictor, run: Run, images: NDArray[np.uint8]) -> bool:
    expected, _ = run.predictions()
    found = np.stack([answer.probabilities for answer in _answers(predictor, run, [png(image) for image in images])])
    others = int((found.argmax(axis=1) != expected[: len(images)].argmax(axis=1)).sum())
    largest = float(np.abs(found - expected[: len(images)]).max())
    what = f"{len(images)} test images as PNG: {others} of another class, largest difference {largest:.1e}"
    return _say(others == 0 and largest <= 1e-5, what)


def _told_apart(predictor: Predictor, run: Run, images: NDArray[np.uint8], count: int) -> bool:
    judge = Judge.of(run, run.predictions())

    def none_of(files: Sequence[bytes]) -> int:
        answers = _answers(predictor, run, files)
        return sum(judge.verdict(answer.probabilities, answer.novelty).kind == "none" for answer in answers)

    chosen = np.random.default_rng(1).permutation(len(images))[:count]
    wrong = none_of([png(images[place]) for place in chosen])
    each = count // len(foreign.KINDS)
    kinds = {
        kind: none_of([png(np.asarray(picture)) for picture in drawn])
        for kind, drawn in foreign.pictures(each, seed=1).items()
    }
    right = sum(kinds.values())
    what = (
        f"{wrong} of {count} test images are none of the classes, and {right} of {each * len(kinds)} foreign pictures"
    )
    return _say(wrong <= count / 20 and right >= 0.8 * each * len(kinds), f"{what}, of {each} each: {kinds}")


def _masked(predictor: Predictor, run: Run, images: NDArray[np.uint8], count: int) -> bool:
    explainer = Predictor(edge.home(), quiet=True)
    lower = 0
    try:
        for place in np.random.default_rng(2).permutation(len(images))[:count]:
            image = images[place]
            [answer] = _answers(predictor, run, [png(image)])
            best = int(answer.probabilities.argmax())
            order = np.argsort(explainer.explain(run, image, best), axis=None, kind="stable")
            half = len(order) // 2
            masked = np.stack([image, image])
            mean = np.rint(image.mean(axis=(0, 1)))
            for each, hidden in zip(masked, (order[half:], order[:half]), strict=True):
                each.reshape(-1, 3)[hidden] = mean
            highlighted, rest = _answers(predictor, run, [png(each) for each in masked])
            lower += highlighted.probabilities[best] < rest.probabilities[best]
    finally:
        explainer.close()
    what = f"masking the highlighted half lowers the probability more than masking the other: {lower} of {count}"
    return _say(lower >= 0.8 * count, what)


def _killed(predictor: Predictor, run: Run, picture: bytes, kills: int) -> bool:
    told, slowest = 0, 0.0
    for kill in range(kills):
        _answers(predictor, run, [picture])
        assert predictor._child is not None
        # In the middle of a prediction of some thousand pictures, at another moment each time.
        timer = threading.Timer(0.05 + 0.01 * kill, os.kill, (predictor._child.pid, signal.SIGKILL))
        timer.start()
        try:
            predictor.predict(run, [picture] * 5000)
        except ImgrecError as error:
            told += "SIGKILL" in str(error)
        timer.join()
        began = time.monotonic()
        _answers(predictor, run, [picture])
        slowest = max(slowest, time.monotonic() - began)
    what = (
        f"killed in the middle of {kills} predictions: told {told} times, the next answer after {slowest:.1f} s at most"
    )
    return _say(told == kills and slowest <= 15, what)


if __name__ == "__main__":
    sys.exit(main())
