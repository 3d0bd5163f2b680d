"""The example runs that ship with imgrec: four networks that learn well and four that do not, each with the reason.

Their folders lie in a store beside this file, which is only read; `python -m imgrec.examples` trains them anew.
To add one: an entry in EXAMPLES, then that command with its name.
"""

from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from imgrec import presets
from imgrec.augmentations import Augmentation, HorizontalFlip, Shift
from imgrec.config import RunConfig, Training
from imgrec.errors import RunError
from imgrec.layers import (
    BatchNormalization,
    Conv2D,
    Dense,
    Flatten,
    GlobalAveragePooling2D,
    Layer,
    MaxPooling2D,
    ResidualBlock,
)
from imgrec.runs import Run, Store

STORE = Store(Path(__file__).parent)

TAG = "example"
"""Tells the runs from others where their tags are shown."""


@dataclass(frozen=True)
class Example:
    """A config, the name of its run, and two sentences on why it learns or does not."""

    name: str
    learns: bool
    why: str
    config: RunConfig


@cache
def runs() -> tuple[tuple[Example, Run], ...]:
    """Return the examples with their runs, in the order of EXAMPLES; read once, as nothing changes them."""
    by_name = {run.name: run for run in STORE.all()}
    return tuple((example, by_name[example.name]) for example in EXAMPLES)


def find(store: Store, run_id: str) -> Run:
    """Return the run of this id, for whoever has this store: an example, one that somebody shares, or one of it.

    Raises RunError where there is none.
    """
    for readable in (STORE, store.shared):
        with suppress(RunError):
            return readable.get(run_id)
    return store.get(run_id)


def of(run: Run) -> Example | None:
    """Return the example that a run is, or None."""
    return next((example for example, other in runs() if other == run), None)


def pair() -> tuple[str, str]:
    """Return the ids of two examples that are good to compare, as they differ in one thing."""
    by_name = {example.name: run.id for example, run in runs()}
    return by_name["Overfit without augmentation"], by_name["Well augmented"]


def of_photographs() -> Run:
    """Return the example to try on pictures of one's own: the one that has learnt photographs best."""
    return next(run for example, run in runs() if example.name == PHOTOGRAPHS)


def _stack(activation: str = "relu") -> tuple[Layer, ...]:
    """Return three convolutions with a pooling each, and a dense layer."""
    layers: list[Layer] = []
    for filters in (16, 24, 32):
        layers += [Conv2D(filters=filters, activation=activation), MaxPooling2D()]
    return (*layers, Flatten(), Dense(units=32, activation=activation))


BLOCKS = ((16, 2), (16, 1), (24, 2), (24, 1), (32, 2))
"""Filters and strides of the residual blocks, each of which has two convolutions."""

_STEM = Conv2D(filters=16, activation="linear", use_bias=False), BatchNormalization()
_DEEP = tuple(Conv2D(filters=16, strides=2 if place in {1, 6, 11} else 1) for place in range(16))
_POOLED = GlobalAveragePooling2D()


def _config(layers: tuple[Layer, ...], *augmentations: Augmentation, **settings: object) -> RunConfig:
    usual: dict[str, object] = {"epochs": 6, "batch_size": 128, "learning_rate": 0.003, "schedule": "one-cycle"}
    return RunConfig(
        dataset="shapes",
        layers=layers,
        augmentations=augmentations,
        training=Training.model_validate(usual | settings),
    )


PHOTOGRAPHS = "Best on CIFAR-10"

_FEW: dict[str, object] = {"train_share": 0.15, "epochs": 60, "batch_size": 64}
"""A seventh of the images, each of them seen often."""

EXAMPLES: tuple[Example, ...] = (
    Example(
        "Small network",
        True,
        "Three convolutions and one dense layer are enough for simple shapes: training and validation rise together. "
        "The three examples of a wrong rate, a wrong activation and too much depth change one thing of it each.",
        _config(_stack()),
    ),
    Example(
        "Residual network",
        True,
        "Shortcuts around every two convolutions let eleven of them learn together. It takes "
        "several times as long as the small network, and makes a third of its mistakes.",
        _config((*_STEM, *(ResidualBlock(filters=filters, strides=strides) for filters, strides in BLOCKS), _POOLED)),
    ),
    Example(
        "Well augmented",
        True,
        "It has only a seventh of the images, but mirrors and shifts them at random, so that it hardly ever sees the "
        "same one twice. Validation keeps up with training, to the end.",
        _config(_stack(), HorizontalFlip(), Shift(pixels=2), **_FEW),
    ),
    Example(
        "Learning rate too high",
        False,
        "At 0.3 the first steps throw the weights so far that no gradient leads back: the loss stays at 2.30, which is "
        "guessing among ten classes. With 0.003 the same network learns: see the small network.",
        _config(_stack(), learning_rate=0.3),
    ),
    Example(
        "Overfit without augmentation",
        False,
        "It sees the same few images 60 times and memorises them: every training image is right, while the validation "
        "loss rises. The well augmented example differs in its augmentation alone.",
        _config(_stack(), **_FEW),
    ),
    Example(
        "Too deep without shortcuts",
        False,
        "Sixteen convolutions in a row: signal and gradient shrink at each, and nothing reaches the first ones. "
        "Shortcuts or batch normalization let depth help: see the residual network.",
        _config((*_DEEP, _POOLED)),
    ),
    Example(
        "Sigmoid that does not learn",
        False,
        "The slope of a sigmoid is a quarter at most, so the gradient fades on its way back through four of them. With "
        "ReLU the same network learns: see the small network.",
        _config(_stack("sigmoid")),
    ),
    Example(
        PHOTOGRAPHS,
        True,
        "The preset Best after 16 epochs on the photographs of CIFAR-10, each of them resaved as JPEG: 45 minutes on "
        "two busy cores. It is right on 90.8 % of the test photographs; try it on your own.",
        presets.get("best").config,
    ),
)
