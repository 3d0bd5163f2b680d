"""Every optimizer, and the table OPTIMIZERS: the rules that turn gradients into steps.

To add one: a class here, its name in OPTIMIZERS, and its entry in RULES of engine/optimizers.py. The form, the checks,
the JSON and the contract tests follow.
"""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, SerializeAsAny

from imgrec.settings import NamedSettings, number, parse_named, switch


def _weight_decay(help: str) -> Any:
    return number(0.0, 0.0, 0.5, help, step=0.0001, log=True)


def _beta_1() -> Any:
    return number(0.9, 0.0, 0.999, "How much of the mean of the gradients stays at each step.", title="Beta 1")


def _beta_2() -> Any:
    return number(
        0.999, 0.5, 0.9999, "How much of the mean of their squares stays at each step.", step=0.0001, title="Beta 2"
    )


def _beta_rate() -> Any:
    return number(
        1.0,
        1.0,
        128.0,
        "How many times as fast the offsets (beta) of BatchNormalization learn. "
        "Source: Jordan 2024, arXiv 2404.00498, section 3.4.",
        step=1.0,
        log=True,
        title="BatchNorm bias learning-rate factor",
    )


APART = (
    "Pulls weights, not offsets and scales, towards 0: by this times the learning rate per step. Source: Loshchilov "
    "and Hutter 2019, arXiv 1711.05101."
)


class Optimizer(NamedSettings):
    """Turns gradients into steps. Each has a weight_decay; what that means stands in its help."""

    weight_decay: float = _weight_decay(APART)


class SGD(Optimizer):
    """Gradient descent with momentum: plain, fast, and often the most accurate with a well-chosen learning rate."""

    momentum: float = number(0.9, 0.0, 0.999, "How much of the last steps goes into the next.")
    nesterov: bool = switch(True, "Looks one step ahead (Nesterov). With momentum only.")
    beta_rate: float = _beta_rate()


class Adam(Optimizer):
    """Steps of about the same size for every weight: works with little tuning.

    Without weight decay it is the same as AdamW.
    """

    weight_decay: float = _weight_decay(
        "An L2 penalty: this times the weight is added to the gradient of weights, not of offsets and scales, and Adam "
        "scales both. Source: Loshchilov and Hutter 2019, arXiv 1711.05101."
    )
    beta_1: float = _beta_1()
    beta_2: float = _beta_2()


class AdamW(Optimizer):
    """Adam with weight decay apart from its steps: the usual choice where weights shall stay small."""

    beta_1: float = _beta_1()
    beta_2: float = _beta_2()


class RMSprop(Optimizer):
    """Divides each gradient by its recent size."""

    rho: float = number(0.9, 0.0, 0.999, "How much of the mean of the squared gradients stays at each step.")
    momentum: float = number(0.0, 0.0, 0.999, "How much of the last steps goes into the next.")


class Muon(Optimizer):
    """Steps of one size in every direction for the kernels of convolutions, and SGD for all else.

    It learns more in few epochs than SGD does. Good learning rates are near 0.1. Source: Jordan et al. 2024, "Muon: An
    optimizer for hidden layers in neural networks", https://kellerjordan.github.io/posts/muon/.
    """

    kernel_momentum: float = number(
        0.6, 0.0, 0.999, "How much of the last gradients of a kernel goes into its next step."
    )
    nesterov: bool = switch(True, "Looks one step ahead (Nesterov), for kernels and for all else.")
    rest_rate: float = number(
        8.0,
        0.01,
        100.0,
        "How many times the learning rate all takes that is no kernel of a convolution: SGD needs larger numbers.",
        step=0.1,
        log=True,
        title="Learning rate of the rest",
    )
    momentum: float = number(
        0.85, 0.0, 0.999, "How much of the last steps goes into the next.", title="Momentum of the rest"
    )
    beta_rate: float = _beta_rate()


COEFFICIENTS = 3.4445, -4.7750, 2.0315
"""Of the polynomial whose repetition brings all singular values of a matrix near 1: those of Jordan et al. 2024."""

REPETITIONS = 3
"""How often it is applied: 5 in general, 3 in the author's recipe for CIFAR-10."""

TINY = 1e-7
"""Keeps a gradient of zeros from a division by 0."""


OPTIMIZERS: dict[str, type[Optimizer]] = {
    optimizer.__name__: optimizer for optimizer in (SGD, Adam, AdamW, RMSprop, Muon)
}


def _parse_optimizer(data: object) -> Any:
    if isinstance(data, str):
        data = {"type": full_name(data)}
    return parse_named(OPTIMIZERS, "optimizer", data)


AnyOptimizer = Annotated[SerializeAsAny[Optimizer], BeforeValidator(_parse_optimizer)]
"""The type of a field that holds an optimizer, whichever it is."""


def full_name(name: str) -> str:
    """Return an optimizer's name as the table has it: SGD for sgd. One that is not there stays as it is."""
    return {known.lower(): known for known in OPTIMIZERS}.get(name.lower(), name)


_FLAT = ("weight_decay", "momentum", "nesterov", "beta_rate")
"""Settings that stood beside the optimizer's name before each optimizer had its own."""


def from_flat(training: Mapping[str, Any]) -> dict[str, Any]:
    """Move the settings of an optimizer that stand beside it, as in old configs, into it.

    Those that the optimizer did not use had no meaning, and are left out where its name alone stands there.
    """
    rest = {name: value for name, value in training.items() if name not in _FLAT}
    flat = {name: training[name] for name in _FLAT if name in training}
    found = rest.get("optimizer", "Adam")
    if not flat:
        return rest
    if isinstance(found, str):
        name = full_name(found)
        used = set(OPTIMIZERS[name].model_fields) if name in OPTIMIZERS else set()
        if name == "RMSprop":
            used.discard("momentum")  # it had none
        return {**rest, "optimizer": {"type": name, **{key: flat[key] for key in flat if key in used}}}
    data = found.model_dump() if isinstance(found, Optimizer) else found
    return {**rest, "optimizer": {**data, **flat}} if isinstance(data, Mapping) else {**training}
