"""What the tests of pages share: a page opened in a fresh browser."""

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from imgrec import files
from imgrec.ui import PAGES

OpenPage = Callable[..., AppTest]


@pytest.fixture(autouse=True)
def no_own_copy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every page find the datasets that are downloaded absent, whatever the machine has."""
    for variable in files.OWN_COPIES:
        monkeypatch.delenv(variable, raising=False)


@pytest.fixture
def open_page() -> OpenPage:
    """Return a function that opens pages/NAME.py in a fresh browser, with query parameters."""

    def opened(name: str, **query: str) -> AppTest:
        app = AppTest.from_file(PAGES.parent / "imgrec" / "ui" / "shell.py", default_timeout=60)
        app.query_params.update(query)
        app.run()
        app.switch_page(str(PAGES / f"{name}.py")).run()
        assert not app.exception
        return app

    return opened
