"""The network as a table: what leaves each layer, and what the layer costs."""

import streamlit as st

from imgrec.architecture import Architecture, Row
from imgrec.datasets import Dataset
from imgrec.layers import Shape


def totals(network: Architecture) -> None:
    """Draws what the whole network amounts to."""
    with st.grid(3, min_column_width=140):
        st.metric(
            "Parameters",
            f"{network.params:,}",
            border=True,
            help="The numbers that training adjusts. More can learn more, and memorise more.",
        )
        st.metric(
            "Multiply-adds",
            short(network.multiply_adds),
            border=True,
            help="The arithmetic for one image: how often two numbers are multiplied and added. Twice as many take "
            "about twice as long.",
        )
        st.metric(
            "Model size",
            f"{network.params * 4 / 1e6:,.1f} MB",
            border=True,
            help="Every parameter takes four bytes.",
        )


def table(network: Architecture, dataset: Dataset) -> None:
    """Draws a row for each layer that fits, from the image to one number per class."""
    lines = ["| | Layer | Output | Parameters | Multiply-adds |", "|-:|:-|:-|-:|-:|"]
    lines.append(f"| | :gray[Image] | {shape_text(dataset.image_shape)} | | |")
    lines += [_line(row) for row in network.rows]
    if network.problem is None:
        lines.append(f"| | :gray[softmax] | {len(dataset.class_names)} probabilities | | |")
    st.markdown("\n".join(lines))


def _line(row: Row) -> str:
    name = type(row.layer).__name__
    # The head is not the user's: grey, and without a number.
    label = f":gray[{name}]" if row.position is None else name
    number = "" if row.position is None else f":gray[{row.position + 1}]"
    cells = (number, label, shape_text(row.output_shape), _count(row.params), _count(row.multiply_adds))
    return f"| {' | '.join(cells)} |"


def shape_text(shape: Shape) -> str:
    """Says a shape as people write it: 32×32×3."""
    return "×".join(f"{side:,}" for side in shape)


def short(count: int) -> str:
    """Says a large number in three digits: 9.68 million."""
    for size, word in ((10**9, "billion"), (10**6, "million"), (10**3, "thousand")):
        if count >= size:
            return f"{count / size:.3g} {word}"
    return str(count)


def _count(number: int) -> str:
    return f"{number:,}" if number else ":gray[–]"
