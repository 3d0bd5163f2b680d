"""Keras optimizers that take Keras' own steps in less time: one operation where it has a dozen over the same memory."""

from typing import Any

import keras
import tensorflow as tf
from keras.optimizers import RMSprop

from imgrec.optimizers import COEFFICIENTS, REPETITIONS, TINY

__all__ = ["SGD", "Adam", "AdamW", "Muon", "RMSprop"]


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


class Muon(SGD):
    """Orthogonalized steps for kernels of convolutions (Jordan et al. 2024), and gradient descent for all else."""

    def __init__(self, *, kernel_momentum: float, **settings: Any) -> None:
        super().__init__(**settings)
        self.kernel_momentum = kernel_momentum

    def build(self, variables: Any) -> None:
        """Make a sum of gradients for each variable, also where the rest has no momentum."""
        super().build(variables)
        if not self.momentum:
            self.momentums: Any = self.add_optimizer_variables(variables, "momentum")

    def _use_weight_decay(self, variable: Any) -> bool:
        # A decay of kernels would change nothing: each step scales them to the same norm again.
        return not is_convolution(variable) and bool(super()._use_weight_decay(variable))

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Take a gradient and its variable of one shape, float32.

        A kernel is scaled to norm √filters before the step, so that steps of one size turn it by one angle.
        """
        if not is_convolution(variable):
            super().update_step(gradient, variable, learning_rate)
            return
        gradients = self.momentums[self._get_variable_index(variable)]
        gradients.assign(self.kernel_momentum * gradients + gradient)
        ahead = gradient + self.kernel_momentum * gradients if self.nesterov else tf.convert_to_tensor(gradients)
        filters = variable.shape[-1]
        step = tf.reshape(orthogonalized(tf.reshape(ahead, (-1, filters)), learning_rate), variable.shape)
        kernel = tf.convert_to_tensor(variable)
        norm = tf.sqrt(2 * tf.nn.l2_loss(kernel))
        variable.assign(kernel * (filters**0.5 / (norm + TINY)) - step)


def orthogonalized(matrix: Any, size: Any = 1.0) -> Any:
    """Return a float32 matrix (M, N) with the same singular vectors and all singular values near size.

    A Newton–Schulz iteration multiplies the matrix by a polynomial of its product with its own transpose. Those
    polynomials commute, so only that product, which is the smaller, is iterated on; the matrix is multiplied once.
    """
    first, third, fifth = COEFFICIENTS
    wide = matrix.shape[0] < matrix.shape[1]
    product = tf.matmul(matrix, matrix, transpose_a=not wide, transpose_b=wide)
    norm = tf.sqrt(tf.linalg.trace(product)) + TINY
    product /= norm**2
    identity = tf.eye(min(matrix.shape))
    factor = identity * (size / norm)
    for repetition in range(REPETITIONS):
        polynomial = first * identity + third * product + fifth * tf.matmul(product, product)
        factor = tf.matmul(polynomial, factor)
        if repetition < REPETITIONS - 1:
            product = tf.matmul(polynomial, tf.matmul(product, polynomial))
    return tf.matmul(factor, matrix) if wide else tf.matmul(matrix, factor)


def is_convolution(variable: Any) -> bool:
    """Return whether a variable is the kernel (k, k, C, filters) of a convolution that mixes channels."""
    return len(variable.shape) == 4 and variable.shape[-1] > 1  # the one of a depthwise convolution ends in 1
