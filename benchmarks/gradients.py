"""Whether layers give right values and gradients: kernels × strides × channels × maps × batches × threads × processors.

    python -m benchmarks.gradients --isa DEFAULT AVX2 --threads 1 2 3 6

Each layer as training builds it, and before that as Keras does, both with oneDNN. The reference is Keras in float64,
which oneDNN does not compute. Wrong is an error of more than 1e-4 (bfloat16: 0.15) of the norm of what is expected, in
the values, the gradient of the input or that of any weight; or a process that was killed. 1×1 convolutions with strides
are all tried in every place; of all others each place draws one of --every, those in bfloat16 only where the processor
has it. Exit status 1 where a layer is wrong as training builds it.
"""

import argparse
import json
import os
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any

from pydantic import TypeAdapter

from benchmarks import contest
from imgrec import architecture
from imgrec.engine.precision import PROCESSOR_FLAGS, processor_flags
from imgrec.errors import ShapeError
from imgrec.layers import ACTIVATIONS, AnyLayer

CHANNELS = (1, 2, 3, 4, 5, 7, 8, 12, 15, 16, 17, 24, 32)
FILTERS = (1, 3, 5, 8, 16, 17, 32)
SIDES = (1, 2, 3, 4, 5, 7, 8, 9, 16, 32, 33)
BATCHES = (1, 2, 5, 8, 25, 32)
LIMITS = {"float32": 1e-4, "bfloat16": 0.15}

MULTIPLY_ADDS = 2e8
"""The most that a batch may cost; larger ones are left out."""

TOGETHER = 10
"""Cases of one process: what writes past its memory may spoil those after it."""

Case = dict[str, Any]
"""A layer as in a config, the shape (H, W, C) that comes in, the precision, and the sizes of batches."""

LAYER: TypeAdapter[Any] = TypeAdapter(AnyLayer)


