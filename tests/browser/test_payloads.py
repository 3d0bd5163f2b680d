"""Texts from outside stay texts on every page: nothing in them runs, loads or links; in a real Chromium."""

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote, urlencode, urlsplit

import pytest
from playwright.sync_api import Browser, FilePayload, Locator, Page, expect

from benchmarks.stage import serving
from imgrec.config import RunConfig
from imgrec.layers import Dense, Flatten
from imgrec.runs import MAX_NAME, Run, RunWriter, library
from imgrec.ui import shown_classes
from tests.browser import hostile
from tests.browser.conftest import opened, settle, shoot, until
from tests.browser.stray import COUNT, LINKED, STRAY, letters, missing
from tests.browser.test_journey import photo
from tests.payloads import PAYLOADS

pytestmark = pytest.mark.slow


def as_file_name(text: str) -> str:
    """Return a text as browsers send it: of a path the last part is the name, and quotes and new lines are escaped."""
    return re.sub(r"[\r\n]", " ", text.replace("/", "∕").replace('"', "”"))


FILE_NAME = as_file_name("".join(PAYLOADS[::20]))
"""Of a length that a server takes."""


class Stage(NamedTuple):
    """A server with runs of hostile texts, and a page that counts the scripts that ran."""

    address: str
    page: Page
    dialogs: list[str]
    finished: list[Run]
    training: Run
    failed: Run

    def go(self, where: str) -> Page:
        """Open a page and wait until it has been drawn."""
        self.page.goto(f"{self.address}/{where}")
        expect(self.page.get_by_role("heading", level=1)).to_be_visible()
        settle(self.page)
        return self.page


