"""What every test gets: a home folder of its own, so that no test sees another's runs or the user's."""

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Gives the test an empty IMGREC_HOME."""
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setenv("IMGREC_HOME", str(folder))
    return folder
