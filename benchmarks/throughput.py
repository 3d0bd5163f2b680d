"""Training images a second of a preset's network: imgrec, plain Keras, PyTorch, and what the machine could do.

    python -m benchmarks.throughput --preset fast

The same layers, batch size, loss and optimizer for all, on noise instead of photographs and without augmentation. A
turn is an epoch of --images: in imgrec its whole loop as a worker runs it, in Keras one call of `fit`. The limit is the
best rate of matrix products that TensorFlow reaches on this machine.
"""

import argparse
import json
from collections.abc import Sequence
from typing import Any

from benchmarks import contest
from benchmarks.contest import Contestant, Outcome
from imgrec import architecture, datasets, presets
from imgrec.architecture import LayerRow

IMAGES = 20_480
"""A multiple of every preset's batch size, and enough that the start of `fit` does not count."""

OURS = "imgrec"
LIMIT = "matrix products, bfloat16"
LIMIT_FLOAT32 = "matrix products, float32"


def main() -> None:
    """Hold the contest and print its figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--preset", default="fast", choices=list(presets.PRESETS))
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--images", type=int, default=IMAGES, help="of an epoch")
    arguments = parser.parse_args()
    outcome = contest.hold(contestants(arguments.preset, arguments.images), arguments.rounds)
    rows = traced(arguments.preset)
    summary = summarised(outcome, convolution_flops(rows))
    print(f"{arguments.preset}, batch size {presets.get(arguments.preset).config.training.batch_size}\n")
    print(throughput_table(outcome))
    print()
    print(limit_table(outcome, summary))
    settings = {"benchmark": "throughput", **vars(arguments)}
    print(json.dumps({**settings, **summary, "left_out": outcome.left_out, "machine": contest.machine()}))


def contestants(preset: str, images: int) -> list[Contestant]:
    """List who takes part."""
    work = {"preset": preset, "images": images}
    tensorflow, pytorch = "benchmarks.in_tensorflow", "benchmarks.in_pytorch"
    return [
        Contestant(OURS, f"{tensorflow}:imgrec", work),
        Contestant("Keras fit, float32", f"{tensorflow}:keras_fit", work),
        Contestant("PyTorch, bfloat16", f"{pytorch}:train", {**work, "bfloat16": True}, needs="torch"),
        Contestant(
            "PyTorch, bfloat16, compiled",
            f"{pytorch}:train",
            {**work, "bfloat16": True, "compiled": True},
            needs="torch",
        ),
        Contestant("PyTorch, float32", f"{pytorch}:train", {**work, "bfloat16": False}, needs="torch"),
        Contestant(LIMIT, f"{tensorflow}:matrix_products", {"precision": "bfloat16"}),
        Contestant(LIMIT_FLOAT32, f"{tensorflow}:matrix_products", {"precision": "float32"}),
    ]


def traced(preset: str) -> Sequence[LayerRow]:
    """Return the rows of a preset's network with its head."""
    config = presets.get(preset).config
    dataset = datasets.get(config.dataset)
    return architecture.check(config.layers, dataset.image_shape, len(dataset.class_names)).rows


def convolution_flops(rows: Sequence[LayerRow]) -> int:
    """Count the floating point operations that one image's training step takes in convolutions.

    A multiply-add is two operations. A convolution is computed forward, for the gradient of its weights unless nothing
    in it is learnt, and for the gradient of its input unless nothing before it is learnt. A ResidualBlock counts as
    one convolution.
    """
    total, learnt_before = 0, False
    for row in rows:
        learns = row.params > 0 and type(row.layer).__name__ != "PatchWhitening"
        if len(row.output_shape) == 3:
            total += 2 * row.multiply_adds * (1 + learns + learnt_before)
        learnt_before = learnt_before or learns
    return total


def summarised(outcome: Outcome, flops: int) -> dict[str, Any]:
    """Return medians and ratios; what was left out is missing or None."""
    ours, limit = outcome.rounds.get(OURS), outcome.rounds.get(LIMIT)
    return {
        "medians": {name: outcome.median(name) for name in outcome.rounds},
        "ratios": {f"{OURS} / {name}": outcome.ratio(OURS, name) for name in peers(outcome)},
        "convolution_flops_per_image": flops,
        "share_of_bfloat16_products": flops * (outcome.ratio(OURS, LIMIT) or 0) if ours and limit else None,
        "rounds_of_each": outcome.rounds,
    }


def peers(outcome: Outcome) -> list[str]:
    """List those whose figure is images a second, without imgrec."""
    return [name for name in outcome.rounds if name not in {OURS, LIMIT, LIMIT_FLOAT32}]


def throughput_table(outcome: Outcome) -> str:
    """Write who trained how fast."""
    names = [name for name in (OURS, *peers(outcome)) if name in outcome.rounds]
    rows = []
    for name in names:
        rounds, ratio = outcome.rounds[name], outcome.ratio(OURS, name)
        spread = f"{min(rounds):,.0f} – {max(rounds):,.0f}"
        rows.append([name, f"{outcome.median(name):,.0f}", spread, f"{ratio:.2f}" if ratio else "–"])
    return contest.table(["training", "images/s, median", "lowest – highest", "imgrec / this"], rows)


def limit_table(outcome: Outcome, summary: dict[str, Any]) -> str:
    """Write what the convolutions took of what the machine could do."""
    rows = []
    if OURS in outcome.rounds:
        rate = summary["convolution_flops_per_image"] * outcome.median(OURS)
        rows.append(["imgrec's convolutions", f"{rate / 1e9:,.0f}"])
    rows += [[n, f"{outcome.median(n) / 1e9:,.0f}"] for n in (LIMIT, LIMIT_FLOAT32) if n in outcome.rounds]
    share = summary["share_of_bfloat16_products"]
    if share is not None:
        rows.append(["imgrec's convolutions / bfloat16 products", f"{share:.0%}"])
    return contest.table(["", "GFLOP/s, median"], rows)


if __name__ == "__main__":
    main()
