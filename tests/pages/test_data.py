"""The data page: a dataset is chosen and shown, augmentations are switched on, set and previewed."""

import numpy as np
import pytest

from imgrec import datasets
from imgrec.augmentations import AUGMENTATIONS, Cutout, HorizontalFlip, Rotation, Saturation
from imgrec.config import RunConfig
from imgrec.errors import DatasetError
from imgrec.predictor import Predictor
from imgrec.ui import PAGES, cached
from tests.datasets import small

CIFAR10 = RunConfig(dataset="cifar10").to_link()


@pytest.fixture
def asked(monkeypatch):
    """Stand in for the prediction process, which takes ten seconds to start; collect what it was asked."""
    questions = []

    def preview(_, pixels, augmentations, seed):
        questions.append((pixels, augmentations, seed))
        return pixels

    monkeypatch.setattr(Predictor, "preview", preview)
    return questions


def config(app):
    history = app.session_state["draft"]
    return history.versions[history.current].config


def toggle(app, name):
    app.toggle(key=f"augment-{name}").set_value(not app.toggle(key=f"augment-{name}").value)
    app.run()
    assert not app.exception


def test_every_dataset_has_a_card_with_its_source_and_licence(open_page):
    app = open_page("data")
    text = " ".join(element.value for element in [*app.markdown, *app.caption])
    for dataset in datasets.DATASETS.values():
        for words in (dataset.title, dataset.description, dataset.source, dataset.licence, dataset.caution):
            assert words in text
    assert "441 of the 10,000 test images are almost the same as a training image" in text


def test_every_class_is_shown_in_a_row_of_its_own(open_page):
    app = open_page("data")
    names = datasets.get("shapes").class_names
    assert [caption.value for caption in app.caption if caption.value in names] == list(names)
    app.selectbox(key="class-shapes").select(names.index("star"))
    app.run()
    assert not [caption.value for caption in app.caption if caption.value in names]


def test_nothing_is_asked_of_the_prediction_process_without_an_augmentation(open_page, asked):
    open_page("data")
    assert asked == []


def test_an_augmentation_is_switched_on_set_and_switched_off(open_page, asked):
    app = open_page("data")
    toggle(app, "Cutout")
    assert config(app).augmentations == (Cutout(),)
    app.slider(key="augmentation-Cutout.size").set_value(12)
    app.run()
    assert config(app).augmentations == (Cutout(size=12),)
    assert asked[-1][1] == (Cutout(size=12),)
    toggle(app, "Cutout")
    assert config(app).augmentations == ()


@pytest.mark.usefixtures("asked")
def test_augmentations_stand_in_the_order_of_their_table(open_page):
    app = open_page("data")
    for name in reversed(AUGMENTATIONS):
        toggle(app, name)
    assert [type(augmentation).__name__ for augmentation in config(app).augmentations] == list(AUGMENTATIONS)


def test_the_preview_shows_other_images_when_asked_again(open_page, asked):
    app = open_page("data")
    toggle(app, "Rotation")
    app.button(key="draw-again").click()
    app.run()
    first, again = asked[0], asked[-1]
    assert first[0].shape == again[0].shape == (8, 32, 32, 3)
    assert not np.array_equal(first[0], again[0])


@pytest.mark.usefixtures("asked")
def test_the_switches_follow_undo(open_page):
    app = open_page("data")
    toggle(app, "HorizontalFlip")
    toggle(app, "Rotation")
    assert config(app).augmentations == (HorizontalFlip(), Rotation())
    app.switch_page(str(PAGES / "network.py")).run()
    app.button(key="undo").click()
    app.run()
    app.switch_page(str(PAGES / "data.py")).run()
    assert app.toggle(key="augment-HorizontalFlip").value
    assert not app.toggle(key="augment-Rotation").value


def test_a_failed_download_is_said_in_words_and_another_dataset_is_offered(open_page, monkeypatch):
    def fail(*_):
        raise DatasetError("CIFAR-10 could not be downloaded: no connection.")

    app = open_page("data", c=CIFAR10)
    monkeypatch.setattr(datasets, "prepare", fail)
    app.button(key="download-cifar10").click()
    app.run()
    assert app.error[0].value == "CIFAR-10 could not be downloaded: no connection."
    app.button(key="instead-shapes").click()
    app.run()
    assert config(app).dataset == "shapes"
    assert not app.error


@pytest.mark.usefixtures("asked")
@pytest.mark.parametrize("name", ["fashion_mnist", "shapes"])
def test_what_needs_colours_is_said_to_do_nothing_to_grey_images(open_page, name, tmp_path, monkeypatch):
    files = small.SMALL["fashion_mnist"](tmp_path)
    small.expect(files, monkeypatch)
    monkeypatch.setenv(files.variable, str(tmp_path))
    app = open_page("data", c=RunConfig(dataset=name, augmentations=(Saturation(), HorizontalFlip())).to_link())
    said = [caption.value for caption in app.caption if "These images are grey" in caption.value]
    assert len(said) == (name == "fashion_mnist")
    assert any("28×28 pixels, grey" in caption.value for caption in app.caption)


def test_a_dataset_that_is_not_here_is_not_replaced_silently(open_page):
    app = open_page("data", c=CIFAR10)
    assert config(app).dataset == "cifar10"
    assert "not on this computer yet" in app.info[0].value


@pytest.mark.slow
def test_the_preview_is_what_training_makes_of_the_images():
    """Through the real prediction process: a flip of every image, and nothing else."""
    images = np.arange(2 * 4 * 4 * 3, dtype=np.uint8).reshape(2, 4, 4, 3)
    engine = cached.engine()
    try:
        flipped = engine.preview(images, (HorizontalFlip(probability=1.0),), 0)
    finally:
        engine.close()
    assert np.array_equal(flipped, images[:, :, ::-1])
