"""Saved model + images → probabilities."""

from pathlib import Path
from zipfile import BadZipFile

import keras
import numpy as np
import tensorflow as tf

from imgrec.errors import ImgrecError

BATCH = 500
"""Images computed at once: more is not faster on a processor, and takes more memory."""


class Classifier:
    """A model ready to answer: uint8 images (N, H, W, C) in, float32 probabilities (N, classes) out."""

    def __init__(self, model: keras.Model) -> None:
        self.image_shape: tuple[int, ...] = model.input_shape[1:]
        signature = [tf.TensorSpec((None, *self.image_shape), tf.uint8)]
        self._answer = tf.function(lambda images: model(images, training=False), input_signature=signature)

    def probabilities(self, images: np.ndarray) -> np.ndarray:
        """Gives the probability of each class for each image."""
        parts = [self._answer(images[start : start + BATCH]).numpy() for start in range(0, len(images), BATCH)]
        return np.concatenate(parts)


def load(path: Path) -> Classifier:
    """Loads a model that this program wrote, and answers once so that the next answer is quick.

    Raises ImgrecError where the file is damaged.
    """
    try:
        model = keras.saving.load_model(path, compile=False, safe_mode=True)
    except (ValueError, KeyError, OSError, BadZipFile) as error:
        raise ImgrecError(f"The model {path} cannot be read: it is damaged. Train it again.") from error
    classifier = Classifier(model)
    classifier.probabilities(np.zeros((1, *classifier.image_shape), np.uint8))
    return classifier
