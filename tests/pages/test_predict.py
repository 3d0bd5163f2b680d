"""The Predict page answers about uploaded pictures, and says why some cannot be read."""

import io

import numpy as np
import pytest
from PIL import Image

from imgrec import edge, examples
from imgrec.config import RunConfig
from imgrec.runs import Run
from imgrec.ui import PAGES
from tests.pages.conftest import OpenPage
from tests.pages.test_train import said


def png(width: int, height: int) -> bytes:
    """Make a picture of noise."""
    file = io.BytesIO()
    pixels = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(file, "png")
    return file.getvalue()


def test_without_a_finished_run_it_says_what_to_do(open_page: OpenPage) -> None:
    assert "No run is finished yet" in said(open_page("predict"))


@pytest.mark.slow
def test_each_picture_is_answered_and_a_broken_one_explained(open_page: OpenPage, trained_run: Run) -> None:
    app = open_page("predict", run=trained_run.id)
    files = [
        ("a.png", png(40, 30), "image/png"),
        ("b.png", b"not a picture", "image/png"),
        ("c.png", png(1, 1), "image/png"),
    ]
    app.file_uploader[0].set_value(files).run()
    assert not app.exception
    assert len(app.get("plotly_chart")) == 2
    assert "This file is none of these" in said(app)
    assert said(app).count("What the network received: 32×32 pixels") == 2


@pytest.mark.slow
def test_pictures_are_still_there_after_another_page(open_page: OpenPage) -> None:
    app = open_page("predict", run=examples.runs()[0][1].id)
    app.file_uploader[0].set_value([("a.png", png(40, 30), "image/png")]).run()
    app.switch_page(str(PAGES / "runs.py")).run()
    app.switch_page(str(PAGES / "predict.py")).run()
    assert "1 picture from before" in said(app)
    assert "What the network received: 32×32 pixels" in said(app)
    app.button(key="clear").click().run()
    assert "What the network received" not in said(app)


@pytest.mark.slow
def test_the_same_picture_twice_is_answered_twice(open_page: OpenPage, trained_run: Run) -> None:
    app = open_page("predict", run=trained_run.id)
    app.file_uploader[0].set_value([("a.png", png(32, 32), "image/png")] * 2).run()
    assert not app.exception
    assert len(app.get("plotly_chart")) == 2


@pytest.mark.slow
def test_a_model_that_is_damaged_is_said_in_words(open_page: OpenPage, trained_run: Run) -> None:
    trained_run.model.write_bytes(b"nothing")
    app = open_page("predict", run=trained_run.id)
    assert not app.exception
    assert len(app.error) == 1


@pytest.mark.slow
def test_a_run_without_a_model_is_not_replaced_silently(open_page: OpenPage, trained_run: Run, tiny: RunConfig) -> None:
    app = open_page("predict", run=edge.store().create(tiny, "New").id)
    assert "New is queued and has no model to ask. A finished run is chosen instead." in app.info[0].value
    assert app.selectbox(key="predict-run").value == trained_run.id
