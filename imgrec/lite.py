"""Trained networks that answer by LiteRT: ready in a tenth of a second, where TensorFlow takes several."""

import os

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from imgrec.classifier import Answers, Classifier

TOLERANCE = 1e-5
"""By how much its probabilities may differ from those of Keras, which adds the same products in another order."""


class LiteClassifier(Classifier):
    """The content of a .tflite file ready to answer, as imgrec/engine/lite.py makes it."""

    def __init__(self, content: bytes, test_time_augmentation: str = "none") -> None:
        self._interpreter = Interpreter(model_content=content, num_threads=os.cpu_count())
        [self._input] = self._interpreter.get_input_details()
        outputs = {len(output["shape"]): output["index"] for output in self._interpreter.get_output_details()}
        self._probabilities, self._novelty = outputs[2], outputs.get(1)
        super().__init__(tuple(self._input["shape"][1:].tolist()), test_time_augmentation)
        self._images = 0

    def answer(self, images: np.ndarray) -> Answers:
        if len(images) != self._images:
            self._interpreter.resize_tensor_input(self._input["index"], images.shape)
            self._interpreter.allocate_tensors()
            self._images = len(images)
        self._interpreter.set_tensor(self._input["index"], np.ascontiguousarray(images))
        self._interpreter.invoke()
        probabilities = self._interpreter.get_tensor(self._probabilities)
        return Answers(probabilities, None if self._novelty is None else self._interpreter.get_tensor(self._novelty))


def agree(found: np.ndarray, expected: np.ndarray) -> bool:
    """Return whether two tables of probabilities (N, classes) name the same classes, as surely."""
    alike = bool((found.argmax(axis=1) == expected.argmax(axis=1)).all())
    return alike and float(np.abs(found - expected).max()) <= TOLERANCE
