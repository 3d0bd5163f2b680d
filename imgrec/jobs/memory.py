"""How much memory and disk a training takes: at the least, and about how much."""

from collections.abc import Iterable
from contextlib import suppress
from math import prod
from typing import NamedTuple

from imgrec import architecture, transfer
from imgrec.architecture import Architecture, LayerRow
from imgrec.config import RunConfig
from imgrec.datasets.own import is_own
from imgrec.errors import ImgrecError
from imgrec.jobs.machine import gpus
from imgrec.layers import Activation, Layer, MaxPooling2D, PatchWhitening, ResidualBlock, SeparableConv2D
from imgrec.records import DatasetInfo
from imgrec.runs import Store

LEAST_PROCESS = 500_000_000
"""Bytes that a process with TensorFlow takes before it trains, at the least."""

PROCESS = 700_000_000
"""Bytes that it takes when it has trained, scored and converted a network of a few thousand parameters."""

A_PARAMETER = 40
"""Bytes: a weight, its gradient and an optimizer's one or two moments, those of the best epoch, and two checkpoints."""

LOCKED_PARAMETER = 16
"""Bytes of a weight that does not learn: itself, that of the best epoch, and two checkpoints."""

CHUNKS = 40_000_000
"""Images that are on their way through the network, or made ready for it, at the most."""

INSIDE: dict[type[Layer], int] = {ResidualBlock: 5, SeparableConv2D: 2}
"""How many arrays of the size of its output a block keeps for its gradient; other layers keep their output."""

VALUE_BYTES = {"bfloat16": 2, "float32": 4}

LAST_RUNS = 5
"""Finished runs that are asked."""

RISING = ("relu", "leaky_relu", "elu", "sigmoid", "tanh")
"""Activations that are computed behind the max pooling that follows them."""


PROBABILITY = 4
"""Bytes."""

SMALL_FILES = 300_000
"""Bytes of a run's folder beside its model and its predictions."""


class Needs(NamedTuple):
    """About what a training takes: bytes of memory at most, and of disk when it is finished."""

    memory: int
    disk: int


def needs(store: Store, config: RunConfig) -> Needs | None:
    """Return about what a training will take, or None where that is not known.

    Whether this machine computes in bfloat16 is told by the last runs of the store, or of others where it is a
    visitor's. On a GPU nobody has measured it. Raises ImgrecError where the config cannot be trained.
    """
    precision = config.training.precision
    if precision == "auto":
        precision = _precision(store) or next(filter(None, map(_precision, _others(store))), "")
    if precision not in VALUE_BYTES or gpus():  # in a run that comes from elsewhere it may be any text
        return None
    info = store.dataset(config.dataset).info
    network = architecture.check(config.layers, info.image_shape, len(info.class_names))
    predictions = info.test_images * len(info.class_names) * PROBABILITY
    model = 2 * 4 * network.params  # in two forms, of float32
    memory = expected(config, network, info, VALUE_BYTES[precision])
    return Needs(memory, SMALL_FILES + model + predictions)


def _precision(store: Store) -> str | None:
    """Return what the newest of a store's runs that left it to the machine has trained in, if any."""
    for run in store.finished(LAST_RUNS):
        with suppress(ImgrecError):  # damaged: the others tell it
            evaluation = run.evaluation()
            if evaluation and run.config.training.precision == "auto":
                return evaluation.precision
    return None


def _others(store: Store) -> Iterable[Store]:
    return Store.below(store.home) if store.is_visitors else ()


def least(config: RunConfig, network: Architecture) -> int:
    """Return how many bytes a training takes at the least: more is sure to be needed, less never.

    The values of one batch after each layer are kept for the gradient, 2 bytes each in bfloat16, and each weight has
    its gradient, in float32. Of layers that are locked nothing is kept, and their weights have no gradient.
    """
    learning, locked = transfer.learning(network, config.start), transfer.locked(network, config.start)
    kept = sum(_values(row) for row in _kept(learning))
    return LEAST_PROCESS + 2 * kept * config.training.batch_size + 8 * learning.params + 4 * locked.params


def expected(config: RunConfig, network: Architecture, dataset: DatasetInfo, value_bytes: int) -> int:
    """Return about how many bytes a training takes at most, with values of 2 bytes (bfloat16) or of 4 (float32).

    Of 27 trainings on two cores it was off by at most 17 % (docs/measured.md). Images of one's own are read from the
    disk as they are needed: what of them lies in memory the system takes back, and so it is left out.
    """
    size = (dataset.train_images + dataset.test_images) * prod(dataset.image_shape)
    images = 0 if is_own(dataset.name) else size
    learning, locked = transfer.learning(network, config.start), transfer.locked(network, config.start)
    rows = _kept(learning)
    kept = sum(INSIDE.get(type(row.layer), 1) * _values(row) for row in rows)
    # While a gradient is computed it stands beside the values; filters that learn nothing have values and no gradient.
    meanwhile = max([2 * max(map(_values, rows)), *(_values(row) for row in network.rows if row not in rows)])
    values = (kept + meanwhile) * config.training.batch_size * value_bytes
    weights = A_PARAMETER * learning.params + LOCKED_PARAMETER * locked.params
    return PROCESS + images + min(size, CHUNKS) + weights + values


def _kept(network: Architecture) -> list[LayerRow]:
    """Return the layers whose values stay until the gradient: from the one above the first that learns on."""
    rows = [
        row
        for row, below in zip(network.rows, (*network.rows[1:], None), strict=True)
        if not (_is_late(row.layer) and below is not None and isinstance(below.layer, MaxPooling2D))
    ]
    learns = next(place for place, row in enumerate(rows) if row.params and not isinstance(row.layer, PatchWhitening))
    return rows[max(learns - 1, 0) :]


def _is_late(layer: Layer) -> bool:
    return isinstance(layer, Activation) and layer.activation in RISING


def _values(row: LayerRow) -> int:
    return prod(row.output_shape)
