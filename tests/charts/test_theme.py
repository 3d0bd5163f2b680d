"""Charts leave background and text to the page, in colours and words that every visitor can read."""

import html
import re
import subprocess
import sys

import numpy as np
import pytest

from imgrec import charts
from imgrec.charts import theme
from tests.payloads import PAYLOADS

NAMES = ["cat", "dog", "ship"]
MATRIX = np.array([[900, 89, 11], [0, 1000, 0], [0, 0, 0]])
LIGHT, DARK = "#FFFFFF", "#0E1117"
ROWS = [{"epoch": 1, "loss": 1.0, "accuracy": 0.5, "validation_loss": 2.0, "validation_accuracy": 0.4}]


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.2 defines it."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return float(np.dot(linear, [0.2126, 0.7152, 0.0722]))


def contrast(one: str, other: str) -> float:
    low, high = sorted([luminance(one), luminance(other)])
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("background", [LIGHT, DARK])
@pytest.mark.parametrize("name", ["TRAINING", "VALIDATION", "ACCENT", "QUIET"])
def test_colours_stand_out_from_light_and_dark_pages(name, background):
    """WCAG 2.2, 1.4.11: graphics need a contrast of 3 to 1."""
    assert contrast(getattr(charts, name), background) >= 3


@pytest.mark.parametrize("colour", charts.RUN_COLOURS)
@pytest.mark.parametrize("background", [LIGHT, DARK])
def test_the_colours_of_runs_can_be_seen_on_light_and_dark_pages(colour, background):
    """Below 3 to 1 for some on white, as in Okabe and Ito: curves also differ by name, legend and dash."""
    assert contrast(colour, background) >= 2


@pytest.mark.parametrize(
    "figure",
    [
        charts.curves(ROWS, "loss", 5),
        charts.overlaid([charts.Curve("A", charts.RUN_COLOURS[0], [1, 2], [0.1, 0.2])], "accuracy", "epoch"),
        charts.confusion(MATRIX, NAMES, normalise=False),
        charts.difference(MATRIX, MATRIX.T, NAMES),
        charts.reliability([0.5], [0.4], [3]),
        charts.cost([charts.Priced("A", charts.RUN_COLOURS[0], 1e6, 0.8, 0.79, 0.81, True)], "parameters"),
    ],
    ids=["curves", "overlaid", "confusion", "difference", "reliability", "cost"],
)
def test_background_and_text_colour_are_left_to_the_page(figure):
    assert figure.layout.paper_bgcolor == figure.layout.plot_bgcolor == "rgba(0,0,0,0)"
    assert figure.layout.font.color is None
    assert figure.layout.uirevision


@pytest.mark.parametrize(
    "figure",
    [
        charts.overlaid([charts.Curve("<b>a</b>", "#0072B2", [1], [0.1])], "accuracy", "epoch"),
        charts.cost([charts.Priced("<b>a</b>", "#0072B2", 1e6, 0.8, 0.79, 0.81, True)], "parameters"),
    ],
    ids=["overlaid", "cost"],
)
def test_a_run_can_have_any_name(figure):
    shown = figure.to_json()
    assert "<b>" not in shown
    assert "\\u003cb\\u003e" not in shown
    assert "&lt;b&gt;" in shown or "\\u0026lt;b" in shown


def test_no_figure_is_made_while_pandas_is_half_imported():
    # Plotly would use what another thread has imported of it so far: visitors who came at once met an error.
    code = "import sys; import imgrec.charts; assert hasattr(sys.modules['pandas'], 'Series')"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("name", PAYLOADS)
def test_a_name_is_neither_markup_nor_latex_and_turns_nothing_around(name):
    written = theme.plain(name)
    assert not re.search(r"[<>$]|&(?!(amp|lt|gt|#36);)", written)
    seen = html.unescape(written)
    assert len(seen) == len(name)
    assert all(shown in {letter, " ", "\ufffd"} for shown, letter in zip(seen, name, strict=True))
    assert not re.search("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]", seen)
