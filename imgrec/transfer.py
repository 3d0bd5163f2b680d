"""The layers that a network takes over from a finished run: how many of them fit, and which of them still learn."""

from collections.abc import Sequence
from dataclasses import dataclass

from imgrec.architecture import Architecture, LayerRow, trace
from imgrec.config import RunConfig, Transfer
from imgrec.errors import SettingsError
from imgrec.layers import Conv2D, Dense, Layer, PatchWhitening, ResidualBlock, SeparableConv2D, Shape

KERNELS = Conv2D, SeparableConv2D, ResidualBlock, PatchWhitening, Dense
"""The layers that have learnt patterns."""


@dataclass(frozen=True)
class Source:
    """A run whose layers a network may begin with: what it is called, its layers, and the shape of its images."""

    name: str
    layers: tuple[Layer, ...]
    image_shape: Shape


def fitting(layers: Sequence[Layer], image_shape: Shape, source: Source) -> int:
    """Return how many of the first layers of a network can have the weights that they have in the source.

    They need the same settings and as many channels, or numbers, to work on; images may have another size, and the
    classes may be others, as the output layer is always new.
    """
    rows = zip(_rows(layers, image_shape), _rows(source.layers, source.image_shape), strict=False)
    found = 0
    for own, theirs in rows:
        if own.layer != theirs.layer or not _takes_the_same(own, theirs):
            break
        found += 1
    return found


def general(layers: Sequence[Layer]) -> int:
    """Return how many of the first layers of a trained network are of use for other classes, by a rule of thumb.

    All above the last third of those with kernels: the last ones tell the classes of their own dataset apart (Yosinski
    et al. 2014, arXiv 1411.1792). Locked down to there, layers that knew five other classes were better than new ones,
    and all of them worse (benchmarks/transfer.py).
    """
    places = [place for place, layer in enumerate(layers) if isinstance(layer, KERNELS)]
    return places[-(len(places) // 3)] if len(places) >= 3 else len(layers)


def check(config: RunConfig, image_shape: Shape, source: Source) -> None:
    """Raise SettingsError where a network that fits its images cannot begin with what its config copies."""
    start = config.start
    if start is None or (fits := fitting(config.layers, image_shape, source)) >= start.layers:
        return
    instead = f"copy {f'only the first {fits}' if fits else 'none'} of its layers"
    where = f"Layer {fits + 1}"
    if fits >= len(source.layers):
        raise SettingsError(
            f"{source.name} has {len(source.layers)} layers. Received: a network that copies its first {start.layers}. "
            f"Better {instead}."
        )
    own, theirs = config.layers[fits], source.layers[fits]
    if own != theirs:
        raise SettingsError(
            f"{where} needs the settings that it has in {source.name}, from which it is copied: {_said(theirs)}. "
            f"Received: {_said(own)}. Change it back, or {instead}."
        )
    here = _rows(config.layers, image_shape)[fits].input_shape
    there = _rows(source.layers, source.image_shape)[fits].input_shape
    what = "channels" if len(here) == 3 else "numbers"
    raise SettingsError(
        f"{where} ({type(own).__name__}) has learnt in {source.name} to work on {there[-1]:,} {what}. Received: "
        f"{here[-1]:,}, as the images have another form. Choose a dataset of its form, or {instead}."
    )


def broken(before: RunConfig, after: RunConfig) -> str | None:
    """Say that a change of the layers has ended their copy at the changed one; nothing where it has not."""
    stay = after.start.layers if after.start else 0
    if before.start is None or stay >= before.start.layers:
        return None
    copied = f"Layers 1 to {stay} stay copied" if stay > 1 else "Layer 1 stays copied" if stay else "None stays copied"
    return f"From layer {stay + 1} on, the network begins anew, as it was changed there. {copied}."


def locked(network: Architecture, start: Transfer | None) -> Architecture:
    """Return the part of a traced network that does not learn."""
    return _part(network, start, of_locked=True)


def learning(network: Architecture, start: Transfer | None) -> Architecture:
    """Return the part of a traced network that learns."""
    return _part(network, start, of_locked=False)


def training_multiply_adds(network: Architecture, start: Transfer | None) -> float:
    """Return the multiply-adds of a training step for an image, as a third of what a step goes through.

    A step goes through a layer that learns thrice, forward and back to its inputs and its weights, and only forward
    through a locked one. So it is the multiply-adds of the network where nothing is locked.
    """
    return learning(network, start).multiply_adds + locked(network, start).multiply_adds / 3


def _part(network: Architecture, start: Transfer | None, *, of_locked: bool) -> Architecture:
    first = start.layers if start is not None and start.locked else 0
    return Architecture(
        tuple(row for row in network.rows if (row.position is not None and row.position < first) is of_locked)
    )


def _rows(layers: Sequence[Layer], image_shape: Shape) -> list[LayerRow]:
    traced = trace(layers, image_shape, classes=2)
    return [row for row in traced.rows if row.position is not None]


def _takes_the_same(own: LayerRow, theirs: LayerRow) -> bool:
    return not own.params or own.input_shape[-1] == theirs.input_shape[-1]


def _said(layer: Layer) -> str:
    return f"{type(layer).__name__} ({', '.join(f'{name} {value}' for name, value in layer)})"
