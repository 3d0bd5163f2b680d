"""The parts of the Compare page: the verdict, the numbers, the curves, the costs and what differs."""

from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum

import numpy as np
import pandas as pd
import streamlit as st

from imgrec import charts, metrics, outcome, quantities
from imgrec.differences import differences
from imgrec.errors import RunError
from imgrec.runs import listing, starts
from imgrec.runs.listing import RunRow
from imgrec.ui import cached, selection, words
from imgrec.ui.compare import images

DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
"""Tell apart runs that have the same colour."""


class Cost(StrEnum):
    """What accuracy can be set against."""

    PARAMETERS = "Parameters"
    MULTIPLY_ADDS = "Multiply-adds"
    SECONDS = "Seconds"


def verdict(picked: Sequence[RunRow]) -> None:
    """Draw whether one run is better than another, by the same test images, and the images that tell."""
    before, after = _pair(picked)
    if before.fingerprint != after.fingerprint:
        st.info(
            f"{words.literal(after.name)} and {words.literal(before.name)} were scored on different test images, so "
            "their accuracies do not say which is better. Below they only stand side by side.",
            icon=":material/difference:",
        )
        return
    labels, one, other = _answers(before, after)
    found = metrics.compare(labels, one, other)
    with st.container(border=True):
        st.markdown(f"### {metrics.verdict(found, words.dotted(before), words.dotted(after))}")
        st.caption(
            f"Both answered the same {found.images:,} test images. {words.literal(after.name)} has "
            f"{len(found.fixed):,} right that {words.literal(before.name)} has wrong, and {len(found.broken):,} wrong "
            "that it has right: were they equally good, these two numbers would differ at least this much by chance "
            "with probability p (McNemar's exact test). It is about these two trained models; another seed may turn "
            "out otherwise."
            + ("" if len(picked) == 2 else " Of 20 pairs of equally good runs, about one is called different.")
        )
    images.draw(before, after)


def numbers(picked: Sequence[RunRow], rows: Sequence[RunRow]) -> None:
    """Draw what each run reached and what it took."""
    st.subheader("What each reached, and what it took", anchor=False)
    columns = {
        "": [words.dot(row.colour) for row in picked],
        "Run": [row.name for row in picked],
        **({} if _same_images(picked) else {"Dataset": [row.dataset_title for row in picked]}),
        "Test accuracy": [words.plus_minus(*row.score) for row in picked],
        **_balanced(picked),
        "Test images": [row.test_images for row in picked],
        "With other seeds": [words.seeds(listing.seeds_of(row, rows)) or "–" for row in picked],
        "Parameters": [row.params for row in picked],
        "Multiply-adds": [row.multiply_adds for row in picked],
        "Training": [quantities.duration(row.seconds or 0) for row in picked],
        "Images/s": [round(row.images_per_second or 0) for row in picked],
        "Epochs": [row.epochs for row in picked],
    }
    st.dataframe(
        pd.DataFrame(columns),
        hide_index=True,
        height="content",
        column_config={
            "": st.column_config.ImageColumn(width=28),
            "Balanced accuracy": st.column_config.TextColumn(help=metrics.BALANCED),
            "Test images": st.column_config.NumberColumn(format="localized"),
            "Parameters": st.column_config.NumberColumn(format="localized"),
            "Multiply-adds": st.column_config.NumberColumn(format="compact", help="For one image."),
            "Images/s": st.column_config.NumberColumn(format="localized"),
        },
    )
    for row in picked:
        for remark in outcome.remarks(selection.get(row.id)):
            st.warning(f"{words.dotted(row)}: {words.literal(remark)}", icon=":material/report:")
    st.caption(
        "± is half of the 95 % interval that comes from having only so many test images. With other seeds: mean and "
        "standard deviation of the runs on the same images that differ in nothing but the seed; More on the Results "
        "page queues some."
    )


