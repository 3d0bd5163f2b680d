"""A grey dataset, and one of a hundred classes: through the real engine, from the images to what is said of a photo."""

import io
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from imgrec import datasets, edge, jobs, uploads
from imgrec.augmentations import AUGMENTATIONS
from imgrec.config import RunConfig, Training
from imgrec.datasets import DATASETS
from imgrec.engine import inside
from imgrec.layers import (
    Activation,
    BatchNormalization,
    Conv2D,
    Dense,
    Flatten,
    MaxPooling2D,
    PatchWhitening,
    ResidualBlock,
    SeparableConv2D,
)
from imgrec.predictor import Predictor
from imgrec.runs import Run, State
from tests.datasets import small

ROOT = Path(__file__).resolve().parents[1]
LAYERS = (
    PatchWhitening(),
    Activation(),
    Conv2D(filters=8, kernel_initializer="identity"),
    MaxPooling2D(),
    BatchNormalization(),
    ResidualBlock(filters=8, strides=2),
    SeparableConv2D(filters=8),
    Flatten(),
    Dense(units=8),
)
WORKER = """
import sys
from dataclasses import replace
from pathlib import Path
from imgrec import worker
from imgrec.datasets import DATASETS
from imgrec.datasets.cifar import CifarFiles
from imgrec.datasets.download import Remote
from imgrec.datasets.fashion_mnist import FashionFiles
files = {files!r}
DATASETS[files.name] = replace(DATASETS[files.name], is_ready=files.is_ready, prepare=files.prepare, read=files.read)
sys.exit(worker.main(Path(sys.argv[1])))
"""


def photo(mode: str = "RGB") -> bytes:
    """Return a photo with colours, or without."""
    file = io.BytesIO()
    pixels = np.random.default_rng(0).integers(0, 256, (60, 80, 3), np.uint8)
    Image.fromarray(pixels).convert(mode).save(file, "PNG")
    return file.getvalue()


@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_a_grey_network_gets_a_photo_in_grey_and_says_so(mode: str) -> None:
    found = uploads.read(photo(mode), (28, 28, 1))
    assert found.pixels.shape == (28, 28, 1)
    assert found.original.shape == (60, 80, 3)
    assert [note for note in found.notes if "turned to grey" in note] == (
        ["In colour: it is turned to grey, as the network knows grey images only."] if mode == "RGB" else []
    )
    assert not uploads.read(photo(mode), (28, 28, 3)).notes


def test_a_grey_photo_that_was_saved_as_jpeg_is_not_said_to_be_in_colour() -> None:
    file = io.BytesIO()
    Image.open(io.BytesIO(photo("L"))).convert("RGB").save(file, "JPEG", quality=30)
    assert uploads.read(file.getvalue(), (28, 28, 1)).notes == ()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["fashion_mnist", "cifar100"])
def test_every_part_of_the_engine_takes_it(
    name: str, tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = small.SMALL[name](tmp_path)
    small.expect(files, monkeypatch)
    monkeypatch.setenv(files.variable, str(tmp_path))
    entry, (train, test) = DATASETS[name], datasets.load(name, edge.location(name))
    config = RunConfig(
        dataset=name,
        layers=LAYERS,
        augmentations=tuple(kind() for kind in AUGMENTATIONS.values()),
        training=Training(epochs=1, batch_size=16, test_time_augmentation="mirror and shift"),
    )
    run = edge.store().create(config, "A run")
    done = subprocess.run(
        [sys.executable, "-c", WORKER.format(files=files), run.folder],
        cwd=ROOT,
        env=jobs.worker_environment(home),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert run.state is State.FINISHED
    probabilities, labels = run.predictions()
    assert probabilities.shape == (len(test.labels), len(entry.class_names))
    assert np.array_equal(labels, test.labels)
    evaluation = run.evaluation()
    assert evaluation is not None
    assert evaluation.lite_sha256
    assert evaluation.novelty is not None

    predictor = Predictor(edge.home(), quiet=True)
    try:
        _asks(predictor, run, train.pixels[:4])
    finally:
        predictor.close()


def _asks(predictor: Predictor, run: Run, pixels: np.ndarray) -> None:
    """Let the prediction process do all that it does, for a run that takes images as these."""
    shape = run.dataset.image_shape
    [answer] = predictor.predict(run, [photo()])
    assert not isinstance(answer, str)
    assert answer.picture.pixels.shape == shape
    assert answer.probabilities.shape == (len(run.dataset.class_names),)
    assert predictor.preview(pixels, run.config.augmentations, 0).shape == pixels.shape
    assert predictor.explain(run, pixels[0], 1).shape == shape[:2]
    filters = predictor.filters(run)
    assert filters is None or filters.shape[3] == shape[2]
    for position in range(len(LAYERS)):
        maps, there = predictor.maps(run, pixels[0], position)
        assert 0 < len(maps) <= min(there, max(inside.MOST_MAPS, inside.MOST_VALUES))
