"""Contract of every entry of DATASETS: what it promises is what it gives."""

import dataclasses
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from imgrec import datasets, edge
from imgrec.datasets import DATASETS, Images
from imgrec.errors import DatasetError


@pytest.fixture(params=DATASETS)
def name(request: pytest.FixtureRequest, drawn: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return the name of a dataset that is there."""
    variable = DATASETS[request.param].variable
    if variable and not os.environ.get(variable):
        pytest.skip(f"{variable} does not name a folder with the real images")
    monkeypatch.setenv("IMGREC_HOME", str(drawn))
    return str(request.param)


def test_a_dataset_gives_what_its_entry_promises(name: str) -> None:
    entry = DATASETS[name]
    train, test = datasets.load(name, edge.location(name))
    for images, count in ((train, entry.train_images), (test, entry.test_images)):
        assert images.pixels.shape == (count, *entry.image_shape)
        assert images.labels.shape == (count,)
        assert images.pixels[0].dtype == images.labels.dtype == np.uint8
        assert set(np.unique(images.labels)) == set(range(len(entry.class_names)))
        assert np.asarray(images.pixels).min() < 10
        assert np.asarray(images.pixels).max() > 245


@pytest.mark.parametrize("name", ["cifar10", "shapes"], indirect=True)
def test_no_test_image_is_a_training_image(name: str) -> None:
    """Of the other datasets it is not known: their images were not at hand."""
    train, test = datasets.load(name, edge.location(name))
    known = {image.tobytes() for image in train.pixels}
    assert not any(image.tobytes() in known for image in test.pixels)


def test_a_dataset_that_is_there_is_ready_and_needs_no_progress(name: str) -> None:
    told: list[tuple[int, int]] = []
    assert datasets.is_ready(name, edge.location(name))
    datasets.prepare(name, edge.location(name), lambda done, total: told.append((done, total)))
    assert told == []


@pytest.mark.parametrize("name", DATASETS)
def test_an_entry_says_what_people_need_to_know(name: str) -> None:
    entry = DATASETS[name]
    assert entry.name == name
    for text in (entry.title, entry.description, entry.source, entry.licence):
        assert text == text.strip() != ""
    assert len(set(entry.class_names)) == len(entry.class_names)


@pytest.mark.parametrize("call", [datasets.is_ready, datasets.prepare, datasets.load])
def test_an_unknown_name_says_which_are_known(call: Callable[..., object]) -> None:
    said = r"Unknown dataset: 'cifar'. Did you mean cifar10\? Known: cifar10, shapes, fashion_mnist, cifar100"
    with pytest.raises(DatasetError, match=said):
        call("cifar", edge.location("cifar"))


@pytest.mark.parametrize("change", ["pixel", "label", "shape", "swap"])
def test_any_change_changes_the_fingerprint(change: str) -> None:
    pixels = np.zeros((4, 2, 2, 3), np.uint8)
    train = Images(pixels, np.arange(4, dtype=np.uint8))
    test = Images(np.ones((4, 2, 2, 3), np.uint8), np.arange(4, dtype=np.uint8))
    before = datasets.fingerprint(train, test)
    assert before == datasets.fingerprint(train, test)
    if change == "pixel":
        pixels[3, 1, 1, 2] = 1
    elif change == "label":
        test.labels[0] = 1
    elif change == "shape":
        train = dataclasses.replace(train, pixels=pixels.reshape(4, 1, 4, 3))
    else:
        train, test = test, train
    assert datasets.fingerprint(train, test) != before


def test_the_fingerprint_does_not_depend_on_the_order_in_memory() -> None:
    pixels = np.arange(48, dtype=np.uint8).reshape(4, 2, 2, 3)
    labels = np.arange(4, dtype=np.uint8)
    one, other = Images(pixels, labels), Images(np.asfortranarray(pixels), labels)
    assert datasets.fingerprint(one, one) == datasets.fingerprint(other, other)
