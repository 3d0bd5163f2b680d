"""HiResCAM: where in an image a network sees what speaks for a class.

Source: Draelos and Carin 2020, "Use HiResCAM instead of Grad-CAM for faithful explanations of convolutional neural
networks". Grad-CAM (Selvaraju et al. 2017) averages the gradient over the map and so forgets where it was: with the
presets' networks its map is weaker, and for some images of `sprint` empty.
"""

from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from imgrec.classifier import views
from imgrec.errors import ImgrecError

MIN_SIDE = 4
"""Pixels of the shorter side of a map that can say where; those at the end of a network often have fewer."""

CONVOLUTIONS = (keras.layers.Conv2D, keras.layers.SeparableConv2D)
"""What looks for patterns in an image: alone, or within every block that does."""


class HiResCam:
    """A model ready to say where in an image it sees a class: the mean over the views that its answers are the mean of.

    With six views, what is masked of the test images of CIFAR-10 where `best` sees a class costs more than the rest for
    90 % of them, and with one view for 82 %.

    It reads the last layer whose maps have MIN_SIDE pixels or, where none has, the last of the finest. The question is
    about the class's logit: a probability that has come close to 1 no longer has a gradient. Raises ImgrecError for a
    network without a convolution.
    """

    def __init__(self, model: keras.Model, test_time_augmentation: str = "none") -> None:
        self._augmentation = test_time_augmentation
        maps = _layer(model).output
        # In two parts, as a tape follows only what is computed after it was told to watch.
        before = keras.Model(model.input, maps)
        after = keras.Model(maps, model.get_layer("probabilities").input)

        def heat(images: Any, target: Any) -> Any:
            activations = before(images, training=False)
            with tf.GradientTape() as tape:
                tape.watch(activations)
                logit = after(activations, training=False)[0, target]
            evidence = tape.gradient(logit, activations) * activations
            speaking_for = tf.nn.relu(tf.reduce_sum(evidence, axis=-1, keepdims=True))
            return tf.image.resize(speaking_for, images.shape[1:3])[0, :, :, 0]

        signature = tf.TensorSpec((1, *model.input_shape[1:]), tf.uint8), tf.TensorSpec((), tf.int32)
        self._heat = tf.function(heat, autograph=False).get_concrete_function(*signature)

    def __call__(self, image: NDArray[np.uint8], target: int) -> NDArray[np.float32]:
        """Return how much each pixel of an image (H, W, C) speaks for a class: (H, W), from 0 to 1.

        The most telling pixel has 1; where nothing speaks for the class all have 0.
        """
        shown = views(image[None], self._augmentation)
        heats = [self._heat(tf.constant(view), tf.constant(target, tf.int32)).numpy() for view in shown]
        # Every other view is mirrored. Those that are shifted are so in both directions, and stay in the middle.
        heats[1::2] = [heat[:, ::-1] for heat in heats[1::2]]
        heat: NDArray[np.float32] = np.mean(heats, axis=0)
        return heat / (heat.max() or 1)


def _layer(model: keras.Model) -> keras.Layer:
    """Choose the layer whose maps (N, h, w, channels) are read, among the first convolution and all after it."""
    layers = model.layers
    first = next((place for place, layer in enumerate(layers) if isinstance(layer, CONVOLUTIONS)), None)
    if first is None:
        raise ImgrecError(
            "Seeing where a class is seen needs a network with at least one convolution. This one has none. "
            "Train one with Conv2D, SeparableConv2D, ResidualBlock or PatchWhitening."
        )
    maps = [layer for layer in layers[first:] if len(layer.output.shape) == 4]
    sides = [min(MIN_SIDE, *layer.output.shape[1:3]) for layer in maps]
    return maps[max(range(len(maps)), key=lambda place: (sides[place], place))]
