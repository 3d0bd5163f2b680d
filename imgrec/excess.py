"""What exceeds a limit of a server or of a class, in a sentence: what is allowed, what was received, what to do."""

from typing import Protocol

from imgrec.architecture import Architecture
from imgrec.config import RunConfig


class Limits(Protocol):
    """What may be limited of a training; None is no limit."""

    @property
    def parameters(self) -> int | None: ...

    @property
    def multiply_adds(self) -> int | None: ...

    @property
    def epochs(self) -> int | None: ...


def of_network(where: str, limits: Limits, network: Architecture) -> str | None:
    """Say in what a network exceeds the limits that hold somewhere, as "On this server"; nothing where it does not."""
    for received, most, what, advice in (
        (network.params, limits.parameters, "parameters", "Make it smaller, or pool more above the dense layers."),
        (
            network.multiply_adds,
            limits.multiply_adds,
            "multiply-adds for an image",
            "Use fewer filters, or pool earlier.",
        ),
    ):
        if most is not None and received > most:
            return f"{where}, a network has at most {most:,} {what}. Received: {received:,}. {advice}"
    return None


def of_training(where: str, limits: Limits, config: RunConfig, network: Architecture) -> str | None:
    """Say in what a training exceeds the limits, its network first."""
    if problem := of_network(where, limits, network):
        return problem
    epochs = config.training.epochs
    if limits.epochs is not None and epochs > limits.epochs:
        return (
            f"{where}, a training has at most {limits.epochs} epochs. Received: {epochs}. Lower them under Training "
            "settings."
        )
    return None
