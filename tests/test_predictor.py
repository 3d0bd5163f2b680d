"""The prediction process answers for a saved model, and survives what happens to it."""

import io
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from hashlib import sha256
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
import pytest
from PIL import Image

from imgrec import datasets, edge, jobs
from imgrec.augmentations import HorizontalFlip
from imgrec.config import RunConfig
from imgrec.engine import pipeline, prediction, serve
from imgrec.engine.explain import HiResCam
from imgrec.errors import ImgrecError
from imgrec.framing import CENTRE, Framing
from imgrec.layers import Conv2D
from imgrec.predictor import PART_BYTES, PART_FILES, QUICK_SECONDS, Predictor
from imgrec.runs import Run
from tests.conftest import WaitFor

pytestmark = pytest.mark.slow


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder for temporary files whose path is longer than the 107 bytes that a Unix socket's may have."""
    folder = tmp_path / ("long" * 30)
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    return folder


@pytest.fixture
def predictor(temporary: Path) -> Iterator[Predictor]:  # noqa: ARG001 - the child finds it in the environment
    predictor = Predictor(edge.home(), quiet=True)
    yield predictor
    predictor.close()


def png(pixels: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def test_answers_are_what_the_run_predicted_and_refusals_are_sentences(
    predictor: Predictor, trained_run: Run, temporary: Path
) -> None:
    _, test = datasets.load("shapes", edge.location("shapes"))
    probabilities, labels = trained_run.predictions()
    files = [png(test.pixels[0]), b"not a picture", png(test.pixels[1])]
    first, refused, second = predictor.predict(trained_run, files)
    assert isinstance(refused, str)
    assert "PNG, JPEG" in refused
    for found, place in ((first, 0), (second, 1)):
        assert not isinstance(found, str)
        picture, answer, novelty = found
        assert novelty is not None
        np.testing.assert_array_equal(picture.pixels, test.pixels[place])
        np.testing.assert_allclose(answer, probabilities[place], atol=1e-5)
    assert labels[0] == test.labels[0]
    assert predictor.load(trained_run) == (32, 32, 3)
    assert not list(temporary.iterdir())  # so that none of it depends on room there

    # The same process: killed, it says so once and the next question finds a new one.
    assert predictor._child is not None
    child = predictor._child.pid
    os.kill(child, signal.SIGKILL)
    predictor._child.wait()
    again = predictor.predict(trained_run, files[:1])[0]
    assert not isinstance(again, str)
    np.testing.assert_allclose(again[1], probabilities[0], atol=1e-5)
    assert predictor._child.pid != child


def test_how_a_child_failed_is_said_and_the_next_question_is_answered(
    predictor: Predictor, monkeypatch: pytest.MonkeyPatch
) -> None:
    pixels = np.zeros((1, 8, 8, 3), np.uint8)
    for sent, why in (
        (signal.SIGKILL, "was killed before it answered (SIGKILL), which a system does that has run out of memory."),
        (signal.SIGSEGV, "ended by SIGSEGV before it answered."),
        (signal.SIGSTOP, "did not answer within 1 seconds."),
    ):
        np.testing.assert_array_equal(predictor.preview(pixels, [], seed=0), pixels)
        assert predictor._child is not None
        monkeypatch.setattr(predictor._child, "poll", lambda: None)  # it ends after this look
        os.kill(predictor._child.pid, sent)
        with monkeypatch.context() as patch:
            if sent == signal.SIGSTOP:
                patch.setattr(predictor, "_ask", partial(predictor._ask, seconds=1))
            with pytest.raises(ImgrecError) as raised:
                predictor.preview(pixels, [], seed=0)
        assert str(raised.value) == f"The prediction process {why} It starts anew with the next try."
    np.testing.assert_array_equal(predictor.preview(pixels, [], seed=0), pixels)


def test_a_child_is_started_beforehand_without_waiting_for_what_others_ask(predictor: Predictor) -> None:
    predictor.start()
    child = predictor._child
    assert child is not None
    pixels = np.zeros((1, 8, 8, 3), np.uint8)
    os.kill(child.pid, signal.SIGSTOP)
    asking = Thread(target=predictor.preview, args=(pixels, [], 0))
    asking.start()
    predictor.start()
    assert asking.is_alive()
    os.kill(child.pid, signal.SIGCONT)
    asking.join()
    assert predictor._child is child


def test_a_child_that_cannot_start_says_its_own_reason(
    predictor: Predictor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "PIL").mkdir()
    (tmp_path / "PIL" / "__init__.py").write_text("raise ImportError('libjpeg is missing.')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(ImgrecError, match=r"ended with exit status 1 .*: ImportError: libjpeg is missing\. It starts"):
        predictor.preview(np.zeros((1, 8, 8, 3), np.uint8), [], seed=0)


def test_the_child_ends_when_its_parent_is_killed(wait_for: WaitFor) -> None:
    """Also where the parent has started other processes since, which must not keep its end of the connection."""
    script = """
import subprocess, sys, time
import numpy as np
from imgrec import edge
from imgrec.predictor import Predictor
predictor = Predictor(edge.home())
predictor.preview(np.zeros((1, 8, 8, 3), np.uint8), [], 0)
other = subprocess.Popen(["sleep", "60"], close_fds=False, stdout=subprocess.DEVNULL)
print(predictor._child.pid, other.pid, flush=True)
time.sleep(60)
"""
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    with parent:
        assert parent.stdout is not None
        child, other = map(int, parent.stdout.readline().split())
        parent.kill()
    try:
        wait_for(lambda: not is_running(child))
    finally:
        os.kill(other, signal.SIGKILL)


def is_running(process: int) -> bool:
    """Return whether there is such a process that has not ended; one that nobody has asked for is still listed."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


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
        predictor.predict(edge.store().create(tiny, "New"), [])
    trained_run.model.write_bytes(trained_run.model.read_bytes()[:1000])
    trained_run.lite.unlink()
    with pytest.raises(ImgrecError, match="cannot be read"):
        predictor.load(trained_run)


def libraries(predictor: Predictor) -> str:
    """Return what the child has mapped into its memory."""
    assert predictor._child is not None
    return Path(f"/proc/{predictor._child.pid}/maps").read_text()


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="Which libraries a process has is read from /proc.")
def test_pictures_are_answered_without_tensorflow(predictor: Predictor, trained_run: Run) -> None:
    assert predictor.load(trained_run) == (32, 32, 3)
    assert not isinstance(predictor.predict(trained_run, [png(np.zeros((32, 32, 3), np.uint8))])[0], str)
    assert "tensorflow" not in libraries(predictor)
    trained_run.lite.unlink()
    predictor.close()
    assert predictor.load(trained_run) == (32, 32, 3)
    assert "tensorflow" in libraries(predictor)


def test_pictures_are_read_as_a_network_would_receive_them(predictor: Predictor) -> None:
    black = png(np.zeros((40, 60, 3), np.uint8))
    picture, why = predictor.read([black, b"no picture"], (28, 28, 1))
    assert not isinstance(picture, str)
    assert picture.pixels.shape == (28, 28, 1)
    assert "cannot be read" in str(why) or "needs" in str(why)
    assert "tensorflow" not in libraries(predictor)


def test_every_test_image_gets_what_the_evaluation_gave_it(predictor: Predictor, trained_run: Run) -> None:
    _, test = datasets.load("shapes", edge.location("shapes"))
    expected, _ = trained_run.predictions()
    answers = predictor.predict(trained_run, [png(pixels) for pixels in test.pixels])
    found = np.stack([answer.probabilities for answer in answers if not isinstance(answer, str)])
    np.testing.assert_array_equal(found.argmax(axis=1), expected.argmax(axis=1))
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_a_damaged_quick_form_is_said_and_the_model_answers_once_it_is_deleted(
    predictor: Predictor, trained_run: Run
) -> None:
    picture = png(np.zeros((32, 32, 3), np.uint8))
    [before] = predictor.predict(trained_run, [picture])
    content = bytearray(trained_run.lite.read_bytes())
    content[len(content) // 2] ^= 1
    trained_run.lite.write_bytes(content)
    predictor.close()
    with pytest.raises(ImgrecError, match=r"model\.tflite is damaged\. Delete it"):
        predictor.predict(trained_run, [picture])
    trained_run.lite.unlink()  # the advice
    [after] = predictor.predict(trained_run, [picture])
    assert not isinstance(before, str)
    assert not isinstance(after, str)
    np.testing.assert_allclose(before[1], after[1], atol=1e-5)


def test_a_run_with_a_convolution_is_explained_class_by_class_and_one_without_says_why_not(
    predictor: Predictor, trained_run: Run, tiny: RunConfig
) -> None:
    _, test = datasets.load("shapes", edge.location("shapes"))
    pixels = test.pixels[0]
    with pytest.raises(ImgrecError, match=r"at least one convolution\. This one has none"):
        predictor.explain(trained_run, pixels, 0)

    run = jobs.launch(edge.store(), tiny.replace(layers=(Conv2D(filters=4, strides=2), *tiny.layers)), "Convolved")
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


def test_a_picture_that_needs_too_much_memory_is_refused_and_the_next_is_answered(
    trained_run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serve, "DECODING_BYTES", 20_000_000)
    model = trained_run.model
    lite = trained_run.lite, sha256(trained_run.lite.read_bytes()).hexdigest()
    pictures = [png(np.zeros((side, side, 3), np.uint8)) for side in (7000, 40)]
    large, small = serve.predict(model, 0, "none", lite, [(picture, CENTRE) for picture in pictures])
    assert large == "Reading this picture needs more memory than is free. Save it smaller."
    assert not isinstance(small, str)


def test_large_pictures_are_sent_in_parts_and_answered_in_their_order(
    trained_run: Run, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sent at once, 50 pictures of 20 MB would be copied several times over, in both processes."""
    sent: list[int] = []

    def ask(self: Predictor, name: str, *arguments: Any, seconds: float) -> list[str]:
        assert (self, name, seconds) == (asking, "predict", QUICK_SECONDS)
        sent.append(sum(len(file) for file, _ in arguments[-1]))
        return [f"{len(file)} bytes, {framing.size} %" for file, framing in arguments[-1]]

    asking = Predictor(home)
    monkeypatch.setattr(Predictor, "_ask", ask)
    sizes = [PART_BYTES // 2, PART_BYTES // 2, 1, PART_BYTES + 1, 7]
    framings = [Framing(way="by hand", size=10 + place) for place in range(5)]
    answers = asking.predict(trained_run, [b"x" * size for size in sizes], framings)
    assert answers == [f"{size} bytes, {10 + place} %" for place, size in enumerate(sizes)]
    assert sent == [PART_BYTES, 1, PART_BYTES + 1, 7]
    sent.clear()
    assert len(asking.predict(trained_run, [b"x"] * (2 * PART_FILES + 1))) == 2 * PART_FILES + 1
    assert sent == [PART_FILES, PART_FILES, 1]
    sent.clear()
    assert asking.predict(trained_run, []) == []  # which says whether the model can be read
    assert sent == [0]
