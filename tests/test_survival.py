"""What the benchmarks count at length is counted here in brief: nothing is lost, whatever dies and wherever."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[1]


def counted(benchmark: str, *arguments: str) -> dict[str, Any]:
    """Return what a benchmark counted; fails where it found anything amiss."""
    command = [sys.executable, "-m", f"benchmarks.{benchmark}", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    counted: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return counted


def test_wherever_a_write_fails_or_its_writer_dies_the_store_keeps_every_rule_and_the_run_goes_on() -> None:
    found = counted("failures")
    assert found["points"] > 80
    assert found["lives"] == 3 * found["points"]
    # At least these, by name: a document, a checkpoint, the model, the predictions, the trash.
    for name in ("write .config.json", "replace history.jsonl", "fsync .model.keras", "rename"):
        assert any(point.startswith(name) for point in found["names"]), name


def test_twenty_runs_that_are_killed_at_random_moments_end_as_an_unbroken_one() -> None:
    found = counted("recovery", "--runs", "20", "--stub", "--seed", "1", "--at-once", "4")
    assert found["finished"] == found["same_weights"] == 20
    assert found["kills"] >= 20


def test_a_form_that_is_sent_fifty_times_at_once_makes_one_run_and_one_trains_at_a_time() -> None:
    assert counted("storm", "--rounds", "8", "--launches", "50")["launches"] == 400


@pytest.mark.usefixtures("shapes")
def test_what_a_killed_server_had_confirmed_to_its_visitors_is_there_when_it_is_back() -> None:
    found = counted("crowd", "restarts", "--visitors", "3", "--restarts", "3")["found"]
    assert found["servers killed"] == 3


@pytest.mark.usefixtures("shapes")
def test_one_visitors_many_runs_do_not_keep_anothers_first_from_its_turn() -> None:
    assert counted("crowd", "queue", "--runs", "5", "--rounds", "1")
