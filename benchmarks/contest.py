"""What the benchmarks share: contestants that take turns in one run, their medians and ratios, tables, the machine.

Two figures from different minutes of a shared machine say little about each other; two that took turns do. Each
contestant is a process of its own: threads of two libraries do not meet, and each has its own environment.
A contestant is a function `f(turns, **settings)`: it prepares, warms up, and then measures once each turn.
"""

import importlib
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any, TextIO

from imgrec import __version__

ROOT = Path(__file__).resolve().parents[1]
LIBRARIES = ("keras", "tensorflow", "torch", "numpy")


@dataclass(frozen=True)
class Contestant:
    """A function to be run in a process of its own, what it is given (JSON), and the library it cannot do without."""

    name: str
    entry: str  # module:function
    settings: Mapping[str, Any] = field(default_factory=dict)
    needs: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """What each contestant answered, round by round; and why those who are missing are."""

    rounds: dict[str, list[float]]
    left_out: dict[str, str]

    def median(self, name: str) -> float:
        return statistics.median(self.rounds[name])

    def ratio(self, top: str, bottom: str) -> float | None:
        """Return the median of the rounds' own ratios, or None where one of the two is missing."""
        if not {top, bottom} <= self.rounds.keys():
            return None
        pairs = zip(self.rounds[top], self.rounds[bottom], strict=True)
        return statistics.median(one / other for one, other in pairs)


class Turns:
    """A contestant's end of the line."""

    def __init__(self, told: TextIO, answers: TextIO) -> None:
        self._told, self._answers = told, answers
        self._ready = False

    def wait(self) -> None:
        """Wait for the next turn; the first call says that preparation is over. Ends the process after the last."""
        if not self._ready:
            self._say("ready")
            self._ready = True
        if not self._told.readline():
            raise SystemExit

    def answer(self, value: float) -> None:
        self._say(value)

    def serve(self, measure: Callable[[], float]) -> None:
        """Measure once each turn."""
        while True:
            self.wait()
            self.answer(measure())

    def _say(self, value: object) -> None:
        print(json.dumps(value), file=self._answers, flush=True)


def hold(contestants: Sequence[Contestant], rounds: int) -> Outcome:
    """Let the contestants take turns, the order reversed with each round, and say on stderr who is left out."""
    answers: dict[str, list[float]] = {}
    left_out: dict[str, str] = {}

    def leave_out(name: str, why: str) -> None:
        answers.pop(name, None)
        left_out[name] = why
        print(f"{name} is left out: {why}", file=sys.stderr, flush=True)

    with ExitStack() as stack:
        children: dict[str, _Child] = {}
        for contestant in contestants:
            if contestant.needs and find_spec(contestant.needs) is None:
                leave_out(contestant.name, f"{contestant.needs} is not installed.")
                continue
            errors = stack.enter_context(tempfile.TemporaryFile("w+", errors="replace"))
            child = _Child(contestant, errors)
            stack.enter_context(child.process)  # leaving closes its input, which ends it
            if child.heard() == "ready":
                children[contestant.name], answers[contestant.name] = child, []
            else:
                leave_out(contestant.name, child.last_words())
        for turn in range(rounds):
            for name in list(children) if turn % 2 == 0 else list(children)[::-1]:
                answer = children[name].ask()
                if answer is None:
                    leave_out(name, children.pop(name).last_words())
                else:
                    answers[name].append(answer)
    return Outcome(answers, left_out)


class _Child:
    def __init__(self, contestant: Contestant, errors: IO[str]) -> None:
        self._errors = errors
        self.process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.contest", contestant.entry, json.dumps(dict(contestant.settings))],
            cwd=ROOT,
            env={**os.environ, **contestant.environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )

    def ask(self) -> float | None:
        """Return the answer of one turn, or None from a process that died."""
        assert self.process.stdin is not None
        try:
            print("go", file=self.process.stdin, flush=True)
        except BrokenPipeError:
            return None
        answer: float | None = self.heard()
        return answer

    def heard(self) -> Any:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        return json.loads(line) if line else None

    def last_words(self) -> str:
        status = self.process.wait()
        self._errors.seek(0)
        lines = self._errors.read().strip().splitlines()
        return f"its process ended with exit status {status}" + (f": {lines[-1]}" if lines else ".")


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Write a Markdown table whose columns are aligned; all but the first hold figures."""
    cells = [[str(cell) for cell in row] for row in (header, *rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(header))]
    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    lines = []
    for row in (cells[0], rule, *cells[1:]):
        figures = [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
        lines.append("| " + " | ".join([row[0].ljust(widths[0]), *figures]) + " |")
    return "\n".join(lines)


def table_of_seconds(seconds: Mapping[str, Sequence[float]]) -> str:
    """Write a Markdown table with the median and the extremes of how long each part took."""
    rows = [
        [part, *(f"{value:.2f}" for value in (statistics.median(each), min(each), max(each)))]
        for part, each in seconds.items()
    ]
    return table(["seconds", "median", "least", "most"], rows)


def machine() -> dict[str, Any]:
    """Describe what the figures were measured on."""
    facts = Path("/proc/cpuinfo")
    text = facts.read_text(encoding="utf-8") if facts.exists() else ""
    models = [line.split(":", 1)[1].strip() for line in text.splitlines() if line.startswith("model name")]
    return {
        "processor": models[0] if models else platform.processor() or platform.machine(),
        "cores": cores(),
        "avx512_bf16": "avx512_bf16" in text.split(),
        "system": platform.platform(terse=True),
        "python": platform.python_version(),
        "imgrec": __version__,
        **{library: found for library in LIBRARIES if (found := _version(library))},
    }


def cores() -> int:
    """Count the processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _version(library: str) -> str | None:
    try:
        return version(library)
    except PackageNotFoundError:
        return None


def _be_a_contestant(entry: str, settings: str) -> None:
    # What libraries print goes to stderr, so that the parent hears nothing but answers.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    module, function = entry.split(":")
    getattr(importlib.import_module(module), function)(Turns(sys.stdin, answers), **json.loads(settings))


if __name__ == "__main__":
    _be_a_contestant(*sys.argv[1:])
