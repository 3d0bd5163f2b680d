"""What tests of downloaded datasets share: small files, and a server that has them."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from imgrec.datasets.download import Downloaded
from tests.datasets import served, small

Small = Callable[[str], tuple[Downloaded, Path]]


@pytest.fixture
def made_small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Small:
    """Return a function that makes a dataset small, and gives its files and a folder with a copy of them."""

    def make(name: str) -> tuple[Downloaded, Path]:
        folder = tmp_path / "copy"
        folder.mkdir()
        files = small.SMALL[name](folder)
        small.expect(files, monkeypatch)
        return files, folder

    return make


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[served.Server]:
    """Return a running server that has nothing yet."""
    monkeypatch.setenv("NO_PROXY", "*")
    with served.Server() as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.closing.set()
        running.shutdown()
        thread.join()
