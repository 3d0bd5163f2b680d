"""Own pictures in a real Chromium: from a zip to a confusion matrix and a prediction."""

import io
import random
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import Browser, Locator, Page, expect

from benchmarks.stage import serving
from imgrec.datasets import own
from imgrec.datasets.own import OwnDataset
from tests.browser.conftest import opened, settle, shoot, until
from tests.datasets.test_own import make

pytestmark = pytest.mark.slow

NAMES = ("Kreis*", "正方形", "three_corners $x$")
MOST_CLICKS = 8


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, drawn: Path) -> Path:
    found = tmp_path_factory.mktemp("home")
    (found / "datasets").symlink_to(drawn / "datasets")
    return found


@pytest.fixture(scope="module")
def address(folder: Path) -> Iterator[str]:
    """Return the address of a server that has the images of shapes."""
    with serving(str(folder)) as (_, found):
        yield found


def zipped() -> bytes:
    """Return a zip with 60 drawn pictures of each of three classes, and what systems leave in one."""
    draw, file = random.Random(0), io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for corners, name in zip((24, 4, 3), NAMES, strict=True):
            for number in range(60):
                picture = Image.new("RGB", (150, 120), tuple(draw.randint(180, 255) for _ in range(3)))
                circle = draw.randint(40, 110), draw.randint(45, 75), draw.randint(25, 40)
                ink = tuple(draw.randint(0, 120) for _ in range(3))
                ImageDraw.Draw(picture).regular_polygon(circle, corners, draw.randint(-20, 20), ink)
                content = io.BytesIO()
                picture.save(content, "JPEG")
                archive.writestr(f"pictures/{name}/{number}.jpg", content.getvalue())
        archive.writestr("__MACOSX/pictures/._x.jpg", b"junk")
        archive.writestr("pictures/readme.txt", b"These are drawn.")
    return file.getvalue()


def drop(page: Page, zone: Locator, *folders: Path) -> None:
    """Drop folders somewhere, as a person does with the mouse."""
    box = zone.bounding_box()
    assert box
    browser = page.context.new_cdp_session(page)
    data = {"items": [], "files": [str(folder) for folder in folders], "dragOperationsMask": 1}
    for step in ("dragEnter", "dragOver", "drop"):
        place = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
        browser.send("Input.dispatchDragEvent", {"type": step, "data": data, **place})


def test_folders_that_are_dropped_are_classes_and_a_zip_in_place_of_another_is_set_up_anew(
    browser: Browser, address: str, tmp_path: Path
) -> None:
    with zipfile.ZipFile(io.BytesIO(zipped())) as archive:
        archive.extractall(tmp_path)
    page = opened(browser, f"{address}/data")
    page.get_by_role("button", name="Add your own pictures").click()
    dialog = page.get_by_role("dialog")
    for name in ("Drawn.zip", "Again.zip"):
        file = {"name": name, "mimeType": "application/zip", "buffer": zipped()}
        dialog.locator("input[type=file]").set_input_files(file)  # type: ignore[arg-type]
        # A moment long there are both forms, the new one first.
        expect(dialog.get_by_label("Name of the dataset").first).to_have_value(name[:-4])
        expect(dialog.get_by_role("radio", name="64").first).to_be_checked()
    dialog.get_by_role("radio", name="Folder", exact=True).click()
    expect(dialog.get_by_text("A folder for each class, or one with all of them")).to_be_visible()
    drop(page, dialog.get_by_test_id("stFileUploaderDropzone"), *(tmp_path / "pictures" / name for name in NAMES[:2]))
    expect(dialog.get_by_role("button", name="Add 120 pictures")).to_be_visible()
    expect(dialog.get_by_alt_text(NAMES[0], exact=True).first).to_be_visible()
    shoot(page, "own-dropped")


def test_a_class_is_renamed_in_the_table_of_classes(browser: Browser, address: str, folder: Path) -> None:
    (folder / own.FOLDER).mkdir(exist_ok=True)
    make(folder / own.FOLDER)
    page = opened(browser, f"{address}/data")
    page.locator(".st-key-use-pets button").click()
    page.get_by_role("tab", name="Classes").click()
    save = page.get_by_role("button", name="Save as a new version")
    expect(save).to_be_disabled()
    settle(page)
    canvas, cell = page.get_by_test_id("data-grid-canvas").first, page.locator("textarea.gdg-input")

    def opens() -> bool:
        canvas.scroll_into_view_if_needed()
        box = canvas.bounding_box()
        assert box
        # The table is a picture: the name in the first row, below the titles and right of what is ticked.
        page.mouse.click(box["x"] + 150, box["y"] + 50)
        page.keyboard.press("Enter")
        page.wait_for_timeout(500)
        return cell.count() > 0

    until(opens)  # a page that still moves lets a click miss
    expect(cell).to_have_value("cat")
    cell.fill("kitten")
    cell.press("Enter")
    expect(save).to_be_enabled()
    save.click()
    expect(page.get_by_text("This is another version")).to_be_visible()
    page.get_by_role("tab", name="Images").click()
    expect(page.get_by_alt_text("Training images of the class kitten")).to_be_visible()
    dataset = OwnDataset(folder / own.FOLDER / "pets")
    assert [version.class_names for version in dataset.versions()] == [("kitten", "dog"), ("cat", "dog")]
    dataset.remove()


def test_from_a_zip_to_a_confusion_matrix_and_a_prediction_in_eight_clicks(browser: Browser, address: str) -> None:
    page = opened(browser, f"{address}/data")
    clicks = 0

    def click(found: Locator) -> None:
        nonlocal clicks
        clicks += 1
        found.click()

    click(page.get_by_role("button", name="Add your own pictures"))
    dialog = page.get_by_role("dialog")
    clicks += 1  # the file is chosen
    dialog.locator("input[type=file]").set_input_files(
        {"name": "Drawn.zip", "mimeType": "application/zip", "buffer": zipped()}
    )
    expect(dialog.get_by_alt_text(NAMES[1]).first).to_be_visible()
    expect(dialog.get_by_text("1 file is not taken")).to_be_visible()
    shoot(page, "own-understood")
    click(dialog.get_by_role("button", name="Add 180 pictures"))
    expect(dialog.get_by_text("144 training and 36 test images of 3 classes")).to_be_visible()
    click(dialog.get_by_role("button", name="Train on it"))
    expect(page.get_by_text("as there are only 144 training images")).to_be_visible()
    settle(page)
    click(page.get_by_role("button", name="Start training"))
    click(page.get_by_role("button", name="See the results"))
    expect(page.get_by_text("of 36 test images are right")).to_be_visible()
    expect(page.locator("[data-testid=stPlotlyChart] .heatmaplayer")).to_be_visible()
    for name in NAMES[:2]:  # the third one's $ would be a formula, and is kept from it
        expect(page.locator(".xtick, .ytick").get_by_text(name, exact=True).first).to_be_visible()
    shoot(page, "own-results")
    click(page.get_by_role("button", name="Try it on pictures"))
    expect(page.get_by_text(f"It knows 3 classes: {', '.join(sorted(NAMES))}")).to_be_visible()
    settle(page)
    click(page.get_by_role("tab", name="Test images"))
    expect(page.get_by_text("Test image").first).to_be_visible()
    shoot(page, "own-prediction")
    assert clicks <= MOST_CLICKS
