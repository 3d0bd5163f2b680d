"""How fast a training goes, and how long the rest will take."""

import time


class Pace:
    """Counts what was learnt in which time.

    The first call builds the graph, so it says nothing about the others and is not counted. before is the time, in
    seconds, that the training had taken when it was last interrupted, and rate how many images a second it did then.
    """

    def __init__(self, before: float = 0.0, rate: float = 0.0) -> None:
        self._rate = rate
        self._began = time.perf_counter() - before
        self._calls = self._images = self._validations = 0
        self._seconds = self._validation_seconds = 0.0

    def learnt(self, images: int, seconds: float) -> None:
        """Count so many images."""
        self._calls += 1
        if self._calls > 1:
            self._images, self._seconds = self._images + images, self._seconds + seconds

    def validated(self, seconds: float) -> None:
        """Count one validation."""
        self._validations, self._validation_seconds = self._validations + 1, self._validation_seconds + seconds

    @property
    def seconds(self) -> float:
        """The time that the training has taken."""
        return time.perf_counter() - self._began

    @property
    def images_per_second(self) -> float:
        """Images a second while learning, or 0 before anything is known."""
        return self._images / self._seconds if self._seconds else self._rate

    def seconds_left(self, images: int, validations: int) -> float | None:
        """Return the time for that much more, or None before anything is known."""
        if not self.images_per_second:
            return None
        each = self._validation_seconds / self._validations if self._validations else 0.0
        return images / self.images_per_second + validations * each
