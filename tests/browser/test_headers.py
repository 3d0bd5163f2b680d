"""A server that strangers use, in a real Chromium: nothing that a page needs is against its own policy."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect

from benchmarks.stage import browsing, serving
from tests.browser.conftest import opened, settle, shoot, until
from tests.browser.test_access import EXAMPLE, PAGES
from tests.browser.test_predict import PASTE

pytestmark = pytest.mark.slow

NOTE = """addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI, sourceFile }) =>
  console.error(`against the policy: ${violatedDirective} ${blockedURI} ${sourceFile}`))"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Return a Chromium that shows a green picture where there is no camera, and lets pages use it."""
    with browsing("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream") as started:
        yield started


@pytest.fixture(scope="module")
def hosted(drawn: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the address of a server for strangers on which two pages may be open at once."""
    home = tmp_path_factory.mktemp("home")
    (home / "datasets").symlink_to(drawn / "datasets")
    profile = home / "profile.json"
    profile.write_text(json.dumps({"name": "hosted", "sessions": 2}))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IMGREC_PROFILE", str(profile))
        with serving(str(home)) as (_, address):
            yield address


def watched(browser: Browser, address: str, **options: object) -> tuple[Page, list[str]]:
    """Return a page and the list into which the browser writes what a policy forbids."""
    faults: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if "policy" in message.text.lower():
            faults.append(message.text)

    page = opened(browser, "about:blank", **options)
    page.add_init_script(NOTE)
    page.on("console", note)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto(address)
    return page, faults


@pytest.mark.parametrize("address", PAGES, ids=lambda address: address.split("?")[0] or "start")
def test_no_page_needs_what_its_policy_forbids(browser: Browser, hosted: str, address: str) -> None:
    page, faults = watched(browser, f"{hosted}/{address}")
    page.get_by_text(PAGES[address]).first.wait_for()
    settle(page)
    if address.startswith("results"):
        expect(page.locator("[data-testid=stPlotlyChart] .heatmaplayer")).to_be_visible()
    assert faults == []


def test_a_training_is_watched_within_the_policy(browser: Browser, hosted: str) -> None:
    page, faults = watched(browser, hosted)
    page.get_by_role("button", name="Train your first network").click()
    page.wait_for_url("**/train?run=*")
    until(lambda: page.locator(".chart .scatterlayer .trace").count() > 0)
    page.get_by_test_id("stMainBlockContainer").get_by_role("button", name="Stop").click()
    page.get_by_role("button", name="See the results").wait_for()
    assert faults == []


def test_pictures_come_by_upload_paste_and_camera_within_the_policy(browser: Browser, hosted: str) -> None:
    page, faults = watched(browser, f"{hosted}/predict?run={EXAMPLE}")
    page.get_by_text("The answer appears here").wait_for()
    settle(page)
    page.evaluate(PASTE)
    expect(page.get_by_test_id("stCaptionContainer").filter(has_text="pasted.png")).to_be_visible()
    page.get_by_role("tab", name="Camera").click()
    until(lambda: page.locator("video").evaluate("video => video.readyState") == 4)
    page.get_by_role("button", name="Take photo").click()
    expect(page.get_by_text("What the network received: 32×32 pixels")).to_be_visible()
    assert faults == []


def test_a_model_is_downloaded_within_the_policy(browser: Browser, hosted: str) -> None:
    page, faults = watched(browser, f"{hosted}/results?run={EXAMPLE}")
    page.get_by_text("How it was made").wait_for()
    settle(page)
    page.get_by_role("button", name="Download", exact=True).click()
    with page.expect_download() as download:
        page.get_by_role("link", name="Model (.keras)").click()
    assert download.value.path().stat().st_size > 0
    assert faults == []


def test_who_finds_no_place_is_told_and_gets_in_when_one_is_free(browser: Browser, hosted: str) -> None:
    inside = [opened(browser, hosted) for _ in range(2)]
    for page in inside:
        page.get_by_text(PAGES[""]).first.wait_for()
    waiting, faults = watched(browser, hosted)
    for scheme in ("light", "dark"):
        waiting.emulate_media(color_scheme=scheme)
        for width in (1360, 390):
            waiting.set_viewport_size({"width": width, "height": 844})
            expect(waiting.get_by_role("heading", name="This server is busy")).to_be_visible()
            assert waiting.evaluate("document.documentElement.scrollWidth") <= width
            shoot(waiting, f"busy-{scheme}-{width}")
    for page in inside:
        page.context.close()
    waiting.get_by_text(PAGES[""]).first.wait_for()  # by itself
    assert faults == []
