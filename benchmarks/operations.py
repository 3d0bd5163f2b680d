"""Where the time of a training step goes, by TensorFlow operation.

    python -m benchmarks.operations --preset fast

Takes training steps of a preset on noise, as training takes them, with TensorFlow's profiler on. Operations run one
after the other or beside each other, so their sum may be more than the time that has passed. Percent of that sum.
"""

import argparse
import json
import tempfile
import time
from collections import Counter
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from tensorflow.tsl.profiler.protobuf.xplane_pb2 import XSpace

from benchmarks import contest
from benchmarks.in_tensorflow import random_images
from imgrec import datasets, presets
from imgrec.engine import network, precision
from imgrec.engine.learner import Learner

LEAST_SHARE = 0.01
"""Operations that take less are summed up in one line."""

OUTER = ("While", "PartitionedCall", "StatefulPartitionedCall", "EagerKernelExecute")
"""Operations that hold others: their time is that of those."""


def main() -> None:
    """Train, profile and print the shares."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--preset", default="fast", choices=list(presets.PRESETS))
    parser.add_argument("--steps", type=int, default=10)
    arguments = parser.parse_args()
    seconds, passed, images = profile(arguments.preset, arguments.steps)
    print(table(seconds))
    print(f"\n{arguments.steps} steps: {passed:.2f} s, {images / passed:,.0f} images/s")
    settings = {"benchmark": "operations", **vars(arguments)}
    print(json.dumps({**settings, "passed": passed, "seconds": dict(seconds), "machine": contest.machine()}))


def profile(preset: str, steps: int) -> tuple[Counter[str], float, int]:
    """Return the seconds of each operation in so many steps, how long they took, and how many images they saw."""
    config = presets.get(preset).config
    dataset, settings = datasets.get(config.dataset), config.training
    keras.utils.set_random_seed(settings.seed)
    format = precision.chosen(settings.precision)
    model = network.build_for_training(config.layers, dataset.image_shape, len(dataset.class_names), format)
    learner = Learner(model, settings, total_steps=100 * steps)
    pixels, labels = random_images(config.dataset, steps * settings.batch_size)
    batches = pixels.reshape(steps, settings.batch_size, *dataset.image_shape), labels.reshape(steps, -1)
    learner.learn(*batches)  # builds the graph
    with tempfile.TemporaryDirectory() as folder:
        tf.profiler.experimental.start(folder)
        began = time.perf_counter()
        learner.learn(*batches)
        passed = time.perf_counter() - began
        tf.profiler.experimental.stop()
        (path,) = Path(folder).rglob("*.xplane.pb")
        return operations(XSpace.FromString(path.read_bytes())), passed, int(np.size(labels))


def operations(space: XSpace) -> Counter[str]:
    """Add up the seconds of each operation in a profile. An operation's event is called "name:Type"."""
    seconds: Counter[str] = Counter()
    for plane in space.planes:
        for line in plane.lines:
            for event in line.events:
                name, colon, kind = plane.event_metadata[event.metadata_id].name.partition(":")
                if name and colon and kind.isidentifier() and kind not in OUTER:
                    seconds[kind] += event.duration_ps / 1e12
    return seconds


def table(seconds: Counter[str]) -> str:
    """Write the operations that take most, and the rest in one line."""
    total = seconds.total()
    rows = [(kind, spent) for kind, spent in seconds.most_common() if spent >= LEAST_SHARE * total]
    rows.append(("all others", total - sum(spent for _, spent in rows)))
    cells = [[kind, f"{spent:.3f}", f"{100 * spent / total:.1f} %"] for kind, spent in rows]
    return contest.table(["operation", "seconds", "share"], cells)


if __name__ == "__main__":
    main()
