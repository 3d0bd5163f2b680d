"""The benchmarks measure what they say; no test looks at how fast anything is."""

import os
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

import pytest

from benchmarks import contest
from benchmarks.contest import Contestant, Outcome, Turns

ROOT = Path(__file__).resolve().parent.parent


def counting(turns: Turns, first: float, step: float) -> None:
    """Answers first, first + step, first + 2 · step …"""
    value = first - step

    def measure() -> float:
        nonlocal value
        value += step
        os.write(1, b"what a library says on standard output\n")
        return value

    turns.serve(measure)


def dying(turns: Turns, after: int) -> NoReturn:
    """Answers so many times, and then dies of an error."""
    for _ in range(after):
        turns.wait()
        turns.answer(1.0)
    if after:
        turns.wait()
    raise ValueError("the oven is cold")


def contestant(name: str, function: str, **settings: float) -> Contestant:
    return Contestant(name, f"tests.test_benchmarks:{function}", settings)


@pytest.mark.slow
def test_contestants_take_turns_and_their_ratio_is_the_median_of_the_rounds_ratios():
    outcome = contest.hold(
        [contestant("a", "counting", first=2, step=2), contestant("b", "counting", first=1, step=0)], 3
    )
    assert outcome.rounds == {"a": [2, 4, 6], "b": [1, 1, 1]}
    assert outcome.median("a") == 4
    assert outcome.ratio("a", "b") == 4
    assert outcome.ratio("b", "a") == 0.25
    assert outcome.left_out == {}


def test_a_ratio_is_not_the_ratio_of_the_medians():
    outcome = Outcome({"a": [1.0, 4.0, 9.0], "b": [1.0, 8.0, 3.0]}, {})
    assert outcome.ratio("a", "b") == 1
    assert outcome.ratio("a", "absent") is None


@pytest.mark.slow
@pytest.mark.parametrize("after", [0, 1])
def test_a_contestant_that_dies_is_left_out_in_words_and_the_others_go_on(after, capfd):
    outcome = contest.hold([contestant("a", "counting", first=1, step=1), contestant("b", "dying", after=after)], 3)
    assert outcome.rounds == {"a": [1, 2, 3]}
    assert outcome.left_out["b"].endswith("ValueError: the oven is cold")
    assert "b is left out: its process ended with exit status 1" in capfd.readouterr().err


def test_a_contestant_whose_library_is_missing_is_left_out_in_words(capfd):
    absent = Contestant("a", "tests.test_benchmarks:dying", needs="no_such_library")
    assert contest.hold([absent], 1).left_out == {"a": "no_such_library is not installed."}
    assert "a is left out: no_such_library is not installed." in capfd.readouterr().err


def test_a_table_is_aligned_markdown():
    assert contest.table(["who", "images/s"], [["imgrec", "3,300"], ["a", 7]]).splitlines() == [
        "| who    | images/s |",
        "| ------ | -------: |",
        "| imgrec |    3,300 |",
        "| a      |        7 |",
    ]


def test_the_machine_is_described_by_what_json_can_hold():
    described = contest.machine()
    assert described["cores"] >= 1
    assert described["imgrec"]
    assert isinstance(described["avx512_bf16"], bool)


SCRIPTS = sorted(
    path.stem for path in (ROOT / "benchmarks").glob("*.py") if "ArgumentParser" in path.read_text("utf-8")
)


@pytest.mark.slow
@pytest.mark.parametrize("script", SCRIPTS)
def test_every_script_says_what_it_does(script):
    command = [sys.executable, "-m", f"benchmarks.{script}", "--help"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    assert "usage" in done.stdout
