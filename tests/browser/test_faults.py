"""A bug in a page of a server that strangers use: they see a number, and the operator finds it in the log."""

import json
import re
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from benchmarks.home import end_processes
from benchmarks.stage import start_server
from imgrec import APP
from tests.browser.conftest import opened, shoot

pytestmark = pytest.mark.slow

BUG = """
from imgrec.ui import heading
def look():
    raise ValueError("canary")
heading.look = look
"""


def test_a_stranger_sees_the_number_of_a_bug_and_the_log_has_it(
    browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = tmp_path / "app.py"
    app.write_text(APP.read_text(encoding="utf-8") + BUG, encoding="utf-8")
    monkeypatch.setenv("IMGREC_PROFILE", "hosted")
    server, address = start_server(str(tmp_path), command=[sys.executable, "-m", "streamlit", "run", app])
    try:
        page = opened(browser, address)
        alert = page.get_by_test_id("stAlert")
        expect(alert).to_contain_text("Something went wrong on the server.")
        shoot(page, "fault")
        number = re.search(r"error ([0-9a-f]{8})\.", alert.inner_text())
        assert number
        assert "canary" not in page.content()
        assert not page.get_by_test_id("stException").count()
    finally:
        server.terminate()
        server.wait()
        end_processes(str(tmp_path))
    lines = [json.loads(line) for line in (tmp_path / "logs" / "server.log").read_text().splitlines()]
    [line] = [line for line in lines if line.get("error") == number[1]]
    assert "ValueError: canary" in line["traceback"]
    assert "canary" not in (tmp_path / "server.log").read_text(), "the console has no words of visitors"


def test_a_wrong_profile_ends_the_start_in_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMGREC_PROFILE", "hostd")
    with pytest.raises(RuntimeError, match="IMGREC_PROFILE needs local or hosted") as failed:
        start_server(str(tmp_path))
    assert "Traceback" not in str(failed.value)
