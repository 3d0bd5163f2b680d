"""A person's way through the app in a real Chromium against a real server: from an empty browser to a prediction."""

import io
from collections.abc import Iterator

import pytest
from PIL import Image
from playwright.sync_api import Browser, FilePayload, Page, expect

from imgrec import examples
from tests.browser.conftest import opened, settle, shoot, until
from tests.browser.test_access import serious

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", autouse=True)
def a_worker_waits() -> Iterator[None]:
    """Let the server keep a worker ready, as it does outside of tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IMGREC_STANDBY", "1")
        yield


def curve_points(page: Page) -> int:
    """Count the epochs drawn in the accuracy chart's validation curve."""
    return page.locator(".chart").first.locator(".scatterlayer .trace").nth(1).locator(".point").count()


def hide_a_curve_and_zoom_in(page: Page) -> dict[str, object]:
    """Change how the loss is looked at, and mark its chart, so that another one in its place would be noticed."""
    chart = page.locator(".chart").nth(1)
    chart.scroll_into_view_if_needed()
    while look_of(page)["training"] != "legendonly":  # a click in the moment in which the chart grows is lost
        chart.locator(".legendtoggle").first.click()
        page.wait_for_timeout(1500)
    box = chart.bounding_box()
    assert box
    page.mouse.move(box["x"] + 100, box["y"] + 100)
    page.mouse.down()
    page.mouse.move(box["x"] + 250, box["y"] + 200, steps=5)
    page.mouse.up()
    chart.evaluate("chart => chart.marked = true")
    until(lambda: look_of(page)["zoomed to"] != [0, 500.5])
    return look_of(page)


def assert_zoom_and_legend_stay(page: Page) -> None:
    chosen, grown = hide_a_curve_and_zoom_in(page), curve_points(page)
    assert chosen["training"] == "legendonly"
    until(lambda: curve_points(page) > grown)
    assert look_of(page) == chosen


def look_of(page: Page) -> dict[str, object]:
    """Return how the chart of the loss is looked at."""
    found: dict[str, object] = (
        page.locator(".chart")
        .nth(1)
        .evaluate(
            "({marked, _fullLayout, _fullData}) => "
            "({marked, 'zoomed to': _fullLayout.xaxis.range, training: _fullData[0].visible})"
        )
    )
    return found


def choose_a_long_training_of_short_epochs(page: Page) -> None:
    """So that its curve soon grows, and it has not ended when that was seen, however slow the machine is."""
    epochs = page.get_by_role("spinbutton", name="Epochs")
    epochs.fill("500")
    epochs.press("Enter")
    expect(page.get_by_text("500 epochs")).to_be_visible()
    page.get_by_role("tab", name="Data", exact=True).click()
    page.get_by_role("slider", name="Share of images").press("Home")
    settle(page)


def upload_pictures_of_odd_names(page: Page) -> None:
    """Upload a picture and a file that is none, and reads both answers, under the names as they are."""
    files: list[FilePayload] = [
        {"name": "team:red -> $a$ :smile:.jpg", "mimeType": "image/jpeg", "buffer": photo()},
        {"name": "1. **b** &lt;.png", "mimeType": "image/png", "buffer": b"not a picture"},
    ]
    page.locator("input[type=file]").set_input_files(files)
    expect(page.get_by_text("What the network received: 32×32 pixels")).to_be_visible()
    expect(page.get_by_text("This file is none of these")).to_be_visible()
    named = page.get_by_test_id("stCaptionContainer").filter(has_text="team:red -> $a$ :smile:.jpg")
    expect(named).to_be_visible()
    expect(page.get_by_test_id("stAlert").filter(has_text="1. **b** &lt;.png")).to_be_visible()


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
    choose_a_long_training_of_short_epochs(page)
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
    stop = page.get_by_test_id("stMainBlockContainer").get_by_role("button", name="Stop")
    expect(stop).to_be_visible()
    until(lambda: curve_points(page) > grown)
    assert_zoom_and_legend_stay(page)
    assert serious(page, dark=False) == []

    stop.click()
    page.get_by_role("button", name="See the results").click()
    page.wait_for_url("**/results?run=*")
    assert page.url.split("run=")[1] == address.split("run=")[1]
    expect(page.get_by_text("of 4,000 test images are right")).to_be_visible()
    expect(page.locator("[data-testid=stPlotlyChart] .heatmaplayer")).to_be_visible()
    shoot(page, "results")

    page.get_by_role("button", name="Try it on pictures").click()
    upload_pictures_of_odd_names(page)
    assert (
        page.get_by_test_id("stHtml").get_by_text("%").count() == 6
    )  # five classes, and what the others have together
    shoot(page, "predict")
    assert not page.locator("[data-testid=stException]").count()
    assert not faults


def test_another_browser_opens_the_run_by_its_address(browser: Browser, server: str) -> None:
    page = opened(browser, server)
    page.get_by_role("button", name=f"Open {examples.runs()[0][1].name}").click()
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
    """Make a picture as a telephone would: large, not square."""
    file = io.BytesIO()
    image = Image.radial_gradient("L").resize((1600, 1200)).convert("RGB")
    image.save(file, "jpeg", quality=90)
    return file.getvalue()
