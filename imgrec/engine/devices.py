"""On which devices a training computes: on one, or mirrored on all that TensorFlow sees."""

from contextlib import AbstractContextManager, nullcontext
from functools import cache
from typing import Any

import tensorflow as tf


def scope(devices: str) -> AbstractContextManager[Any]:
    """Return the context in which a model and its Learner are made: with "all", their variables are on each device.

    All GPUs, or all logical processors where there is no GPU. With one device it does nothing.
    """
    found = tf.config.list_logical_devices("GPU") or tf.config.list_logical_devices("CPU")
    if devices == "one" or len(found) == 1:
        return nullcontext()
    return _mirrored(tuple(each.name for each in found)).scope()  # type: ignore[no-any-return]


@cache
def _mirrored(names: tuple[str, ...]) -> tf.distribute.Strategy:
    # Once in a process: a second one gives its sums the same numbers as the first, with which they are then mixed up.
    return tf.distribute.MirroredStrategy(names)


def replica() -> Any | None:
    """Return the context of the device that computes its part of a batch, or None where one computes all of it."""
    context = tf.distribute.get_replica_context()
    return context if context is not None and context.num_replicas_in_sync > 1 else None


def part(images: Any, labels: Any) -> tuple[Any, Any, Any]:
    """Return this replica's part of a batch of images (N, …) and labels (N,), and how many replicas have that part.

    Parts differ by one image at most. Of fewer images than there are replicas each replica has all, as some operations
    of TensorFlow fail on none.
    """
    context = replica()
    if context is None:
        return images, labels, 1
    count, number, replicas = tf.shape(labels)[0], context.replica_id_in_sync_group, context.num_replicas_in_sync
    few = count < replicas
    begin, end = tf.where(few, 0, number * count // replicas), tf.where(few, count, (number + 1) * count // replicas)
    with tf.device("CPU:0"):  # where a batch is made, so that a GPU receives no more than its part
        return images[begin:end], labels[begin:end], tf.where(few, replicas, 1)


def summed(values: Any) -> Any:
    """Return the sum of float values over all replicas; gradients pass through it."""
    context = replica()
    return values if context is None else context.all_reduce(tf.distribute.ReduceOp.SUM, values)
