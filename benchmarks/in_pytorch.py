"""The same networks in PyTorch at its best on a processor, and the contestant that trains them.

channels_last, one thread a core, fused optimizer, in-place activations, gradients set to None, images kept as bytes,
no accuracy counted. Needs `torch`, which imgrec itself does not.
"""

import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import nn

from benchmarks.contest import Turns, cores
from imgrec import architecture, datasets, presets
from imgrec.architecture import LayerRow
from imgrec.config import Training
from imgrec.errors import ImgrecError
from imgrec.layers import Layer, Shape
from imgrec.optimizers import COEFFICIENTS, REPETITIONS, SGD, TINY, Adam, AdamW, Muon

ACTIVATIONS: dict[str, Callable[[], nn.Module]] = {
    "linear": nn.Identity,
    "relu": lambda: nn.ReLU(inplace=True),
    "leaky_relu": lambda: nn.LeakyReLU(0.2, inplace=True),
    "elu": lambda: nn.ELU(inplace=True),
    "gelu": nn.GELU,
    "silu": lambda: nn.SiLU(inplace=True),
    "sigmoid": nn.Sigmoid,
    "tanh": nn.Tanh,
}


class _GlobalMax(nn.Module):
    def forward(self, values: torch.Tensor) -> torch.Tensor:
        return values.amax((2, 3))


class _GlobalAverage(nn.Module):
    def forward(self, values: torch.Tensor) -> torch.Tensor:
        return values.mean((2, 3))


class _Flatten(nn.Module):
    def forward(self, values: torch.Tensor) -> torch.Tensor:
        return values.permute(0, 2, 3, 1).flatten(1)  # Keras' order; for channels_last it moves nothing


class _Rescaling(nn.Module):
    def __init__(self, scale: float) -> None:
        super().__init__()
        self.scale = scale

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        return values * self.scale


def _convolution(layer: Any, shape: Shape) -> list[nn.Module]:
    if layer.padding == "same" and layer.strides > 1:
        raise ImgrecError("PyTorch has no padding=same for strides above 1. Leave this network out of the comparison.")
    convolution = nn.Conv2d(
        shape[2], layer.filters, layer.kernel_size, layer.strides, padding=layer.padding, bias=layer.use_bias
    )
    return [convolution, ACTIVATIONS[layer.activation]()]


def _whitening(layer: Any, shape: Shape) -> list[nn.Module]:
    frozen = nn.Conv2d(shape[2], layer.output_shape(shape)[2], layer.kernel_size)
    return [frozen.requires_grad_(requires_grad=False)]


def _dense(layer: Any, shape: Shape) -> list[nn.Module]:
    return [nn.Linear(shape[0], layer.units, bias=layer.use_bias), ACTIVATIONS[layer.activation]()]


def _normalization(layer: Any, shape: Shape) -> list[nn.Module]:
    # Keras' epsilon; PyTorch's momentum is the share of the new.
    norm = (nn.BatchNorm2d if len(shape) == 3 else nn.BatchNorm1d)(shape[-1], eps=1e-3, momentum=1 - layer.momentum)
    norm.weight.requires_grad_(layer.scale)
    return [norm]


MODULES: dict[str, Callable[[Any, Shape], list[nn.Module]]] = {
    "Conv2D": _convolution,
    "PatchWhitening": _whitening,
    "MaxPooling2D": lambda layer, _: [nn.MaxPool2d(layer.pool_size)],
    "AveragePooling2D": lambda layer, _: [nn.AvgPool2d(layer.pool_size)],
    "GlobalMaxPooling2D": lambda *_: [_GlobalMax()],
    "GlobalAveragePooling2D": lambda *_: [_GlobalAverage()],
    "BatchNormalization": _normalization,
    "Rescaling": lambda layer, _: [_Rescaling(layer.scale)],
    "Activation": lambda layer, _: [ACTIVATIONS[layer.activation]()],
    "Dropout": lambda layer, _: [nn.Dropout(layer.rate)],
    "Flatten": lambda *_: [_Flatten()],
    "Dense": _dense,
}
"""What each layer is in PyTorch, given the shape (H, W, C) or (features,) that it receives."""


def build(rows: Sequence[LayerRow]) -> nn.Sequential:
    """Build a traced stack: scaled images (N, C, H, W) in, one number per class out. Raises ImgrecError in words."""
    return nn.Sequential(*[module for row in rows for module in _modules(row.layer, row.input_shape)])


def _modules(layer: Layer, shape: Shape) -> list[nn.Module]:
    name = type(layer).__name__
    if name not in MODULES:
        raise ImgrecError(f"A translation to PyTorch needs layers out of {', '.join(MODULES)}. Received: {name}.")
    return MODULES[name](layer, shape)


