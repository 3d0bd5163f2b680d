"""Numbers are said as people say them."""

import html
import re
from datetime import UTC, datetime, timedelta

import pytest

from imgrec import datasets, quantities
from imgrec.config import RunConfig
from imgrec.layers import Flatten
from imgrec.ui import words
from tests.odd_names import NAMES
from tests.payloads import PAYLOADS


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "0 s"), (59.4, "59 s"), (59.6, "1 min"), (125, "2 min 5 s"), (3599, "59 min 59 s"), (12_000, "3 h 20 min")],
)
def test_durations(seconds: float, said: str) -> None:
    assert quantities.duration(seconds) == said


@pytest.mark.parametrize(
    ("seconds", "rounded"), [(1, 5), (13, 15), (59, 60), (61, 60), (100, 90), (599, 600), (629, 600), (1234, 1260)]
)
def test_a_guess_is_rounded_to_what_it_is_worth(seconds: float, rounded: float) -> None:
    assert words.rounded(seconds) == rounded


@pytest.mark.parametrize(
    ("past", "said"),
    [
        (timedelta(seconds=-5), "just now"),
        (timedelta(seconds=59), "just now"),
        (timedelta(minutes=5), "5 min ago"),
        (timedelta(hours=23), "23 h ago"),
        (timedelta(days=1, hours=2), "1 day ago"),
        (timedelta(days=40), "40 days ago"),
    ],
)
def test_ages(past: timedelta, said: str) -> None:
    assert words.ago(datetime.now(UTC) - past) == said


def test_an_interval_names_its_confidence_and_n() -> None:
    """Wilson's interval of 8,640 of 10,000, by hand: 0.8640 ± 0.0067 around 0.8639."""
    assert words.interval(8640, 10_000) == "95 % interval 85.7 to 87.1 %, n = 10,000"


def spans(text: str) -> str:
    """Read what literal wrote as Markdown does: spans without a colour, and references to letters."""
    return html.unescape(re.sub(r":color\[(&#[0-9]+;)\]", r"\1", text)).replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("Quick 3 · seed 4", "Quick 3 · seed 4"),
        ("Layer 3: Dense needs a vector (of batch_size).", "Layer 3: Dense needs a vector (of batch_size)."),
        ("team:red", "team:color[&#58;]red"),
        ("1. x 1. y", "1:color[&#46;] x 1. y"),
        ("a - b -- c", "a - b -:color[&#45;] c"),
        (" a  b\n", "&nbsp;a&nbsp; b&nbsp;"),
        ("a\u202eb\x1b", "a�b�"),
    ],
)
def test_only_what_means_something_stands_in_a_span_of_its_own(typed: str, written: str) -> None:
    assert words.literal(typed) == written


@pytest.mark.parametrize("typed", NAMES)
def test_what_people_type_is_written_whole(typed: str) -> None:
    """What a browser makes of it is told by tests/browser/test_pages.py."""
    assert spans(words.literal(typed)) == typed


@pytest.mark.parametrize("typed", PAYLOADS)
def test_nothing_that_means_something_is_left_beside_the_spans(typed: str) -> None:
    written = words.literal(typed)
    assert not re.search(r"[\\`*\[\]{<>&$~|@\n]", re.sub(r":color\[&#[0-9]+;\]|&nbsp;", "", written))
    seen = spans(written)
    assert len(seen) == len(typed)
    assert all(shown in {letter, " ", "\ufffd"} for shown, letter in zip(seen, typed, strict=True))
    assert not set(seen) & {"\u202e", "\u2066", "\x00", "\x1b"}


@pytest.mark.parametrize("typed", PAYLOADS)
def test_a_name_of_a_dataset_is_literal_in_the_words_about_a_config(typed: str) -> None:
    info = datasets.get("shapes").info.replace(title=typed)
    assert words.literal(typed) in " ".join(words.parts(RunConfig(dataset="shapes", layers=(Flatten(),)), info))


def test_of_many_names_some_are_said() -> None:
    names = [f"c{number}" for number in range(9)]
    assert words.some(names[:1], 5) == "c0"
    assert words.some(names[:3], 5) == "c0, c1 and c2"
    assert words.some(names, 5, "or") == "c0, c1, c2, c3, c4 or 4 others"
    assert words.some(["*a*", "b"], 1) == f"{words.literal('*a*')} and 1 other"
