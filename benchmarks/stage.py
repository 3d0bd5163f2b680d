"""A real training, a real server and a real browser, for as long as a benchmark needs them."""

import os
import re
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from benchmarks import contest
from benchmarks.home import end_processes
from imgrec import edge, jobs, presets
from imgrec.runs import Run

STREAMLIT = (sys.executable, "-m", "streamlit", "run", "app.py")

CHROMIUM = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None
)
"""The browser of the system, if it has one."""

NOT_NEEDED = (
    # The menus under the address bar: for each page two more, drawn in processes of their own.
    "WebUIOmniboxPopup",
    "WebUIOmniboxAimPopup",
    # What Playwright leaves out; the last list of an option is the one that counts.
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsUpgrades",
    "HttpsFirstBalancedModeAutoEnable",
    "LensOverlay",
    "MediaRouter",
    "PaintHolding",
    "ThirdPartyStoragePartitioning",
    "OptimizationHints",
    "NetworkTimeServiceQuerying",
    "PreconnectToSearch",
)
"""Features of Chromium that take processor time, or ask its maker's servers, and that no page needs."""

START_SECONDS = 300.0
"""Until something is under way; a deadline for a hang."""

LOOK_SECONDS = 0.25
"""As often as a worker writes its progress."""


@contextmanager
def training(preset: str) -> Iterator[Run]:
    """Return a run whose worker trains until it is no longer needed."""
    config = presets.get(preset).config.with_setting("training.epochs", 500).with_setting("training.patience", 0)
    run = jobs.launch(edge.store(), config, "Watched")
    try:
        deadline = time.monotonic() + START_SECONDS
        while len(run.history()) < 1:
            if run.state not in jobs.ACTIVE or time.monotonic() > deadline:
                raise RuntimeError(f"The training did not begin. Its log:\n{run.log.read_text(errors='replace')}")
            time.sleep(LOOK_SECONDS)
        yield run
    finally:
        if run.state in jobs.ACTIVE:
            jobs.stop(run)
        while run.alive():
            time.sleep(LOOK_SECONDS)


@contextmanager
def serving(home: str) -> Iterator[tuple[int, str]]:
    """Return the process and the address of a server with this home. What was started there ends with it."""
    server, address = start_server(home)
    try:
        yield server.pid, address
    finally:
        server.terminate()
        server.wait()
        end_processes(home)


def start_server(
    home: str, port: int = 0, command: Sequence[str | Path] = STREAMLIT, folder: Path = contest.ROOT
) -> tuple[subprocess.Popen[bytes], str]:
    """Start a server, as README says or with another command, and wait until it answers. Return it and its address.

    Port 0 lets the system choose one: a free one that is looked for beforehand may be taken before the server has it.
    """
    options = [f"--server.port={port}", "--server.headless=true"]
    path = Path(home) / "server.log"
    with path.open("wb") as log:
        environment = {**os.environ, "IMGREC_HOME": home}
        server = subprocess.Popen(
            [*command, *options], cwd=folder, env=environment, stdout=log, stderr=subprocess.STDOUT
        )
    deadline = time.monotonic() + START_SECONDS
    while not (address := announced(path)) or not answers(f"{address}/_stcore/health"):
        if server.poll() is not None or time.monotonic() > deadline:
            server.kill()
            server.wait()
            raise RuntimeError(f"The server did not start. Its log:\n{path.read_text()}")
        time.sleep(LOOK_SECONDS)
    return server, address


def announced(log: Path) -> str | None:
    """Return the address that a server has written to its log."""
    found = re.search(r"http://localhost:\d+", log.read_text())
    return found[0] if found else None


def answers(address: str) -> bool:
    """Return whether something answers there."""
    try:
        with urllib.request.urlopen(address, timeout=5) as response:
            return bool(response.status == 200)
    except OSError:
        return False


@contextmanager
def browsing(*options: str) -> Iterator[Browser]:
    """Return a headless Chromium, that of the system or playwright's own."""
    with sync_playwright() as playwright:
        # Root in a container has no sandbox to offer, and small machines no shared memory.
        arguments = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", *options]
        arguments.append(f"--disable-features={','.join(NOT_NEEDED)}")
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield browser
        browser.close()


def visitor(browser: Browser) -> Page:
    """Return a page of somebody who has never been here."""
    page = browser.new_context(viewport={"width": 1360, "height": 1000}).new_page()
    page.set_default_timeout(1000 * START_SECONDS)
    return page


def watching(browser: Browser, address: str) -> BrowserContext:
    """Open the address as a visitor of its own, and wait until the curves are drawn."""
    page = visitor(browser)
    page.goto(address)
    page.locator(".chart .scatterlayer .trace").first.wait_for()
    return page.context
