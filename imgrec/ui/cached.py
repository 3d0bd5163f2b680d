"""What all visitors share: the datasets in memory, the evaluations of finished runs, and the prediction process."""

import numpy as np
import streamlit as st

from imgrec import datasets, runs
from imgrec.datasets import Images
from imgrec.predictor import Predictor
from imgrec.runs import Run, State, listing
from imgrec.runs.listing import Row


@st.cache_resource(max_entries=2, show_spinner="Loading the images …")
def dataset(name: str) -> tuple[Images, Images]:
    """Gives the training and test images of a dataset that is ready; shared, so never to be changed."""
    return datasets.load(name)


@st.cache_resource(on_release=Predictor.close)
def engine() -> Predictor:
    """Gives the handle of the one prediction process."""
    return Predictor()


def predictions(run: Run) -> tuple[np.ndarray, np.ndarray]:
    """Gives the test probabilities (N, classes) and labels (N,) of a finished run."""
    return _predictions(run.id)


@st.cache_resource(max_entries=20, show_spinner=False)
def _predictions(run_id: str) -> tuple[np.ndarray, np.ndarray]:
    return runs.get(run_id).predictions()


def rows() -> list[Row]:
    """Gives the rows of all runs that can be read, newest first."""
    return listing.rows()[0]


def finished() -> list[Row]:
    """Gives the rows of the runs that have test predictions, newest first."""
    return [row for row in rows() if row.state is State.FINISHED]
