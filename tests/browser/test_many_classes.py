"""Every page stands 2, 3, 100 and 1,000 classes of one's own pictures, also on a telephone; in a real Chromium."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from benchmarks.exploring import centre, matrix
from benchmarks.stage import serving
from imgrec import metrics
from imgrec.runs import Run
from imgrec.ui import shown_classes
from tests.browser.conftest import opened, settle, shoot
from tests.many_classes import KINDS, Kind, make, runs

pytestmark = pytest.mark.slow

TELEPHONE, DESK = ViewportSize(width=390, height=844), ViewportSize(width=1360, height=1000)

CUT = """() => {
    const scrolls = '[data-testid=stDataFrame], [data-testid=stTabs], [data-testid=stSelectbox], svg, canvas';
    const seen = element => element.checkVisibility() && element.getBoundingClientRect().width > 1;
    return [...document.querySelectorAll('[data-testid=stMainBlockContainer] :is(p, span, h1, h2, h3, button, img)')]
        .filter(element => seen(element) && !element.closest(scrolls))
        .filter(element => element.getBoundingClientRect().right > innerWidth + 1
            || (getComputedStyle(element).overflowX !== 'visible' && element.scrollWidth > element.clientWidth + 1))
        .map(element => element.textContent || element.alt);
}"""
"""The texts and pictures that reach out of the window, or of their own box."""


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, dict[Kind, list[Run]]]]:
    """Return the address of a server, and two finished runs of each kind of dataset there."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IMGREC_HOME", str(home))
        made = {kind: runs(make(kind)) for kind in KINDS}
    with serving(str(home)) as (_, address):
        yield address, made


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_every_page_stands_it(browser: Browser, store: tuple[str, dict[Kind, list[Run]]], kind: Kind) -> None:
    address, made = store
    first, second = made[kind]
    page = opened(browser, f"{address}/results?run={first.id}", viewport=DESK)
    matrix(page)
    looked_at(page, f"results-{kind.classes}")
    for name, query in (
        ("compare", f"runs={first.id},{second.id}"),
        ("predict", f"run={first.id}"),
        ("network", f"c={first.config.to_link()}"),
        ("train", ""),
        ("data", ""),
        *((("runs", ""), ("start", "")) if kind == KINDS[-1] else ()),  # which show the runs of all
    ):
        if query:
            page.goto(f"{address}/{name}?{query}")
        else:
            page.get_by_role("link", name=name.capitalize(), exact=True).first.click()
        expect(page.get_by_role("heading", level=1).first).to_be_visible()
        looked_at(page, f"{name}-{kind.classes}")


def looked_at(page: Page, name: str) -> None:
    """Look at a page at a desk and on a telephone: no exception, no sideways scrolling, no text that is cut."""
    settle(page)
    assert not page.get_by_test_id("stException").count()
    shoot(page, f"many-{name}-desk")
    page.set_viewport_size(TELEPHONE)
    page.wait_for_timeout(100)
    shoot(page, f"many-{name}-telephone")
    assert page.get_by_test_id("stMain").evaluate("main => main.scrollWidth <= main.clientWidth")
    assert page.evaluate(CUT) == []
    page.set_viewport_size(DESK)


def test_a_click_in_a_matrix_of_a_hundred_classes_shows_its_images(
    browser: Browser, store: tuple[str, dict[Kind, list[Run]]]
) -> None:
    address, made = store
    run = made[KINDS[2]][0]
    names = run.dataset.class_names
    probabilities, labels = run.predictions()
    counts = metrics.confusion_matrix(labels, probabilities.argmax(axis=1), len(names))
    page = opened(browser, f"{address}/results?run={run.id}", viewport=DESK)
    shown = shown_classes.first(counts, names)
    (true, taken), *_ = metrics.largest_cells(counts, 1)
    matrix(page)
    settle(page)
    page.mouse.click(*centre(matrix(page), shown.index(true), shown.index(taken), len(shown)))
    expect(page.get_by_text("were taken for")).to_be_visible()
    expect(page.locator('img[alt^="Test image"]')).to_have_count(min(12, int(counts[true, taken])))
    assert page.url.endswith(f"cell={true}-{taken}")
    menu = page.get_by_role("combobox", name="Classes in the matrix")
    menu.click()
    menu.fill(names[40])
    menu.press("Enter")
    settle(page)
    around = metrics.classes_around(counts, 40, shown_classes.SHOWN)
    expect(matrix(page).locator(".yaxislayer-above text")).to_have_count(len(around))
