"""Plotly figures from plain numbers; background and text colours are left to the theme they are shown in."""

# Plotly uses pandas whenever it finds it imported, also where another visitor's thread has only begun to import it.
import pandas  # noqa: F401

from imgrec.charts.cost import Priced, cost
from imgrec.charts.curves import Curve, curves, overlaid
from imgrec.charts.matrices import MOST_WITH_NUMBERS, confusion, difference, points
from imgrec.charts.parallel import parallel
from imgrec.charts.reliability import reliability
from imgrec.charts.surface import surface
from imgrec.charts.sweep import importance, over_time
from imgrec.charts.theme import ACCENT, QUIET, RUN_COLOURS, TRAINING, VALIDATION, short

__all__ = [
    "ACCENT",
    "MOST_WITH_NUMBERS",
    "QUIET",
    "RUN_COLOURS",
    "TRAINING",
    "VALIDATION",
    "Curve",
    "Priced",
    "confusion",
    "cost",
    "curves",
    "difference",
    "importance",
    "over_time",
    "overlaid",
    "parallel",
    "points",
    "reliability",
    "short",
    "surface",
]
