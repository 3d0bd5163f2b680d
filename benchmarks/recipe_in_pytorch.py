"""The recipe of the presets `sprint` and `fast` in PyTorch, for the time to an accuracy.

    python -m benchmarks.recipe_in_pytorch fast --seed 0

That recipe is Jordan's airbench (arXiv 2404.00498 and its later version with Muon), whose published code needs a CUDA
GPU. This is the same training for a processor: whitened patches, convolutions that begin as the identity, flips that
alternate, Muon, a linear schedule, and the preset's views of each test image. It prints one JSON line.
"""

import argparse
import json
import time

import numpy as np
import torch
from torch import nn

from benchmarks.contest import cores
from benchmarks.in_pytorch import MuonOptimizer, build, make_optimizer
from imgrec import architecture, datasets, edge, limits, presets
from imgrec.augmentations import Augmentation, HorizontalFlip
from imgrec.config import RunConfig
from imgrec.errors import ImgrecError
from imgrec.layers import Layer, PatchWhitening
from imgrec.optimizers import Muon

RECIPES = [name for name, preset in presets.PRESETS.items() if isinstance(preset.config.training.optimizer, Muon)]

FLOOR = 5e-4
"""Added to the variances of whitened patches, as a share of their mean; imgrec's own number."""

WHITENED = 2_000
"""Images whose patches are measured."""

TOGETHER = 500
"""Images answered at once."""


def main() -> None:
    """Train once and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("preset", choices=RECIPES)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    torch.set_num_threads(cores())
    torch.manual_seed(arguments.seed)
    config = presets.get(arguments.preset).config
    dataset = datasets.get(config.dataset)
    train, test = datasets.load(config.dataset, edge.location(config.dataset))
    settings = config.training
    chosen, _ = datasets.split(train, settings.replace(seed=arguments.seed))
    traced = architecture.check(config.layers, dataset.image_shape, len(dataset.class_names))
    pixels, labels = _tensor(train.pixels[chosen]), torch.from_numpy(train.labels[chosen].astype(np.int64))

    began = time.perf_counter()
    model = build(traced.rows).to(memory_format=torch.channels_last)
    _begin(model, config.layers, pixels)
    _train(model, config, pixels, labels)
    seconds = time.perf_counter() - began
    right = (
        _answers(model, _tensor(np.asarray(test.pixels)), settings.test_time_augmentation).argmax(1).numpy()
        == test.labels
    )
    figures = {"test_accuracy": float(right.mean()), "seconds": seconds, "peak_memory_bytes": limits.size("VmHWM")}
    print(json.dumps({"benchmark": "recipe_in_pytorch", **vars(arguments), **figures}))


def _tensor(pixels: np.ndarray) -> torch.Tensor:
    """Return images (N, H, W, C) uint8 as a tensor (N, C, H, W) of the same bytes."""
    return torch.from_numpy(np.ascontiguousarray(pixels)).permute(0, 3, 1, 2)


def _scaled(pixels: torch.Tensor) -> torch.Tensor:
    return pixels.to(torch.float32).div_(255)


def _begin(model: nn.Sequential, layers: tuple[Layer, ...], pixels: torch.Tensor) -> None:
    """Set the first weights that are not drawn at random: whitened patches, and the identity."""
    convolutions = [module for module in model if isinstance(module, nn.Conv2d)]
    described = [layer for layer in layers if hasattr(layer, "kernel_size")]
    for module, layer in zip(convolutions, described, strict=True):
        size, channels = module.kernel_size[0], module.in_channels
        if isinstance(layer, PatchWhitening):
            found = nn.functional.unfold(_scaled(pixels[:: max(1, len(pixels) // WHITENED)]), size)
            patches = found.transpose(1, 2).reshape(-1, found.shape[1]).to(torch.float64)
            variances, components = torch.linalg.eigh(torch.cov(patches.T))
            filters = (components / (variances.clamp(min=0) + FLOOR * variances.mean()).sqrt()).T
            both = torch.cat([filters, -filters])
            module.weight.data = both.reshape(-1, channels, size, size).to(torch.float32)
            assert module.bias is not None
            module.bias.data = -(both @ patches.mean(0)).to(torch.float32)
        elif getattr(layer, "kernel_initializer", "") == "identity":
            nn.init.dirac_(module.weight.data[:channels])


def _train(model: nn.Sequential, config: RunConfig, pixels: torch.Tensor, labels: torch.Tensor) -> None:
    settings = config.training
    assert settings.schedule == "linear"
    assert settings.warm_up == 0
    loss_of = nn.CrossEntropyLoss(label_smoothing=settings.label_smoothing)
    optimizer = make_optimizer(model, settings)
    assert isinstance(optimizer, MuonOptimizer)
    steps, step = settings.epochs * -(-len(pixels) // settings.batch_size), 0
    mirrored = torch.rand(len(pixels)) < 0.5
    model.train()
    for _ in range(settings.epochs):
        shown = _augmented(pixels, mirrored, config.augmentations)
        mirrored = ~mirrored
        for chosen in torch.split(torch.randperm(len(pixels)), settings.batch_size):
            optimizer.scale_rate(1 - step / steps)
            optimizer.zero_grad(set_to_none=True)
            with torch.autocast("cpu", torch.bfloat16):
                loss = loss_of(model(_scaled(shown[chosen])), labels[chosen])
            loss.backward()
            optimizer.step()
            step += 1


def _augmented(pixels: torch.Tensor, mirrored: torch.Tensor, wanted: tuple[Augmentation, ...]) -> torch.Tensor:
    """Return all images of an epoch (N, C, H, W) uint8, changed as its augmentations ask."""
    for one in wanted:
        match one:
            case HorizontalFlip(alternate=True):
                pixels = torch.where(mirrored[:, None, None, None], pixels.flip(3), pixels)
            case other:
                raise ImgrecError(f"This recipe in PyTorch needs an alternating HorizontalFlip. Received: {other}.")
    return pixels


@torch.no_grad()  # type: ignore[untyped-decorator]
def _answers(model: nn.Sequential, pixels: torch.Tensor, test_time_augmentation: str) -> torch.Tensor:
    """Return probabilities (N, classes): the mean over one, two or six views."""
    model.eval()
    views = [pixels]
    if test_time_augmentation.startswith("mirror and shift"):
        padded = nn.functional.pad(pixels.to(torch.float32), (1,) * 4, mode="reflect").to(torch.uint8)
        views += [padded[:, :, :-2, :-2], padded[:, :, 2:, 2:]]
    if test_time_augmentation.startswith("mirror"):
        views += [view.flip(3) for view in views]
    with torch.autocast("cpu", torch.bfloat16):
        asked = [torch.cat([model(_scaled(part)) for part in torch.split(view, TOGETHER)]) for view in views]
    return torch.stack([scores.to(torch.float32).softmax(1) for scores in asked]).mean(0)


if __name__ == "__main__":
    main()
