"""The drawn dataset: the same images everywhere, kept once, drawn anew when damaged."""

from pathlib import Path

import numpy as np
import pytest

from imgrec import datasets
from imgrec.datasets import shapes


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Gives a home folder in which the images have been drawn."""
    folder = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IMGREC_HOME", str(folder))
        datasets.prepare("shapes")
    return folder


def test_the_images_are_the_pinned_ones(drawn: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMGREC_HOME", str(drawn))
    assert datasets.fingerprint(*datasets.load("shapes")) == shapes.FINGERPRINT


def test_every_class_has_as_many_images(drawn: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMGREC_HOME", str(drawn))
    train, test = datasets.load("shapes")
    assert set(np.bincount(train.labels)) == {2_000}
    assert set(np.bincount(test.labels)) == {400}
