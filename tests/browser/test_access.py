"""Every page can be used with a keyboard, a screen reader and weak eyes: axe-core, names, sizes of targets."""

import re
from collections import Counter

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Page, expect

from imgrec import examples
from tests.browser.conftest import opened, settle

pytestmark = pytest.mark.slow

EXAMPLE = examples.runs()[0][1].id
PAGES = {
    "": "Networks to start from",
    "data": "Gaussian noise",
    "network": "Add a layer",
    "train": "After the start, the curves grow here",
    "sweeps": "A sweep trains your draft several times",
    "runs": "No run yet",
    f"results?run={EXAMPLE}": "How it was made",
    f"compare?runs={','.join(examples.pair())}": "All other settings are the same",
    f"predict?run={EXAMPLE}": "The answer appears here",
}
"""The address of each page, and what is drawn last on it."""

STREAMLITS_OWN = {
    # The sparkline of a metric: its marks have a role and no name.
    "svg-img-alt": "[data-testid=stMetricChart]",
    # The primary colour is a text here and lies under white text on buttons: no colour has 4.5 on dark in both places.
    "color-contrast": "[data-testid=stSliderThumbValue], [data-testid=stSlider], "
    "[data-testid=stButtonGroup] [data-selected=true], [data-testid=stTab]",
}
"""Rules that Streamlit 1.67 breaks, and the elements in which it does."""


@pytest.mark.parametrize("address", PAGES, ids=lambda address: address.split("?")[0] or "start")
def test_axe_finds_nothing_serious_in_light_and_dark(browser: Browser, server: str, address: str) -> None:
    page = drawn(browser, server, address)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        settle(page)
        assert serious(page, dark=scheme == "dark") == []


def drawn(browser: Browser, server: str, address: str, **options: object) -> Page:
    page = opened(browser, f"{server}/{address}", **options)
    page.get_by_text(PAGES[address]).first.wait_for()
    settle(page)
    return page


def serious(page: Page, dark: bool) -> list[tuple[str, str]]:
    """Return the rule and the element of each serious or critical finding that is not Streamlit's own."""
    return [
        (rule["id"], node["html"][:200])
        for rule in Axe().run(page).response["violations"]
        if rule["impact"] in {"serious", "critical"}
        for node in rule["nodes"]
        if not _streamlits_own(page, rule["id"], node["target"][0], dark)
    ]


def _streamlits_own(page: Page, rule: str, element: str, dark: bool) -> bool:
    within = STREAMLITS_OWN.get(rule)
    if within is None or (rule == "color-contrast" and not dark):
        return False
    found: bool = page.locator(element).first.evaluate("(element, within) => !!element.closest(within)", within)
    return found


@pytest.mark.parametrize("address", ["", "data", "network"], ids=["start", "data", "network"])
def test_each_button_and_switch_has_a_name_of_its_own(browser: Browser, server: str, address: str) -> None:
    page = drawn(browser, server, address)
    found = page.get_by_test_id("stMainBlockContainer").aria_snapshot()
    named = re.findall(r"- '?((?:button|switch|slider|combobox) \"[^\"]+\")", found)
    assert len(named) > 10
    assert [name for name, times in Counter(named).items() if times > 1] == []
    assert not [name for name in named if name.endswith(' icon"')]


def test_the_keyboard_stays_where_a_layer_was_moved_or_deleted(browser: Browser, server: str) -> None:
    page = drawn(browser, server, "network")
    for pressed, then in (
        ("Move up layer 4", "Move up layer 3"),
        ("Delete layer 3", "Delete layer 3"),
        ("Delete layer 10", "Delete layer 9"),
    ):
        page.get_by_role("button", name=pressed).focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("button", name=then)).to_be_focused()
        settle(page)
        expect(page.get_by_role("button", name=then)).to_be_focused()


@pytest.mark.parametrize(
    "change",
    [
        pytest.param("button => button.parentElement.append(button)", id="put into another place"),
        pytest.param(
            "button => { const place = button.parentElement; button.remove();"
            " document.querySelector('[data-test-script-state]').dataset.testScriptState = 'running';"
            " setTimeout(() => place.append(button), 700); }",
            id="drawn late on a busy computer",
        ),
    ],
)
def test_the_keyboard_stays_at_a_button_that_the_page_moves(browser: Browser, server: str, change: str) -> None:
    page = drawn(browser, server, "network")
    button = page.get_by_role("button", name="Delete layer 3")
    button.focus()
    button.evaluate(change)
    expect(button).to_be_focused()


def test_the_keyboard_lets_go_of_a_button_after_a_click_beside_it(browser: Browser, server: str) -> None:
    page = drawn(browser, server, "network")
    page.get_by_role("button", name="Delete layer 3").focus()
    page.get_by_test_id("stHeader").click(position={"x": 500, "y": 3})
    page.evaluate("document.body.append(document.createElement('i'))")  # as any change of the page
    page.wait_for_timeout(500)
    expect(page.get_by_role("button", name="Delete layer 3")).not_to_be_focused()


def test_each_target_of_the_network_page_is_at_least_24_pixels(browser: Browser, server: str) -> None:
    page = drawn(browser, server, "network", viewport={"width": 390, "height": 844})
    sizes = (
        page.get_by_test_id("stButton")
        .locator("button:visible")
        .evaluate_all("buttons => buttons.map(button => [button.offsetWidth, button.offsetHeight])")
    )
    assert len(sizes) > 40
    assert min(min(size) for size in sizes) >= 24
