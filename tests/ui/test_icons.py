"""What a button is called beside what it shows cannot break its label, whatever a run is called."""

import re

import pytest

from imgrec.ui import icons
from tests.odd_names import NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_name_becomes_one_alternative_text(name: str) -> None:
    label = icons.of("Open", name)
    assert re.fullmatch(r"Open!\[ [\w .,%–-]*\]\(data:image/gif;base64,[\w+/=]+\)", label)
    assert "_" not in label.split("](")[0]


def test_a_picture_is_called_what_it_says() -> None:
    assert icons.icon("up", "Move up: layer 1").startswith("![Move up  layer 1](data:image/svg+xml;base64,")
    assert icons.icon("up", "Up", faint=True) != icons.icon("up", "Up")
