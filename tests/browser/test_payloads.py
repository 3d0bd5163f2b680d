"""What a hostile visitor types is text: nothing runs, no other host is asked, and every letter shows."""

import re
import sys
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from benchmarks.stage import start_server
from imgrec.runs import names
from tests.browser.conftest import opened, settle
from tests.payloads import FORMULAS, PAYLOADS

WAYS = ("markdown", "bold", "caption", "error", "button")

FOREIGN = """() => [...document.querySelectorAll('a[href], img, iframe, object, embed, form, script, link, base')]
    .map((element) => element.href || element.src || element.data || element.action || '')
    .filter((address) => /evil|javascript:|data:text/i.test(address))"""
"""What leads or loads from elsewhere, and stands in the page."""


@pytest.fixture(scope="module")
def page(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """Return the page of all payloads, in a browser that counts what they run."""
    script = Path(__file__).with_name("sinks.py")
    home = str(tmp_path_factory.mktemp("home"))
    server, address = start_server(home, command=(sys.executable, "-m", "streamlit", "run", script))
    try:
        page = opened(browser, "about:blank")
        page.add_init_script("window.hits = 0; window.hit = () => { window.hits += 1; }")
        page.on("dialog", lambda dialog: dialog.dismiss())
        page.goto(address)
        page.get_by_text("All are shown").wait_for()
        page.locator(".st-key-chart .legendtext").last.wait_for()
        settle(page)
        yield page
    finally:
        server.terminate()
        server.wait()


def read(text: str) -> str:
    """Return the letters of a text: a browser breaks lines, and shows several spaces as one."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFC", text))


@pytest.mark.slow
def test_nothing_that_is_typed_runs_or_leads_elsewhere(page: Page) -> None:
    page.locator(".st-key-hover .nsewdrag").first.hover()
    page.locator(".st-key-hover .hoverlayer text").first.wait_for()  # what a chart says where the mouse is
    assert page.evaluate("window.hits") == 0
    assert page.evaluate(FOREIGN) == []
    assert page.title() == PAYLOADS[0]


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS)
def test_every_letter_of_what_is_typed_is_shown(page: Page, way: str) -> None:
    found = page.locator(f"[class*='st-key-{way}-']").evaluate_all(
        "all => all.map((one) => [one.className.match(/st-key-[a-z]+-([0-9]+)/)[1], one.innerText])"
    )
    shown = {int(place): read(text) for place, text in found}
    assert len(shown) == len(PAYLOADS)
    end = " · 1.0 MB" if way == "bold" else ""
    assert {
        payload: shown[place] for place, payload in enumerate(PAYLOADS) if shown[place] != read(payload + end)
    } == {}


@pytest.mark.slow
def test_charts_and_bars_show_every_name_as_it_was_typed(page: Page) -> None:
    legend = page.locator(".st-key-chart .legendtext").evaluate_all("all => all.map((one) => one.textContent)")
    assert {read(name) for name in PAYLOADS} - {read(text) for text in legend} == set()
    bars = (
        page.get_by_test_id("stHtml")
        .locator("[role=img] > span:nth-child(odd)")
        .evaluate_all("all => all.map((one) => one.textContent)")
    )
    assert {read(text) for text in bars} == {read(name) for name in PAYLOADS}


def test_formulas_are_among_the_payloads() -> None:
    assert sum(payload.lstrip().startswith(tuple("=+-@")) for payload in FORMULAS) > 10
    assert len(PAYLOADS) >= 120


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_payload_is_a_name_like_any_other(payload: str) -> None:
    """They are allowed, as text is harmless where it is shown as text."""
    assert names.tidied(names.checked(payload)) == names.tidied(payload)
