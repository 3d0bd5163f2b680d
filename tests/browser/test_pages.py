"""Every page opens by its address, and shows names letter by letter, whatever they are; in a real Chromium."""

import re
import shutil
from collections.abc import Iterator, Sequence
from itertools import permutations
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from benchmarks.scored import scored
from benchmarks.stage import serving
from imgrec import edge, examples
from imgrec.config import RunConfig
from imgrec.layers import Dense, Flatten
from imgrec.runs import MAX_NAME, Run, RunWriter, library
from imgrec.ui import PAGES
from imgrec.ui.selection import MOST_COMPARED
from imgrec.ui.start.overview import MOST_RUNS
from tests.browser.conftest import opened, settle, shoot
from tests.odd_names import NAMES

pytestmark = pytest.mark.slow

TAGS = [name for name in NAMES if len(name) <= library.MAX_TAG and "," not in name]

Store = tuple[str, Run, list[Run]]
"""The address of a server, the run that is training there, and the finished ones."""


def joined() -> list[str]:
    """Return all names in few: a page that shows two runs meets them all in a few openings."""
    together: list[str] = []
    for name in NAMES:
        if together and len(together[-1]) + len(name) < MAX_NAME:
            together[-1] += f" {name}"
        else:
            together.append(name)
    return together


@pytest.fixture(scope="module")
def store(drawn: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """Return a server with runs of all names: finished, waiting behind one that trains for ever, and in the trash."""
    home = tmp_path_factory.mktemp("home")
    (home / "datasets").symlink_to(drawn / "datasets")
    config = RunConfig(dataset="shapes", layers=(Flatten(), Dense(units=8)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IMGREC_HOME", str(home))
        patch.setenv("IMGREC_SLOTS", "1")
        first, second = (scored(config.with_setting("training.epochs", epochs), "a", seed=1) for epochs in (2, 3))
        finished = []
        for place, name in enumerate(joined()):
            copied = (first, second)[place % 2].folder  # of two, so that their settings differ
            copy = shutil.copytree(copied, copied.with_name(f"20250101-000000-000000{place:02x}"))
            library.rename(Run(copy), name)
            finished.append(Run(copy))
        library.delete(first)
        library.delete(second)
        for name in NAMES:
            library.delete(edge.store().create(config, name))
        training = edge.store().create(config, NAMES[0])
        for place, name in enumerate(joined()):
            waiting = edge.store().create(config.with_setting("training.seed", place + 1), name)
            library.tag(waiting, TAGS[place * library.MAX_TAGS : (place + 1) * library.MAX_TAGS])
        with RunWriter(training.folder).lock():
            with serving(str(home)) as (_, address):
                yield address, training, finished
            (home / "runs").rename(home / "gone")  # before any of them starts


def shown(texts: Locator) -> list[str]:
    """Return what people read, with spaces as they typed them."""
    return [text.replace("\u00a0", " ").strip() for text in texts.all_inner_texts()]


def missing(names: Sequence[str], texts: Sequence[str], after: str) -> set[str]:
    """Return the names with which none of the texts begins."""
    return {name for name in names if not any(text.startswith(f"{name}{after}") for text in texts)}


def test_every_page_opens_by_its_address_and_asks_no_other_host(browser: Browser, store: Store) -> None:
    for name in sorted(path.stem for path in PAGES.glob("*.py")):
        # A fresh browser each time: what a page fetches at first is what another one has left in the cache.
        page = opened(browser, store[0] if name == "start" else f"{store[0]}/{name}")
        title = "Class" if name == "classroom" else name.capitalize()
        expect(page).to_have_title(re.compile(rf"^● \d+ % .* · {title} · imgrec$"))  # one run is under way
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        page.wait_for_load_state("networkidle")
        page.context.close()


def test_start_and_the_trash_show_every_name(browser: Browser, store: Store) -> None:
    page = opened(browser, store[0])
    page.get_by_text("Trash:").click()
    expect(page.get_by_role("button", name="Empty the trash")).to_be_visible()
    settle(page)
    shoot(page, "names-start")
    texts = shown(page.get_by_test_id("stMarkdown"))
    assert missing(NAMES, texts, " · ") == set()  # in the trash, with their sizes
    assert set(joined()[: MOST_RUNS - 1]) <= set(texts)  # on the cards of those that wait, behind the one that trains


def test_train_shows_every_name_in_its_queue(browser: Browser, store: Store) -> None:
    address, training, _ = store
    page = opened(browser, f"{address}/train?run={training.id}")
    expect(page.get_by_role("button", name="Watch")).to_have_count(len(joined()))
    settle(page)
    shoot(page, "names-train")
    numbered = [re.sub(r"^\d+\.\s*", "", text) for text in shown(page.get_by_test_id("stMarkdown"))]
    assert missing(joined(), numbered, " · queued") == set()
    assert training.name in shown(page.get_by_role("heading", level=3))


def test_runs_shows_every_tag(browser: Browser, store: Store) -> None:
    page = opened(browser, f"{store[0]}/runs")
    pills = page.get_by_test_id("stButtonGroup").last.get_by_role("button")
    expect(pills.first).to_be_visible()
    settle(page)
    shoot(page, "names-runs")
    # Streamlit draws a picture at the beginning of a pill apart.
    texts = {" ".join(text.split()) for text in shown(pills)}
    assert set(TAGS) <= texts


def test_results_and_compare_show_every_name(browser: Browser, store: Store) -> None:
    address, _, finished = store
    page = opened(browser, f"{address}/results?run={finished[0].id}")
    expect(page.get_by_text("of 4,000 test images are right")).to_be_visible()
    assert any(text.startswith(f"{finished[0].name}: ") for text in shown(page.get_by_test_id("stCaptionContainer")))
    settle(page)
    page.get_by_test_id("stSelectbox").first.get_by_role("combobox").press("ArrowDown")
    options = page.get_by_role("option")
    expect(options.first).to_be_visible()
    own = [text for text in shown(options) if not text.endswith(f"#{examples.TAG}")]
    assert own
    assert all(any(text.startswith(f"{run.name} · ") for run in finished) for text in own)
    seen: set[str] = set()
    for start in range(0, len(finished), MOST_COMPARED):
        some = finished[start : start + MOST_COMPARED]
        page.goto(f"{address}/compare?runs={','.join(run.id for run in some)}")
        expect(page.locator(".st-key-cost .textpoint")).to_have_count(len(some))
        expect(page.locator(".legendtext")).to_have_count(len(some))
        settle(page)
        shoot(page, f"names-compare-{start}")
        called = [run.name for run in some]
        assert drawn_texts(page, ".legendtext") == called
        assert drawn_texts(page, ".st-key-cost .textpoint text") == called
        assert shown(page.get_by_test_id("stTable").locator("th"))[1:] == called
        (menu,) = shown(page.get_by_test_id("stMultiSelect"))
        assert all(f"{name} · " in menu for name in called)
        # A picture of a dot stands before each name.
        verdict = shown(page.get_by_role("heading", level=3).filter(has_text="No evidence of a difference"))
        said = " ".join("".join(verdict).split())
        assert any(
            said.startswith(f"No evidence of a difference between {one} and {other}: ")
            for one, other in permutations(called, 2)
        )
        seen |= {name for name in NAMES for text in called if name in text}
    assert seen == set(NAMES)


def drawn_texts(page: Page, selector: str) -> list[str]:
    """Return what stands in a chart."""
    return [text.replace("\u00a0", " ").strip() for text in page.locator(selector).all_text_contents()]


def test_an_error_shows_what_was_received(browser: Browser, store: Store) -> None:
    for name in (":red[hot] -> :smile: $a$", "`c` <b> &lt; www.a.bc"):
        page = opened(browser, f"{store[0]}/results?run={quote(name)}")
        expect(page.get_by_text(f"There is no run '{name}'.")).to_be_visible()
