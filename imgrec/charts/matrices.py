"""Confusion matrices: of one run, and the difference between two. A click on a cell selects its point."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from imgrec.charts.theme import ACCENT, layout, plain, short

Cell = tuple[int, int]
"""True class and predicted class."""

Scale = Sequence[tuple[float, str]]

_MOST_CELL_TEXTS = 20
"""Classes up to which the cells of a confusion matrix have room for their numbers."""

# They rise steeply at first: confusions are a few percent and would not be seen on a straight scale.
_LIGHT_SHARES: Scale = ((0, "#F7F6FB"), (0.05, "#E4E0F3"), (0.2, "#B9AFE0"), (1, "#4A35A0"))
_DARK_SHARES: Scale = ((0, "#1B1A26"), (0.05, "#2F294C"), (0.2, "#4A3D85"), (1, "#9C8CF0"))

# Orange is less, blue is more; palest, which on a dark page is darkest, is none.
_LIGHT_DIFFERENCES: Scale = ((0, "#C2570C"), (0.25, "#F0A873"), (0.5, "#FFFFFF"), (0.75, "#8AB6DE"), (1, "#14609E"))
_DARK_DIFFERENCES: Scale = ((0, "#F08A45"), (0.25, "#8A4A20"), (0.5, "#161A24"), (0.75, "#27588C"), (1, "#5EA2DC"))


def confusion(
    matrix: NDArray[Any],
    class_names: Sequence[str],
    normalise: bool,
    *,
    dark: bool = False,
    diagonal: bool = True,
    chosen: Cell | None = None,
) -> go.Figure:
    """Draw a confusion matrix [true, predicted], coloured by the share of each true class.

    The cells show counts, or with normalise the percentage of the row. Without the diagonal the colours reach to the
    largest confusion. On a dark page, dark makes small shares dark; without it the chart can be read there too, but
    glares. The chosen cell is framed. The selectable points are all cells, row by row.
    """
    counts = np.asarray(matrix)
    rows = counts.sum(axis=1)
    shares = np.divide(counts, rows[:, None], out=np.zeros(counts.shape), where=rows[:, None] != 0)
    hidden = np.eye(len(counts), dtype=bool) & (not diagonal)
    texts = [
        [
            "" if count == 0 or hide else _percent(share) if normalise else f"{count:,}"
            for count, share, hide in zip(*row, strict=True)
        ]
        for row in zip(counts.tolist(), shares.tolist(), hidden.tolist(), strict=True)
    ]
    seen = np.where(hidden, 0.0, shares)
    if not diagonal:
        seen /= max(float(seen.max()), 1e-9)
    sentences = _sentences(counts, class_names)
    return _cells(seen, (0, 1), _DARK_SHARES if dark else _LIGHT_SHARES, texts, sentences, class_names, chosen)


def difference(
    before: NDArray[Any],
    after: NDArray[Any],
    class_names: Sequence[str],
    *,
    dark: bool = False,
    chosen: Cell | None = None,
) -> go.Figure:
    """Draw how many more images each cell [true, predicted] counts in one confusion matrix than in another.

    The text is the change; the colour says whether it is better or worse, as fewer confusions are better.
    """
    change = np.asarray(after).astype(int) - np.asarray(before).astype(int)
    better = np.where(np.eye(len(change), dtype=bool), change, -change)
    most = max(1, int(np.abs(change).max()))
    texts = [[f"{value:+,}".replace("-", "−") if value else "" for value in row] for row in change.tolist()]
    names = [plain(name) for name in class_names]
    sentences = [
        [
            f"{names[true]} {'recognised' if true == guess else f'taken for {names[guess]}'}: "
            f"{before[true, guess]:,} → {after[true, guess]:,}"
            for guess in range(len(names))
        ]
        for true in range(len(names))
    ]
    scale = _DARK_DIFFERENCES if dark else _LIGHT_DIFFERENCES
    return _cells(better, (-most, most), scale, texts, sentences, class_names, chosen)


def _cells(
    values: NDArray[Any],
    reach: tuple[float, float],
    scale: Scale,
    texts: list[list[str]],
    sentences: list[list[str]],
    class_names: Sequence[str],
    chosen: Cell | None,
) -> go.Figure:
    classes = len(class_names)
    places = [(true, guess) for true in range(classes) for guess in range(classes)]
    figure = go.Figure(layout=layout(height=460, uirevision="matrix"))
    low, high = reach
    figure.add_heatmap(
        z=values,
        zmin=low,
        zmax=high,
        colorscale=scale,
        showscale=False,
        xgap=1,
        ygap=1,
        hoverinfo="skip",  # the points above it answer, also to a click, which a heatmap does not report
    )
    if classes <= _MOST_CELL_TEXTS:
        ink = _ink((np.asarray(values, float) - low) / (high - low), scale)
        figure.add_scatter(
            x=[guess for _, guess in places],
            y=[true for true, _ in places],
            text=[texts[true][guess] for true, guess in places],
            mode="text",
            textfont={"size": 10, "color": [ink[place] for place in places]},
            hoverinfo="skip",
        )
    figure.add_scatter(
        x=[guess for _, guess in places],
        y=[true for true, _ in places],
        mode="markers",
        marker={"symbol": "square", "size": 30, "opacity": 0},
        selected={"marker": {"opacity": 0}},
        unselected={"marker": {"opacity": 0}},
        text=[sentences[true][guess] for true, guess in places],
        hovertemplate="%{text}<extra></extra>",
    )
    if chosen is not None:
        true, guess = chosen
        figure.add_shape(
            type="rect",
            x0=guess - 0.5,
            x1=guess + 0.5,
            y0=true - 0.5,
            y1=true + 0.5,
            line={"color": ACCENT, "width": 3},
        )
    ticks = {
        "tickvals": list(range(classes)),
        "ticktext": [plain(short(name)) for name in class_names],
        "showgrid": False,
        "zeroline": False,
        "ticks": "",
        "automargin": True,
        "tickfont": {"size": 11},
    }
    figure.update_xaxes(
        title={"text": "predicted class", "standoff": 4},
        side="top",
        tickangle=-45,
        range=[-0.5, classes - 0.5],
        **ticks,
    )
    # Cells are as wide as the page allows, and not square: on a telephone half of the height would be empty.
    figure.update_yaxes(title="true class", range=[classes - 0.5, -0.5], **ticks)
    # The last class name leans out to the right, and Plotly makes no room for it: about 5 pixels a letter.
    right = 8 + 5 * len(short(class_names[-1]))
    figure.update_layout(
        showlegend=False, hovermode="closest", clickmode="event+select", margin={"l": 4, "r": right, "t": 4, "b": 4}
    )
    return figure


def _ink(shares: NDArray[Any], scale: Scale) -> NDArray[Any]:
    """Choose white or black for the text on each cell, whichever contrasts more."""
    stops = [stop for stop, _ in scale]
    luminance = np.zeros(shares.shape)
    for place, weight in ((1, 0.2126), (3, 0.7152), (5, 0.0722)):
        channel = np.interp(shares, stops, [int(colour[place : place + 2], 16) / 255 for _, colour in scale])
        luminance += weight * channel**2.2
    # White has luminance 1, black 0; the contrast of WCAG 2.2 to both is the same at √(1.05 · 0.05) - 0.05.
    return np.where(luminance < 0.179, "white", "black")


def _percent(share: float) -> str:
    """Write a percentage in at most three characters: a cell is 22 pixels wide on a phone."""
    return f"{100 * share:.1f}" if share < 0.0995 else f"{100 * share:.0f}"


def _sentences(counts: NDArray[Any], class_names: Sequence[str]) -> list[list[str]]:
    names = [plain(name) for name in class_names]

    def sentence(true: int, guess: int) -> str:
        row, count = int(counts[true].sum()), int(counts[true, guess])
        share = f" ({100 * count / row:.1f} %)" if row else ""
        what = f"{names[true]} recognised" if true == guess else f"{names[true]} taken for {names[guess]}"
        return f"{what}: {count:,} of {row:,}{share}"

    return [[sentence(true, guess) for guess in range(len(names))] for true in range(len(names))]
