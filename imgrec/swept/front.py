"""What accuracy costs in time: the points of a sweep, and those that no other beats in both."""

from collections.abc import Sequence
from dataclasses import dataclass

from imgrec.metrics import pareto_front
from imgrec.swept.points import Point, Value, check_accuracies, interval, spread


@dataclass(frozen=True)
class Timed:
    """A point with what it took, its validation accuracy, and where that lies with 95 % confidence."""

    values: tuple[Value, ...]
    seconds: float
    accuracy: float
    low: float
    high: float
    on_front: bool
    """Whether no other point takes no longer and is at least as accurate."""
    runs: tuple[str, ...]


def front(points: Sequence[Point]) -> tuple[Timed, ...]:
    """Return the points in their order, and which of them lie on the Pareto front of seconds and validation accuracy.

    Raises ValueError for an accuracy outside of [0, 1] or seconds that are not finite.
    """
    for point in points:
        check_accuracies(point)
    seeds = spread(points)
    on_front = pareto_front([point.seconds for point in points], [point.mean for point in points]).tolist()
    return tuple(
        Timed(
            point.values,
            point.seconds,
            point.mean,
            *interval(point.mean, len(point.validation), point.validation_images, seeds),
            on_front=unbeaten,
            runs=point.run_ids,
        )
        for point, unbeaten in zip(points, on_front, strict=True)
    )
