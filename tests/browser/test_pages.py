"""Every page opens by its address, and asks nobody but its own server for anything."""

import pytest
from playwright.sync_api import Browser, expect

from imgrec.ui import PAGES
from tests.browser.conftest import opened

pytestmark = pytest.mark.slow


def test_every_page_opens_by_its_address_and_asks_no_other_host(browser: Browser, server: str) -> None:
    for name in sorted(path.stem for path in PAGES.glob("*.py")):
        # A fresh browser each time: what a page fetches first is what another one has left in the cache.
        page = opened(browser, server if name == "start" else f"{server}/{name}")
        expect(page).to_have_title(f"{'Start' if name == 'start' else name.capitalize()} · imgrec")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        page.wait_for_load_state("networkidle")
        page.context.close()
