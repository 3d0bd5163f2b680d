"""Keras optimizers that take Keras' own steps in less time: one operation where it has a dozen over the same memory."""

from typing import Any

import keras
import tensorflow as tf
from keras.optimizers import RMSprop

__all__ = ["SGD", "Adam", "AdamW", "RMSprop"]


class SGD(keras.optimizers.SGD):  # type: ignore[misc]
    """Gradient descent, with momentum or Nesterov's."""

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Take a gradient and its variable of one shape, float32."""
        rate = tf.cast(learning_rate, variable.dtype)
        if not self.momentum:
            tf.raw_ops.ResourceApplyGradientDescent(var=variable.handle, alpha=rate, delta=gradient)
            return
        tf.raw_ops.ResourceApplyKerasMomentum(
            var=variable.handle,
            accum=self.momentums[self._get_variable_index(variable)].value.handle,
            lr=rate,
            grad=gradient,
            momentum=self.momentum,
            use_nesterov=self.nesterov,
        )


class _OneOperation:
    def update_step(self: Any, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Take a gradient and its variable of one shape, float32."""
        place, taken = self._get_variable_index(variable), tf.cast(self.iterations + 1, variable.dtype)
        tf.raw_ops.ResourceApplyAdam(
            var=variable.handle,
            m=self._momentums[place].value.handle,
            v=self._velocities[place].value.handle,
            beta1_power=tf.pow(self.beta_1, taken),
            beta2_power=tf.pow(self.beta_2, taken),
            lr=tf.cast(learning_rate, variable.dtype),
            beta1=self.beta_1,
            beta2=self.beta_2,
            epsilon=self.epsilon,
            grad=gradient,
        )


class Adam(_OneOperation, keras.optimizers.Adam):  # type: ignore[misc]
    """Adam."""


class AdamW(_OneOperation, keras.optimizers.AdamW):  # type: ignore[misc]
    """Adam with weight decay of its own; Keras applies it apart from the step."""
