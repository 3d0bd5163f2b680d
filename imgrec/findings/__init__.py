"""What is wrong with a dataset: its twins, its classes, its labels, and images with nothing to see; and what mends it.

Pure functions of arrays; imports neither the pages nor the engine. check needs no training, wrong_labels does.
"""

from imgrec.findings.checks import Compared, check, compare, judged, twin_groups
from imgrec.findings.crossval import FitPredict, best_calibrated, by_features, cross_validated
from imgrec.findings.features import colours_and_edges
from imgrec.findings.finding import (
    Action,
    Case,
    Corrected,
    Correction,
    Finding,
    Findings,
    Kind,
    corrected,
    joined,
)
from imgrec.findings.quality import of_sizes
from imgrec.findings.splitting import folds, split_off
from imgrec.findings.suspects import outliers, wrong_labels
from imgrec.findings.thumbnails import Glance, chunks, glance, resized

__all__ = [
    "Action",
    "Case",
    "Compared",
    "Corrected",
    "Correction",
    "Finding",
    "Findings",
    "FitPredict",
    "Glance",
    "Kind",
    "best_calibrated",
    "by_features",
    "check",
    "chunks",
    "colours_and_edges",
    "compare",
    "corrected",
    "cross_validated",
    "folds",
    "glance",
    "joined",
    "judged",
    "of_sizes",
    "outliers",
    "resized",
    "split_off",
    "twin_groups",
    "wrong_labels",
]
