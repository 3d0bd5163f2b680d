"""Confusion matrices: of one run, and the difference between two. A click on a cell selects its point."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from imgrec.charts.theme import ACCENT, Scale, ink, layout, plain, short

Cell = tuple[int, int]
"""True class and predicted class."""

MOST_WITH_NUMBERS = 20
"""Classes up to which the cells of a matrix have room for their numbers. Where there are more, colours alone speak, and
only cells that count an image can be pointed at: a browser takes long for ten thousand points.
"""

_HEIGHT, _HEIGHT_OF_MANY = 460, 620

_NEAR_PIXELS = 3

# They rise steeply at first: confusions are a few percent and would not be seen on a straight scale.
_LIGHT_SHARES: Scale = ((0, "#F7F6FB"), (0.05, "#E4E0F3"), (0.2, "#B9AFE0"), (1, "#4A35A0"))
_DARK_SHARES: Scale = ((0, "#1B1A26"), (0.05, "#2F294C"), (0.2, "#4A3D85"), (1, "#9C8CF0"))

# Orange is less, blue is more; palest, which on a dark page is darkest, is none.
_LIGHT_DIFFERENCES: Scale = ((0, "#C2570C"), (0.25, "#F0A873"), (0.5, "#FFFFFF"), (0.75, "#8AB6DE"), (1, "#14609E"))
_DARK_DIFFERENCES: Scale = ((0, "#F08A45"), (0.25, "#8A4A20"), (0.5, "#161A24"), (0.75, "#27588C"), (1, "#5EA2DC"))


def points(matrix: NDArray[Any], shown: Sequence[int] | None = None) -> list[Cell]:
    """List the selectable cells of a figure of some classes of a matrix, in the order of its points: row by row.

    Of a difference, the matrix is the sum of both.
    """
    classes = range(len(matrix)) if shown is None else shown
    if len(classes) <= MOST_WITH_NUMBERS:
        return [(true, guess) for true in classes for guess in classes]
    rows, columns = np.nonzero(matrix[np.ix_(classes, classes)])
    return [(classes[row], classes[column]) for row, column in zip(rows.tolist(), columns.tolist(), strict=True)]


def confusion(
    matrix: NDArray[Any],
    class_names: Sequence[str],
    normalise: bool,
    *,
    shown: Sequence[int] | None = None,
    dark: bool = False,
    diagonal: bool = True,
    chosen: Cell | None = None,
) -> go.Figure:
    """Draw a confusion matrix [true, predicted], or some of its classes, coloured by the share of each true class.

    The cells show counts, or with normalise the percentage of all images of the row's class. Without the diagonal the
    colours reach to the largest confusion. On a dark page, dark makes small shares dark; without it the chart can be
    read there too, but glares. The chosen cell is framed. The selectable points are those of `points`.
    """
    whole = np.asarray(matrix)
    classes = list(range(len(whole)) if shown is None else shown)
    counts, images = whole[np.ix_(classes, classes)], whole.sum(axis=1)
    rows = images[classes]
    shares = np.divide(counts, rows[:, None], out=np.zeros(counts.shape), where=rows[:, None] != 0)
    hidden = np.eye(len(counts), dtype=bool) & (not diagonal)
    seen = np.where(hidden, 0.0, shares)
    if not diagonal:
        seen /= max(float(seen.max()), 1e-9)
    texts = None
    if len(classes) <= MOST_WITH_NUMBERS:
        texts = [
            "" if count == 0 or hide else _percent(share) if normalise else f"{count:,}"
            for count, share, hide in zip(
                counts.ravel().tolist(), shares.ravel().tolist(), hidden.ravel().tolist(), strict=True
            )
        ]
    names = [plain(name) for name in class_names]

    def sentence(true: int, guess: int) -> str:
        row, count = int(images[true]), int(whole[true, guess])
        share = f" ({100 * count / row:.1f} %)" if row else ""
        what = f"{names[true]} recognised" if true == guess else f"{names[true]} taken for {names[guess]}"
        return f"{what}: {count:,} of {row:,}{share}"

    selectable = {cell: sentence(*cell) for cell in points(whole, classes)}
    scale = _DARK_SHARES if dark else _LIGHT_SHARES
    return _cells(seen, (0, 1), scale, texts, selectable, classes, class_names, chosen)


def difference(
    before: NDArray[Any],
    after: NDArray[Any],
    class_names: Sequence[str],
    *,
    shown: Sequence[int] | None = None,
    dark: bool = False,
    chosen: Cell | None = None,
) -> go.Figure:
    """Draw how many more images each cell [true, predicted] counts in one confusion matrix than in another.

    The text is the change; the colour says whether it is better or worse, as fewer confusions are better. shown are
    the classes that are drawn, if not all.
    """
    classes = list(range(len(before)) if shown is None else shown)
    both = np.ix_(classes, classes)
    change = np.asarray(after)[both].astype(int) - np.asarray(before)[both].astype(int)
    better = np.where(np.eye(len(change), dtype=bool), change, -change)
    most = max(1, int(np.abs(change).max()))
    texts = None
    if len(classes) <= MOST_WITH_NUMBERS:
        texts = [f"{value:+,}".replace("-", "−") if value else "" for value in change.ravel().tolist()]
    names = [plain(name) for name in class_names]

    def sentence(true: int, guess: int) -> str:
        what = "recognised" if true == guess else f"taken for {names[guess]}"
        return f"{names[true]} {what}: {before[true, guess]:,} → {after[true, guess]:,}"

    selectable = {cell: sentence(*cell) for cell in points(before + after, classes)}
    scale = _DARK_DIFFERENCES if dark else _LIGHT_DIFFERENCES
    return _cells(better, (-most, most), scale, texts, selectable, classes, class_names, chosen)


def _cells(
    values: NDArray[Any],
    reach: tuple[float, float],
    scale: Scale,
    texts: Sequence[str] | None,
    selectable: Mapping[Cell, str],
    shown: Sequence[int],
    class_names: Sequence[str],
    chosen: Cell | None,
) -> go.Figure:
    """Draw the values of the cells of the classes that are shown; a selectable cell has what hovering over it says."""
    classes, many = len(shown), len(shown) > MOST_WITH_NUMBERS
    place_of = {label: place for place, label in enumerate(shown)}
    figure = go.Figure(layout=layout(height=_HEIGHT_OF_MANY if many else _HEIGHT, uirevision="matrix"))
    low, high = reach
    figure.add_heatmap(
        z=np.asarray(values, np.float32) if many else values,
        zmin=low,
        zmax=high,
        colorscale=scale,
        showscale=False,
        xgap=0 if many else 1,
        ygap=0 if many else 1,
        hoverinfo="skip",  # the points above it answer, also to a click, which a heatmap does not report
    )
    if texts is not None:
        figure.add_scatter(
            x=list(range(classes)) * classes,
            y=np.repeat(np.arange(classes), classes).tolist(),
            text=texts,
            mode="text",
            textfont={"size": 10, "color": ink((np.asarray(values, float) - low) / (high - low), scale).ravel()},
            hoverinfo="skip",
        )
    figure.add_scatter(
        x=[place_of[guess] for _, guess in selectable],
        y=[place_of[true] for true, _ in selectable],
        mode="markers",
        # Plotly takes the nearest one, but any of those whose markers are under the pointer: so they are small.
        marker={"symbol": "square", "size": 4, "opacity": 0},
        selected={"marker": {"opacity": 0}},
        unselected={"marker": {"opacity": 0}},
        text=list(selectable.values()),
        hovertemplate="%{text}<extra></extra>",
    )
    if chosen is not None and place_of.keys() >= set(chosen):
        true, guess = place_of[chosen[0]], place_of[chosen[1]]
        figure.add_shape(
            type="rect",
            x0=guess - 0.5,
            x1=guess + 0.5,
            y0=true - 0.5,
            y1=true + 0.5,
            line={"color": ACCENT, "width": 3},
        )
    _class_axes(figure, [class_names[label] for label in shown])
    # A cell answers as a whole, however large it is; of many classes, cells that count no image do not answer.
    figure.update_layout(hoverdistance=_NEAR_PIXELS if many else -1)
    return figure


def _class_axes(figure: go.Figure, names: Sequence[str]) -> None:
    """Name the rows and columns; of many, as many as there is room for."""
    classes = len(names)
    said = [plain(short(name)) for name in names]
    common = {"showgrid": False, "zeroline": False, "ticks": "", "automargin": True, "tickfont": {"size": 11}}

    def ticks(most: int) -> dict[str, Any]:
        if classes <= MOST_WITH_NUMBERS:
            return {"tickvals": list(range(classes)), "ticktext": said, **common}
        every = {"tick0": 0, "dtick": -(-classes // most), "tickformat": "d"}
        return {**every, "labelalias": dict(enumerate(said)), **common}

    figure.update_xaxes(
        title={"text": "predicted class", "standoff": 4},
        side="top",
        tickangle=-45,
        range=[-0.5, classes - 0.5],
        **ticks(10),  # as many as stand beside each other on a telephone
    )
    # Cells are as wide as the page allows, and not square: on a telephone half of the height would be empty.
    figure.update_yaxes(title="true class", range=[classes - 0.5, -0.5], **ticks(20))
    # The last class name leans out to the right, and Plotly makes no room for it: about 5 pixels a letter.
    right = 8 + 5 * len(short(names[-1]))
    figure.update_layout(
        showlegend=False, hovermode="closest", clickmode="event+select", margin={"l": 4, "r": right, "t": 4, "b": 4}
    )


def _percent(share: float) -> str:
    """Write a percentage in at most three characters: a cell is 22 pixels wide on a phone."""
    return f"{100 * share:.1f}" if share < 0.0995 else f"{100 * share:.0f}"
