"""A training on several devices takes the steps of one device."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import tensorflow as tf

from imgrec.engine import devices

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture(scope="module")
def measured() -> Any:
    """Return what on_two_devices.py has measured, in a process with two logical processors."""
    command = [sys.executable, "-m", "tests.engine.on_two_devices"]
    done = subprocess.run(command, cwd=ROOT, env=os.environ, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr[-4000:]
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.slow
def test_after_fifty_steps_on_two_devices_the_weights_are_those_of_one(measured: Any) -> None:
    for case, found in measured["float32"].items():
        assert found["weights"] < 1e-5, case
        assert found["loss"] < 1e-6, case
        assert found["right"] == 0, case
    assert measured["float32"]["33 images"]["learnt"]


@pytest.mark.slow
def test_both_devices_have_the_same_weights_and_memory_of_the_optimizer(measured: Any) -> None:
    for case, found in measured["float32"].items():
        assert found["between the devices"] == 0, case
    assert measured["bfloat16"]["between the devices"] == 0


@pytest.mark.slow
def test_in_bfloat16_two_devices_learn_as_well_as_one(measured: Any) -> None:
    assert measured["bfloat16"]["loss"] < 0.02
    assert measured["bfloat16"]["learnt"]


@pytest.mark.slow
def test_each_device_drops_other_values_and_the_same_ones_again_from_a_checkpoint(measured: Any) -> None:
    assert measured["dropout"] == {"other values": True, "the same again": True, "whole channels": True}


@pytest.mark.slow
def test_a_training_on_two_devices_that_is_paused_again_and_again_ends_bit_for_bit_the_same(measured: Any) -> None:
    assert measured["resumed"]["weights"] == 0
    assert measured["resumed"]["pauses"] > 2


@pytest.mark.parametrize("chosen", ["one", "all"])
def test_with_one_device_all_is_what_one_is(chosen: str) -> None:
    with devices.scope(chosen):
        assert not tf.distribute.has_strategy()
        assert devices.replica() is None
