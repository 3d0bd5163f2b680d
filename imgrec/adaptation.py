"""A preset's config as a dataset needs it: its layers by the images and classes, its training by their number."""

import math

from imgrec import presets
from imgrec.config import RunConfig, Training
from imgrec.records import DatasetInfo

FEW_IMAGES = 10_000
"""The datasets that presets were measured on have at least twice as many training images."""

ENOUGH_STEPS = 500
"""Steps below which a network has hardly begun to learn: the preset quick takes 800 on the dataset shapes."""

MOST_EPOCHS = 30
"""As many as a server for strangers lets one train; with few images each takes a fraction of a second."""

LEAST_BATCH = 8
"""Batch normalization needs some images to take a mean of."""


def fitted(config: RunConfig, dataset: DatasetInfo) -> tuple[RunConfig, tuple[str, ...]]:
    """Return a preset's config as a dataset needs it, and a sentence for each change. The dataset becomes the config's.

    Nothing changes for images like those that presets were measured on.
    """
    config = config.replace(dataset=dataset.name)
    config, reasons = presets.adapted(config, dataset.image_shape, len(dataset.class_names))
    training, more = for_few_images(config.training, dataset.train_images)
    return config.replace(training=training), (*reasons, *more)


def for_few_images(training: Training, images: int) -> tuple[Training, tuple[str, ...]]:
    """Return settings with which also a few training images make enough steps, and a sentence where they differ."""
    learnt = max(1.0, images * (1 - training.validation_share) * training.train_share)
    if images >= FEW_IMAGES or learnt / training.batch_size * training.epochs >= ENOUGH_STEPS:
        return training, ()
    epochs = max(training.epochs, MOST_EPOCHS)
    wanted = learnt * epochs / ENOUGH_STEPS
    batch = min(training.batch_size, max(LEAST_BATCH, 2 ** math.floor(math.log2(max(wanted, 1)))))
    epochs = min(epochs, max(training.epochs, math.ceil(ENOUGH_STEPS * batch / learnt)))
    found = training.replace(batch_size=batch, epochs=epochs)
    reason = (
        f"It trains {epochs} epochs in batches of {batch}, as there are only {images:,} training images: otherwise it "
        "would end after a few steps."
    )
    return found, (reason,) if found != training else ()
