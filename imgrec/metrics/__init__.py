"""How good predictions are, whether two networks differ, and which images to look at. Arrays in, arrays out."""

from imgrec.metrics.calibration import Reliability, accuracy_near, reliability
from imgrec.metrics.confused import classes_around, classes_of, largest_cells
from imgrec.metrics.paired import LEVEL, Comparison, compare, mcnemar, verdict
from imgrec.metrics.pareto import pareto_front
from imgrec.metrics.ranking import Order, doubtful_labels, ordered, places
from imgrec.metrics.scores import (
    BALANCED,
    ClassIntervals,
    ClassScores,
    accuracy,
    balanced_accuracy,
    class_intervals,
    class_scores,
    confusion_matrix,
    cross_entropy,
    half_interval,
    is_uneven,
    macro_f1,
    top,
    top_k_correct,
    wilson_interval,
)

__all__ = [
    "BALANCED",
    "LEVEL",
    "ClassIntervals",
    "ClassScores",
    "Comparison",
    "Order",
    "Reliability",
    "accuracy",
    "accuracy_near",
    "balanced_accuracy",
    "class_intervals",
    "class_scores",
    "classes_around",
    "classes_of",
    "compare",
    "confusion_matrix",
    "cross_entropy",
    "doubtful_labels",
    "half_interval",
    "is_uneven",
    "largest_cells",
    "macro_f1",
    "mcnemar",
    "ordered",
    "pareto_front",
    "places",
    "reliability",
    "top",
    "top_k_correct",
    "verdict",
    "wilson_interval",
]
