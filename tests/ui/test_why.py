"""What is said of the places that speak for a class shows the class's name as it is."""

from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from imgrec.ui import cached, why, words
from tests.payloads import PAYLOADS


@pytest.mark.parametrize("most", [0.0, 1.0])
def test_the_name_of_a_class_is_literal(most: float, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = SimpleNamespace(explain=lambda *_: np.full((2, 2), most, np.float32))
    monkeypatch.setattr(cached, "explainer", lambda: nullcontext(engine))
    run: Any = None
    for name in PAYLOADS:
        _, said = why.heat(run, np.zeros((2, 2, 3), np.uint8), 0, name)
        assert words.literal(name) in said
