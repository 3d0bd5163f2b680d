"""Configs drawn at random from what the editor offers."""

import random
from typing import Any, TypeVar

from imgrec.augmentations import AUGMENTATIONS
from imgrec.config import RunConfig, Training
from imgrec.layers import LAYERS, Layer
from imgrec.settings import Settings, entries, limits, options

S = TypeVar("S", bound=Settings)


def drawn(cls: type[S], rng: random.Random, largest: int | None = None) -> S:
    """Return settings with every field drawn from what it allows; whole numbers up to the largest, if one is given."""
    values: dict[str, Any] = {}
    for name, field in cls.model_fields.items():
        if table := entries(field):
            values[name] = drawn(rng.choice(list(table.values())), rng)
        elif allowed := options(field):
            values[name] = rng.choice(allowed)
        elif bounds := limits(field):
            low, high = bounds
            if field.annotation is int:
                values[name] = rng.randint(int(low), max(int(low), min(int(high), largest or int(high))))
            else:
                values[name] = rng.uniform(low, high)
        else:
            values[name] = rng.random() < 0.5
    return cls(**values)


def drawn_config(seed: int) -> RunConfig:
    """Return a config of random layers, augmentations and training."""
    rng = random.Random(seed)
    return RunConfig(
        dataset=rng.choice(["cifar10", "shapes", "my own, ×2"]),
        augmentations=tuple(drawn(AUGMENTATIONS[n], rng) for n in rng.sample(list(AUGMENTATIONS), rng.randint(0, 9))),
        layers=tuple(drawn(rng.choice(list(LAYERS.values())), rng) for _ in range(rng.randint(0, 40))),
        training=drawn(Training, rng),
    )


def small_config(seed: int) -> RunConfig:
    """Return a config that a processor trains in a moment, if it fits together: few layers, all narrow."""
    rng = random.Random(seed)
    layers: list[Layer] = []
    for _ in range(rng.randint(1, 8)):
        kinds = list(LAYERS.values())
        layers.append(drawn(rng.choice(kinds), rng, largest=24))
    training = drawn(Training, rng).replace(epochs=1, batch_size=16, train_share=1.0, validation_share=0.2)
    return RunConfig(
        dataset="shapes",
        augmentations=tuple(drawn(AUGMENTATIONS[n], rng) for n in rng.sample(list(AUGMENTATIONS), rng.randint(0, 3))),
        layers=tuple(layers),
        training=training,
    )
