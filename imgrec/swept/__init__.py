"""What a sweep teaches: which setting mattered, where accuracy is high, what it costs, how optimistic the best is."""

from imgrec.swept.front import Timed, front
from imgrec.swept.importance import FEWEST_POINTS, Importance, importance, said
from imgrec.swept.optimism import Optimism, optimism
from imgrec.swept.points import Point, Setting, Value, best, scaled
from imgrec.swept.surface import Cell, Smooth, Surface, smooth, surface

__all__ = [
    "FEWEST_POINTS",
    "Cell",
    "Importance",
    "Optimism",
    "Point",
    "Setting",
    "Smooth",
    "Surface",
    "Timed",
    "Value",
    "best",
    "front",
    "importance",
    "optimism",
    "said",
    "scaled",
    "smooth",
    "surface",
]
