"""Training settings → the Keras optimizer, its learning rate schedule and the loss."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import keras
import numpy as np

from imgrec.config import Training
from imgrec.engine import fast_optimizers
from imgrec.optimizers import SGD, Adam, AdamW, Muon, Optimizer, RMSprop

START = 1 / 25
"""Where one-cycle begins, as a share of the largest learning rate; the default of the common implementations."""

NOT_DECAYED = ("bias", "gamma", "beta")
"""Offsets and scales stay free of weight decay, as is usual (He et al. 2018, arXiv 1812.01187, section 3.1)."""


@dataclass(frozen=True)
class Rule:
    """How an optimizer's settings become Keras' own.

    own gives the arguments of the Keras class of the same name that only this optimizer has. l2: its weight decay is an
    L2 penalty in the gradient, in place of one that Keras takes apart from the step.
    """

    own: Callable[[Any], dict[str, Any]]
    l2: bool = False


RULES: dict[type[Optimizer], Rule] = {
    # Keras asks for momentum where it shall look ahead.
    SGD: Rule(lambda one: {"momentum": one.momentum, "nesterov": one.nesterov and one.momentum > 0}),
    Adam: Rule(lambda one: {"beta_1": one.beta_1, "beta_2": one.beta_2}, l2=True),
    AdamW: Rule(lambda one: {"beta_1": one.beta_1, "beta_2": one.beta_2}),
    RMSprop: Rule(lambda one: {"rho": one.rho, "momentum": one.momentum}),
    Muon: Rule(
        lambda one: {
            "kernel_momentum": one.kernel_momentum,
            "momentum": one.momentum,
            "nesterov": one.nesterov,
        }
    ),
}


def make_optimizer(
    settings: Training, total_steps: int, classes: ModuleType = fast_optimizers
) -> keras.optimizers.Optimizer:
    """Make the optimizer for a run of this many steps, of these classes or those of keras.optimizers."""
    chosen = settings.optimizer
    rule, cls = RULES[type(chosen)], getattr(classes, type(chosen).__name__)
    apart = 0.0 if rule.l2 else chosen.weight_decay
    # Keras' AdamW takes no None.
    decay = apart if isinstance(chosen, AdamW) else apart or None
    optimizer = cls(learning_rate=_schedule(settings, total_steps), weight_decay=decay, **rule.own(chosen))
    if apart:
        optimizer.exclude_from_weight_decay(var_names=list(NOT_DECAYED))
    return optimizer


class Linear(keras.optimizers.schedules.LearningRateSchedule):  # type: ignore[misc]
    """A learning rate that rises from near 0 in some steps, if any, and falls to 0 in those that are left."""

    def __init__(self, rate: float, total_steps: int, warm_up_steps: int) -> None:
        self.rate, self.total_steps, self.warm_up_steps = rate, total_steps, warm_up_steps

    def __call__(self, step: Any) -> Any:
        """Return the rate of a step, which counts from 0."""
        step = keras.ops.cast(step, "float32")
        falling = (self.total_steps - step) / max(1, self.total_steps - self.warm_up_steps)
        rising = (step + 1) / (self.warm_up_steps + 1)
        return self.rate * keras.ops.clip(keras.ops.minimum(rising, falling), 0.0, 1.0)

    def get_config(self) -> dict[str, Any]:
        """Return what the schedule is made of."""
        return {"rate": self.rate, "total_steps": self.total_steps, "warm_up_steps": self.warm_up_steps}


def rate_multiples(settings: Training, variables: Sequence[keras.Variable]) -> list[float]:
    """Return how many times as fast as the rest each variable learns.

    A learner multiplies the gradient by it, which for SGD is the same as multiplying the learning rate.
    """
    chosen = settings.optimizer
    rest = chosen.rest_rate if isinstance(chosen, Muon) else 1.0
    faster = chosen.beta_rate if isinstance(chosen, SGD | Muon) else 1.0
    return [
        (1.0 if fast_optimizers.is_convolution(variable) else rest) * (faster if variable.name == "beta" else 1.0)
        for variable in variables
    ]


def l2_penalties(settings: Training, variables: Sequence[keras.Variable]) -> list[float]:
    """Return by how much of each variable its gradient grows: the weight decay of Adam, and 0 for all others.

    This is the gradient of an L2 penalty, which Adam then divides by the gradient's size like the rest of it. AdamW
    takes the decay apart from the step (Loshchilov and Hutter 2019, arXiv 1711.05101); so do the others here, and so
    does Keras' own Adam.
    """
    decay = settings.optimizer.weight_decay if RULES[type(settings.optimizer)].l2 else 0.0
    return [0.0 if any(name in variable.name for name in NOT_DECAYED) else decay for variable in variables]


def make_loss(settings: Training) -> keras.losses.Loss:
    """Make the loss between one-hot labels (N, classes) and probabilities (N, classes): one number per image."""
    if settings.loss == "mean_squared_error":
        return keras.losses.MeanSquaredError(reduction="none")
    return keras.losses.CategoricalCrossentropy(label_smoothing=settings.label_smoothing, reduction="none")


def class_weights(settings: Training, labels: np.ndarray, classes: int) -> np.ndarray | None:
    """Return how much an image of each class counts in the loss (classes,) float32, or None where all count the same.

    Balanced, it is N / (K · n) for a class with n of the N training labels, of which K classes have some: the mean over
    all images is 1, so that the learning rate keeps its meaning. Source: scikit-learn, compute_class_weight; King and
    Zeng 2001, "Logistic Regression in Rare Events Data". A class without training images has 1.
    """
    if settings.class_weights == "none":
        return None
    images = np.bincount(labels, minlength=classes)
    there = images > 0
    weights = np.ones(classes)
    weights[there] = len(labels) / (there.sum() * images[there])
    return weights.astype(np.float32)


def _schedule(settings: Training, total_steps: int) -> "float | keras.optimizers.schedules.LearningRateSchedule":
    rate = settings.learning_rate
    match settings.schedule:
        case "constant":
            return rate
        case "cosine":
            return keras.optimizers.schedules.CosineDecay(rate, total_steps)
        case "one-cycle":
            rising = max(1, round(settings.warm_up * total_steps))
            return keras.optimizers.schedules.CosineDecay(
                rate * START, max(1, total_steps - rising), warmup_target=rate, warmup_steps=rising
            )
        case "linear":
            return Linear(rate, total_steps, round(settings.warm_up * total_steps))
        case "step":
            edges = [total_steps // 2, total_steps * 3 // 4]
            return keras.optimizers.schedules.PiecewiseConstantDecay(edges, [rate, rate / 10, rate / 100])
        case unknown:
            raise ValueError(unknown)
