"""One network while it learns: chunks of training steps inside one graph, and scoring."""

from collections.abc import Callable, Mapping
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from imgrec.classifier import at_once
from imgrec.config import Training
from imgrec.datasets import Images
from imgrec.engine import devices
from imgrec.engine.optimizers import l2_penalties, make_loss, make_optimizer, rate_multiples


class Learner:
    """Joins a model to its optimizer and loss; the model takes uint8 images and gives probabilities.

    class_weights (classes,) says how much an image of each class counts in the loss, where not all count the same.
    Made in a devices.scope of several devices, it splits each batch over them and takes the step of the whole batch.
    """

    def __init__(
        self, model: keras.Model, settings: Training, total_steps: int, class_weights: np.ndarray | None = None
    ) -> None:
        self.model = model
        self._strategy = tf.distribute.get_strategy()
        self._class_weights = None if class_weights is None else tf.constant(class_weights)
        self.loss = make_loss(settings)
        self.optimizer = make_optimizer(settings, total_steps)
        self.optimizer.build(model.trainable_variables)
        found = [getattr(layer, "seed_generator", None) for layer in model.layers]
        self._generators = [generator for generator in found if generator is not None]
        groups = {"model": model.variables, "optimizer": self.optimizer.variables}
        self._changing = {
            f"{group}/{place}": variable
            for group, variables in groups.items()
            for place, variable in enumerate(variables)
        }
        places = {id(variable): name for name, variable in self._changing.items()}
        self._weights = [places[id(variable)] for variable in model.weights]
        self._multiples = rate_multiples(settings, model.trainable_variables)
        # Each device adds its share of the penalty, as what they add is summed.
        shares = self._strategy.num_replicas_in_sync
        self._penalties = [penalty / shares for penalty in l2_penalties(settings, model.trainable_variables)]
        _, height, width, channels = model.input_shape
        images = tf.TensorSpec((None, None, height, width, channels), tf.uint8)
        labels = tf.TensorSpec((None, None), tf.int32)  # for datasets of any number of classes
        # Without AutoGraph, whose translation of the code takes a third of the time until the first step.
        self._learn = tf.function(self._steps, input_signature=[images, labels], autograph=False)
        self._score = tf.function(self._scored, input_signature=[images, labels], autograph=False)

    @property
    def arrays(self) -> dict[str, np.ndarray]:
        """Everything that changes with a step: weights, moving averages, random states, the optimizer's memory."""
        return {name: np.asarray(variable) for name, variable in self._changing.items()}

    def weights(self, arrays: Mapping[str, np.ndarray]) -> list[np.ndarray]:
        """Return those of the arrays that model.get_weights() gives, in its order and without another copy."""
        return [arrays[name] for name in self._weights]

    def restore(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Take back what arrays gave, of a learner with the same network and settings."""
        for name, variable in self._changing.items():
            variable.assign(arrays[name])

    def draw_anew(self, seed: int, epoch: int) -> None:
        """Make what is drawn in the network, as by Dropout, follow from seed and epoch alone from now on."""
        for place, generator in enumerate(self._generators):
            # Three numbers, where the keys of batches and of their order have one or two.
            drawn = np.random.SeedSequence(seed, spawn_key=(epoch, place, 0)).generate_state(2)
            generator.state.assign(drawn.astype(generator.state.dtype))

    def learn(self, images: np.ndarray, labels: np.ndarray) -> tuple[float, int]:
        """Take one step per batch: images (steps, B, H, W, C) uint8, labels (steps, B).

        Return the sum of the losses and the number of right answers over all images, as they were before each step.
        """
        loss, correct = self._learn(images, labels.astype(np.int32))
        return float(loss), int(correct)

    def score(
        self, images: Images, places: np.ndarray, on_batch: Callable[[int], None] = lambda _: None
    ) -> tuple[float, np.ndarray]:
        """Return the mean loss on the images at these places (N,), and the answers (N,), classes.

        Nothing changes by it. on_batch receives, now and then, how many of them are done.
        """
        total, answers = 0.0, []
        step = at_once(self.model.input_shape[1:])
        for start in range(0, len(places), step):
            part = places[start : start + step]
            loss, answered = self._score(images.pixels[part][None], images.labels[part][None].astype(np.int32))
            total += float(loss)
            answers.append(np.asarray(answered))
            on_batch(start + len(part))
        return total / len(places), np.concatenate(answers)

    def _steps(self, images: Any, labels: Any) -> tuple[Any, Any]:
        # How many steps come at once follows the clock, and their sum must not. In float64 it is exact in any grouping:
        # losses have 24 significant bits.
        def taken(step: Any, loss_sum: Any, correct: Any) -> tuple[Any, Any, Any]:
            losses, right = self._step(images[step], labels[step])
            return step + 1, loss_sum + losses, correct + right

        steps, none = tf.shape(labels)[0], (tf.constant(0), tf.constant(0.0, tf.float64), tf.constant(0))
        _, loss_sum, correct = tf.while_loop(lambda step, *_: step < steps, taken, none)
        return loss_sum, correct

    def _step(self, images: Any, labels: Any) -> tuple[Any, Any]:
        """Take a step. Return the sum of the losses, float64, and the number of right answers."""
        on_each = self._strategy.run(self._part_of_step, args=(images, labels))
        loss_sum, correct = (self._strategy.reduce(tf.distribute.ReduceOp.SUM, one, axis=None) for one in on_each)
        return loss_sum, tf.cast(tf.round(correct), tf.int32)

    def _part_of_step(self, images: Any, labels: Any) -> tuple[Any, Any]:
        """Learn from this device's part of a batch, with all others: the optimizer sums their gradients.

        Return what the part adds to the sum of the losses and to the right answers, float64.
        """
        variables, count = self.model.trainable_variables, tf.shape(labels)[0]
        images, labels, copies = devices.part(images, labels)
        # Nothing is computed back through layers that are locked.
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch([variable.value for variable in variables])
            losses, answers = self._compare(images, labels, training=True)
            loss = tf.reduce_sum(losses) / tf.cast(count * copies, losses.dtype)
        self.optimizer.apply(self._changed(tape.gradient(loss, variables), variables), variables)
        sums = tf.reduce_sum(losses), tf.reduce_sum(tf.cast(answers == labels, tf.int32))
        loss_sum, correct = (tf.cast(one, tf.float64) / tf.cast(copies, tf.float64) for one in sums)
        return loss_sum, correct

    def _changed(self, gradients: list[Any], variables: list[keras.Variable]) -> list[Any]:
        """Apply what Keras optimizers do not know: a rate of its own for each variable, and the L2 penalty."""
        together = zip(gradients, self._multiples, strict=True)
        gradients = [gradient if multiple == 1 else gradient * multiple for gradient, multiple in together]
        penalised = zip(gradients, self._penalties, variables, strict=True)
        return [gradient + penalty * variable if penalty else gradient for gradient, penalty, variable in penalised]

    def _scored(self, images: Any, labels: Any) -> tuple[Any, Any]:
        losses, answers = self._compare(images[0], labels[0], training=False)
        return tf.reduce_sum(losses), answers

    def _compare(self, images: Any, labels: Any, *, training: bool) -> tuple[Any, Any]:
        probabilities = self.model(images, training=training)
        losses = self.loss(tf.one_hot(labels, probabilities.shape[-1]), probabilities)
        if self._class_weights is not None:
            losses = losses * tf.gather(self._class_weights, labels)
        return losses, tf.argmax(probabilities, axis=-1, output_type=tf.int32)
