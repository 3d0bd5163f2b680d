"""How unlike its training images an image is to a network, so that it can be said to show none of the classes.

A network names one of its classes whatever it is shown, and often as surely as ever. But what its filters find in a
page of text or in noise lies outside of what they find in any training image. So the mean and the standard deviation
over all places of each channel are compared with their range over training images. After Sastry and Oore 2020,
"Detecting Out-of-Distribution Examples with Gram Matrices" (arXiv 1912.12510), of which this keeps the simplest
statistics.

Of 300 drawn faces, pages of text, gradients, shapes and images of noise it tells 92 % apart for the preset `best`,
where 2 % of the test images of CIFAR-10 are taken for such; by the largest probability it would be 46 %.
"""

from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from imgrec.classifier import at_once
from imgrec.engine.prediction import traced

FILTERING = (keras.layers.Conv2D, keras.layers.SeparableConv2D, keras.layers.Dense)
"""Layers that look for something: what they find is compared."""

RARE = 0.002
"""Share of the training images below each range, and above it."""

LEAST_RANGE = 1e-6
"""Of a channel that is the same for all training images, as one that is never active."""


class NoveltyDetector:
    """Computes how unlike a model's training images other images are."""

    def __init__(self, model: keras.Model, images: NDArray[np.uint8]) -> None:
        """Take the ranges from images (N, H, W, C) that the model has learnt from."""
        found = [layer.output for layer in model.layers if isinstance(layer, FILTERING)]
        self._inside = keras.Model(model.input, [model.output, *found])
        sizes = [values.shape[-1] for values in found for _ in range(1 if len(values.shape) == 2 else 2)]
        # The statistics of each layer count as much as those of another, however many channels it has.
        self._weights = np.concatenate([np.full(size, 1 / (len(sizes) * size), np.float32) for size in sizes])
        statistics_of = traced(lambda some: self._of(some)[1], model)
        step = at_once(images.shape[1:])
        batches = (tf.constant(images[place : place + step]) for place in range(0, len(images), step))
        statistics = np.concatenate([statistics_of(batch).numpy() for batch in batches])
        self._low, self._high = np.quantile(statistics, [RARE, 1 - RARE], axis=0).astype(np.float32)

    def answer(self, images: Any) -> tuple[Any, Any]:
        """Return the probabilities (N, classes) and the novelty (N,) of a tensor of images.

        Novelty is the mean of how far each statistic lies outside of its range, measured in ranges, and 1 at most.
        So it reaches from 0 to 1.
        """
        probabilities, statistics = self._of(images)
        outside = tf.nn.relu(self._low - statistics) + tf.nn.relu(statistics - self._high)
        share = tf.minimum(outside / (self._high - self._low + LEAST_RANGE), 1)
        return probabilities, tf.reduce_sum(share * self._weights, axis=1)

    def _of(self, images: Any) -> tuple[Any, Any]:
        probabilities, *found = self._inside(images, training=False)
        return probabilities, tf.concat([part for values in found for part in _statistics(values)], axis=1)


def _statistics(values: Any) -> list[Any]:
    """Return what is compared of a layer's values: (N, channels) tensors."""
    if len(values.shape) == 2:
        return [values]
    mean, variance = tf.nn.moments(values, axes=(1, 2))
    return [mean, tf.sqrt(variance)]
