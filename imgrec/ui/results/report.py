"""The parts of a finished run's page: its numbers, its classes, its calibration, its settings and its origin."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from imgrec import charts, metrics, quantities, transfer
from imgrec.architecture import trace
from imgrec.config import RunConfig
from imgrec.datasets import Labels
from imgrec.differences import amounts, begins_with, training_settings
from imgrec.records import Evaluation, Novelty
from imgrec.runs import Run, listing, starts
from imgrec.runs.listing import RunRow
from imgrec.ui import words

MOST_ROWS = 20
"""Classes whose scores stand below each other; of more, the table scrolls."""

MOST_NAMED = 5
"""Classes that a sentence names."""


def numbers(
    evaluation: Evaluation, matrix: NDArray[np.int64], probabilities: NDArray[np.float32], labels: Labels
) -> None:
    """Draw what one looks for first. The test accuracy is counted from the matrix that is shown."""
    images = len(labels)
    others = []
    if metrics.is_uneven(matrix.sum(axis=1)):
        balanced = quantities.percent(metrics.balanced_accuracy(matrix), 2)
        macro_f1 = quantities.percent(metrics.macro_f1(matrix), 2)
        others.append(("Balanced accuracy", balanced, f"{metrics.BALANCED} The mean of their F1 is {macro_f1}."))
    if k := metrics.top(len(matrix)):
        among = words.plus_minus(metrics.top_k_correct(probabilities, labels, k), images)
        meaning = (
            f"The share of the test images whose class is among the {k} that the network finds likeliest, with half "
            "of its 95 % interval."
        )
        others.append((f"Top-{k} accuracy", among, meaning))
    shown = (
        (
            "Test accuracy",
            quantities.percent(metrics.accuracy(matrix), 2),
            "The share of the test images that are classified rightly.",
        ),
        *others,
        (
            "Calibration error",
            quantities.percent(metrics.reliability(probabilities, labels).error),
            "How far, on average, the network's certainty lies from the share it has right. See Calibration.",
        ),
        (
            "Test loss",
            f"{metrics.cross_entropy(probabilities, labels):.3f}",
            "The mean cross-entropy of the test images, without label smoothing, whatever the run was trained "
            "with: the lower the better, also between runs.",
        ),
        ("Parameters", f"{evaluation.params:,}", None),
        ("Training time", quantities.duration(evaluation.seconds), None),
    )
    with st.grid(len(shown), min_column_width=140):
        for label, value, help in shown:
            st.metric(label, value, border=True, height="stretch", help=help)


def how_tested(run: Run, evaluation: Evaluation, matrix: NDArray[np.int64], rows: Sequence[RunRow]) -> None:
    """Draw how sure the test accuracy is, and how the test images were used."""
    correct, images = int(np.trace(matrix)), int(matrix.sum())
    epochs = quantities.count(evaluation.epochs_trained, "epoch")
    scored = sum(row.fingerprint == evaluation.fingerprint for row in rows)
    others = (
        "No other run that is kept here has been scored on them."
        if scored <= 1
        else f"{scored:,} runs that are kept here have been scored on them: the best of many is partly the luckiest."
    )
    group = words.seeds(listing.seeds_of(run, rows))
    luck = f" Mean and standard deviation over seeds: {group}." if group else ""
    st.caption(
        f"{words.dotted(run)}: {correct:,} of {images:,} test images are right, {words.interval(correct, images)}. "
        f"Of the {evaluation.validation_images:,} validation images "
        f"{quantities.percent(evaluation.validation_accuracy)} were right in epoch {evaluation.best_epoch}: slightly "
        f"optimistic, as the best of {epochs} was chosen on these images. The "
        f"test images were scored once, at the end. {others}{luck}"
    )


def class_table(matrix: NDArray[np.int64], class_names: Sequence[str]) -> None:
    """Draw precision, recall and F1 of each class with their intervals, the class of the lowest F1 first."""
    scores, intervals = metrics.class_scores(matrix), metrics.class_intervals(matrix)
    columns: dict[str, Any] = {"Class": list(class_names)}
    shown: dict[str, Any] = {"Class": st.column_config.TextColumn(width="medium")}
    called, there = matrix.sum(axis=0) > 0, matrix.sum(axis=1) > 0
    for score, values, ends, known in (
        ("Precision", scores.precision, intervals.precision, called),
        ("Recall", scores.recall, intervals.recall, there),
        ("F1", scores.f1, intervals.f1, called | there),
    ):
        interval = f"{score}, 95 %"
        columns[score] = 100 * np.where(known, values, np.nan)
        columns[interval] = [
            f"{100 * low:.1f} to {100 * high:.1f} %" if is_known else "–"
            for (low, high), is_known in zip(ends, known, strict=True)
        ]
        shown[score] = st.column_config.ProgressColumn(format="%.1f %%", min_value=0, max_value=100)
        shown[interval] = st.column_config.TextColumn(help=f"The 95 % interval of the {score.lower()}.")
    columns["Test images"] = scores.support
    table = pd.DataFrame(columns).sort_values("F1", kind="stable", na_position="last")
    st.dataframe(table, hide_index=True, column_config=shown, height="content" if len(table) <= MOST_ROWS else 500)
    st.caption(
        "The class with the lowest F1 comes first; the magnifying glass above the table finds one by its name. "
        "Precision: of the images the network calls by this class, the share that are. Recall: of the images of this "
        "class, the share it finds. F1: the harmonic mean of the two, low where either is low. Where the intervals "
        "of two classes overlap widely, their difference may be luck."
        f"{_untested(matrix, class_names)}"
    )


def _untested(matrix: NDArray[np.int64], class_names: Sequence[str]) -> str:
    names = [name for name, images in zip(class_names, matrix.sum(axis=1), strict=True) if not images]
    if not names:
        return ""
    return f" No test image is labelled {words.some(names, MOST_NAMED, 'or')}: how often that is found is not known."


def calibration(probabilities: NDArray[np.float32], labels: Labels) -> None:
    """Draw whether the network is as sure as it is right."""
    found = metrics.reliability(probabilities, labels)
    figure = charts.reliability(found.confidence.tolist(), found.accuracy.tolist(), found.images.tolist())
    st.plotly_chart(
        figure, key="reliability", config={"displayModeBar": False}, alt="Accuracy at each confidence of the network"
    )
    right = float((probabilities.argmax(axis=1) == labels).mean())
    sure = float(probabilities.max(axis=1).mean())
    lean = "surer than it is right" if sure > right else "more often right than it is sure"
    st.caption(
        "Each point holds the test images of which the network was about equally sure; the larger, the more images. "
        "On the dashed line it is right as often as it says; below, it is too sure. On average it is "
        f"{quantities.percent(sure)} sure and {quantities.percent(right)} right: {lean}. "
        f"Expected calibration error {quantities.percent(found.error, 2)} in {len(found.images)} bins, "
        f"n = {len(labels):,}."
    )


def settings(config: RunConfig) -> None:
    """Draw every setting that was used."""
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown("**Training**")
        values = training_settings(config.training)
        st.table(pd.DataFrame({"Setting": values.keys(), "Value": values.values()}), hide_index=True)
    with right:
        st.markdown("**Augmentation**")
        if not config.augmentations:
            st.markdown("None.")
        for augmentation in config.augmentations:
            st.markdown(f"- {type(augmentation).__name__}: {amounts(augmentation)}")


def made(run: Run, evaluation: Evaluation) -> None:
    """Draw when, with what and on what a run was made, and offer its files."""
    memory = evaluation.peak_memory_bytes
    facts = {
        "Run": run.id,
        **({"Trains further": run.parent} if run.parent else {}),
        **_beginning(run),
        "Started": f"{run.created:%Y-%m-%d %H:%M} UTC",
        "Epochs": f"{evaluation.epochs_trained} of {run.config.training.epochs}, the best was {evaluation.best_epoch}",
        "Training images": f"{evaluation.training_images:,}",
        "Validation images": f"{evaluation.validation_images:,}",
        "Test images": f"{evaluation.test_images:,}",
        "Images per second": f"{evaluation.images_per_second:,.0f}",
        "Precision": evaluation.precision,
        "Size": quantities.size(run.disk_bytes),
        "Largest memory": f"{memory / 1e9:.2f} GB" if memory else "not measured on this system",
        "Fingerprint of the images": evaluation.fingerprint[:16],
        **({"None of the classes": _none_of_the_classes(evaluation.novelty)} if evaluation.novelty else {}),
        **{f"Version of {library}": number for library, number in run.record["versions"].items()},
    }
    shown = {words.literal(what): words.literal(value) for what, value in facts.items()}
    st.table(pd.DataFrame({"What": shown.keys(), "Value": shown.values()}), hide_index=True)


def _beginning(run: Run) -> dict[str, str]:
    """Say whose layers a run began with, what they had learnt from, and how much of the network learnt then."""
    start, origin = run.config.start, starts.origin(run)
    if start is None:
        return {}
    network = trace(run.config.layers, run.dataset.image_shape, len(run.dataset.class_names))
    of = f"{origin.name} ({origin.run}), trained on {origin.dataset}" if origin else start.run
    return {
        "Begins with": begins_with(start, of),
        "Parameters that learnt": f"{transfer.learning(network, start).params:,} of {network.params:,}",
    }


def _none_of_the_classes(novelty: Novelty) -> str:
    share = quantities.percent(novelty.test_share)
    return f"said of a picture with a novelty above {novelty.threshold:.2g}; wrongly of {share} of the test images"
