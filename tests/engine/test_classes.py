"""Training takes two to a thousand classes, and classes that are uneven."""

import keras
import numpy as np
import pytest
from sklearn.utils.class_weight import compute_class_weight

from imgrec.config import RunConfig, Training
from imgrec.datasets import Images, split
from imgrec.engine import network
from imgrec.engine.learner import Learner
from imgrec.engine.optimizers import class_weights
from imgrec.engine.pipeline import order
from imgrec.engine.training import MAX_LOSS, train
from imgrec.fitting import Asked, Split
from imgrec.layers import Conv2D, Flatten
from imgrec.optimizers import SGD
from imgrec.records import Progress

BALANCED = Training(class_weights="balanced", optimizer=SGD(), learning_rate=0.05)


@pytest.fixture
def uneven(colours: Images) -> Images:
    """Return 10 images of the first class, and 110 of each other."""
    few = (colours.labels > 0) | (np.arange(len(colours.labels)) < 30)
    return Images(colours.pixels[few], colours.labels[few])


def test_class_weights_are_those_of_scikit_learn() -> None:
    labels = np.repeat(np.arange(4, dtype=np.uint16), (1, 30, 200, 7))
    expected = compute_class_weight("balanced", classes=np.arange(4), y=labels)
    found = class_weights(BALANCED, labels, 4)
    assert found is not None
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    weights = class_weights(BALANCED, labels, 5)
    assert weights is not None
    assert weights[4] == 1, "a class without training images"
    assert weights[labels].mean() == pytest.approx(1)
    assert class_weights(Training(), labels, 4) is None


@pytest.mark.slow
def test_weighted_steps_are_those_of_plain_keras(uneven: Images) -> None:
    """Keras is the referee: train_on_batch takes class weights as a dict."""
    images, labels = uneven.pixels, uneven.labels
    layers = (Conv2D(filters=4), Flatten())
    keras.utils.set_random_seed(0)
    ours = network.build_for_training(layers, (8, 8, 3), 3, "float32")
    plain = network.build_classifier(layers, (8, 8, 3), 3)
    plain.set_weights(ours.get_weights())
    plain.compile(keras.optimizers.SGD(0.05, momentum=0.9, nesterov=True), "categorical_crossentropy")
    weights = class_weights(BALANCED, labels, 3)
    assert weights is not None
    learner = Learner(ours, BALANCED, 10, weights)
    for start in range(0, 200, 20):
        part = slice(start, start + 20)
        learner.learn(images[None, part], labels[None, part])
        targets = keras.utils.to_categorical(labels[part], 3)
        plain.train_on_batch(images[part], targets, class_weight=dict(enumerate(weights.tolist())))
    for one, two in zip(ours.get_weights(), plain.get_weights(), strict=True):
        np.testing.assert_allclose(one, two, rtol=1e-4, atol=1e-5)


@pytest.mark.slow
def test_a_single_image_that_weighs_thousands_does_not_look_like_divergence() -> None:
    fixed = np.arange(6002) >= 6000
    labels = np.zeros(6002, np.uint8)
    labels[[order(6000, BALANCED.seed, 1)[0], 6001]] = 1  # the first image that is learnt
    images = Images(np.full((6002, 4, 4, 1), 99, np.uint8), labels, fixed)
    config = RunConfig(layers=(Flatten(),), training=BALANCED.replace(batch_size=1, learning_rate=1e-6))
    losses: list[float] = []

    def note(progress: Progress) -> None:
        if progress.loss is not None:
            losses.append(progress.loss)

    def asked() -> Asked:
        return "stop"

    places = split(images, config.training)
    assert train(config, Split(images, *places), 2, note, lambda _: None, asked) is not None
    assert losses[0] > MAX_LOSS


@pytest.mark.slow
@pytest.mark.parametrize("loss", ["categorical_crossentropy", "mean_squared_error"])
def test_a_thousand_classes_with_labels_of_two_bytes_are_learnt_and_scored(loss: str) -> None:
    labels = np.arange(1000, dtype=np.uint16)
    images = Images(np.random.default_rng(0).integers(0, 256, (1000, 8, 8, 3), np.uint8), labels)
    settings = Training(loss=loss, learning_rate=0.001, label_smoothing=0.1)
    keras.utils.set_random_seed(0)
    model = network.build_for_training((Conv2D(filters=8), Flatten()), (8, 8, 3), 1000, "float32")
    learner = Learner(model, settings, total_steps=200)
    first, answers = learner.score(images, np.arange(1000))
    assert answers.max() > 255
    for _ in range(20):
        learner.learn(np.asarray(images.pixels).reshape(10, 100, 8, 8, 3), labels.reshape(10, 100))
    assert learner.score(images, np.arange(1000))[0] < first
