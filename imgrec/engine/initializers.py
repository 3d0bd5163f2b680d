"""Starting weights that are more than random: identity convolutions, filters computed from the images, copies."""

import math
from collections.abc import Sequence
from pathlib import Path

import keras
import numpy as np

from imgrec.datasets import Pixels
from imgrec.engine import network, prediction
from imgrec.errors import StartError
from imgrec.fitting import Split
from imgrec.layers import Layer, PatchWhitening

IMAGES = 2000
"""Images whose patches are measured: 2 million patches of 2×2 pixels of 32×32 images."""

TOGETHER = 50
"""Images measured at once, where they are of 32×32: patches of the largest allowed size then take 340 MB."""

PATCH_BYTES = 350_000_000
"""Patches measured at once, of larger images."""

FLOOR = 5e-4
"""Added to each variance, as a share of the mean variance, so that what hardly varies is not blown up to noise; the
value of Jordan 2024 (arXiv 2404.00498), whose images have variance 1."""


def begin(model: keras.Model, layers: Sequence[Layer], split: Split, start: Path | None, copied: int | None) -> None:
    """Set what a new model of these layers begins with, beside what is random in it already.

    start is a saved model, if any, and copied how many of its first layers are taken; None: all, and the output.
    Raises ImgrecError where it is damaged, StartError where it is of another network.
    """
    if start is not None and copied is None:
        model.set_weights(prediction.read(start).get_weights())
        return
    if start is not None:
        copy(model, prediction.read(start), copied or 0)
    prepare(model, layers, split.images.pixels, split.training, copied or 0)


def prepare(model: keras.Model, layers: Sequence[Layer], pixels: Pixels, training: np.ndarray, copied: int = 0) -> None:
    """Set the weights of a new model's layers that do not start at random, but for the first ones, which are copied.

    What is measured is measured on the training images alone: pixels (N, H, W, C) uint8 at the indices training.
    """
    for position, layer in enumerate(layers):
        name = network.layer_name(position, layer)
        if position < copied:
            continue
        if isinstance(layer, PatchWhitening):
            built = model.get_layer(name)
            measured = pixels[training[:: max(1, len(training) // IMAGES)]]
            before = keras.Model(model.input, built.input)
            built.set_weights(whitening(before, measured, layer.kernel_size))
        elif getattr(layer, "kernel_initializer", None) == "identity":
            built = model.get_layer(name)
            kernel, *bias = built.get_weights()
            built.set_weights([identity(kernel), *bias])


def copy(model: keras.Model, source: keras.Model, layers: int) -> None:
    """Give so many of the first layers of a model the weights that they have in another one.

    Raises StartError where that one has none, or others.
    """
    for layer in network.first_layers(model, layers):
        before = next((each for each in source.layers if each.name == layer.name), None)
        theirs = before.get_weights() if before else []
        if [array.shape for array in theirs] != [tuple(weight.shape) for weight in layer.weights]:
            raise StartError(
                f"The layers that this run starts from need to be those of its network. Received others at "
                f"{layer.name}. Start a copy that takes its layers from another run."
            )
        layer.set_weights(theirs)


def identity(kernel: np.ndarray) -> np.ndarray:
    """Return the kernel (k, k, C, filters) with its first filters replaced: filter i passes channel i on unchanged."""
    size, _, channels, filters = kernel.shape
    through = np.arange(min(channels, filters))
    out = kernel.copy()
    out[..., through] = 0
    out[(size - 1) // 2, (size - 1) // 2, through, through] = 1
    return out


def whitening(values_of: keras.Model, images: np.ndarray, kernel_size: int) -> tuple[np.ndarray, np.ndarray]:
    """Return kernel (k, k, C, 2·k·k·C) and bias of the convolution whose first half has variance 1, uncorrelated.

    The filters are the principal components of the k×k patches of what the model makes of the images, each divided by
    its standard deviation; the second half is their negative; the bias takes the mean patch away.
    """
    size = kernel_size**2 * values_of.output.shape[-1]
    count, total, products = 0, np.zeros(size), np.zeros((size, size))
    together = max(1, min(TOGETHER, PATCH_BYTES // (8 * size * math.prod(values_of.output.shape[1:3]))))
    for start in range(0, len(images), together):
        patches = _patches(np.asarray(values_of(images[start : start + together])), kernel_size)
        count, total = count + len(patches), total + patches.sum(axis=0)
        products = products + patches.T @ patches
    mean = total / count
    variances, components = np.linalg.eigh(products / count - np.outer(mean, mean))
    filters = components / np.sqrt(np.maximum(variances, 0) + FLOOR * max(variances.mean(), 1e-12))
    both = np.concatenate([filters, -filters], axis=1)
    kernel = both.reshape(kernel_size, kernel_size, -1, 2 * size)
    return kernel.astype(np.float32), (-mean @ both).astype(np.float32)


def _patches(values: np.ndarray, kernel_size: int) -> np.ndarray:
    """Return all patches (M, k·k·C) float64 of values (N, H, W, C)."""
    windows = np.lib.stride_tricks.sliding_window_view(values, (kernel_size, kernel_size), axis=(1, 2))
    size = kernel_size**2 * values.shape[-1]
    return np.moveaxis(windows, 3, -1).reshape(-1, size).astype(np.float64)
