"""Trained networks that answer, or describe images, by LiteRT: ready in a tenth of a second, TensorFlow in several."""

import os
import warnings

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from imgrec.classifier import Answers, Classifier

TOLERANCE = 1e-5
"""By how much its probabilities may differ from those of Keras, which adds the same products in another order."""

STATISTICS = "concat"
"""The name, inside a .tflite file, of what its layers find: imgrec/engine/novelty.py puts them together."""


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


class LiteFeatures:
    """The content of a .tflite file ready to say what each of its layers finds in an image.

    These are the numbers by which novelty is judged (imgrec/engine/novelty.py): of every convolution the mean and the
    standard deviation of each channel.
    """

    AT_ONCE = 32
    """Images computed at once: the values of all layers are kept meanwhile, 1.5 MB an image for the bundled model."""

    def __init__(self, content: bytes) -> None:
        with warnings.catch_warnings(action="ignore", category=UserWarning):  # that keeping the values takes memory
            self._interpreter = Interpreter(
                model_content=content, num_threads=os.cpu_count(), experimental_preserve_all_tensors=True
            )
        [given] = self._interpreter.get_input_details()
        self._input, self.image_shape = given["index"], tuple(given["shape"][1:].tolist())
        [found] = [tensor for tensor in self._interpreter.get_tensor_details() if tensor["name"] == STATISTICS]
        self._statistics, self.size = found["index"], int(found["shape"][1])
        self._interpreter.resize_tensor_input(self._input, [self.AT_ONCE, *self.image_shape])
        self._interpreter.allocate_tensors()

    def of(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return the features of images (N, H, W, C): (N, size)."""
        features = np.empty((len(images), self.size), np.float32)
        batch = np.zeros((self.AT_ONCE, *self.image_shape), np.uint8)
        for start in range(0, len(images), self.AT_ONCE):
            part = images[start : start + self.AT_ONCE]
            batch[: len(part)] = part
            self._interpreter.set_tensor(self._input, batch)
            self._interpreter.invoke()
            features[start : start + len(part)] = self._interpreter.get_tensor(self._statistics)[: len(part)]
        return features


def agree(found: np.ndarray, expected: np.ndarray) -> bool:
    """Return whether two tables of probabilities (N, classes) name the same classes, as surely."""
    alike = bool((found.argmax(axis=1) == expected.argmax(axis=1)).all())
    return alike and float(np.abs(found - expected).max()) <= TOLERANCE
