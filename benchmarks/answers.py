"""How soon a page shows what happened to a run, and what is left of it when the server is killed.

    python -m benchmarks.answers --rounds 10

In a real Chromium: from a worker's death until the page says that the run is interrupted; from a click on Stop until
the button answers, the worker has ended, and the scored result is shown. Then the server is killed (SIGKILL) and
started again, --kills times, while a run trains: counted are the workers that did not survive it, and the points that
are missing from the curve when the page has found its server again by itself. Seconds. Needs playwright and Chromium.
"""

import argparse
import json
import random
import re
import statistics
import time
from collections.abc import Callable

from playwright.sync_api import Page

from benchmarks import contest, home
from benchmarks.stage import START_SECONDS, browsing, start_server, visitor
from imgrec import datasets, edge, jobs, presets
from imgrec.config import RunConfig, Training
from imgrec.layers import Conv2D, Flatten, MaxPooling2D
from imgrec.runs import Run, State

CONFIG = RunConfig(
    dataset="shapes",
    layers=(MaxPooling2D(), Conv2D(filters=16), MaxPooling2D(), Flatten()),
    training=Training(epochs=500, batch_size=64, patience=0),
)

ANSWERED = """
    window.answered = null;
    addEventListener("pointerup", () => { window.clicked ??= performance.now() }, true);
    window.clicked = undefined;
    new MutationObserver(() => {
        if (window.clicked && !window.answered && document.body.innerText.includes("Stopping"))
            window.answered = performance.now() - window.clicked;
    }).observe(document.body, {subtree: true, childList: true, characterData: true});
"""
"""Measures in the page itself, from the click until the button says something else, in milliseconds."""


def main() -> None:
    """Kill, click and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--kills", type=int, default=20, help="of the server")
    arguments = parser.parse_args()
    with home.temporary() as folder:
        datasets.prepare(CONFIG.dataset, edge.location(CONFIG.dataset))
        server, address = start_server(folder)
        try:
            with browsing() as browser:
                page = visitor(browser)
                died = [death(page, address) for _ in range(arguments.rounds)]
                stops = [stop(page, address) for _ in range(arguments.rounds)]
                run = watched(page, address)
                lost = []
                for _ in range(arguments.kills):
                    server.kill()
                    server.wait()
                    server, _ = start_server(folder, int(address.rsplit(":", 1)[1]))
                    lost.append(survived(page, run))
        finally:
            server.kill()
            server.wait()
    medians = {
        "worker dead, until interrupted is shown": statistics.median(died),
        "the same, longest": max(died),
        "Stop, until the button answers": statistics.median(each[0] for each in stops),
        "Stop, until the worker has ended": statistics.median(each[1] for each in stops),
        "Stop, until the result is shown": statistics.median(each[2] for each in stops),
        "server killed": len(lost),
        "workers lost": sum(not alive for alive, _ in lost),
        "points lost from the curve": sum(points for _, points in lost),
    }
    print(contest.table(["", "found"], [[name, f"{value:.2f}"] for name, value in medians.items()]))
    print(json.dumps({"benchmark": "answers", **vars(arguments), "found": medians, "machine": contest.machine()}))


def death(page: Page, address: str) -> float:
    """Kill a worker in its first epoch, so that it does not come back. Return the seconds until the page says it."""
    slow = presets.get("deep").config.replace(dataset=CONFIG.dataset)
    run = jobs.launch(edge.store(), slow)
    page.goto(f"{address}/train?run={run.id}")
    page.get_by_text("Epoch 1 of").first.wait_for()
    time.sleep(random.uniform(0, 2))  # at any moment between two looks of the page
    began = time.monotonic()
    jobs.kill(run)
    page.get_by_text(re.compile("This run (is|was) interrupted")).first.wait_for()
    seconds = time.monotonic() - began
    jobs.stop(run)
    return seconds


def stop(page: Page, address: str) -> tuple[float, float, float]:
    """Click Stop. Return the seconds until the button answers, the worker has ended and the result is shown."""
    run = watched(page, address)
    page.evaluate(ANSWERED)
    began = time.monotonic()
    page.get_by_role("button", name="Stop").click()
    wait_for(lambda: page.evaluate("window.answered"))
    answered = page.evaluate("window.answered") / 1000
    wait_for(lambda: not run.alive())
    ended = time.monotonic() - began
    page.get_by_text("test accuracy").first.wait_for()
    return answered, ended, time.monotonic() - began


def watched(page: Page, address: str) -> Run:
    """Start a run and show it until three epochs are drawn."""
    run = jobs.launch(edge.store(), CONFIG)
    page.goto(f"{address}/train?run={run.id}")
    wait_for(lambda: len(curve(page)) >= 3)
    return run


def survived(page: Page, run: Run) -> tuple[bool, int]:
    """Wait until the page goes on. Says whether the worker lived on, and how many points its curve lacks then."""
    alive, epochs = run.state is State.RUNNING, len(run.history())
    wait_for(lambda: len(curve(page)) > epochs)
    shown = curve(page)
    return alive, len({*range(1, epochs + 1)} - {*shown})


def curve(page: Page) -> list[int]:
    """Return the epochs of the points that are drawn."""
    found = page.evaluate("Array.from(document.querySelector('.js-plotly-plot')?.data?.[1]?.x ?? [])")
    return [int(epoch) for epoch in found]


def wait_for(condition: Callable[[], object]) -> None:
    """Wait until a condition holds."""
    deadline = time.monotonic() + START_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise RuntimeError(f"Waited for {START_SECONDS:.0f} s.")
        time.sleep(0.02)


if __name__ == "__main__":
    main()