def curves(picked: Sequence[RunRow], rows: Sequence[RunRow]) -> None:
    """Draw the validation curves over one another."""
    st.subheader("Validation curves", anchor=False)
    with st.container(horizontal=True, vertical_alignment="center"):
        metric = st.segmented_control(
            "Metric", ["Accuracy", "Loss"], default="Accuracy", required=True, label_visibility="collapsed"
        )
        over = st.segmented_control(
            "Over", ["Epoch", "Seconds"], default="Epoch", required=True, label_visibility="collapsed"
        )
        grouped = st.toggle(
            "With other seeds", help="Draws the mean over the seeds, and a band from lowest to highest."
        )
    if metric == "Loss" and (why := _why_no_losses(picked)):
        st.info(why, icon=":material/difference:")
        return
    # Two of the same recipe on the same images are one curve.
    recipes = [(row.recipe, row.fingerprint) for row in picked]
    drawn = [
        _curve(row, (listing.seeds_of(row, rows) if grouped else []) or [row], f"{metric}".lower(), f"{over}".lower())
        for place, row in enumerate(picked)
        if not grouped or recipes[place] not in recipes[:place]
    ]
    st.plotly_chart(
        charts.overlaid(_dashed(drawn), f"{metric}".lower(), f"{over}".lower()),
        key="overlaid",
        config={"displayModeBar": False},
        alt=f"Validation {metric} of the runs by {over}",
    )
    st.caption(
        "Each line is a run on its validation images, which chose its epoch. "
        + (
            "Runs of different images are not comparable."
            if not _same_images(picked)
            else "The higher the better."
            if metric == "Accuracy"
            else "The lower the better; it is the loss that training makes small, with its label smoothing."
        )
        + (
            " A band reaches from the lowest to the highest of the seeds, as far as the shortest of them went."
            if grouped
            else ""
        )
    )


def cost(picked: Sequence[RunRow]) -> None:
    """Draw test accuracy against what it costs."""
    st.subheader("Accuracy against cost", anchor=False)
    measure = st.segmented_control(
        "Cost", list(Cost), default=Cost.PARAMETERS, required=True, label_visibility="collapsed"
    )
    costs = [_cost(row, Cost(measure)) for row in picked]
    front = metrics.pareto_front(np.array(costs), np.array([row.test_accuracy for row in picked]))
    if not _same_images(picked):
        front[:] = False
    priced = []
    for row, spent, on_front in zip(picked, costs, front.tolist(), strict=True):
        correct, images = row.score
        low, high = metrics.wilson_interval(correct, images)
        colour = charts.RUN_COLOURS[row.colour]
        priced.append(charts.Priced(row.name, colour, spent, correct / images, low, high, on_front))
    unit = {
        Cost.PARAMETERS: "parameters",
        Cost.MULTIPLY_ADDS: "multiply-adds for one image",
        Cost.SECONDS: "seconds of training",
    }
    st.plotly_chart(
        charts.cost(priced, unit[Cost(measure)]),
        key="cost",
        config={"displayModeBar": False},
        alt=f"Test accuracy of the runs against their {unit[Cost(measure)]}",
    )
    st.caption(
        "Better is up and to the left; a bar is the 95 % interval of the test accuracy. "
        + (
            "The dotted line joins the runs that no other beats in both."
            if _same_images(picked)
            else "Runs of different test images are not comparable."
        )
    )


def settings(picked: Sequence[RunRow]) -> None:
    """Draw the settings in which the runs differ."""
    st.subheader("What differs", anchor=False)
    runs = [selection.get(row.id) for row in picked]
    origins = [origin.name if (origin := starts.origin(run)) else None for run in runs]
    found = differences([run.config for run in runs], [row.dataset_title for row in picked], origins)
    if not found:
        st.markdown("Nothing: they have the same network, data and settings.")
        return
    names = words.names(picked)
    table = {"": [what for what, _ in found]} | {
        words.literal(names[row.id]): [words.literal(values[place]) for _, values in found]
        for place, row in enumerate(picked)
    }
    st.table(pd.DataFrame(table), hide_index=True)
    st.caption("All other settings are the same.")


