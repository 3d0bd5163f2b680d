"""How long a browser waits on the pages about results: for the images of a cell, and for six runs side by side.

    python -m benchmarks.exploring --dataset cifar10 --clicks 30

The runs have made-up predictions of all test images (benchmarks/scored.py); server and Chromium are real and share this
machine. A click counts until the images beside the matrix are those of its cell, in the browser; a page until its
charts, its table and its images are drawn.
"""

import argparse
import json
import statistics
import time
from collections.abc import Callable

from playwright.sync_api import Locator, Page

from benchmarks import contest, home, stage
from benchmarks.scored import scored
from imgrec import datasets, metrics, presets
from imgrec.runs import Run
from imgrec.ui import shown_classes

RUNS = 6
SETTLED = "[data-testid=stApp][data-test-script-state=notRunning]"
IMAGES = 'img[alt^="Test image"]'
ARE_OF_CELL = """([selector, words]) => {
    const found = [...document.querySelectorAll(selector)];
    return found.length > 0 && found.every(image => image.alt.includes(words) && image.complete);
}"""


def main() -> None:
    """Make the runs, measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dataset", default="cifar10", choices=list(datasets.DATASETS))
    parser.add_argument("--clicks", type=int, default=30)
    parser.add_argument("--opens", type=int, default=10)
    arguments = parser.parse_args()
    with home.with_datasets() as folder:
        config = presets.get("quick").config.replace(dataset=arguments.dataset)
        made = [scored(config.with_setting("training.seed", seed), f"Run {seed}", seed) for seed in range(RUNS)]
        ids = ",".join(run.id for run in made)
        with stage.serving(folder) as (_, address), stage.browsing() as browser:
            page = browser.new_context(viewport={"width": 1360, "height": 1000}).new_page()
            page.goto(f"{address}/results?run={made[0].id}")
            measured = {
                "a click on a cell shows its images": clicks(page, made[0], arguments.clicks),
                f"Compare opens with {RUNS} runs, from another page": opens(
                    page, arguments.opens, lambda: page.get_by_role("link", name="Compare").click(), before=ids
                ),
                f"Compare opens with {RUNS} runs, by its address": opens(
                    page, arguments.opens, lambda: page.goto(f"{address}/compare?runs={ids}")
                ),
            }
    rows = [(what, f"{statistics.median(found):.2f}", f"{max(found):.2f}") for what, found in measured.items()]
    print(contest.table(["", "median, s", "longest, s"], rows))
    medians = {what: statistics.median(found) for what, found in measured.items()}
    print(json.dumps({"benchmark": "exploring", **vars(arguments), "medians": medians, "machine": contest.machine()}))


def clicks(page: Page, run: Run, count: int) -> list[float]:
    """Click one cell after another that counts a mistake, and return the seconds until its images were there."""
    names, (probabilities, labels) = run.dataset.class_names, run.predictions()
    counts = metrics.confusion_matrix(labels, probabilities.argmax(axis=1), len(names))
    shown = shown_classes.first(counts, names)
    mistakes = [(true, taken) for true in shown for taken in shown if true != taken and counts[true, taken]]
    found = []
    for number in range(count):
        true, taken = mistakes[number % len(mistakes)]
        x, y = centre(matrix(page), shown.index(true), shown.index(taken), len(shown))
        began = time.perf_counter()
        page.mouse.click(x, y)
        page.wait_for_function(ARE_OF_CELL, arg=[IMAGES, f"{names[true]} → {names[taken]} "], polling="raf")
        found.append(time.perf_counter() - began)
        settle(page)
    return found


def opens(page: Page, count: int, go: Callable[[], object], before: str = "") -> list[float]:
    """Open the Compare page again and again, from the Runs page where runs are named, and return the seconds."""
    found = []
    for _ in range(count):
        if before:
            page.goto(page.url.split("?")[0].rsplit("/", 1)[0] + f"/compare?runs={before}")
            drawn(page)
            page.get_by_role("link", name="Runs").click()
            page.locator("[data-testid=stDataFrame] canvas").first.wait_for()
            settle(page)
        else:
            page.goto("about:blank")
        began = time.perf_counter()
        go()
        drawn(page)
        found.append(time.perf_counter() - began)
        settle(page)
    return found


def drawn(page: Page) -> None:
    """Wait until all that the Compare page shows is there: images, three charts, table."""
    page.locator(IMAGES).first.wait_for()
    matrix(page)
    for chart in range(3):
        page.locator("[data-testid=stPlotlyChart] .nsewdrag").nth(chart).wait_for()
    page.locator("[data-testid=stDataFrame] canvas").first.wait_for()


def matrix(page: Page) -> Locator:
    """Return the chart that is a matrix, once it is drawn."""
    found = page.locator("[data-testid=stPlotlyChart]", has=page.locator(".heatmaplayer image"))
    found.wait_for()
    return found


def centre(chart: Locator, true: int, taken: int, classes: int) -> tuple[float, float]:
    """Return the place of a cell in the window, in pixels."""
    box = chart.locator(".nsewdrag").bounding_box()
    if box is None:
        raise RuntimeError("The matrix is not on the page.")
    return box["x"] + (taken + 0.5) * box["width"] / classes, box["y"] + (true + 0.5) * box["height"] / classes


def settle(page: Page) -> None:
    """Let the page come to rest, as a person does before the next click."""
    page.wait_for_timeout(400)
    page.locator(SETTLED).wait_for()


if __name__ == "__main__":
    main()
