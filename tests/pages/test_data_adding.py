"""The dialog that adds own pictures: what is said of what was chosen, before anything is written."""

import io
import zipfile

import pytest
from PIL import Image

from imgrec.predictor import Predictor


@pytest.fixture(autouse=True)
def no_reading(monkeypatch):
    """Stand in for the process that reads the examples, which takes seconds to start."""
    monkeypatch.setattr(Predictor, "read", lambda _self, contents, _shape, _way: ["not read"] * len(contents))


def picture() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (40, 40), "teal").save(file, "PNG")
    return file.getvalue()


def zipped(*names: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name in names:
            archive.writestr(name, picture())
    return file.getvalue()


def chosen(open_page, content: bytes):
    """Return the Data page whose dialog has received a zip."""
    app = open_page("data")
    app.button(key="add-pictures").click().run()
    app.file_uploader[0].set_value(("Pets.zip", content, "application/zip")).run()
    assert not app.exception
    return app


def test_where_no_picture_can_be_added_there_is_nothing_to_choose(open_page):
    app = chosen(open_page, zipped("1.png", "2.png"))
    assert app.error[0].value.startswith("Pictures in class folders are needed")
    assert [field.label for field in app.text_input] == []
    assert [button.key for button in app.button if button.key == "add"] == []


def test_what_was_chosen_for_one_file_is_kept_for_the_next(open_page):
    names = [f"{kind}/{number}.png" for kind in ("cat", "dog") for number in range(4)]
    app = chosen(open_page, zipped(*names))
    assert app.text_input[0].value == "Pets"
    size = next(each for each in app.get("button_group") if each.label == "Image size")
    size.set_value(96).run()
    app.file_uploader[0].set_value(("Farm.zip", zipped(*names, "hen/1.png", "hen/2.png"), "application/zip")).run()
    assert not app.exception
    again = next(each for each in app.get("button_group") if each.label == "Image size")
    assert again.key != size.key  # a browser has forgotten what the one before showed
    assert again.value == 96
    assert app.text_input[0].value == "Farm"
    assert app.button(key="add").label == "Add 10 pictures"