def main() -> int:
    """Try them and count."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--isa", nargs="+", default=["DEFAULT", "AVX2"], help="ONEDNN_MAX_CPU_ISA; DEFAULT: no limit")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2, 3, 6])
    parser.add_argument("--every", type=int, default=32)
    arguments = parser.parse_args()
    rows, wrong = [], []
    for isa, threads in product(arguments.isa, arguments.threads):
        place = {"ONEDNN_MAX_CPU_ISA": isa, "TF_NUM_INTRAOP_THREADS": str(threads)}
        cases = chosen(arguments.every, isa, threads)
        row: list[Any] = [isa, threads, sum(len(case["batches"]) for case in cases)]
        for fast in (False, True):
            found = [{**each, "fast": fast, **place} for each in wrong_ones(cases, fast, place)]
            row += [len(found), sum(each["error"] is None for each in found)]
            wrong += found
        print(row, file=sys.stderr, flush=True)
        rows.append(row)
    header = ["isa", "threads", "tried", "wrong in Keras", "of them killed", "wrong in training", "of them killed"]
    print(contest.table(header, rows))
    kinds = Counter(f"{each['fast']}, {each['layers']}, {each['precision']}" for each in wrong)
    for kind, count in kinds.most_common():
        print(count, kind)
    print(json.dumps({"benchmark": "gradients", **vars(arguments), "wrong": wrong, "machine": contest.machine()}))
    return 1 if any(row[5] for row in rows) else 0


def wrong_ones(cases: Sequence[Case], fast: bool, place: dict[str, str]) -> list[dict[str, Any]]:
    """List the batches that are wrong or killed their process; fast: as training builds the layers."""
    return [
        {**case, "batches": [batch], "error": error}
        for case, errors in zip(cases, computed(cases, fast, place), strict=True)
        for batch, error in zip(case["batches"], errors, strict=True)
        if error is None or error > LIMITS[case["precision"]]
    ]


def computed(cases: Sequence[Case], fast: bool, place: dict[str, str]) -> list[list[float | None]]:
    """Return the error of each batch of each case, None where it killed its process; place: environment variables."""
    parts = [cases[start : start + TOGETHER] for start in range(0, len(cases), TOGETHER)]
    asked = "".join(json.dumps({"cases": part, "fast": fast, "environment": place}) + "\n" for part in parts)
    # Memory is filled with bytes that make huge numbers, so that what is read before it was written is seen each time.
    ours = {"TF_ENABLE_ONEDNN_OPTS": "1", "CUDA_VISIBLE_DEVICES": "-1", "MALLOC_PERTURB_": "128"}
    environment = {**os.environ, **ours, **place}
    command = [sys.executable, "-m", "benchmarks.gradient_cases"]
    done = subprocess.run(
        command, cwd=contest.ROOT, env=environment, input=asked, stdout=subprocess.PIPE, text=True, check=True
    )
    return [errors for line in done.stdout.splitlines() for errors in json.loads(line)]


def chosen(every: int, isa: str, threads: int) -> list[Case]:
    """List the cases of a place; the same place draws the same."""
    cases = others()
    drawn = random.Random(f"{isa} {threads}").sample(cases, len(cases) // every)
    possible = [case for case in drawn if case["precision"] == "float32" or has_bfloat16(isa)]
    return [case for case in map(affordable, [*pointwise(), *possible]) if case]


def has_bfloat16(isa: str) -> bool:
    """Whether the processor computes bfloat16 under this limit; imgrec chooses it nowhere else."""
    return isa == "DEFAULT" and not processor_flags().isdisjoint(PROCESSOR_FLAGS)


def pointwise() -> Iterator[Case]:
    """Return the 1×1 convolutions with strides; filters and padding go round."""
    for number, (channels, side) in enumerate(product(CHANNELS, SIDES[::2])):
        yield _case(number, "Conv2D", (side, side, channels), kernel_size=1, strides=2, filters=_of(FILTERS, number))


def others() -> list[Case]:
    """List what else computes with oneDNN, with every number of channels; maps, filters and batches go round."""
    sizes, strided = (1, 2, 3, 5, 7), {"strides": (1, 2), "padding": ("same", "valid")}
    kinds: dict[str, dict[str, Sequence[Any]]] = {
        "Conv2D": {"kernel_size": sizes, **strided},
        "SeparableConv2D": {"kernel_size": sizes[1:], **strided},
        "ResidualBlock": {"kernel_size": (3, 5), "strides": (1, 2)},
        "PatchWhitening": {"kernel_size": (2, 3, 4)},
        "MaxPooling2D": {"pool_size": (2, 3, 4)},
        "AveragePooling2D": {"pool_size": (2, 3, 4)},
        "GlobalAveragePooling2D": {},
        "GlobalMaxPooling2D": {},
        "BatchNormalization": {"scale": (True, False)},
        "Activation": {"activation": ACTIVATIONS[1:]},
        "Dense": {"units": FILTERS},
    }
    numbers = random.Random(0)
    cases: list[Case] = []
    for name, settings in kinds.items():
        for values in product(CHANNELS, *settings.values()):
            for precision in LIMITS:
                drawn = dict(zip(settings, values[1:], strict=True))
                if name in {"Conv2D", "SeparableConv2D", "ResidualBlock"}:
                    drawn["filters"] = numbers.choice(FILTERS)
                side = numbers.choice(SIDES)
                shape = side, numbers.choice((side, numbers.choice(SIDES))), values[0]
                cases.append(_case(len(cases), name, shape, precision, **drawn))
    return cases


def affordable(case: Case) -> Case | None:
    """Return the case with the batches that do not cost too much, or None where the layer cannot stand."""
    layers = [LAYER.validate_python(layer) for layer in case["layers"]]
    try:
        cost = sum(row.multiply_adds for row in architecture.check(layers, case["shape"], 10).rows)
    except ShapeError:
        return None
    return {**case, "batches": [batch for batch in BATCHES if batch * cost <= MULTIPLY_ADDS]}


def _case(number: int, name: str, shape: tuple[int, int, int], precision: str = "float32", **settings: Any) -> Case:
    layer: dict[str, Any] = {"type": name, **settings}
    if name in {"Conv2D", "SeparableConv2D"}:
        layer.setdefault("padding", _of(("same", "valid"), number))
    if name in {"Conv2D", "SeparableConv2D", "Dense"}:
        # In bfloat16 the values next to a kink fall on the other side of it.
        layer |= {"activation": "linear" if precision == "bfloat16" else _of(("linear", "relu"), number // 2)}
    if name == "ResidualBlock":
        layer |= {"activation": "tanh"}
    return {"layers": [{"type": "Flatten"}] * (name == "Dense") + [layer], "shape": shape, "precision": precision}


def _of(options: Sequence[Any], number: int) -> Any:
    return options[number % len(options)]


if __name__ == "__main__":
    sys.exit(main())
