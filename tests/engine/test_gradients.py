"""Layers as training builds them have right values and gradients with oneDNN, wherever it computes.

The reference is Keras in float64, which oneDNN does not compute. The whole table: python -m benchmarks.gradients.
"""

import pytest

from benchmarks.gradients import Case, affordable, has_bfloat16, wrong_ones

pytestmark = pytest.mark.slow


def case(layer: str, shape: tuple[int, int, int], precision: str = "float32", **settings: object) -> Case:
    found = affordable({"layers": [{"type": layer, **settings}], "shape": shape, "precision": precision})
    assert found is not None
    return found


CASES = [
    *(case("Conv2D", (9, 9, channels), kernel_size=1, strides=2, filters=8) for channels in (1, 3, 7, 8, 12)),
    case("Conv2D", (32, 32, 3), kernel_size=1, strides=2, padding="valid", filters=16),
    case("ResidualBlock", (16, 16, 3), strides=2, filters=16, activation="tanh"),
    case("ResidualBlock", (8, 8, 12), strides=2, filters=16, activation="tanh"),
    case("SeparableConv2D", (9, 9, 5), strides=2, filters=8),
]

BFLOAT16 = [
    case("Conv2D", (32, 32, 3), "bfloat16", strides=2, filters=4, activation="linear"),
    case("Conv2D", (1, 1, 8), "bfloat16", strides=2, filters=4, activation="linear"),
    case("ResidualBlock", (8, 1, 3), "bfloat16", strides=2, filters=17, activation="tanh"),
]


@pytest.mark.parametrize(("isa", "threads"), [("DEFAULT", 2), ("DEFAULT", 3), ("AVX2", 1), ("AVX2", 6)])
def test_no_gradient_is_wrong_and_no_process_is_killed(isa: str, threads: int) -> None:
    place = {"ONEDNN_MAX_CPU_ISA": isa, "TF_NUM_INTRAOP_THREADS": str(threads)}
    cases = [*CASES, *BFLOAT16] if has_bfloat16(isa) else CASES
    assert wrong_ones(cases, fast=True, place=place) == []


def test_a_wrong_gradient_is_noticed() -> None:
    """Without oneDNN Keras sums the gradient of a bias in bfloat16: the benchmark has to find fault with that."""
    summed = case("Conv2D", (32, 32, 3), "bfloat16", kernel_size=1, filters=2, activation="linear")
    found = wrong_ones([summed], fast=False, place={"TF_ENABLE_ONEDNN_OPTS": "0"})
    assert [each["batches"] for each in found] == [[25], [32]]
    assert all(each["error"] > 0.5 for each in found)
