"""Share links and config files that were changed on their way are a config still, or one plain sentence.

IMGREC_MUTATIONS=10000 python -m pytest tests/test_mutated.py tries so many; fewer are tried otherwise.
"""

import json
import os
import random

import pytest

from imgrec.config import RunConfig
from imgrec.errors import SettingsError
from tests.random_configs import drawn_config

COUNT = int(os.environ.get("IMGREC_MUTATIONS", "600"))
ODD: tuple[object, ...] = (
    None,
    -1,
    0,
    1e308,
    -0.0,
    "",
    "Conv2D",
    "\x00",
    [],
    {},
    [[]],
    True,
    10**30,
    "NaN",
    {"type": "Conv2D"},
    "ÿ",
)


def changed_text(text: str, rng: random.Random) -> str:
    """Change a few letters: drop, double, replace or cut off."""
    for _ in range(rng.randint(1, 4)):
        place = rng.randrange(len(text) or 1)
        match rng.randrange(4):
            case 0:
                text = text[:place] + text[place + rng.randint(1, 9) :]
            case 1:
                text = text[:place] + text[place : place + 5] * 2 + text[place + 5 :]
            case 2:
                text = text[:place] + chr(rng.choice([34, 45, 48, 65, 95, 123, 233, 0x1F600])) + text[place + 1 :]
            case _:
                text = text[:place]
    return text


def changed_value(value: object, rng: random.Random) -> object:
    """Put something odd in one place of a JSON document, or take a place away."""
    if isinstance(value, dict) and value and rng.random() < 0.9:
        key = rng.choice(list(value))
        if rng.random() < 0.1:
            return {name: kept for name, kept in value.items() if name != key}
        return {**value, key: changed_value(value[key], rng)}
    if isinstance(value, list) and value and rng.random() < 0.9:
        place = rng.randrange(len(value))
        return [*value[:place], changed_value(value[place], rng), *value[place + 1 :]]
    return rng.choice(ODD)


def assert_config_or_sentence(read: object, text: str) -> bool:
    try:
        config = read(text)  # type: ignore[operator]
    except SettingsError as error:
        said = str(error)
        assert said.endswith((".", "?"))
        assert len(said) < 600
        assert "\n" not in said
        assert "Traceback" not in said
        return False
    assert RunConfig.from_link(config.to_link()) == config
    return True


@pytest.mark.parametrize("part", range(4))
def test_a_mutated_link_or_file_is_a_config_or_one_plain_sentence(part: int) -> None:
    opened = 0
    for seed in range(part * COUNT // 4, (part + 1) * COUNT // 4):
        rng = random.Random(seed)
        config = drawn_config(seed % 50)
        match seed % 3:
            case 0:
                opened += assert_config_or_sentence(RunConfig.from_link, changed_text(config.to_link(), rng))
            case 1:
                opened += assert_config_or_sentence(RunConfig.from_json, changed_text(config.to_json(), rng))
            case _:
                mutated = json.dumps(changed_value(json.loads(config.to_json()), rng))
                opened += assert_config_or_sentence(RunConfig.from_json, mutated)
    assert opened < COUNT // 4