def train(turns: Turns, preset: str, images: int, bfloat16: bool, compiled: bool = False) -> None:
    """Train an epoch each turn, in images/s; the first warms up.

    Compiled with torch.compile in its mode max-autotune, which tries several kernels for each operation.
    """
    torch.set_num_threads(cores())
    config = presets.get(preset).config
    dataset = datasets.get(config.dataset)
    traced = architecture.check(config.layers, dataset.image_shape, len(dataset.class_names))
    model = build(traced.rows).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    optimizer = make_optimizer(model, config.training)
    computed: Callable[[torch.Tensor], torch.Tensor] = torch.compile(model, mode="max-autotune") if compiled else model
    loss_of = nn.CrossEntropyLoss(label_smoothing=config.training.label_smoothing)
    rng = np.random.default_rng(0)
    pixels = torch.from_numpy(rng.integers(0, 256, (images, *dataset.image_shape), dtype=np.uint8))
    labels = torch.from_numpy(rng.integers(0, len(dataset.class_names), images))

    def measure() -> float:
        began = time.perf_counter()
        for chosen in torch.split(torch.randperm(images), config.training.batch_size):
            values = pixels[chosen].permute(0, 3, 1, 2).to(torch.float32).div_(255)
            optimizer.zero_grad(set_to_none=True)
            with torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
                loss = loss_of(computed(values), labels[chosen])
            loss.backward()
            optimizer.step()
        return images / (time.perf_counter() - began)

    measure()
    turns.serve(measure)


def make_optimizer(model: nn.Module, settings: Training) -> torch.optim.Optimizer:
    """Make the optimizer of the settings, at a learning rate that stays. Offsets and scales are not decayed."""
    learnt = [weights for weights in model.parameters() if weights.requires_grad]
    groups = [
        {
            "params": [weights for weights in learnt if weights.ndim > 1],
            "weight_decay": settings.optimizer.weight_decay,
        },
        {"params": [weights for weights in learnt if weights.ndim == 1], "weight_decay": 0.0},
    ]
    rate = settings.learning_rate
    match settings.optimizer:
        case SGD(momentum=momentum, nesterov=nesterov):
            return torch.optim.SGD(groups, lr=rate, momentum=momentum, nesterov=nesterov and momentum > 0, fused=True)
        case Adam(beta_1=beta_1, beta_2=beta_2):
            return torch.optim.Adam(groups, lr=rate, betas=(beta_1, beta_2), eps=1e-7, fused=True)
        case AdamW(beta_1=beta_1, beta_2=beta_2):
            return torch.optim.AdamW(groups, lr=rate, betas=(beta_1, beta_2), eps=1e-7, fused=True)
        case Muon() as muon:
            return MuonOptimizer(model, muon, rate)
        case other:
            raise ImgrecError(f"A translation to PyTorch needs sgd, adam, adamw or muon. Received: {other}.")


class MuonOptimizer(torch.optim.Optimizer):
    """imgrec's Muon: orthogonalized steps for kernels of convolutions, and SGD for all else."""

    def __init__(self, model: nn.Module, settings: Muon, rate: float) -> None:
        learnt = [weights for weights in model.parameters() if weights.requires_grad]
        super().__init__(learnt, {"lr": rate})
        self._settings, self._rate = settings, rate
        self._kernels = [weights for weights in learnt if weights.ndim == 4]
        self._momenta = [torch.zeros_like(kernel) for kernel in self._kernels]
        norms = [module for module in model.modules() if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d)]
        offsets = {id(module.bias) for module in norms}
        rest = [weights for weights in learnt if weights.ndim != 4]
        groups = [
            {"params": [weights for weights in rest if id(weights) not in offsets], "multiple": settings.rest_rate},
            {
                "params": [weights for weights in rest if id(weights) in offsets],
                "multiple": settings.rest_rate * settings.beta_rate,
            },
        ]
        self._rest = torch.optim.SGD(
            [group for group in groups if group["params"]],
            lr=rate,
            momentum=settings.momentum,
            nesterov=settings.nesterov and settings.momentum > 0,
            fused=True,
        )
        self.scale_rate(1.0)

    def scale_rate(self, share: float) -> None:
        """Take from now on steps of this share of the largest learning rate."""
        self.param_groups[0]["lr"] = self._rate * share
        for group in self._rest.param_groups:
            group["lr"] = self._rate * share * group["multiple"]

    @torch.no_grad()  # type: ignore[untyped-decorator]
    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        """Take the step that the gradients ask for."""
        rate, momentum = self.param_groups[0]["lr"], self._settings.kernel_momentum
        for kernel, momenta in zip(self._kernels, self._momenta, strict=True):
            assert kernel.grad is not None
            momenta.mul_(momentum).add_(kernel.grad)
            ahead = kernel.grad.add(momenta, alpha=momentum) if self._settings.nesterov else momenta
            step = orthogonalized(ahead.flatten(1)).view_as(kernel)
            kernel.mul_(len(kernel) ** 0.5 / (kernel.norm() + TINY))
            kernel.sub_(rate * step + rate * self._settings.weight_decay * kernel)
        self._rest.step(closure)


def orthogonalized(matrix: torch.Tensor) -> torch.Tensor:
    """Return a float32 matrix (M, N) with the same singular vectors and all singular values near 1."""
    first, third, fifth = COEFFICIENTS
    values = (matrix / (matrix.norm() + TINY)).to(torch.bfloat16)
    tall = values.shape[0] > values.shape[1]
    values = values.T if tall else values
    for _ in range(REPETITIONS):
        square = values @ values.T
        values = first * values + (third * square + fifth * square @ square) @ values
    return (values.T if tall else values).to(matrix.dtype)
