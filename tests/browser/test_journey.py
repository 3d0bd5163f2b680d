"""A person's way through the app in a real Chromium against a real server: from an empty browser to a prediction."""

import io
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parent.parent
CHROMIUM = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None
)
PATIENCE = 90_000
"""Milliseconds: a deadline for a hang, not a measure of speed; shared machines can be slow."""

SHOTS = os.environ.get("IMGREC_SHOTS")
"""A folder for screenshots, to look at: IMGREC_SHOTS=FOLDER python -m pytest tests/test_journey.py"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Gives a headless Chromium."""
    if CHROMIUM is None:
        pytest.skip("needs Chromium; .ci/run installs it")
    with sync_playwright() as playwright:
        # Root in a container has no sandbox to offer, and small machines no shared memory.
        arguments = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield started
        started.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Gives the address of a real server with an empty home, started as the README says."""
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    home = tmp_path_factory.mktemp("home")
    command = [
        sys.executable,
        "-m",
        "streamlit",
        "run",
        "app.py",
        "--server.port",
        str(port),
        "--server.headless",
        "true",
    ]
    environment = {**os.environ, "IMGREC_HOME": str(home)}
    with (home / "server.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT)
    address = f"http://localhost:{port}"
    try:
        until(lambda: answers(f"{address}/_stcore/health"))
        yield address
    finally:
        process.terminate()
        process.wait()


def until(done: Callable[[], bool]) -> None:
    """Waits for a condition, with a deadline."""
    deadline = time.monotonic() + PATIENCE / 1000
    while not done():
        assert time.monotonic() < deadline, "the server does not answer"
        time.sleep(0.1)


def answers(url: str) -> bool:
    """Says whether something answers at an address."""
    try:
        with urllib.request.urlopen(url, timeout=5) as response:
            return bool(response.status == 200)
    except OSError:
        return False


def opened(browser: Browser, address: str, **options: object) -> Page:
    """Opens a fresh browser, as a stranger would."""
    page = browser.new_context(**{"viewport": {"width": 1360, "height": 1000}, **options}).new_page()  # type: ignore[arg-type]
    page.set_default_timeout(PATIENCE)
    expect.set_options(timeout=PATIENCE)
    page.goto(address)
    return page


def shoot(page: Page, name: str) -> None:
    """Takes a screenshot where a folder for them is named."""
    if SHOTS:
        page.wait_for_timeout(1500)
        page.screenshot(path=Path(SHOTS) / f"{name}.png")


def settle(page: Page) -> None:
    """Waits until the page has been drawn, as a person does before the next click."""
    page.wait_for_timeout(500)
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")


def curve_points(page: Page) -> int:
    """Counts the epochs drawn in the accuracy chart's validation curve."""
    return (
        page.locator("[data-testid=stPlotlyChart]")
        .first.locator(".scatterlayer .trace")
        .nth(1)
        .locator(".point")
        .count()
    )


def test_from_an_empty_browser_to_a_prediction_on_an_own_picture(browser: Browser, server: str) -> None:
    page = opened(browser, server)
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.get_by_role("button", name="Train your first network").wait_for()
    shoot(page, "start")

    page.get_by_role("link", name="Network").click()
    parameters = page.locator("[data-testid=stMetric]", has_text="Parameters")
    before = parameters.inner_text()
    page.get_by_role("button", name="Conv2D").first.click()
    page.get_by_role("slider", name="Filters").first.press("ArrowRight")
    expect(parameters).not_to_have_text(before)
    settle(page)
    widened = parameters.inner_text()
    page.get_by_role("button", name="Add a layer").click()
    page.get_by_role("dialog").get_by_role("button", name="Dense").click()
    expect(parameters).not_to_have_text(widened)
    expect(page.get_by_role("button", name="Dense 128, relu")).to_be_visible()
    shoot(page, "network")

    page.get_by_role("button", name="Train it").click()
    page.get_by_role("button", name="Start training").dblclick()
    expect(page.locator("[data-testid=stProgress]")).to_be_visible()
    page.wait_for_url("**/train?run=*")
    address = page.url
    other = opened(browser, server)
    other.get_by_role("button", name="Watch").first.wait_for()
    assert other.get_by_role("button", name="Watch").count() == 1, "two clicks are one start"
    other.close()

    until(lambda: curve_points(page) >= 1)
    grown = curve_points(page)
    shoot(page, "live")
    page.reload()
    # Streamlit shows a Stop of its own in the header while a page takes long to draw.
    expect(page.get_by_test_id("stMainBlockContainer").get_by_role("button", name="Stop")).to_be_visible()
    until(lambda: curve_points(page) > grown)

    page.get_by_role("button", name="See the results").click()
    page.wait_for_url("**/results?run=*")
    assert page.url.split("run=")[1] == address.split("run=")[1]
    expect(page.get_by_text("of 4,000 test images are right")).to_be_visible()
    expect(page.locator("[data-testid=stPlotlyChart] .heatmaplayer")).to_be_visible()
    shoot(page, "results")

    page.get_by_role("button", name="Try it on pictures").click()
    page.locator("input[type=file]").set_input_files(
        [
            {"name": "holiday.jpg", "mimeType": "image/jpeg", "buffer": photo()},
            {"name": "notes.png", "mimeType": "image/png", "buffer": b"not a picture"},
        ]
    )
    expect(page.get_by_text("What the network received: 32×32 pixels")).to_be_visible()
    expect(page.get_by_text("This file is none of these")).to_be_visible()
    assert page.locator("[data-testid=stPlotlyChart] .bars .point").count() == 10
    shoot(page, "predict")
    assert not page.locator("[data-testid=stException]").count()
    assert not faults


def test_another_browser_opens_the_run_by_its_address(browser: Browser, server: str) -> None:
    page = opened(browser, server)
    page.get_by_role("button", name="Open", exact=True).last.click()
    page.wait_for_url("**/results?run=*")
    other = opened(browser, page.url, viewport={"width": 390, "height": 844}, color_scheme="dark")
    expect(other.get_by_text("of 4,000 test images are right")).to_be_visible()
    assert other.evaluate("document.documentElement.scrollWidth") <= 390
    shoot(other, "results-phone-dark")


def test_a_run_that_does_not_exist_is_said_in_words(browser: Browser, server: str) -> None:
    page = opened(browser, f"{server}/results?run=../../etc/passwd")
    expect(page.get_by_text("There is no run")).to_be_visible()
    assert not page.locator("[data-testid=stException]").count()


def photo() -> bytes:
    """Makes a picture as a telephone would: large, not square."""
    file = io.BytesIO()
    image = Image.radial_gradient("L").resize((1600, 1200)).convert("RGB")
    image.save(file, "jpeg", quality=90)
    return file.getvalue()
