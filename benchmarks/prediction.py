"""How long one picture takes from its bytes to probabilities, with everything warm, and 64 pictures in one call.

    python -m benchmarks.prediction --preset fast

The network has random weights, which take as long as trained ones, in a finished run in a folder of its own. For each
kind of upload three ways take turns, one call a turn: imgrec's prediction process as the pages ask it, the same
function without a process in between, and Keras' `model.predict` on the same pictures, decoded in the same way. Where
the preset has test-time augmentation, imgrec's two look at several views of each picture and Keras at one.
"""

import argparse
import io
import json
import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from PIL import Image

from benchmarks import contest, home
from benchmarks.contest import Contestant, Outcome, Turns
from imgrec import datasets, edge, presets, uploads
from imgrec.framing import CENTRE
from imgrec.predictor import Predictor
from imgrec.records import Evaluation
from imgrec.runs import Run, RunWriter

WARM_UP = 20
"""Calls before the first turn."""

KINDS = {"a JPEG of 600×400": ("JPEG", (600, 400), 1), "a PNG of 32×32": ("PNG", (32, 32), 1)}
KINDS |= {f"64 times {kind}": (format, size, 64) for kind, (format, size, _) in KINDS.items()}
"""Format, size (width, height) and number of the pictures of an upload."""

OURS = "prediction process"
WAYS = {OURS: "ask", "within the process": "call", "model.predict": "keras_predict"}
"""Who takes part, and the function of this module that does it."""


def main() -> None:
    """Hold a contest for each kind of upload and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--preset", default="fast", choices=list(presets.PRESETS))
    parser.add_argument("--rounds", type=int, default=200)
    arguments = parser.parse_args()
    outcomes: dict[str, Outcome] = {}
    with home.temporary():
        run = finished_run(arguments.preset)
        for kind in KINDS:
            work = {"run_id": run.id, "kind": kind}
            contestants = [Contestant(name, f"benchmarks.prediction:{way}", work) for name, way in WAYS.items()]
            outcomes[kind] = contest.hold(contestants, arguments.rounds)
    print(table(outcomes))
    figures = {
        kind: {**{name: summarised(times) for name, times in outcome.rounds.items()}, "left_out": outcome.left_out}
        for kind, outcome in outcomes.items()
    }
    settings = {"benchmark": "prediction", **vars(arguments)}
    print(json.dumps({**settings, "milliseconds": figures, "machine": contest.machine()}))


def table(outcomes: dict[str, Outcome]) -> str:
    """Write the figures of each kind of upload."""
    rows = []
    for kind, outcome in outcomes.items():
        for name, times in outcome.rounds.items():
            found, ratio = summarised(times), outcome.ratio(name, OURS)
            milliseconds = [f"{found['median']:.2f}", f"{found['percentile_95']:.2f}"]
            rows.append([f"{kind}: {name}", *milliseconds, f"{ratio:.2f}" if ratio else "–"])
    return contest.table(["", "ms, median", "ms, 95 % are below", f"this / {OURS}"], rows)


def summarised(times: list[float]) -> dict[str, float]:
    """Return median and 95th percentile."""
    return {"median": statistics.median(times), "percentile_95": float(np.percentile(times, 95))}


def finished_run(preset: str) -> Run:
    """Write a run as a worker leaves it, of a model with random weights and of no test images."""
    from imgrec.engine import fit, network  # noqa: PLC0415 - TensorFlow, which the contestant that asks shall not load

    config = presets.get(preset).config
    dataset = datasets.get(config.dataset)
    classes = len(dataset.class_names)
    run = RunWriter(edge.store().create(config, "Benchmark").folder)
    run.write_model(fit.saved(network.build_classifier(config.layers, dataset.image_shape, classes), run.folder))
    run.write_predictions(np.zeros((0, classes), np.float32), np.zeros(0, np.uint8))
    run.finish(
        Evaluation(
            test_accuracy=0,
            test_correct=0,
            test_images=0,
            validation_accuracy=0,
            best_epoch=1,
            epochs_trained=1,
            seconds=1,
            images_per_second=1,
            training_images=1,
            validation_images=1,
            params=1,
            fingerprint="of no images",
        )
    )
    return run


def upload(kind: str) -> list[bytes]:
    """Draw pictures: noise of 8×8 pixels enlarged, so that a JPEG is as large as a photograph's."""
    format, size, count = KINDS[kind]
    rng = np.random.default_rng(0)
    files = []
    for _ in range(count):
        file = io.BytesIO()
        noise = rng.integers(0, 256, (size[1] // 8, size[0] // 8, 3), dtype=np.uint8)
        Image.fromarray(noise).resize(size, Image.Resampling.BICUBIC).save(file, format, quality=90)
        files.append(file.getvalue())
    return files


def ask(turns: Turns, run_id: str, kind: str) -> None:
    """Ask the prediction process, as the pages do."""
    predictor, run = Predictor(edge.home(), quiet=True), edge.store().get(run_id)
    try:
        files = upload(kind)
        serve(turns, lambda: predictor.predict(run, files))
    finally:
        predictor.close()


def call(turns: Turns, run_id: str, kind: str) -> None:
    """Call the function that answers in the prediction process."""
    from imgrec.engine import serve as process  # noqa: PLC0415 - TensorFlow

    run, files = edge.store().get(run_id), [(file, CENTRE) for file in upload(kind)]
    views, modified = run.config.training.test_time_augmentation, run.model.stat().st_mtime_ns
    serve(turns, lambda: process.predict(run.model, modified, views, None, files))


def keras_predict(turns: Turns, run_id: str, kind: str) -> None:
    """Decode as imgrec does, and predicts as Keras' documentation shows."""
    import keras  # noqa: PLC0415 - TensorFlow

    model, files = keras.saving.load_model(edge.store().get(run_id).model, compile=False), upload(kind)
    shape = model.input_shape[1:]
    serve(turns, lambda: model.predict(np.stack([uploads.read(file, shape).pixels for file in files]), verbose=0))


def serve(turns: Turns, predict: Callable[[], Any]) -> None:
    """Take the time of one call a turn, in milliseconds."""

    def measure() -> float:
        began = time.perf_counter()
        predict()
        return 1000 * (time.perf_counter() - began)

    for _ in range(WARM_UP):
        measure()
    turns.serve(measure)


if __name__ == "__main__":
    main()
