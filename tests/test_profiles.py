import json
from pathlib import Path

import pytest

from imgrec import profiles
from imgrec.errors import SettingsError
from imgrec.profiles import PROFILES, VARIABLE, Profile


def test_without_a_word_the_profile_is_local_and_limits_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    profile = profiles.current()
    assert profile == Profile()
    assert not profile.private
    assert {value for value in profile.model_dump().values() if isinstance(value, int)} == {False}


def test_every_budget_of_the_hosted_profile_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "hosted")
    assert profiles.current().private
    assert None not in profiles.current().model_dump().values()


def test_a_file_changes_some_of_a_profile(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "course.json"
    path.write_text(json.dumps({"epochs": 10}))
    monkeypatch.setenv(VARIABLE, str(path))
    assert profiles.current() == PROFILES["hosted"].replace(epochs=10)
    path.write_text(json.dumps({"name": "local", "minutes": 5}))
    assert profiles.current() == Profile(minutes=5)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "IMGREC_PROFILE needs local or hosted, or the path of a file that ends in .json"),
        ("{", "cannot be read as one"),
        ("[]", 'as {"name": "hosted", "epochs": 10}'),
        ('{"name": "hsoted"}', "Did you mean hosted?"),
        ('{"epoch": 3}', "Did you mean epochs?"),
        ('{"epochs": 0}', "Profile.epochs needs a whole number from 1 to 10,000. Received: 0."),
        ('{"frame_ancestors": "a; script-src *"}', "Profile.frame_ancestors needs"),
    ],
)
def test_a_wrong_profile_is_refused_in_words(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: str | None, said: str
) -> None:
    path = tmp_path / "profile.json"
    if content is not None:
        path.write_text(content)
    monkeypatch.setenv(VARIABLE, str(path))
    with pytest.raises(SettingsError) as raised:
        profiles.current()
    assert said in str(raised.value)


def test_every_setting_is_said_with_its_meaning() -> None:
    said = {title: value for title, value, meaning in profiles.lines(PROFILES["hosted"]) if meaning or title == "Name"}
    assert len(said) == len(Profile.model_fields)
    assert said["Epochs"] == "30"
    assert {title: value for title, value, _ in profiles.lines(Profile())}["Epochs"] == "no limit"
