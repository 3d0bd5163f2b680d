"""What all visitors share: the datasets in memory, the evaluations of finished runs, and the prediction process."""

import numpy as np
import streamlit as st

from imgrec import datasets, runs
from imgrec.datasets import Images
from imgrec.predictor import Predictor
from imgrec.runs import Run


@st.cache_resource(max_entries=2, show_spinner="Loading the images …")
def dataset(name: str) -> tuple[Images, Images]:
    """Return the training and test images of a dataset that is ready; shared, so never to be changed."""
    return datasets.load(name)


@st.cache_resource(on_release=Predictor.close)
def engine() -> Predictor:
    """Return the handle of the one prediction process."""
    return Predictor()


def predictions(run: Run) -> tuple[np.ndarray, np.ndarray]:
    """Return the test probabilities (N, classes) and labels (N,) of a finished run."""
    return _predictions(run.id)


@st.cache_resource(max_entries=20, show_spinner=False)
def _predictions(run_id: str) -> tuple[np.ndarray, np.ndarray]:
    return runs.get(run_id).predictions()


@st.cache_resource(max_entries=4, show_spinner="Looking at the images …")
def fingerprint(name: str) -> str:
    """Return the SHA-256 of a dataset's images that are here."""
    return datasets.fingerprint(*dataset(name))
