"""What the fast layers and optimizers replace in Keras is what it was when they were written."""

import hashlib
import inspect
from collections.abc import Callable

import keras
import pytest

REPLACED: dict[Callable[..., object], str] = {
    keras.layers.BatchNormalization.call: "31502bd832c5",
    keras.layers.Conv2D.call: "ca1f1ff7ee71",
    keras.layers.Conv2D.convolution_op: "11338f3149be",
    keras.layers.SeparableConv2D.call: "c4faaef60723",
    keras.layers.Dense.call: "50d7f2ec4bcf",
    keras.optimizers.SGD.build: "01a8362562ed",
    keras.optimizers.SGD.update_step: "62b94b817056",
    keras.optimizers.Adam.build: "8ec7cbe34966",
    keras.optimizers.Adam.update_step: "05a229bf362b",
    keras.optimizers.AdamW.__init__: "eb0f8e653985",
    keras.optimizers.Optimizer._get_variable_index: "c4cd541aea39",
}
"""The start of the SHA-256 of the source of each method that is replaced, or whose variables are used."""


@pytest.mark.parametrize("method", REPLACED, ids=lambda method: method.__qualname__)
def test_the_methods_of_keras_that_have_a_fast_twin_are_unchanged(method: Callable[..., object]) -> None:
    source = inspect.getsource(method)
    assert hashlib.sha256(source.encode()).hexdigest()[:12] == REPLACED[method], (
        f"Keras {keras.__version__} has another {method.__qualname__}. Compare it with its twin in "
        f"engine/fast_layers.py or engine/fast_optimizers.py, then note its checksum here. It is now:\n{source}"
    )
