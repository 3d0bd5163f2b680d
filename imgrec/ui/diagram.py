"""The network as a table: what leaves each layer, and what the layer costs."""

from collections.abc import Sequence

import streamlit as st

from imgrec.architecture import Architecture, LayerRow, trace
from imgrec.layers import Layer, Shape
from imgrec.runs import Run
from imgrec.ui import drawing


def draw(network: Architecture, image_shape: Shape, layers: Sequence[Layer] = ()) -> None:
    """Draw the size and cost of the network: totals, picture, and a row for each layer.

    layers are those of the draft: the rows of those that do not fit yet say so.
    """
    _totals(network)
    with st.container(border=True):
        svg, alt = drawing.draw(network, image_shape)
        st.image(svg, width="stretch", alt=alt)
        st.caption(
            "Each block is what leaves a layer: as high as the image, as thick as its channels. A thin one leaves the "
            "size as it was."
        )
    _table(network, image_shape, layers)


def of_run(run: Run) -> None:
    """Draw the size and cost of a run's network."""
    dataset = run.dataset
    draw(trace(run.config.layers, dataset.image_shape, len(dataset.class_names)), dataset.image_shape)


def _totals(network: Architecture) -> None:
    with st.grid(4, min_column_width=120):
        st.metric(
            "Parameters",
            f"{network.params:,}",
            border=True,
            help="The numbers that the network consists of; training adjusts nearly all. More can learn more, and "
            "memorise more.",
        )
        st.metric(
            "Multiply-adds",
            short(network.multiply_adds),
            border=True,
            help="The arithmetic for one image: how often two numbers are multiplied and added. Twice as many take "
            "about twice as long. M: million, k: thousand.",
        )
        st.metric(
            "Model size",
            f"{network.params * 4 / 1e6:,.1f} MB",
            border=True,
            help="Every parameter takes four bytes.",
        )
        st.metric(
            "Activations",
            short(network.activations),
            border=True,
            help="The numbers that all layers give out for one image. Training keeps them for every image of a batch: "
            "at four bytes each, they are most of the memory it needs.",
        )


def _table(network: Architecture, image_shape: Shape, layers: Sequence[Layer]) -> None:
    rows = [_row(row) for row in network.rows]
    for position in range(len(network.rows), len(layers)):  # the first that does not fit, and all below it
        output = "does not fit" if position == network.problem_position else "–"
        rows.append({"": str(position + 1), "Layer": type(layers[position]).__name__, "Output": output})
    costs = st.column_config.ProgressColumn
    st.dataframe(
        [
            {"": "", "Layer": "Image", "Output": shape_text(image_shape), "Parameters": None, "Multiply-adds": None},
            *rows,
        ],
        hide_index=True,
        height="content",
        alt="Output shape, parameters and multiply-adds of each layer",
        column_config={
            "": st.column_config.TextColumn(width=20),
            "Parameters": costs(format="localized", max_value=max([1, *(row.params for row in network.rows)])),
            "Multiply-adds": costs(
                format="compact", max_value=max([1, *(row.multiply_adds for row in network.rows)]), color="orange"
            ),
        },
    )
    if network.problem is None:
        st.caption(
            "The last rows, without a number, are added by themselves; softmax makes probabilities of what they give."
        )


def _row(row: LayerRow) -> dict[str, object]:
    return {
        "": "" if row.position is None else str(row.position + 1),
        "Layer": type(row.layer).__name__,
        "Output": shape_text(row.output_shape),
        "Parameters": row.params or None,
        "Multiply-adds": row.multiply_adds or None,
    }


def shape_text(shape: Shape) -> str:
    """Say a shape as people write it: 32×32×3."""
    return "×".join(f"{side:,}" for side in shape)


def short(count: int) -> str:
    """Say a large number in three digits: 9.68 M."""
    for size, word in ((10**9, "G"), (10**6, "M"), (10**3, "k")):
        if count >= size:
            return f"{count / size:.3g} {word}"
    return str(count)
