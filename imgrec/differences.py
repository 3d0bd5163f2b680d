"""What differs between configs, in words."""

from collections.abc import Sequence
from difflib import SequenceMatcher
from itertools import chain

from imgrec.augmentations import AUGMENTATIONS
from imgrec.config import RunConfig, Training, Transfer
from imgrec.layers import Layer
from imgrec.settings import NamedSettings, Settings, title

NOTHING = "–"
"""Stands where a config lacks what another has."""


def differences(
    configs: Sequence[RunConfig], datasets: Sequence[str], origins: Sequence[str | None] | None = None
) -> list[tuple[str, tuple[str, ...]]]:
    """Return (what, its value in each config) for each setting that is not the same in all; the layers come last.

    datasets holds the title of each config's dataset, origins the name of the run whose layers it begins with.
    """
    names = [None] * len(configs) if origins is None else origins
    rows = [("Dataset", tuple(datasets))]
    rows += [
        ("Begins with", tuple(begins_with(config.start, name) for config, name in zip(configs, names, strict=True)))
    ]
    told = [training_settings(config.training) for config in configs]
    rows += [(what, tuple(one.get(what, NOTHING) for one in told)) for what in dict.fromkeys(chain(*told))]
    rows += [(name, tuple(_augmentation(config, name) for config in configs)) for name in AUGMENTATIONS]
    rows += [(where, _layers(layers)) for where, layers in _aligned([config.layers for config in configs])]
    return [(what, values) for what, values in rows if len(set(values)) > 1]


def _aligned(stacks: Sequence[Sequence[Layer]]) -> list[tuple[str, tuple[Layer | None, ...]]]:
    """Put the layers of several networks beside each other, those of the same kind, with their place in the first."""
    rows: list[tuple[Layer | None, ...]] = [(layer,) for layer in stacks[0]]
    for number, stack in enumerate(stacks[1:], start=1):
        kinds = [_kind(next(layer for layer in row if layer)) for row in rows]
        merged: list[tuple[Layer | None, ...]] = []
        matches = SequenceMatcher(None, kinds, [_kind(layer) for layer in stack], autojunk=False)
        for tag, start, end, own_start, own_end in matches.get_opcodes():
            own = stack[own_start:own_end]
            if tag == "equal":
                merged += [(*row, layer) for row, layer in zip(rows[start:end], own, strict=True)]
            else:
                merged += [(*row, None) for row in rows[start:end]]
                merged += [(*(None,) * number, layer) for layer in own]
        rows = merged
    found, place = [], 0
    for row in rows:
        place += row[0] is not None
        found.append((f"Layer {place}" if row[0] else f"After layer {place}", row))
    return found


def _kind(layer: Layer) -> str:
    return type(layer).__name__


def begins_with(start: Transfer | None, name: str | None = None) -> str:
    """Say what the layers of a network begin with: new weights, or the first 25 layers of Best on CIFAR-10, locked.

    name is that of the run whose layers they are, or None where it is not known.
    """
    if start is None:
        return "new weights"
    layers = "layer" if start.layers == 1 else f"{start.layers} layers"
    return f"the first {layers} of {name or start.run}, {'locked' if start.locked else 'which go on learning'}"


def training_settings(training: Training) -> dict[str, str]:
    """Say every training setting by its title; those of the optimizer follow its name."""
    found = {}
    for name, field in type(training).model_fields.items():
        value = getattr(training, name)
        if isinstance(value, NamedSettings):
            found[title(name, field)] = type(value).__name__
            found |= {title(own, of): said(getattr(value, own)) for own, of in type(value).model_fields.items()}
        else:
            found[title(name, field)] = said(value)
    return found


def said(value: object) -> str:
    """Say the value of a setting: yes, 0.001, one-cycle."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else f"{value}".replace("_", " ")


def amounts(settings: Settings) -> str:
    """Say every field of a setting: angle 15, fill reflect."""
    return ", ".join(
        f"{name} {said(getattr(settings, name))}".replace("_", " ") for name in type(settings).model_fields
    )


def _augmentation(config: RunConfig, name: str) -> str:
    found = next((each for each in config.augmentations if type(each).__name__ == name), None)
    return NOTHING if found is None else amounts(found) or "yes"


def _layers(layers: Sequence[Layer | None]) -> tuple[str, ...]:
    short = tuple(_layer(layer, layer.summary() if layer else "") for layer in layers)
    if len(set(short)) > 1 or len(set(layers)) == 1:
        return short
    # They differ in what a summary leaves out.
    return tuple(_layer(layer, amounts(layer) if layer else "") for layer in layers)


def _layer(layer: Layer | None, details: str) -> str:
    return NOTHING if layer is None else f"{type(layer).__name__} {details}".strip()
