"""A checkpoint comes back bit for bit, or not at all."""

import random
from pathlib import Path

import numpy as np
import pytest

from imgrec.errors import RunError
from imgrec.records import TrainingState
from imgrec.runs import checkpoints
from imgrec.runs.checkpoints import Place, Saved
from tests.evaluated import epochs

PAGE = 4096


def saved(epoch: int) -> Saved:
    draw = np.random.default_rng(epoch)
    weights, steps = draw.normal(size=(9, 50)).astype(np.float32), np.array(epoch, np.int64)
    arrays: dict[str, np.ndarray] = {"model/0": weights, "optimizer/0": steps}
    history = epochs(*(0.1 * place for place in range(epoch)))
    return Saved(TrainingState(history=history, step=7), arrays, "of the images")


def same(one: Saved, other: Saved) -> bool:
    return (one.training_state, one.fingerprint) == (other.training_state, other.fingerprint) and all(
        array.dtype == other.arrays[name].dtype and np.array_equal(array, other.arrays[name])
        for name, array in one.arrays.items()
    )


def test_it_comes_back_bit_for_bit(tmp_path: Path) -> None:
    folder = tmp_path / "checkpoints"
    checkpoints.write(folder, Place(3, 7), saved(3))
    found, damaged = checkpoints.newest(folder)
    assert found is not None
    assert same(found, saved(3))
    assert damaged == []


def test_before_the_first_there_is_none(tmp_path: Path) -> None:
    assert checkpoints.newest(tmp_path / "checkpoints") == (None, [])


def test_the_two_that_are_farthest_are_kept(tmp_path: Path) -> None:
    for place in [Place(1, 0), Place(1, 900), Place(2, 0), Place(10, 5)]:
        checkpoints.write(tmp_path, place, saved(place.epoch))
    assert [place for place, _ in checkpoints.places(tmp_path)] == [Place(10, 5), Place(2, 0)]


def damage(data: bytes, draw: random.Random) -> bytes:
    """Truncate, zero a page or flip a bit."""
    place = draw.randrange(len(data))
    match draw.choice(["truncate", "zero", "flip"]):
        case "truncate":
            return data[:place]
        case "zero":
            start = place // PAGE * PAGE
            return data[:start] + bytes(len(data[start : start + PAGE])) + data[start + PAGE :]
        case _:
            return data[:place] + bytes([data[place] ^ 1 << draw.randrange(8)]) + data[place + 1 :]


@pytest.mark.parametrize("seed", range(300))
def test_damage_is_noticed_and_the_one_before_is_used(tmp_path: Path, seed: int) -> None:
    for epoch in (1, 2):
        checkpoints.write(tmp_path, Place(epoch, 0), saved(epoch))
    (_, newest), _ = checkpoints.places(tmp_path)
    newest.write_bytes(damage(newest.read_bytes(), random.Random(seed)))
    with pytest.raises(RunError, match=f"The checkpoint {newest.name} is damaged"):
        checkpoints.read(newest)
    found, damaged = checkpoints.newest(tmp_path)
    assert found is not None
    assert same(found, saved(1))
    assert damaged == [newest]


def test_where_both_are_damaged_there_is_none(tmp_path: Path) -> None:
    for epoch in (1, 2):
        checkpoints.write(tmp_path, Place(epoch, 0), saved(epoch))
    paths = [path for _, path in checkpoints.places(tmp_path)]
    for path in paths:
        path.write_bytes(b"imgrec")
    assert checkpoints.newest(tmp_path) == (None, paths)
