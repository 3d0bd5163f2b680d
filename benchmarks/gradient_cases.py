"""Computes what gradients.py asks for, in processes of their own, as a wrong write past memory may kill them.

    python -m benchmarks.gradient_cases

reads a JSON object a line, cases and the place where they are computed, and answers with a line: the error of each
batch size of each case. TensorFlow is imported once; the processes are forked before it has done anything.
"""

import json
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any, NoReturn
from unittest.mock import patch

import keras
import numpy as np
import tensorflow as tf
from pydantic import TypeAdapter

from benchmarks.gradients import Case
from imgrec.engine import fast_layers, network
from imgrec.layers import AnyLayer

SECONDS = 120
"""After which a process that has given no answer counts as killed."""

TIMES = 2
"""What reads or writes past its memory is not wrong every time."""

LAYERS = TypeAdapter(tuple[AnyLayer, ...])


def main() -> None:
    """Answer until there are no more questions."""
    # What libraries print goes to stderr, so that the parent hears nothing but answers.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    for line in sys.stdin:
        print(json.dumps(errors(**json.loads(line))), file=answers, flush=True)


def errors(cases: Sequence[Case], fast: bool, environment: dict[str, str]) -> list[list[float | None]]:
    """Return the error of each batch size of each case, None where it killed its process; another does the rest."""
    todo = [(case, batch) for case in cases for batch in case["batches"]]
    found: list[float | None] = []
    while len(found) < len(todo):
        reading, writing = os.pipe()
        process = os.fork()
        if process == 0:
            os.close(reading)
            _answer(todo[len(found) :], fast, environment, writing)
        os.close(writing)
        with os.fdopen(reading) as answers:
            found += [float(line) for line in answers]
        _, status = os.waitpid(process, 0)
        if os.WIFSIGNALED(status) and len(found) < len(todo):
            found.append(None)
        elif status != 0 and not os.WIFSIGNALED(status):
            raise RuntimeError(f"{todo[len(found)]} could not be computed.")
    answered = iter(found)
    return [[next(answered) for _ in case["batches"]] for case in cases]


def _answer(todo: Sequence[tuple[Case, int]], fast: bool, environment: dict[str, str], writing: int) -> NoReturn:
    os.environ |= environment
    signal.alarm(SECONDS)
    try:
        with os.fdopen(writing, "w") as answers:
            for case, of_case in groupby(todo, key=itemgetter(0)):
                for error in tried(case, [batch for _, batch in of_case], fast):
                    print(error, file=answers, flush=True)
                    signal.alarm(SECONDS)
    except tf.errors.OpError:  # oneDNN has noticed it itself
        os.abort()
    except BaseException:
        sys.excepthook(*sys.exc_info())
        os._exit(1)
    os._exit(0)


def tried(case: Case, batches: Sequence[int], fast: bool) -> Iterator[float]:
    """Return, for each batch size, by how much the layers are off as training builds them: see worst.

    Where they are not fast, they are Keras' own. The reference is plain Keras in float64, which oneDNN does not
    compute, outside of any graph.
    """
    keras.utils.set_random_seed(0)
    rng = np.random.default_rng(0)
    plain = _between(network.build_classifier, case)
    reference = keras.models.clone_model(plain, clone_function=_in_float64)
    with patch.dict(fast_layers.FAST_LAYERS, clear=not fast):
        model = _between(network.build_for_training, case, case["precision"])
    weights = [_rounded(each + rng.uniform(0.05, 0.1, each.shape)) for each in plain.get_weights()]
    model.set_weights(weights)
    reference.set_weights(weights)
    signature = [tf.TensorSpec((None, *model.input_shape[1:])), tf.TensorSpec((None, *model.output_shape[1:]))]
    in_graph = tf.function(lambda *given: _computed(model, *given), input_signature=signature)
    for batch in batches:
        values = _rounded(rng.normal(0.3, 1, (batch, *model.input_shape[1:])))
        upstream = _rounded(rng.normal(0.1, 1, (batch, *model.output_shape[1:])))
        expected = [np.asarray(each) for each in _computed(reference, values, upstream)]
        yield max(worst(in_graph(values, upstream), expected) for _ in range(TIMES))


def worst(found: Any, expected: list[np.ndarray]) -> float:
    """Return the largest relative error, in the Euclidean norm, among values, input gradient and weight gradients."""
    return max(_error(np.asarray(one, np.float64), other) for one, other in zip(found, expected, strict=True))


def _error(found: np.ndarray, expected: np.ndarray) -> float:
    # A gradient may be zero, as that of a normalised value is for a batch of one, or the small sum of numbers around 1
    # that cancel; then its rounding errors count.
    size = max(float(np.linalg.norm(expected)), 0.3 * expected.size**0.5)
    error = float(np.linalg.norm(found - expected)) / size
    return error if np.isfinite(error) else float("inf")


def _between(build: Callable[..., keras.Model], case: Case, *precision: str) -> keras.Model:
    """Build a network and return what the layers are in it: without the scaling of the image and without the head."""
    layers = LAYERS.validate_python(case["layers"])
    model = build(layers, tuple(case["shape"]), 10, *precision)
    head = next(each for each in model.layers if each.name.startswith(f"{len(layers) + 1:02d}_"))
    return keras.Model(model.get_layer("scale").output, head.input)


def _in_float64(layer: keras.Layer) -> keras.Layer:
    return type(layer).from_config({**layer.get_config(), "dtype": "float64"})


def _rounded(numbers: np.ndarray) -> np.ndarray:
    """Round to what bfloat16 holds, so that no error comes from there."""
    rounded: np.ndarray = tf.cast(tf.cast(numbers, tf.bfloat16), tf.float32).numpy()
    return rounded


def _computed(model: keras.Model, values: Any, upstream: Any) -> list[Any]:
    values = tf.cast(values, model.compute_dtype if model.compute_dtype == "float64" else "float32")
    with tf.GradientTape() as tape:
        tape.watch(values)
        out = model(values, training=True)
        total = tf.reduce_sum(tf.cast(out, values.dtype) * tf.cast(upstream, values.dtype))
    variables = [variable.value for variable in model.trainable_variables]
    return [out, *tape.gradient(total, [values, *variables])]


if __name__ == "__main__":
    main()
