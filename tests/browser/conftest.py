"""What the browser tests share: a real server, a real Chromium, and how a person opens and waits for a page."""

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, WebSocket, expect

from benchmarks.stage import CHROMIUM, browsing, serving

PATIENCE = 90_000
"""Milliseconds: a deadline for a hang, not a measure of speed; shared machines can be slow."""

SHOTS = os.environ.get("IMGREC_SHOTS")
"""A folder for screenshots, to look at: IMGREC_SHOTS=FOLDER python -m pytest tests/browser"""

_asked_elsewhere: list[str] = []
_opened: list[BrowserContext] = []


@pytest.fixture(autouse=True)
def nothing_asks_another_host() -> Iterator[None]:
    """Fail any test in which a page asked another computer for something."""
    _asked_elsewhere.clear()
    yield
    assert not _asked_elsewhere


@pytest.fixture(autouse=True)
def nothing_stays_open() -> Iterator[None]:
    """Close the pages that a test has opened: one that shows a run that trains is redrawn each second."""
    before = len(_opened)  # a page that all tests of a file share is opened before
    yield
    while len(_opened) > before:
        _opened.pop().close()


def _watch(context: BrowserContext) -> None:
    context.on("request", _note)
    context.on("page", lambda page: page.on("websocket", _note))


def _note(asked: Request | WebSocket) -> None:
    parts = urlsplit(asked.url)
    if parts.scheme not in {"data", "blob"} and parts.hostname != "localhost":
        _asked_elsewhere.append(asked.url)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Return a headless Chromium that notes which computers its pages ask."""
    if CHROMIUM is None:
        pytest.skip("needs Chromium; .ci/run installs it")
    with browsing() as started:
        started.on("context", _watch)
        yield started


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the address of a real server with an empty home."""
    with serving(str(tmp_path_factory.mktemp("home"))) as (_, address):
        yield address


def until(done: Callable[[], bool]) -> None:
    """Wait for a condition, with a deadline."""
    deadline = time.monotonic() + PATIENCE / 1000
    while not done():
        assert time.monotonic() < deadline, "the server does not answer"
        time.sleep(0.1)


def opened(browser: Browser, address: str, **options: object) -> Page:
    """Open a fresh browser, as a stranger would."""
    context = browser.new_context(**{"viewport": {"width": 1360, "height": 1000}, **options})  # type: ignore[arg-type]
    _opened.append(context)
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    expect.set_options(timeout=PATIENCE)
    page.goto(address)
    return page


def shoot(page: Page, name: str) -> None:
    """Take a screenshot where a folder for them is named."""
    if SHOTS:
        page.wait_for_timeout(1500)
        page.screenshot(path=Path(SHOTS) / f"{name}.png")


def settle(page: Page) -> None:
    """Wait until the page has been drawn, as a person does before the next click."""
    page.wait_for_timeout(500)
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")