def _pair(picked: Sequence[RunRow]) -> tuple[RunRow, RunRow]:
    if len(picked) == 2:
        return picked[0], picked[1]
    by_id = {row.id: row for row in picked}
    left, right = st.columns(2)
    names = words.names(picked)
    best = max(range(len(picked)), key=lambda place: picked[place].test_accuracy or 0)
    after = left.selectbox("Is this run better", list(by_id), index=best, format_func=names.__getitem__)
    others = [run for run in by_id if run != after]
    before = right.selectbox("than this one?", others, format_func=names.__getitem__)
    return by_id[before], by_id[after]


def _answers(before: RunRow, after: RunRow) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    one, other = cached.tested(selection.get(before.id)), cached.tested(selection.get(after.id))
    return one.labels, one.predicted, other.predicted


def _balanced(picked: Sequence[RunRow]) -> dict[str, list[str]]:
    """Return the column of balanced accuracies, or no column where the classes of all runs are even."""
    shown, uneven = [], False
    for row in picked:
        run = selection.get(row.id)
        try:
            probabilities, labels = cached.predictions(run)
        except RunError:  # damaged, which a remark below the table says
            shown.append(quantities.UNKNOWN)
            continue
        matrix = metrics.confusion_matrix(labels, probabilities.argmax(axis=1), len(run.dataset.class_names))
        uneven |= metrics.is_uneven(matrix.sum(axis=1))
        shown.append(quantities.percent(metrics.balanced_accuracy(matrix)))
    return {"Balanced accuracy": shown} if uneven else {}


def _same_images(picked: Sequence[RunRow]) -> bool:
    return len({row.fingerprint for row in picked}) == 1


def _why_no_losses(picked: Sequence[RunRow]) -> str:
    """Say why the validation losses of runs are not drawn over one another, or nothing where they can be."""
    settings = [selection.get(row.id).config.training for row in picked]
    if len({one.loss for one in settings}) > 1:
        return "These runs make different losses small, so that the lower one says nothing. Compare their accuracy."
    if len({one.class_weights for one in settings}) > 1:
        return "Class weights are in the losses of some of these runs and not of others. Compare their accuracy."
    smoothing = {one.label_smoothing for one in settings if one.loss == "categorical_crossentropy"}
    if len(smoothing) > 1:
        return "The losses of these runs have different label smoothing in them, which raises them. Compare accuracy."
    return ""


def _curve(named: RunRow, group: Sequence[RunRow], metric: str, over: str) -> charts.Curve:
    histories = [selection.get(row.id).history() for row in group]
    epochs = min(len(history) for history in histories)
    values = np.array([[getattr(row, f"validation_{metric}") for row in history[:epochs]] for history in histories])
    across = np.array([[getattr(row, over) for row in history[:epochs]] for history in histories]).mean(axis=0)
    several = len(group) > 1
    return charts.Curve(
        name=f"{named.name} and {quantities.count(len(group) - 1, 'other seed')}" if several else named.name,
        colour=charts.RUN_COLOURS[named.colour],
        x=across.tolist(),
        y=values.mean(axis=0).tolist(),
        low=values.min(axis=0).tolist() if several else (),
        high=values.max(axis=0).tolist() if several else (),
    )


def _dashed(drawn: Sequence[charts.Curve]) -> list[charts.Curve]:
    before: dict[str, int] = {}
    dashed = []
    for curve in drawn:
        place = before.get(curve.colour, 0)
        before[curve.colour] = place + 1
        dashed.append(replace(curve, dash=DASHES[place]))
    return dashed


def _cost(row: RunRow, measure: Cost) -> float:
    spent = {Cost.PARAMETERS: row.params, Cost.MULTIPLY_ADDS: row.multiply_adds, Cost.SECONDS: row.seconds}[measure]
    return float(spent or 0)