@pytest.fixture(scope="module")
def stage(drawn: Path, browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """Return a server with runs of hostile texts: finished, failed, waiting behind one that trains, and deleted."""
    home = tmp_path_factory.mktemp("home")
    (home / "datasets").symlink_to(drawn / "datasets")
    config = RunConfig(dataset="shapes", layers=(Flatten(), Dense(units=8)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IMGREC_HOME", str(home))
        patch.setenv("IMGREC_SLOTS", "1")
        hostile.deleted(config)
        finished = [hostile.finished(place) for place in range(6)]
        failed = hostile.failed(config)
        training = hostile.training(config)
        for name in hostile.NAMES[:3]:
            hostile.waiting(config, name)
        with RunWriter(training.folder).lock():
            with serving(str(home)) as (_, address):
                page = opened(browser, "about:blank")
                page.add_init_script(COUNT)
                dialogs: list[str] = []
                page.on("dialog", lambda dialog: dialogs.append(dialog.message))
                page.on("dialog", lambda dialog: dialog.dismiss())
                yield Stage(address, page, dialogs, finished, training, failed)
                page.context.close()
            (home / "runs").rename(home / "gone")  # before any of them starts


@pytest.fixture(autouse=True)
def nothing_ran(stage: Stage) -> Iterator[None]:
    """Fail a test after which a script of a text has run, or an element of one stands in the page."""
    yield
    shoot(stage.page, f"payloads-{urlsplit(stage.page.url).path.strip('/') or 'start'}")
    assert harmless(stage) == []


def harmless(stage: Stage) -> list[str]:
    """Return what a page has become of its texts that is more than text."""
    found: list[str] = stage.page.evaluate(STRAY, sorted(filter(None, LINKED)))
    found += ["a script ran"] * stage.page.evaluate("window.ranTimes")
    found += ["an exception"] * stage.page.get_by_test_id("stException").count()
    return sorted({*found, *stage.dialogs})


def read(found: Locator) -> list[str]:
    return found.all_inner_texts()


def shows(expected: Sequence[str], found: Locator) -> None:
    """Wait until elements show texts: what follows a run is drawn anew each second, and is gone for a moment."""
    until(lambda: missing(list(expected), read(found)) == [])


def test_start_shows_runs_and_the_trash(stage: Stage) -> None:
    page = stage.go("")
    page.get_by_text("Trash:").click()
    expect(page.get_by_role("button", name="Empty the trash")).to_be_visible()
    settle(page)
    shows([*PAYLOADS, *hostile.NAMES[:5]], page.get_by_test_id("stMarkdown"))  # on cards
    shows(list(PAYLOADS), page.get_by_test_id("stCaptionContainer"))  # tags
    assert missing([stage.training.name], [page.title()]) == []


def test_runs_shows_tags_and_titles(stage: Stage) -> None:
    page = stage.go("runs")
    pills = page.get_by_test_id("stButtonGroup").get_by_role("button")
    expect(pills.first).to_be_visible()
    settle(page)
    shows(list(PAYLOADS), pills)
    page.get_by_role("textbox", name="Search").fill("<img src=x onerror=ran()>oak")
    page.get_by_role("textbox", name="Search").press("Enter")
    settle(page)


def test_train_shows_the_run_and_the_queue(stage: Stage) -> None:
    page = stage.go(f"train?run={stage.training.id}")
    shows([stage.training.name], page.get_by_role("heading", level=3))
    shows(hostile.NAMES[:3], page.get_by_test_id("stMarkdown"))
    shows(list(PAYLOADS), page.get_by_test_id("stProgress"))  # what it is doing


def test_a_failed_run_shows_why(stage: Stage) -> None:
    page = stage.go(f"results?run={stage.failed.id}")
    shows(list(PAYLOADS), page.get_by_test_id("stAlert"))
    page.get_by_text("Technical details").click()
    expect(page.get_by_test_id("stCode")).to_be_visible()


def test_results_shows_classes(stage: Stage) -> None:
    page = stage.go(f"results?run={stage.finished[2].id}&cell=3-5")
    matrix = page.locator("[class*='st-key-matrix-']")
    expect(matrix.locator(".xtick")).to_have_count(shown_classes.SHOWN)
    ticks = [text.replace("…", "") for text in matrix.locator(".xtick, .ytick").all_text_contents()]
    assert missing(ticks, hostile.CLASS_NAMES) == []
    sentence = [text for text in read(page.get_by_test_id("stMarkdown")) if " were taken for " in text]
    assert missing([hostile.CLASS_NAMES[3], hostile.CLASS_NAMES[5]], sentence) == []
    looks = page.locator("[class*='st-key-images-']").get_by_test_id("stBaseButton-tertiary")
    shows([hostile.CLASS_NAMES[3], hostile.CLASS_NAMES[5]], looks)
    matrix.locator(".scatterlayer .trace").last.locator("path.point").nth(3 * hostile.CLASSES + 5).hover(force=True)
    hover = matrix.locator(".hovertext")
    expect(hover).to_be_visible()
    said = letters("".join(hover.all_text_contents()))
    assert any(said.startswith(letters(f"{true} taken for")) for true in hostile.CLASS_NAMES)
    assert any(letters(f"taken for {guess}: ") in said for guess in hostile.CLASS_NAMES)
    page.get_by_role("tab", name="How it was made").click()
    shows(list(PAYLOADS), page.get_by_test_id("stTable"))
    shows([hostile.NAMES[2]], page.get_by_test_id("stAlert"))  # why it diverged
    looks.first.click()
    closer = page.get_by_role("dialog")
    expect(closer.get_by_role("img", name="The test image")).to_be_visible()
    settle(page)
    labelled = letters("".join(read(closer.get_by_test_id("stMarkdown"))))
    assert any(labelled.endswith(letters(f"labelled {name}")) for name in hostile.CLASS_NAMES)
    bars = closer.get_by_test_id("stHtml").all_text_contents()
    assert missing([hostile.CLASS_NAMES[5]], bars) == []  # what the network said


def test_the_menu_of_a_run_shows_and_takes_texts(stage: Stage) -> None:
    page = stage.go(f"results?run={stage.finished[4].id}")
    page.get_by_role("button", name="More").click()
    tags = page.get_by_test_id("stMultiSelect")  # more than a run takes
    expect(tags).to_be_visible()
    shows(list(PAYLOADS[4::5]), tags)
    page = stage.go(f"results?run={stage.finished[5].id}")
    captions = read(page.get_by_test_id("stCaptionContainer"))
    assert missing([f"The images of {stage.finished[5].dataset.title} are not on this computer"], captions) == []
    page.get_by_test_id("stSelectbox").first.get_by_role("combobox").press("ArrowDown")
    shows(hostile.NAMES, page.get_by_role("option"))
    page.keyboard.press("Escape")
    page.get_by_role("button", name="More").click()
    name = page.get_by_role("textbox", name="Name", exact=True)
    typed = "$x$ <img src=x onerror=ran()> [a](javascript:ran()) :smile:"
    assert len(typed) <= MAX_NAME
    name.fill(typed)
    name.press("Enter")
    told = page.get_by_test_id("stCaptionContainer").filter(has_text="test images are right")
    expect(told).to_contain_text("[a](javascript:ran()) :smile:")
    tags = page.get_by_test_id("stMultiSelect").get_by_role("combobox")
    tags.fill("<svg onload=ran()>$t$")
    tags.press("Enter")
    settle(page)
    tags.fill("x" * library.MAX_TAG + "<b>:smile:</b>$y$")
    tags.press("Enter")
    expect(page.get_by_test_id("stToast")).to_contain_text("Received: 'xxxxx")


def test_compare_shows_six_runs(stage: Stage) -> None:
    page = stage.go(f"compare?runs={','.join(run.id for run in stage.finished)}")
    called = [run.name for run in stage.finished]
    expect(page.locator(".legendtext")).to_have_count(len(called))
    assert missing(called, page.locator(".legendtext").all_text_contents()) == []
    assert missing(called, page.locator(".st-key-cost .textpoint text").all_text_contents()) == []
    shows(called, page.get_by_test_id("stTable").locator("th"))
    shows(called, page.get_by_test_id("stMultiSelect"))
    said = read(page.get_by_test_id("stHeading"))
    assert any(letters(name) in letters(text) for name in called for text in said)
    looks = read(page.locator("[class*='st-key-changes-']").get_by_test_id("stBaseButton-tertiary"))
    assert looks
    assert all(any(letters(text).startswith(letters(name)) for name in hostile.CLASS_NAMES) for text in looks)
    page.get_by_role("radio", name="One cell").click()
    settle(page)
    sentence = [text for text in read(page.get_by_test_id("stMarkdown")) if text.startswith("Images of")]
    assert missing([hostile.CLASS_NAMES[0]], sentence) == []
    page.locator(".st-key-overlaid .nsewdrag").first.hover(force=True)


def test_predict_shows_classes_and_the_names_of_files(stage: Stage) -> None:
    page = stage.go(f"predict?run={stage.finished[0].id}")
    shows(hostile.CLASS_NAMES[:12], page.get_by_test_id("stCaptionContainer"))
    good, *bad = map(as_file_name, hostile.joined(PAYLOADS, 6))
    files: list[FilePayload] = [{"name": f"{good}.jpg", "mimeType": "image/jpeg", "buffer": photo()}]
    files += [{"name": f"{name}.png", "mimeType": "image/png", "buffer": b"none"} for name in bad]
    page.locator("input[type=file]").set_input_files(files)
    expect(page.get_by_text("What the network received: 32×32 pixels")).to_be_visible()
    settle(page)
    shows([good], page.get_by_test_id("stCaptionContainer"))
    shows(bad, page.get_by_test_id("stAlert"))
    heading = "".join(read(page.get_by_role("heading", level=3)))
    assert any(letters(name) in letters(heading) for name in hostile.CLASS_NAMES)


def test_network_takes_config_files_and_links(stage: Stage) -> None:
    page = stage.go("network")
    config = json.loads(RunConfig(dataset="shapes", layers=(Flatten(),)).to_json())

    def open_file(name: str, content: bytes) -> None:
        page.reload()
        page.get_by_role("button", name="Share").click()
        file: FilePayload = {"name": name, "mimeType": "application/json", "buffer": content}
        page.locator("input[type=file]").set_input_files(file)

    every = " ".join(PAYLOADS)
    open_file(f"{FILE_NAME}.json", json.dumps(config).encode())
    replaced = page.locator(".st-key-replaced")
    expect(replaced).to_be_visible()
    shows([FILE_NAME], replaced)
    for name, content in (
        (f"{FILE_NAME}.json", None),
        ("a.json", {**config, "dataset": every}),
        ("b.json", {**config, every: every, "layers": [{"type": every, every: 1}]}),
    ):
        open_file(name, json.dumps(content).encode() if content else b"\xff")
        expect(page.get_by_test_id("stAlert").first).to_be_visible()
        settle(page)
        assert harmless(stage) == []
        if not content:
            shows([FILE_NAME], page.get_by_test_id("stAlert"))
    stage.go(f"network?c={quote(' '.join(PAYLOADS[:60]))}")
    expect(page.get_by_text("This share link cannot be opened.")).to_be_visible()


def test_an_address_is_told_as_it_was(stage: Stage) -> None:
    every = " ".join(PAYLOADS)
    page = stage.go(f"results?{urlencode({'run': every, 'cell': every, every: every})}")
    expect(page.get_by_text("There is no run")).to_be_visible()
    assert harmless(stage) == []
    asked = [text[:60] for text in PAYLOADS if "," not in text]
    page = stage.go(f"compare?{urlencode({'runs': ','.join(asked)})}")
    warned = page.get_by_test_id("stAlert").filter(has_text="Not compared")
    expect(warned).to_be_visible()
    shows(asked, warned)
