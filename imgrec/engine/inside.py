"""What a network makes of an image on its way through: the maps after each layer, and the filters that look first."""

from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from imgrec.engine.prediction import traced

MOST_MAPS = 64
"""Maps returned of a layer: those whose values are largest on average. More cannot be told apart on a page."""

MOST_VALUES = 256
"""Values returned of a layer without maps."""


class Inside:
    """A model ready to show what it computes inside."""

    def __init__(self, model: keras.Model) -> None:
        self._model = model
        self._until: dict[int, Any] = {}

    def maps(self, image: NDArray[np.uint8], position: int) -> tuple[NDArray[np.uint8], int]:
        """Return maps (N, h, w) after the layer at a position, counted from 0, and how many there are.

        255 stands for the largest value of the layer, 0 for 0 or for the smallest one below. A layer without maps gives
        its values, in their order, as maps of one pixel. Raises ValueError where there is no such layer.
        """
        values = self._after(position)(tf.constant(image[None])).numpy()[0]
        if values.ndim == 1:
            chosen = values[:MOST_VALUES, None, None]
        else:
            most_active = np.argsort(-values.mean(axis=(0, 1)), kind="stable")[:MOST_MAPS]
            chosen = values[..., most_active].transpose(2, 0, 1)
        low, high = min(0.0, float(values.min())), float(values.max())
        scaled = (chosen - low) * (255 / ((high - low) or 1))
        return np.rint(scaled).astype(np.uint8), values.shape[-1]

    def filters(self) -> NDArray[np.uint8] | None:
        """Return the filters (N, h, w, C) of a convolution that looks at the image itself, or None without one.

        128 stands for 0, and 0 or 255 for the largest weight of a filter.
        """
        first = next((layer for layer in self._model.layers if layer.name.startswith("01_")), None)
        if not isinstance(first, keras.layers.Conv2D):
            return None
        kernels = first.get_weights()[0].transpose(3, 0, 1, 2)
        largest = np.abs(kernels).max(axis=(1, 2, 3), keepdims=True)
        shown: NDArray[np.uint8] = np.rint(127.5 + 127.5 * kernels / np.where(largest > 0, largest, 1)).astype(np.uint8)
        return shown

    def _after(self, position: int) -> Any:
        if position not in self._until:
            own = [layer for layer in self._model.layers if layer.name.startswith(f"{position + 1:02d}_")]
            if not own:
                raise ValueError(f"A position below {len(self._model.layers)} is needed. Received: {position}.")
            model = keras.Model(self._model.input, own[-1].output)
            self._until[position] = traced(lambda images: model(images, training=False), model)
        return self._until[position]
