"""What people write is allowed in names and tags, and nothing that hides or moves what stands around it."""

import unicodedata

import pytest

from imgrec import edge, jobs, names
from imgrec.config import RunConfig
from imgrec.errors import SettingsError
from imgrec.jobs import naming
from imgrec.runs import library, listing
from tests.odd_names import NAMES

SCIENTIST = "👩\u200d🔬"
ENGLAND = "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"


@pytest.mark.parametrize("name", [*NAMES, "🫩", "a\u00adb", "क\u200bख", "\u200fא", "❤\ufe0f"])
def test_what_people_write_is_a_name_as_it_stands(name: str) -> None:
    assert names.checked(name) == name
    if len(name) <= library.MAX_TAG and "," not in name:
        assert library.checked_tags([name]) == (name,)


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("a\x1b[31mb", "with U+001B in it. Leave that out."),
        ("a\x7f", "with U+007F in it. Leave that out."),
        ("a\x9bb", "with U+009B in it. Leave that out."),
        ("a\u202eb", "with U+202E in it. Leave that out."),
        ("a\u2066b", "with U+2066 in it. Leave that out."),
        ("a\ufeffb", "with U+FEFF in it. Leave that out."),
        ("a\ud800", "with U+D800 in it. Leave that out."),
        ("a\ue000", "with U+E000 in it. Leave that out."),
        ("a\uffff", "with U+FFFF in it. Leave that out."),
        ("a\U000e0067\U000e007f", "with U+E0067 in it. Leave that out."),
        (ENGLAND[:-1], "with U+E0067 in it. Leave that out."),
        ("\u200d", "of which nothing is seen."),
        ("\u3164\u2800 \u00ad", "of which nothing is seen."),
        ("\u0301", "of which nothing is seen."),
        (" \t\n ", "of which nothing is seen."),
    ],
)
def test_controls_and_what_no_one_sees_are_refused(name: str, why: str) -> None:
    with pytest.raises(SettingsError) as refused:
        names.checked(name)
    assert str(refused.value) == f"A run's name needs 1 to 60 printable characters. Received: {name!r}, {why}"
    with pytest.raises(SettingsError, match=r"^A tag needs 1 to 24 printable characters without a comma\."):
        library.checked_tags([name])


def test_a_letter_is_the_same_however_it_was_typed(tiny: RunConfig) -> None:
    apart = unicodedata.normalize("NFD", "Café")
    run = edge.store().create(tiny, apart)
    library.tag(run, [apart, "Café"])
    assert (run.name, run.annotations.tags) == ("Café", ("Café",))
    assert listing.filtered(listing.rows(edge.store())[0], search=apart, tags=[apart])


@pytest.mark.parametrize(
    ("text", "letters", "kept"),
    [
        ("Quick 3", 10, "Quick 3"),
        ("Quick 3", 6, "Quick"),
        (f"ab{SCIENTIST}c", 4, "ab"),
        (f"ab{SCIENTIST}c", 5, f"ab{SCIENTIST}"),
        (f"ab{ENGLAND}", 6, "ab"),
        ("abe\u0323\u0301", 4, "ab"),
        ("ab👍🏽", 3, "ab"),
    ],
)
def test_a_name_is_cut_between_signs(text: str, letters: int, kept: str) -> None:
    assert names.cut(text, letters) == kept


def test_the_names_that_the_program_gives_are_names(tiny: RunConfig) -> None:
    for filled in range(40, 54):
        run = edge.store().create(tiny, f"{'x' * filled}{ENGLAND}")
        assert names.checked(jobs.default_name(edge.store(), tiny, run))
        assert names.checked(naming.seeded(run, 12))
