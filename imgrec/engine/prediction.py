"""Saved model + images → probabilities, by Keras."""

from collections.abc import Callable
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import keras
import numpy as np
import tensorflow as tf

from imgrec.classifier import Answers, Classifier
from imgrec.errors import ImgrecError


class KerasClassifier(Classifier):
    """A Keras model ready to answer."""

    def __init__(self, model: keras.Model, test_time_augmentation: str = "none") -> None:
        super().__init__(model.input_shape[1:], test_time_augmentation)
        # One traced function for any number of images: it is called without looking for the right one each time.
        self._answer = traced(lambda images: model(images, training=False), model)

    def answer(self, images: np.ndarray) -> Answers:
        # A copy, as the tensor's own memory is not to be changed.
        return Answers(np.array(self._answer(tf.constant(images))), None)


def traced(function: Callable[[Any], Any], model: keras.Model) -> Any:
    """Trace a function of the uint8 images (N, H, W, C) that a model takes."""
    signature = tf.TensorSpec((None, *model.input_shape[1:]), tf.uint8)
    # Autograph, which has nothing to rewrite in it, would need to write a file in the system's temporary folder.
    return tf.function(function, autograph=False).get_concrete_function(signature)


def load(path: Path, test_time_augmentation: str = "none") -> KerasClassifier:
    """Load a model that this program wrote, and answers once so that the next answer is quick.

    Raises ImgrecError where the file is damaged.
    """
    classifier = KerasClassifier(read(path), test_time_augmentation)
    classifier.probabilities(np.zeros((1, *classifier.image_shape), np.uint8))
    return classifier


def read(path: Path) -> keras.Model:
    """Read a model that this program wrote. Raises ImgrecError where the file is damaged."""
    try:
        return keras.saving.load_model(path, compile=False, safe_mode=True)
    except (ValueError, KeyError, OSError, BadZipFile) as error:
        raise ImgrecError(f"The model {path} cannot be read: it is damaged. Train it again.") from error
