"""The prediction process answers for a saved model, and survives what happens to it."""

import io
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from imgrec import datasets, jobs, runs
from imgrec.augmentations import HorizontalFlip
from imgrec.config import RunConfig
from imgrec.engine import pipeline, prediction
from imgrec.engine.explain import HiResCam
from imgrec.errors import ImgrecError
from imgrec.layers import Conv2D
from imgrec.predictor import Predictor
from imgrec.runs import Run

pytestmark = pytest.mark.slow


@pytest.fixture
def predictor() -> Iterator[Predictor]:
    predictor = Predictor(quiet=True)
    yield predictor
    predictor.close()


def png(pixels: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def test_answers_are_what_the_run_predicted_and_refusals_are_sentences(predictor: Predictor, trained_run: Run) -> None:
    _, test = datasets.load("shapes")
    probabilities, labels = trained_run.predictions()
    files = [png(test.pixels[0]), b"not a picture", png(test.pixels[1])]
    first, refused, second = predictor.predict(trained_run, files)
    assert isinstance(refused, str)
    assert "PNG, JPEG" in refused
    for (picture, answer), place in ((first, 0), (second, 1)):
        np.testing.assert_array_equal(picture.pixels, test.pixels[place])
        np.testing.assert_allclose(answer, probabilities[place], atol=1e-5)
    assert labels[0] == test.labels[0]
    assert predictor.load(trained_run) == (32, 32, 3)

    # The same process: killed, it says so once and the next question finds a new one.
    assert predictor._child is not None
    child = predictor._child.pid
    os.kill(child, signal.SIGKILL)
    predictor._child.wait()
    again = predictor.predict(trained_run, files[:1])[0]
    np.testing.assert_allclose(again[1], probabilities[0], atol=1e-5)
    assert predictor._child.pid != child


def test_a_child_that_dies_while_it_works_is_a_sentence_and_the_next_question_is_answered(
    predictor: Predictor,
) -> None:
    pixels = np.zeros((1, 8, 8, 3), np.uint8)
    predictor.preview(pixels, [], seed=0)
    assert predictor._child is not None
    predictor._child.poll = lambda: None  # type: ignore[method-assign] - it dies after this look
    os.kill(predictor._child.pid, signal.SIGKILL)
    with pytest.raises(ImgrecError, match="starts anew with the next try"):
        predictor.preview(pixels, [], seed=0)
    np.testing.assert_array_equal(predictor.preview(pixels, [], seed=0), pixels)


def test_a_preview_is_what_training_does_and_needs_no_tensorflow(predictor: Predictor) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (4, 8, 8, 3), dtype=np.uint8)
    augmentations = [HorizontalFlip()]
    shown = predictor.preview(pixels, augmentations, seed=3)
    np.testing.assert_array_equal(shown, pipeline.preview(pixels, augmentations, 3))
    assert predictor._child is not None
    maps = Path(f"/proc/{predictor._child.pid}/maps")
    if maps.exists():
        assert "tensorflow" not in maps.read_text()


def test_a_run_without_a_model_and_one_with_a_damaged_model_say_so(
    predictor: Predictor, trained_run: Run, tiny: RunConfig
) -> None:
    with pytest.raises(ImgrecError, match="has no model yet"):
        predictor.predict(runs.create(tiny, "New"), [])
    trained_run.model.write_bytes(trained_run.model.read_bytes()[:1000])
    with pytest.raises(ImgrecError, match="cannot be read"):
        predictor.load(trained_run)


def test_a_run_with_a_convolution_is_explained_class_by_class_and_one_without_says_why_not(
    predictor: Predictor, trained_run: Run, tiny: RunConfig
) -> None:
    _, test = datasets.load("shapes")
    pixels = test.pixels[0]
    with pytest.raises(ImgrecError, match=r"at least one convolution\. This one has none"):
        predictor.explain(trained_run, pixels, 0)

    run = jobs.launch(tiny.replace(layers=(Conv2D(filters=4, strides=2), *tiny.layers)), "Convolved")
    for child in jobs.processes._children:
        child.wait()
    expected = HiResCam(prediction.read(run.model))
    before = predictor.predict(run, [png(pixels)])[0]
    heat, other = predictor.explain(run, pixels, 0), predictor.explain(run, pixels, 1)
    after = predictor.predict(run, [png(pixels)])[0]
    assert heat.shape == (32, 32)
    assert heat.max() == 1
    np.testing.assert_allclose(heat, expected(pixels, 0), atol=1e-5)
    np.testing.assert_allclose(other, expected(pixels, 1), atol=1e-5)
    np.testing.assert_array_equal(before[1], after[1])
