"""A click on a cell of a matrix shows exactly its images, and so does the keyboard; in a real Chromium."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Browser, Locator, Page, expect

from benchmarks.scored import scored
from benchmarks.stage import serving
from imgrec import datasets, metrics
from imgrec.config import RunConfig
from imgrec.layers import Dense, Flatten
from imgrec.runs import Run
from tests.browser.conftest import opened, settle, shoot

pytestmark = pytest.mark.slow

Store = tuple[str, Run, Run]
"""The address of a server, and the two runs that it has."""


@pytest.fixture(scope="module")
def store(drawn: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """Return a server with two finished runs: of CIFAR-10 where its images are here, else of drawn ones."""
    home = tmp_path_factory.mktemp("home")
    (home / "datasets").symlink_to(drawn / "datasets")
    dataset = "cifar10" if os.environ.get("IMGREC_CIFAR10") else "shapes"
    config = RunConfig(dataset=dataset, layers=(Flatten(), Dense(units=8)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IMGREC_HOME", str(home))
        before = scored(config, "Before", seed=1)
        after = scored(config.with_setting("training.epochs", 5), "After", seed=2, lead=3.6)
    with serving(str(home)) as (_, address):
        yield address, before, after


def predicted(run: Run) -> NDArray[np.int64]:
    return run.predictions()[0].argmax(axis=1)


def counts(run: Run) -> NDArray[np.int64]:
    return metrics.confusion_matrix(run.predictions()[1], predicted(run), 10)


def most_confused(run: Run) -> tuple[int, int]:
    wrong = counts(run) * (1 - np.eye(10, dtype=int))
    return divmod(int(wrong.argmax()), 10)


def click_cell(page: Page, true: int, taken: int) -> None:
    matrix = page.locator("[data-testid=stPlotlyChart]", has=page.locator(".heatmaplayer image"))
    expect(matrix).to_be_visible()
    settle(page)
    box = matrix.locator(".nsewdrag").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + (taken + 0.5) * box["width"] / 10, box["y"] + (true + 0.5) * box["height"] / 10)


def images(page: Page) -> Locator:
    return page.locator('img[alt^="Test image"]')


def all_images(page: Page) -> list[str]:
    """Return the descriptions of all images, page after page."""
    found = []
    while True:
        settle(page)
        found += [image.get_attribute("alt") or "" for image in images(page).all()]
        following = page.get_by_role("button", name="Next page")
        if not following.count() or following.is_disabled():
            return found
        following.click()


def places(descriptions: list[str]) -> list[int]:
    return [int(re.findall(r"\d+", description)[0]) for description in descriptions]


def test_a_click_on_a_cell_shows_exactly_its_images(browser: Browser, store: Store) -> None:
    address, run, _ = store
    names = datasets.get(run.config.dataset).class_names
    true, taken = most_confused(run)
    page = opened(browser, f"{address}/results?run={run.id}")
    click_cell(page, true, taken)
    expect(page.get_by_text(f"were taken for {names[taken]}")).to_be_visible()
    expect(images(page).first).to_have_attribute("alt", re.compile(f"{names[true]} → {names[taken]}"))
    shoot(page, f"cell-{run.config.dataset}")
    found = all_images(page)
    labels = run.predictions()[1]
    assert len(found) == counts(run)[true, taken]
    assert all(f"{names[true]} → {names[taken]} " in description for description in found)
    assert sorted(places(found)) == np.flatnonzero((labels == true) & (predicted(run) == taken)).tolist()
    sure = [int(re.findall(r"(\d+)\s%", description)[0]) for description in found]
    assert sure == sorted(sure, reverse=True)


def test_the_keyboard_shows_the_same_images(browser: Browser, store: Store) -> None:
    address, run, _ = store
    names = datasets.get(run.config.dataset).class_names
    true, taken = most_confused(run)
    page = opened(browser, f"{address}/results?run={run.id}")
    page.get_by_role("radio", name="By class").press("Enter")
    for label, name in (("True class", names[true]), ("Taken for", names[taken])):
        menu = page.get_by_role("combobox", name=label)
        menu.press("ArrowDown")
        menu.fill(name)
        menu.press("Enter")
        settle(page)
    found = all_images(page)
    assert len(found) == counts(run)[true, taken]
    assert all(f"{names[true]} → {names[taken]} " in description for description in found)


def test_a_row_of_the_list_shows_the_same_images(browser: Browser, store: Store) -> None:
    address, run, _ = store
    names = datasets.get(run.config.dataset).class_names
    true, taken = most_confused(run)
    page = opened(browser, f"{address}/results?run={run.id}")
    page.get_by_role("radio", name="List").press("Enter")
    settle(page)
    table = page.locator("[data-testid=stDataFrame]").first
    table.locator("canvas").first.wait_for()
    table.click(position={"x": 18, "y": 53})  # the box before the first row, once the table stands still
    expect(page.get_by_text(f"were taken for {names[taken]}")).to_be_visible()
    found = all_images(page)
    assert len(found) == counts(run)[true, taken]
    assert all(f"{names[true]} → {names[taken]} " in description for description in found)


def test_a_click_on_the_difference_shows_what_came_in_and_what_went_out(browser: Browser, store: Store) -> None:
    address, before, after = store
    names = datasets.get(before.config.dataset).class_names
    change = counts(after) - counts(before)
    true, taken = divmod(int(np.abs(change * (1 - np.eye(10, dtype=int))).argmax()), 10)
    page = opened(browser, f"{address}/compare?runs={before.id},{after.id}")
    expect(page.get_by_text("is better than")).to_be_visible()
    click_cell(page, true, taken)
    expect(page.get_by_text(f"Images of {names[true]} taken for {names[taken]}")).to_be_visible()
    shoot(page, f"difference-{before.config.dataset}")
    found = all_images(page)
    labels, old, new = before.predictions()[1], predicted(before), predicted(after)
    came = [description for description in found if description.endswith(f"→ {names[taken]}")]
    went = [description for description in found if f": {names[taken]} → " in description]
    assert len(came) + len(went) == len(found)
    assert len(came) - len(went) == change[true, taken]
    assert sorted(places(came)) == np.flatnonzero((labels == true) & (new == taken) & (old != taken)).tolist()
    assert sorted(places(went)) == np.flatnonzero((labels == true) & (old == taken) & (new != taken)).tolist()
    assert not page.locator("[data-testid=stException]").count()
