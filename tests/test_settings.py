"""Settings: limits, sentences and what a form reads, on a small class of the test's own."""

import pytest
from pydantic import ValidationError

from imgrec.errors import ImgrecError, SettingsError
from imgrec.settings import Settings, choice, limits, number, options, switch, title, unknown, whole


class Oven(Settings):
    """Settings with one field of each kind."""

    loaves: int = whole(2, 1, 2000, "How many.", step=2)
    heat: float = number(0.5, 0.001, 1.0, log=True, title="Heat of the oven")
    mode: str = choice("top", "top", "bottom")
    side: int = choice(3, 1, 3)
    fan: bool = switch(True)
    label: str = "bread"


def test_what_is_not_given_has_its_default():
    assert Oven.parse({"loaves": 4}) == Oven(loaves=4, heat=0.5, mode="top", side=3, fan=True, label="bread")


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("loaves", 0, "Oven.loaves needs a whole number from 1 to 2,000. Received: 0."),
        ("loaves", 2001, "Oven.loaves needs a whole number from 1 to 2,000. Received: 2001."),
        ("loaves", 2.0, "Oven.loaves needs a whole number from 1 to 2,000. Received: 2.0."),
        ("loaves", "2", "Oven.loaves needs a whole number from 1 to 2,000. Received: '2'."),
        ("loaves", True, "Oven.loaves needs a whole number from 1 to 2,000. Received: True."),
        ("loaves", None, "Oven.loaves needs a whole number from 1 to 2,000. Received: None."),
        ("heat", 1.5, "Oven.heat needs a number from 0.001 to 1. Received: 1.5."),
        ("heat", float("nan"), "Oven.heat needs a number from 0.001 to 1. Received: nan."),
        ("heat", float("inf"), "Oven.heat needs a number from 0.001 to 1. Received: inf."),
        ("heat", "hot", "Oven.heat needs a number from 0.001 to 1. Received: 'hot'."),
        ("mode", "left", "Oven.mode needs one of top, bottom. Received: 'left'."),
        ("mode", ["top"], "Oven.mode needs one of top, bottom. Received: ['top']."),
        ("side", 2, "Oven.side needs one of 1, 3. Received: 2."),
        ("side", 3.0, "Oven.side needs one of 1, 3. Received: 3.0."),
        ("fan", 1, "Oven.fan needs true or false. Received: 1."),
        ("label", 5, "Oven.label needs a text. Received: 5."),
    ],
)
def test_a_value_that_does_not_fit_is_refused_in_words(field, value, said):
    with pytest.raises(SettingsError) as refused:
        Oven.parse({field: value})
    assert str(refused.value) == said
    assert isinstance(refused.value, ImgrecError)


def test_the_limits_themselves_are_allowed():
    assert Oven.parse({"loaves": 1, "heat": 0.001}).loaves == 1
    assert Oven.parse({"loaves": 2000, "heat": 1}).heat == 1.0


@pytest.mark.parametrize("data", [None, 5, "text", [("loaves", 1)]])
def test_something_else_than_key_and_value_pairs_is_refused(data):
    with pytest.raises(SettingsError, match=r"^Oven needs settings as key and value pairs\. "):
        Oven.parse(data)


def test_an_unknown_key_is_refused_with_the_one_probably_meant():
    with pytest.raises(SettingsError) as refused:
        Oven.parse({"loafs": 1})
    assert str(refused.value) == (
        "Unknown setting of Oven: 'loafs'. Did you mean loaves? Known: loaves, heat, mode, side, fan, label."
    )


def test_an_unknown_name_like_no_other_is_not_guessed():
    assert unknown("cake", "zzz", ["torte"]) == "Unknown cake: 'zzz'. Known: torte."
    assert unknown("cake", "zzz", []) == "Unknown cake: 'zzz'. Known: none."


def test_a_long_value_is_cut_short_in_the_sentence():
    with pytest.raises(SettingsError) as refused:
        Oven.parse({"mode": "x" * 10_000})
    assert len(str(refused.value)) < 150


def test_settings_are_frozen():
    with pytest.raises(ValidationError, match="frozen"):
        Oven().loaves = 3  # type: ignore[misc] # which is what this test is about
    assert hash(Oven()) == hash(Oven())


def test_replace_gives_new_settings_and_keeps_the_old():
    old = Oven()
    assert old.replace(loaves=3, fan=False) == Oven(loaves=3, fan=False)
    assert old == Oven()


@pytest.mark.parametrize("change", [{"loaves": 0}, {"mode": "left"}, {"weight": 1}])
def test_replace_refuses_what_does_not_fit(change):
    with pytest.raises(SettingsError):
        Oven().replace(**change)


def test_a_form_reads_limits_options_and_titles_from_the_fields():
    fields = Oven.model_fields
    assert {name: limits(field) for name, field in fields.items() if limits(field)} == {
        "loaves": (1, 2000),
        "heat": (0.001, 1.0),
    }
    assert {name: options(field) for name, field in fields.items() if options(field)} == {
        "mode": ["top", "bottom"],
        "side": [1, 3],
    }
    assert title("heat", fields["heat"]) == "Heat of the oven"
    assert title("loaves", fields["loaves"]) == "Loaves"
    assert fields["loaves"].description == "How many."
