"""A sweep in a real Chromium: from its link to a map of its points, of which one is adopted."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from benchmarks.stage import serving
from imgrec.config import RunConfig
from imgrec.sweep import Sweep, Varied
from tests.browser.conftest import opened, settle, shoot

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory, drawn: Path) -> Iterator[str]:
    """Return the address of a server that has the images of shapes."""
    folder = tmp_path_factory.mktemp("home")
    (folder / "datasets").symlink_to(drawn / "datasets")
    with serving(str(folder)) as (_, found):
        yield found


def test_from_a_link_to_an_adopted_point(browser: Browser, address: str, tiny: RunConfig) -> None:
    varied = ("training.learning_rate=0.001,0.01", "layers.0.pool_size=2,4")
    sweep = Sweep(base=tiny, varied=tuple(Varied.from_text(text, tiny) for text in varied), points=4)
    page = opened(browser, f"{address}/sweeps?s={sweep.to_link()}")
    page.get_by_role("button", name="Start 4 runs").click()
    expect(page.get_by_text("4 of 4 runs finished")).to_be_visible()
    settle(page)
    shoot(page, "sweep")
    chart = page.get_by_test_id("stPlotlyChart").first
    chart.scroll_into_view_if_needed()
    box = chart.bounding_box()
    assert box
    page.mouse.click(box["x"] + 0.75 * box["width"], box["y"] + 0.2 * box["height"])  # the largest of both settings
    page.get_by_role("button", name="Adopt these settings").click()
    expect(page.get_by_text("Your draft is now a point of Sweep 1")).to_be_visible()
    expect(page.get_by_text("at 0.01").first).to_be_visible()
