"""What all visitors share: the datasets in memory, the evaluations of finished runs, and the prediction process."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from imgrec import datasets, edge, jobs, metrics, profiles
from imgrec.classifier import Answer
from imgrec.datasets import Images, Labels, Location
from imgrec.errors import DatasetError
from imgrec.framing import Framing
from imgrec.predictor import Predictor
from imgrec.runs import Run
from imgrec.ui import browser
from imgrec.verdict import Judge

KEPT_RUNS = 8
"""Finished runs whose predictions stay in memory: as many as are compared at once, and two. Each takes 1 MB with ten
classes and 10,000 test images, and 48 MB with 1,000 classes.
"""

KEPT_ANSWERS = 12
"""Answers of which the picture is kept decoded, each of about 2 MB: as many as a page shows are drawn anew with each
choice on it.
"""


def is_available(name: str) -> bool:
    """Return whether the images can be shown without a download: they are here, or are drawn in seconds."""
    with suppress(DatasetError):
        return datasets.is_available(name, browser.store().location(name))
    return False


def dataset(name: str) -> tuple[Images, Images]:
    """Return the training and test images of a dataset that is available; shared, so never to be changed."""
    return _images(name, browser.store().location(name))


@st.cache_resource(max_entries=2, show_spinner="Loading the images …", hash_funcs={Location: repr})
def _images(name: str, location: Location) -> tuple[Images, Images]:
    return datasets.load(name, location)


@st.cache_resource(on_release=Predictor.close)
def engine() -> Predictor:
    """Return the handle of the one prediction process."""
    return Predictor(edge.home())


@st.cache_resource(on_release=Predictor.close)
def _explainer() -> Predictor:
    return Predictor(edge.home())


@contextmanager
def explainer() -> Iterator[Predictor]:
    """Give the handle of a process of its own for explanations, which take seconds at first, and 600 MB.

    Raises BudgetError where a training has TensorFlow, and the machine is too small for both.
    """
    with jobs.tensorflow_turn(edge.home(), wait=False):
        try:
            yield _explainer()
        finally:
            if profiles.current().one_tensorflow:
                _explainer().close()


@contextmanager
def answering(run: Run) -> Iterator[Predictor]:
    """Give the handle of a process that answers for a run: the one for explanations where its model needs Keras."""
    if profiles.current().one_tensorflow and not ((evaluation := run.evaluation()) and evaluation.lite_sha256):
        with explainer() as handle:
            yield handle
    else:
        yield engine()


def answer(run: Run, picture: str, data: bytes, framing: Framing) -> Answer | str:
    """Return the answer to a picture, or why it cannot be read; picture tells its file from all others."""
    return _answer(run.folder, picture, framing.model_dump_json(), data)


@st.cache_resource(max_entries=KEPT_ANSWERS, show_spinner=False)
def _answer(folder: Path, picture: str, framing: str, _data: bytes) -> Answer | str:  # noqa: ARG001 - for the cache
    run = Run(folder)
    with answering(run) as handle:
        [found] = handle.predict(run, [_data], [Framing.model_validate_json(framing)])
    return found


@dataclass(frozen=True, eq=False)
class Tested:
    """What a finished run has said of N test images, and what each click on a page would otherwise count anew."""

    probabilities: NDArray[np.float32]  # (N, classes)
    labels: Labels  # (N,)
    predicted: NDArray[np.int64]  # (N,)
    matrix: NDArray[np.int64]  # (classes, classes): true, predicted

    @cached_property
    def doubtful(self) -> NDArray[np.int64]:
        """The places of the images whose label is probably wrong."""
        return metrics.doubtful_labels(self.probabilities, self.labels)


def tested(run: Run) -> Tested:
    """Return what a finished run has said of the test images; shared, so never to be changed."""
    return _tested(run.folder)


@st.cache_resource(max_entries=KEPT_RUNS, show_spinner=False)
def _tested(folder: Path) -> Tested:
    probabilities, labels = Run(folder).predictions()
    predicted = probabilities.argmax(axis=1)
    matrix = metrics.confusion_matrix(labels, predicted, probabilities.shape[1])
    return Tested(probabilities, labels, predicted, matrix)


def predictions(run: Run) -> tuple[NDArray[np.float32], Labels]:
    """Return the test probabilities (N, classes) and labels (N,) of a finished run."""
    found = tested(run)
    return found.probabilities, found.labels


def judge(run: Run) -> Judge:
    """Return what tells what a finished run's answers are worth."""
    return Judge.of(run, predictions(run))


def prepare_answers(run: Run) -> None:
    """Let a finished run of an earlier imgrec be prepared for quick answers, once."""
    evaluation = run.evaluation()
    if evaluation is not None and not evaluation.is_prepared:
        _prepare_answers(run.folder)


@st.cache_resource(show_spinner=False)
def _prepare_answers(folder: Path) -> None:
    jobs.prepare_answers(Run(folder))


def fingerprint(name: str) -> str:
    """Return the SHA-256 of a dataset's images that are here."""
    if known := browser.store().dataset(name).fingerprint:
        return known
    return _fingerprint(name, browser.store().location(name))


@st.cache_resource(max_entries=4, show_spinner="Looking at the images …", hash_funcs={Location: repr})
def _fingerprint(name: str, location: Location) -> str:
    return datasets.fingerprint(*_images(name, location))
