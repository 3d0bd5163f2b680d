"""`python -m tests.engine.on_two_devices`: trainings on two logical processors, compared with those on one device.

A process of its own, as TensorFlow takes its devices when it starts. Prints a line of JSON for test_devices.py.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from itertools import chain, repeat

import keras
import numpy as np
import tensorflow as tf

from imgrec.config import RunConfig, Training
from imgrec.datasets import Images, split
from imgrec.engine import devices, network, optimizers
from imgrec.engine import training as engine
from imgrec.engine.fast_layers import FAST_LAYERS
from imgrec.engine.learner import Learner
from imgrec.fitting import Asked, Checkpoint, Split
from imgrec.layers import BatchNormalization, Conv2D, Dense, Dropout, Flatten, Layer, MaxPooling2D, SpatialDropout2D
from imgrec.optimizers import SGD, Adam, AdamW, Muon, RMSprop

CHUNKS = 20, 30
CLASSES, SHAPE = 3, (8, 8, 3)
PLAIN = Conv2D(filters=8), MaxPooling2D(), Flatten(), Dense(units=16)
NORMALIZED = Conv2D(filters=8), BatchNormalization(), MaxPooling2D(), Flatten(), Dense(units=16), BatchNormalization()
DROPPING = Conv2D(filters=8), BatchNormalization(), SpatialDropout2D(rate=0.2), Flatten(), Dropout(rate=0.5)
MOMENTUM = {"optimizer": SGD(momentum=0.9, nesterov=True), "learning_rate": 0.01}

Case = tuple[Sequence[Layer], dict[str, object], int]
CASES: dict[str, Case] = {
    "SGD with momentum": (PLAIN, MOMENTUM, 32),
    "Adam": (PLAIN, {"optimizer": Adam()}, 32),
    "AdamW": (PLAIN, {"optimizer": AdamW(weight_decay=0.05)}, 32),
    "RMSprop": (PLAIN, {"optimizer": RMSprop()}, 32),
    "Muon": (PLAIN, {"optimizer": Muon(beta_rate=8)}, 32),
    "33 images": (PLAIN, MOMENTUM, 33),
    "1 image": (PLAIN, MOMENTUM, 1),
    "class weights": (PLAIN, {**MOMENTUM, "class_weights": "balanced"}, 33),
    "L2": (PLAIN, {"optimizer": Adam(weight_decay=0.05)}, 33),
    "BatchNormalization": (NORMALIZED, {**MOMENTUM, "learning_rate": 0.001}, 33),
    "BatchNormalization, 1 image": (NORMALIZED, {**MOMENTUM, "learning_rate": 0.001}, 1),
}


def images() -> Images:
    """Return 330 images of three classes over noise, of which the first class has most."""
    rng = np.random.default_rng(0)
    labels = np.where(rng.random(330) < 0.5, 0, np.arange(330) % CLASSES).astype(np.uint8)
    pixels = rng.integers(0, 156, (330, *SHAPE))
    pixels[np.arange(330), :, :, labels] += 60
    return Images(pixels.astype(np.uint8), labels)


def learnt(case: Case, where: str, precision: str = "float32") -> tuple[Learner, float, int]:
    """Take 50 steps. Return the learner, the sum of the losses and the number of right answers."""
    layers, settings, size = case
    found, training = images(), Training.parse(settings)
    keras.utils.set_random_seed(0)
    with devices.scope(where):
        model = network.build_for_training(layers, SHAPE, CLASSES, precision)
        weights = optimizers.class_weights(training, found.labels, CLASSES)
        learner = Learner(model, training, sum(CHUNKS), weights)
    learner.draw_anew(0, 1)
    results = [learner.learn(*batches) for batches in batches(found, size)]
    return learner, sum(loss for loss, _ in results), sum(right for _, right in results)


def batches(found: Images, size: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    rng = np.random.default_rng(1)
    for steps in CHUNKS:
        chosen = rng.integers(0, len(found.labels), (steps, size))
        yield found.pixels[chosen], found.labels[chosen]


def compared(case: Case, precision: str = "float32") -> dict[str, float]:
    """Return by how much two devices differ from one: the weight that does most, the losses, the right answers."""
    (one, loss, right), (two, loss_of_two, right_of_two) = (learnt(case, where, precision) for where in ("one", "all"))
    pairs = zip(one.model.get_weights(), two.model.get_weights(), strict=True)
    return {
        "weights": max(float(np.abs(a - b).max()) for a, b in pairs),
        "learnt": bool(loss_of_two < 0.95 * sum(CHUNKS) * case[2] * np.log(CLASSES)),
        "loss": abs(loss - loss_of_two) / loss,
        "right": abs(right - right_of_two),
        "between the devices": between_devices(two),
    }


def between_devices(learner: Learner) -> float:
    """Return by how much a variable differs between the two devices, at most."""
    variables = [*learner.model.variables, *learner.optimizer.variables]
    copies = [variable.value.values for variable in variables if hasattr(variable.value, "values")]
    assert len(copies) == len(variables), "a variable is on one device alone"
    return max(float(np.abs(one.numpy().astype(float) - two.numpy()).max()) for one, two in copies)


def masks() -> dict[str, bool]:
    """Say whether the halves of a batch lose other values, and the same ones again from the same state."""
    with devices.scope("all"):
        image = keras.Input((4, 4, 32))
        model = keras.Model(image, FAST_LAYERS["SpatialDropout2D"](0.5)(image))
        strategy = tf.distribute.get_strategy()
    states = [variable for variable in model.variables if "seed" in variable.name]
    began = [state.numpy() for state in states]

    def drawn() -> list[np.ndarray]:
        each = strategy.run(tf.function(lambda: model(tf.ones((8, 4, 4, 32)), training=True), autograph=False))
        return [one.numpy() for one in each.values]

    first = drawn()
    for state, value in zip(states, began, strict=True):
        state.assign(value)
    again = drawn()
    return {
        "other values": not np.array_equal(first[0], first[1]),
        "the same again": all(map(np.array_equal, first, again)),
        "whole channels": all((one == one[:, :1, :1]).all() and 0.3 < (one == 0).mean() < 0.7 for one in first),
    }


def trained(asked: Callable[[], Asked], checkpoint: Checkpoint | None, kept: list[Checkpoint]) -> engine.Trained | None:
    training = Training(epochs=3, batch_size=32, validation_share=0.2, precision="float32", devices="all")
    found = images()
    config, places = RunConfig(layers=DROPPING, training=training), split(found, training)
    return engine.train(config, Split(found, *places), CLASSES, lambda _: None, kept.append, asked, checkpoint)


def resumed() -> dict[str, float]:
    """Return how often a training was paused, and by how much it then differs from an unbroken one."""
    unbroken, pauses = trained(lambda: None, None, []), 0
    found, checkpoint = None, None
    kept: list[Checkpoint] = []
    engine.MAX_CHUNK = 1
    while found is None:
        nothing: Asked = None
        pause: Asked = "pause"
        asked = chain(repeat(nothing, 5 + pauses), repeat(pause))  # each time on another step of its epoch
        found = trained(asked.__next__, checkpoint, kept)
        checkpoint, pauses = kept[-1], pauses + (found is None)
    assert unbroken is not None
    pairs = zip(unbroken.model.get_weights(), found.model.get_weights(), strict=True)
    return {"weights": max(float(np.abs(one - two).max()) for one, two in pairs), "pauses": pauses}


if __name__ == "__main__":
    (processor,) = tf.config.list_physical_devices("CPU")
    tf.config.set_logical_device_configuration(processor, [tf.config.LogicalDeviceConfiguration()] * 2)
    measured = {
        "float32": {name: compared(case) for name, case in CASES.items()},
        "bfloat16": compared(CASES["BatchNormalization"], "bfloat16"),
        "dropout": masks(),
        "resumed": resumed(),
    }
    print(json.dumps(measured))  # noqa: T201
