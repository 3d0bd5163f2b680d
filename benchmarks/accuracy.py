"""Time to accuracy: presets against the ordinary Keras script for the network of the preset `article`.

    python -m benchmarks.accuracy sprint fast best

trains benchmarks/article_keras.py and then each preset through imgrec's own command line, in IMGREC_HOME, one after the
other and --rounds times; with --pytorch, which needs PyTorch, also the recipe of those with Muon in it
(benchmarks/recipe_in_pytorch.py). Times are those of training alone, without starting Python or loading images. Where
IMGREC_CIFAR10 has images that were saved as JPEG once, every accuracy is some points lower than on the original files.
"""

import argparse
import json
import statistics
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

from benchmarks import contest
from imgrec import edge, presets
from imgrec.optimizers import Muon
from imgrec.records import EpochMetrics

PEER = "article_keras"


def main() -> None:
    """Train and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("presets", nargs="+", metavar="PRESET", choices=list(presets.PRESETS))
    parser.add_argument("--rounds", type=int, default=1, help="each with another seed")
    parser.add_argument("--epochs", type=int, default=10, help="of the Keras script")
    parser.add_argument("--pytorch", action="store_true", help="train the recipes with Muon in PyTorch too")
    arguments = parser.parse_args()
    rounds = [
        one_round(arguments.presets, arguments.epochs, seed, pytorch=arguments.pytorch)
        for seed in range(arguments.rounds)
    ]
    print(table(list(rounds[0]), rounds))
    settings = {"benchmark": "accuracy", **vars(arguments)}
    print(json.dumps({**settings, "medians": medians(rounds), "every_round": rounds, "machine": contest.machine()}))


def one_round(names: Sequence[str], epochs: int, seed: int, *, pytorch: bool = False) -> dict[str, dict[str, Any]]:
    """Return the figures of the Keras script and of each preset. Raises CalledProcessError where one of them fails."""
    peer = last_line("benchmarks.article_keras", "--dataset", "cifar10", "--epochs", str(epochs))
    target = peer["test_accuracy_of_last_epoch"]
    figures = {
        PEER: {"test_accuracy": target, "seconds": peer["seconds"], "peak_memory_bytes": peer["peak_memory_bytes"]}
    }
    for name in names:
        command = ("imgrec", "train", "--preset", name, "--set", f"training.seed={seed}", "--json")
        found = last_line(*command)
        history = edge.store().get(found["run"]).history()
        figures[name] = {
            **{
                key: found[key] for key in ("test_accuracy", "seconds", "peak_memory_bytes", "images_per_second", "run")
            },
            "seconds_to_the_target": seconds_to(target, history),
        }
        if pytorch and isinstance(presets.get(name).config.training.optimizer, Muon):
            found = last_line("benchmarks.recipe_in_pytorch", name, "--seed", str(seed))
            figures[f"{name} in PyTorch"] = {
                key: found[key] for key in ("test_accuracy", "seconds", "peak_memory_bytes")
            }
    return {name: {**row, **compared(row, peer["seconds"])} for name, row in figures.items()}


def seconds_to(accuracy: float, history: Sequence[EpochMetrics]) -> float | None:
    """Return the seconds of training until validation was first better than that, or None where it never was."""
    return next((row.seconds for row in history if row.validation_accuracy > accuracy), None)


def compared(row: dict[str, Any], seconds: float) -> dict[str, float | None]:
    """Divide a row's times by those of the Keras script."""
    reached = row.get("seconds_to_the_target")
    return {
        "seconds_ratio": row["seconds"] / seconds,
        "seconds_to_the_target_ratio": None if reached is None else reached / seconds,
    }


def medians(rounds: Sequence[dict[str, dict[str, Any]]]) -> dict[str, dict[str, float | None]]:
    """Return the median of every figure; None where a round has none."""
    return {
        name: {key: median([each[name][key] for each in rounds]) for key in figures(row)}
        for name, row in rounds[0].items()
    }


def figures(row: dict[str, Any]) -> list[str]:
    """List what of a row is a figure."""
    return [key for key in row if key != "run"]


def median(values: Sequence[float | None]) -> float | None:
    """Return the median, or None where a value is missing."""
    known = [value for value in values if value is not None]
    return statistics.median(known) if len(known) == len(values) else None


def last_line(*module_and_arguments: str) -> Any:
    """Run a module of this project to its end and read its last line. Its progress goes where ours goes."""
    print(f"python -m {' '.join(module_and_arguments)}", file=sys.stderr, flush=True)
    command = [sys.executable, "-m", *module_and_arguments]
    done = subprocess.run(command, cwd=contest.ROOT, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def table(names: Sequence[str], rounds: Sequence[dict[str, dict[str, Any]]]) -> str:
    """Write the medians."""
    found = medians(rounds)
    header = ["", "test accuracy", "s", "s / script's", "s until validation passed the script's test accuracy"]
    header += ["the same / script's s", "peak memory, MB"]
    return contest.table(header, [line(name, found[name]) for name in names])


def line(name: str, row: dict[str, float | None]) -> list[str]:
    """Write one line of the table."""
    return [
        name,
        said(row["test_accuracy"], "{:.1%}"),
        said(row["seconds"], "{:.1f}"),
        said(row["seconds_ratio"], "{:.2f}"),
        said(row.get("seconds_to_the_target"), "{:.1f}"),
        said(row["seconds_to_the_target_ratio"], "{:.3f}"),
        said(row["peak_memory_bytes"] and row["peak_memory_bytes"] / 1e6, "{:,.0f}"),
    ]


def said(value: float | None, form: str) -> str:
    """Write a figure, or a dash for none."""
    return "–" if value is None else form.format(value)


if __name__ == "__main__":
    main()
