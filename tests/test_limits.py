"""What needs more memory than it may take is stopped, and nothing else."""

import sys

import numpy as np
import pytest

from imgrec import limits

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Only Linux bounds a process's data.")
MB = 2**20


def test_more_than_the_bound_is_refused_and_as_much_as_it_is_not() -> None:
    with limits.memory(200 * MB):
        assert np.ones(100 * MB, np.uint8).sum() == 100 * MB
        with pytest.raises(MemoryError):
            np.ones(300 * MB, np.uint8)


def test_afterwards_there_is_no_bound_also_after_an_error() -> None:
    with pytest.raises(MemoryError), limits.memory(50 * MB):
        np.ones(100 * MB, np.uint8)
    assert np.ones(100 * MB, np.uint8).sum() == 100 * MB
