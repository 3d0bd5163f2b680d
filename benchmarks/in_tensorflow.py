"""The contestants that compute with TensorFlow: imgrec's training, plain Keras `fit`, and matrix products."""

import time
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from benchmarks.contest import Turns
from imgrec import datasets, presets
from imgrec.augmentations import AUGMENTATIONS
from imgrec.config import RunConfig
from imgrec.datasets import Images
from imgrec.engine import fast_optimizers, network, training
from imgrec.engine.optimizers import make_optimizer
from imgrec.fitting import Split
from imgrec.optimizers import Muon
from imgrec.records import Progress

HELD_BACK = 256
"""Validation images, which imgrec's training asks for; validation is not timed."""

SIDES = (1024, 2048, 4096)
"""Of the square matrices that are multiplied; the best one counts."""

PRODUCT_SECONDS = 0.3
"""How long each size is multiplied in a round."""


def imgrec(turns: Turns, preset: str, images: int, augmentations: Sequence[str] = ()) -> None:
    """Train as a worker does: each epoch without its validation is a turn, in images/s; the first warms up.

    Augmentations are given by name and take their default amounts.
    """
    chosen = tuple(AUGMENTATIONS[name]() for name in augmentations)
    config = _without_augmentation(preset).replace(augmentations=chosen).with_setting("training.epochs", 500)
    pixels, labels = random_images(config.dataset, images + HELD_BACK)
    places = np.arange(images + HELD_BACK)
    began = 0.0

    def on_progress(progress: Progress) -> None:
        nonlocal began
        warm = progress.epoch != 1
        if progress.step == 0:
            if warm:
                turns.wait()
            began = time.perf_counter()
        elif warm and progress.step == progress.steps and progress.validated is None:
            turns.answer(images / (time.perf_counter() - began))

    training.train(
        config,
        Split(Images(pixels, labels), places[:images], places[images:]),
        classes=len(datasets.get(config.dataset).class_names),
        on_progress=on_progress,
        on_checkpoint=lambda _: None,
        asked=lambda: None,
    )


def keras_fit(turns: Turns, preset: str, images: int) -> None:
    """Call `fit` on float32 arrays for one epoch a turn, with Keras' defaults for all but the settings compared."""
    config = _without_augmentation(preset)
    settings, dataset = config.training, datasets.get(config.dataset)
    pixels, labels = random_images(config.dataset, images)
    network_of_bytes = network.build_classifier(config.layers, dataset.image_shape, len(dataset.class_names))
    model = keras.Model(network_of_bytes.get_layer("scale").output, network_of_bytes.output)
    # Keras' own Muon leaves the kernels of convolutions to AdamW.
    classes = fast_optimizers if isinstance(settings.optimizer, Muon) else keras.optimizers
    model.compile(
        optimizer=make_optimizer(settings, 500 * images // settings.batch_size, classes),
        loss=keras.losses.CategoricalCrossentropy(label_smoothing=settings.label_smoothing),
        metrics=["accuracy"],
    )
    x = pixels.astype("float32") / 255
    y = keras.utils.to_categorical(labels, len(dataset.class_names))

    def measure() -> float:
        began = time.perf_counter()
        model.fit(x, y, batch_size=settings.batch_size, verbose=0)
        return images / (time.perf_counter() - began)

    measure()
    turns.serve(measure)


def matrix_products(turns: Turns, precision: str) -> None:
    """Multiply square matrices of each size, and return the floating point operations a second of the best."""
    matrices = [tf.cast(tf.random.normal((side, side)), precision) for side in SIDES]

    def measure() -> float:
        return max(_rate(matrix) for matrix in matrices)

    measure()
    turns.serve(measure)


def random_images(dataset: str, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw noise of the dataset's shape: pixels (N, H, W, C) uint8 and labels (N,) uint8."""
    known, rng = datasets.get(dataset), np.random.default_rng(0)
    pixels = rng.integers(0, 256, (count, *known.image_shape), dtype=np.uint8)
    return pixels, rng.integers(0, len(known.class_names), count, dtype=np.uint8)


def _without_augmentation(preset: str) -> RunConfig:
    return presets.get(preset).config.replace(augmentations=())


def _rate(matrix: Any) -> float:
    began, products = time.perf_counter(), 0
    while (seconds := time.perf_counter() - began) < PRODUCT_SECONDS or products == 0:
        tf.matmul(matrix, matrix).numpy()
        products += 1
    return float(products * 2 * matrix.shape[0] ** 3 / seconds)
