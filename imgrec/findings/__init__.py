"""What is wrong with a dataset: its twins, its classes, its labels, and images with nothing to see; and what mends it.

Pure functions of arrays; imports neither the pages nor the engine. check needs no training, wrong_labels does.
"""

from imgrec.findings.checks import check, twin_groups
from imgrec.findings.crossval import FitPredict, by_features, cross_validated
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
from imgrec.findings.thumbnails import Glance, glance

__all__ = [
    "Action",
    "Case",
    "Corrected",
    "Correction",
    "Finding",
    "Findings",
    "FitPredict",
    "Glance",
    "Kind",
    "by_features",
    "check",
    "colours_and_edges",
    "corrected",
    "cross_validated",
    "folds",
    "glance",
    "joined",
    "of_sizes",
    "outliers",
    "split_off",
    "twin_groups",
    "wrong_labels",
]
