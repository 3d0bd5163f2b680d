"""Describes images by what a network that knows photographs finds in them, and by their colours and edges."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from imgrec import examples, findings
from imgrec.datasets import Pixels, Rows
from imgrec.findings import Glance
from imgrec.layers import Conv2D
from imgrec.lite import LiteFeatures

SCALE_IMAGES = 1000
"""Images of which the mean and the standard deviation of each feature are taken; of more they are hardly different."""

MOST = 1000.0
"""No feature is larger, in standard deviations: what is nearly constant would not fit into float16."""


class Described(NamedTuple):
    """Features of N images; each has about the mean 0 and the standard deviation 1. They take 5 KB an image."""

    all: NDArray[np.float16]
    """(N, 2,538) in colour, (N, 2,506) in grey: of all layers of the network, and colours and edges."""
    late: NDArray[np.float16]
    """(N, 698) or (N, 666): the last columns of all, without the earlier layers."""


def described(pixels: Pixels, glance: Glance, on_share: Callable[[float], None] = lambda _: None) -> Described:
    """Return features of images (N, H, W, C) uint8 of any size.

    glance is what findings.glance gives of them. on_share receives which share of the images is done.
    """
    run = examples.of_photographs()
    network = LiteFeatures(run.lite.read_bytes())
    looks = findings.colours_and_edges(glance)
    some = np.linspace(0, len(pixels) - 1, min(SCALE_IMAGES, len(pixels))).astype(np.int64)
    sample = np.concatenate([found for _, found in _found(network, Rows(pixels, some))])
    mean, deviation = sample.mean(axis=0), np.maximum(sample.std(axis=0), 1e-6)
    features = np.empty((len(pixels), network.size + looks.shape[1]), np.float16)
    features[:, network.size :] = looks
    for part, found in _found(network, pixels):
        features[part, : network.size] = ((found - mean) / deviation).clip(-MOST, MOST)
        on_share(part.stop / len(pixels))
    filters = [layer.filters for layer in run.config.layers if isinstance(layer, Conv2D)]
    late = 2 * filters[-1] + len(run.dataset.class_names) + looks.shape[1]  # and what the head says
    return Described(features, features[:, -late:])


def probabilities(
    images: Described, labels: NDArray[np.int64], classes: int, groups: NDArray[np.int64] | None = None
) -> NDArray[np.float64]:
    """Return of N images what a classifier says that has not learnt from them nor their twins: (N, classes).

    labels (N,) are places among the classes; images with the same number in groups (N,) are twins. Of two classifiers
    the one is asked whose probabilities fit the labels better: photographs are told apart by the last layers, with few
    images too; drawings, which the network does not know, by all of them.
    """
    asked = (findings.by_features(images.late, labels, classes), findings.by_features(images.all, labels, classes, 0.1))
    said = (findings.cross_validated(labels, classes, each, groups=groups) for each in asked)
    return findings.best_calibrated(said, labels)


def _found(network: LiteFeatures, pixels: Pixels) -> Iterator[tuple[slice, NDArray[np.float32]]]:
    side = network.image_shape[0]
    for part, images in findings.chunks(pixels):
        yield part, network.of(findings.resized(images, side))
