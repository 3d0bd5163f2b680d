"""Trained networks that answer by LiteRT: ready in a tenth of a second, where TensorFlow takes several."""

import os

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from imgrec.classifier import Classifier

TOLERANCE = 1e-5
"""By how much its probabilities may differ from those of Keras, which adds the same products in another order."""


class LiteClassifier(Classifier):
    """The content of a .tflite file ready to answer."""

    def __init__(self, content: bytes, test_time_augmentation: str = "none") -> None:
        self._interpreter = Interpreter(model_content=content, num_threads=os.cpu_count())
        [self._input], [self._output] = self._interpreter.get_input_details(), self._interpreter.get_output_details()
        super().__init__(tuple(self._input["shape"][1:].tolist()), test_time_augmentation)
        self._images = 0

    def answer(self, images: np.ndarray) -> np.ndarray:
        if len(images) != self._images:
            self._interpreter.resize_tensor_input(self._input["index"], images.shape)
            self._interpreter.allocate_tensors()
            self._images = len(images)
        self._interpreter.set_tensor(self._input["index"], np.ascontiguousarray(images))
        self._interpreter.invoke()
        probabilities: np.ndarray = self._interpreter.get_tensor(self._output["index"])
        return probabilities


def agrees(content: bytes, images: np.ndarray, probabilities: np.ndarray, test_time_augmentation: str) -> bool:
    """Return whether a .tflite file says of images (N, H, W, C) what Keras does: the same classes, as surely."""
    found = LiteClassifier(content, test_time_augmentation).probabilities(images)
    alike = bool((found.argmax(axis=1) == probabilities.argmax(axis=1)).all())
    return alike and float(np.abs(found - probabilities).max()) <= TOLERANCE
