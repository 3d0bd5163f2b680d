"""A few numbers that say what an image looks like, without any training: its colours and edges, and where."""

import numpy as np
from numpy.typing import NDArray

from imgrec.findings.thumbnails import SIDE, Glance, brightness

DIRECTIONS = 8
CELLS = 4


def colours_and_edges(glance: Glance) -> NDArray[np.float32]:
    """Return features of each image, (N, numbers): in each of 4×4 cells its mean colour and its edges in 8 directions.

    Edges are relative to all edges of the image, so that its contrast does not count. Each number has the mean 0 and
    the standard deviation 1 over the images.
    """
    features = np.concatenate([glance.colours, _edges(glance.thumbnails)], axis=1)
    features -= features.mean(axis=0)
    features /= np.maximum(features.std(axis=0), 1e-6)
    return features


def _edges(thumbnails: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return (N, 4·4·8). Source: the idea of Dalal and Triggs 2005, “Histograms of Oriented Gradients”, simplified."""
    edges = np.empty((len(thumbnails), CELLS, CELLS, DIRECTIONS), np.float32)
    cell = SIDE // CELLS
    for start in range(0, len(thumbnails), 1024):
        part = slice(start, start + 1024)
        down, across = np.gradient(brightness(thumbnails[part]), axis=(1, 2))
        for number in range(DIRECTIONS):
            angle = 2 * np.pi * number / DIRECTIONS
            along = np.maximum(np.float32(np.cos(angle)) * across + np.float32(np.sin(angle)) * down, 0)
            edges[part, :, :, number] = along.reshape(-1, CELLS, cell, CELLS, cell).mean(axis=(2, 4))
    flat = np.sqrt(edges.reshape(len(thumbnails), CELLS * CELLS * DIRECTIONS))
    shares: NDArray[np.float32] = flat / np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-3)
    return shares
