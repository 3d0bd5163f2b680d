"""A newcomer's first minute: an empty home, the first page, and one click that trains a network.

    python -m benchmarks.first_minute --rounds 3

Seconds, each in a real Chromium that draws on the processors that train: from the address to the first page drawn; from
the click to the first point on a curve; from the address to the finished network, whose test accuracy is given as well;
and, on the Data page, from an augmentation's slider moved to the image drawn anew. Needs playwright and Chromium.
"""

import argparse
import json
import statistics
import time

from playwright.sync_api import Page

from benchmarks import contest, home
from benchmarks.stage import browsing, serving, visitor
from imgrec import edge

FIRST_PAGE, FIRST_POINT, FINISHED, PREVIEW = "first page", "first point on a curve", "finished", "preview drawn anew"

MOVES = 10


def main() -> None:
    """Go through the first minute as often as asked, and print how long each part took."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    seconds: dict[str, list[float]] = {FIRST_PAGE: [], FIRST_POINT: [], FINISHED: [], PREVIEW: []}
    accuracies = []
    for _ in range(arguments.rounds):
        with home.temporary() as folder, serving(folder) as (_, address), browsing() as browser:
            page = visitor(browser)
            train_at_once(page, address, seconds)
            [run] = edge.store().all()
            evaluation = run.evaluation()
            assert evaluation
            accuracies.append(evaluation.test_accuracy)
            seconds[PREVIEW].append(statistics.median(preview(page, address)))
    print(contest.table_of_seconds(seconds))
    print(f"\ntest accuracy: {min(accuracies):.3f} to {max(accuracies):.3f}")
    settings = {"benchmark": "first_minute", **vars(arguments)}
    found = {"seconds": seconds, "accuracies": accuracies, "machine": contest.machine()}
    print(json.dumps({**settings, **found}))


def train_at_once(page: Page, address: str, seconds: dict[str, list[float]]) -> None:
    """Open the app, click its first button, and look on until the network is finished."""
    opened = time.monotonic()
    page.goto(address)
    button = page.get_by_test_id("stBaseButton-primary").first
    button.wait_for()
    seconds[FIRST_PAGE].append(time.monotonic() - opened)
    clicked = time.monotonic()
    button.click()
    page.locator(".chart .point, .chart .js-line").first.wait_for(state="attached")
    seconds[FIRST_POINT].append(time.monotonic() - clicked)
    page.get_by_role("button", name="See the results").wait_for()
    seconds[FINISHED].append(time.monotonic() - opened)


def preview(page: Page, address: str) -> list[float]:
    """Move an augmentation's slider on the Data page, and return the seconds until an image looks different."""
    page.goto(f"{address}/data")
    page.get_by_test_id("stCheckbox").filter(has_text="Shift").locator("label").first.click()
    slider = page.get_by_role("slider", name="Pixels")
    slider.wait_for()
    found: list[float] = []
    for _ in range(MOVES):
        page.wait_for_timeout(1500)
        images = "[...document.querySelectorAll('img')].map(image => image.src).join()"
        before = page.evaluate(images)
        began = time.monotonic()
        slider.press("ArrowRight" if len(found) % 2 else "ArrowLeft")
        page.wait_for_function(
            f"before => {images} !== before && [...document.images].every(image => image.complete)", arg=before
        )
        found.append(time.monotonic() - began)
    return found


if __name__ == "__main__":
    main()
