"""How much memory a hosted server takes: server, prediction, reasons, and one training beside them.

    IMGREC_CIFAR10=FOLDER python -m benchmarks.footprint quick:shapes sprint:cifar10

For each preset and dataset, a server with the profile of --profile and an empty home is opened in Chromium: Data with
the dataset's images, Predict with a picture, which starts the prediction process, and with --reasons also where its
class is seen, which starts TensorFlow. Then the preset is trained. Meanwhile the memory of each process of the server
is read every 0.2 seconds, as resident set size. In the sum a page that several processes share counts in each, so it
is an upper bound of what they take of a machine. The last column is the part of the sum that belongs to no file: the
system cannot drop it. Megabytes, the highest of each column. Linux only. Needs playwright and Chromium.
"""

import argparse
import json
import os
import re
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
from playwright.sync_api import Page

from benchmarks import contest, home
from benchmarks.stage import browsing, serving, visitor
from imgrec import edge, jobs, presets
from imgrec.runs import State
from imgrec.ui.browser import COOKIE

ROLES = {
    "streamlit": "server",
    "imgrec.engine.serve": "prediction and reasons",
    "imgrec.scheduler": "scheduler",
    "imgrec.worker": "training",
}
LOOK_SECONDS = 0.2


def main() -> None:
    """Measure each and print the highest figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pairs", nargs="*", default=["quick:shapes"], metavar="PRESET:DATASET")
    parser.add_argument("--profile", default=str(contest.ROOT / "deploy/community-cloud.json"))
    parser.add_argument("--reasons", action="store_true", help="ask where a class is seen, too")
    arguments = parser.parse_args()
    os.environ |= {"IMGREC_STANDBY": "0", "IMGREC_SLOTS": "1", "IMGREC_PROFILE": arguments.profile}
    found = {pair: measured(pair, arguments.reasons) for pair in arguments.pairs}
    columns = [*dict.fromkeys(ROLES.values()), "in all", "of no file"]
    rows = [[pair, *(f"{peaks[name]:.0f}" for name in columns)] for pair, peaks in found.items()]
    print(contest.table(["", *columns], rows))
    print(json.dumps({"benchmark": "footprint", **vars(arguments), "found": found, "machine": contest.machine()}))


def measured(pair: str, reasons: bool) -> Counter[str]:
    """Return the highest megabytes of each process and of all together."""
    preset, dataset = pair.split(":")
    config = presets.get(preset).config.replace(dataset=dataset)
    with home.temporary() as folder, serving(folder) as (_, address), watching(folder) as peaks:
        with browsing() as browser:
            page = visitor(browser)
            look(page, address, reasons)
            (secret,) = [str(kept["value"]) for kept in page.context.cookies() if kept["name"] == COOKIE]
            run = jobs.launch(edge.visitor(secret), config)
            page.goto(f"{address}/train?run={run.id}")
            while run.state in jobs.ACTIVE:
                page.wait_for_timeout(500)
        if run.state is not State.FINISHED:
            raise RuntimeError(f"The run is {run.state}. Its log:\n{run.log.read_text(errors='replace')}")
    return peaks


def look(page: Page, address: str, reasons: bool) -> None:
    """Open the pages that make the server and its children take memory."""
    page.goto(f"{address}/data")
    page.locator("img").nth(3).wait_for()
    page.goto(f"{address}/predict")
    page.locator("input[type=file]").first.set_input_files(contest.ROOT / "docs/start.png")
    why = page.get_by_text(re.compile(r"^Why ")).first
    why.wait_for()
    if reasons:
        why.click()
        page.get_by_text(re.compile("Asking the model")).first.wait_for(state="hidden")
        page.wait_for_timeout(15_000)


@contextmanager
def watching(folder: str) -> Iterator[Counter[str]]:
    """Return counters in which the highest megabytes of each role stand, as long as the block lasts."""
    peaks: Counter[str] = Counter()
    done = threading.Event()

    def watch() -> None:
        while not done.wait(LOOK_SECONDS):
            now: Counter[str] = Counter()
            for number in home.processes(folder):
                with suppress(OSError, psutil.Error, StopIteration):  # it has ended, or is the browser
                    command = psutil.Process(number).cmdline()
                    role = next(role for name, role in ROLES.items() if name in command)
                    resident, of_files = megabytes(number)
                    now.update({role: resident, "in all": resident, "of no file": resident - of_files})
            peaks.update({role: size - peaks[role] for role, size in now.items() if size > peaks[role]})

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield peaks
    finally:
        done.set()
        thread.join()


def megabytes(process: int) -> tuple[int, int]:
    """Return the resident set size of a process, and the part of it that is the content of files."""
    text = Path(f"/proc/{process}/status").read_text(encoding="utf-8")
    resident, of_files = (int(text.split(f"{name}:")[1].split()[0]) for name in ("VmRSS", "RssFile"))  # in KiB
    return resident * 1024 // 1_000_000, of_files * 1024 // 1_000_000


if __name__ == "__main__":
    main()
