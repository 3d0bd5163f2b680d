"""The parts of a finished run's page: its numbers, its confusions, its classes, its settings and its origin."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from imgrec import metrics
from imgrec.config import RunConfig
from imgrec.runs import Run
from imgrec.settings import title
from imgrec.ui import words

MOST_CONFUSIONS = 8
"""As many rows as stand beside the matrix without scrolling."""


def numbers(evaluation: dict[str, Any], matrix: np.ndarray) -> None:
    """Draws what one looks for first. The test accuracy is counted from the matrix that is shown."""
    correct, images = int(np.trace(matrix)), int(matrix.sum())
    with st.grid(4, min_column_width=150):
        st.metric(
            "Test accuracy",
            words.percent(metrics.accuracy(matrix), 2),
            border=True,
            height="stretch",
            help="The share of the test images that are classified rightly. They were scored once, at the end.",
        )
        st.metric("Test loss", f"{evaluation['test_loss']:.3f}", border=True, height="stretch")
        st.metric("Parameters", f"{evaluation['params']:,}", border=True, height="stretch")
        st.metric("Training time", words.duration(evaluation["seconds"]), border=True, height="stretch")
    st.caption(
        f"{correct:,} of {images:,} test images are right: {words.interval(correct, images)}. "
        f"The validation images chose epoch {evaluation['best_epoch']} "
        f"({words.percent(evaluation['validation_accuracy'])}); the test images were scored once, at the end."
    )


def confusions(matrix: np.ndarray, class_names: Sequence[str]) -> None:
    """Draws the pairs of classes that are confused most often."""
    wrong = matrix.copy()
    np.fill_diagonal(wrong, 0)
    order = np.argsort(wrong, axis=None, kind="stable")[::-1][:MOST_CONFUSIONS]
    pairs = [divmod(int(cell), len(class_names)) for cell in order if wrong.flat[cell]]
    if not pairs:
        st.markdown("None: every test image is right.")
        return
    st.dataframe(
        pd.DataFrame(
            {
                "True class": [class_names[true] for true, _ in pairs],
                "Taken for": [class_names[predicted] for _, predicted in pairs],
                "Images": [int(wrong[pair]) for pair in pairs],
                "Of its class": [100 * wrong[true, predicted] / matrix[true].sum() for true, predicted in pairs],
            }
        ),
        hide_index=True,
        column_config={"Of its class": st.column_config.NumberColumn(format="%.1f %%")},
    )
    st.caption("Read a row as: so many test images of the true class were taken for the other one.")


def class_table(matrix: np.ndarray, class_names: Sequence[str]) -> None:
    """Draws precision, recall and F1 of each class."""
    scores = metrics.class_scores(matrix)
    table = pd.DataFrame(
        {
            "Class": list(class_names),
            "Precision": 100 * scores.precision,
            "Recall": 100 * scores.recall,
            "F1": 100 * scores.f1,
            "Test images": scores.support,
        }
    )
    bars = {
        name: st.column_config.ProgressColumn(format="%.1f %%", min_value=0, max_value=100)
        for name in ("Precision", "Recall", "F1")
    }
    st.dataframe(table, hide_index=True, column_config=bars, height="content")
    st.caption(
        "Precision: of the images the network calls by this class, the share that are. Recall: of the images of this "
        "class, the share it finds. F1: the harmonic mean of the two, low where either is low."
    )


def settings(config: RunConfig) -> None:
    """Draws every setting that was used."""
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown("**Training**")
        fields = type(config.training).model_fields
        values = {title(name, field): _said(getattr(config.training, name)) for name, field in fields.items()}
        st.table(pd.DataFrame({"Setting": values.keys(), "Value": values.values()}), hide_index=True)
    with right:
        st.markdown("**Augmentation**")
        if not config.augmentations:
            st.markdown("None.")
        for augmentation in config.augmentations:
            amounts = [f"{name} {_said(getattr(augmentation, name))}" for name in type(augmentation).model_fields]
            st.markdown(f"- {type(augmentation).__name__}: {', '.join(amounts)}")


def made(run: Run, evaluation: dict[str, Any]) -> None:
    """Draws when, with what and on what a run was made, and offers its files."""
    memory = evaluation["peak_memory_bytes"]
    facts = {
        "Run": run.id,
        **({"Trains further": run.parent} if run.parent else {}),
        "Started": f"{run.created:%Y-%m-%d %H:%M} UTC",
        "Epochs": f"{evaluation['epochs_trained']} of {run.config.training.epochs}, the best was "
        f"{evaluation['best_epoch']}",
        "Training images": f"{evaluation['training_images']:,}",
        "Validation images": f"{evaluation['validation_images']:,}",
        "Test images": f"{evaluation['test_images']:,}",
        "Images per second": f"{evaluation['images_per_second']:,.0f}",
        "Precision": evaluation.get("precision", "float32"),  # runs before there was a choice had this one
        "On the disk": words.size(run.disk_bytes),
        "Largest memory": f"{memory / 1e9:.2f} GB" if memory else "not measured on this system",
        "Fingerprint of the images": evaluation["fingerprint"][:16],
        **{f"Version of {library}": number for library, number in run.record["versions"].items()},
    }
    st.table(pd.DataFrame({"What": facts.keys(), "Value": facts.values()}), hide_index=True)
    with st.container(horizontal=True):
        st.download_button(
            "Model (.keras)",
            data=run.model.read_bytes,
            file_name=f"{run.id}.keras",
            on_click="ignore",
            icon=":material/download:",
        )
        st.download_button(
            "Config (.json)",
            data=run.config.to_json(),
            file_name=f"{run.id}.json",
            mime="application/json",
            on_click="ignore",
            icon=":material/download:",
        )
    st.caption("The model takes uint8 images and gives probabilities; plain Keras loads it: keras.saving.load_model.")


def _said(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else f"{value}".replace("_", " ")
