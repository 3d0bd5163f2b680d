"""Pictures are pasted and cut in a real Chromium, on a fresh machine, where an example answers."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from benchmarks.stage import serving
from tests.browser.conftest import opened, settle, shoot

pytestmark = pytest.mark.slow

PASTE = """async () => {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [300, 100];
  const context = canvas.getContext("2d");
  context.fillStyle = "#808080";
  context.fillRect(0, 0, 300, 100);
  const content = await new Promise((done) => canvas.toBlob(done));
  const clipboardData = new DataTransfer();
  clipboardData.items.add(new File([content], "pasted.png", { type: "image/png" }));
  document.body.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
}"""


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[str]:
    """Return the address of a server without a run."""
    with serving(str(tmp_path)) as (_, address):
        yield address


def test_a_pasted_picture_is_answered_by_the_example_and_cut_as_chosen(browser: Browser, fresh: str) -> None:
    page = opened(browser, f"{fresh}/predict", viewport={"width": 390, "height": 844})
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    expect(page.get_by_text("This example comes with imgrec")).to_be_visible()
    settle(page)
    page.evaluate(PASTE)
    expect(page.get_by_text("Probably none of its classes")).to_be_visible()
    expect(page.get_by_test_id("stCaptionContainer").filter(has_text="pasted.png")).to_be_visible()
    page.get_by_text("Whole, with a margin").click()
    settle(page)
    expect(page.get_by_text("What the network received: 32×32 pixels")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    shoot(page, "predict-phone")
    assert not page.locator("[data-testid=stException]").count()
    assert not faults
