"""What every way to ask a trained network has in common: views of each image, a batch at a time."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from imgrec.augmentations import in_pixels
from imgrec.datasets import Pixels
from imgrec.uploads import Picture

BATCH = 250
"""Images of 32×32 computed at once: more is not faster on a processor, and so many take 123 MB after the widest layer
of the preset `record` (31×31×128 float32).
"""


def at_once(image_shape: Sequence[int]) -> int:
    """Return how many images (H, W, C) are computed at once: BATCH, and of larger ones about as many pixels."""
    return max(1, min(BATCH, BATCH * 32 * 32 // (image_shape[0] * image_shape[1])))


IF_UNSURE = "mirror and shift if unsure"

UNSURE = 1 / 3
"""Where the first class leads the second by less, further views may change the answer.

So it is for about a quarter of the test images of CIFAR-10 and a network trained with label smoothing; asking about
these alone brings all that six views of every image do.
"""


class Answers(NamedTuple):
    """What a model says of N images."""

    probabilities: NDArray[np.float32]
    """(N, classes)"""
    novelty: NDArray[np.float32] | None
    """(N,) from 0 to 1: how unlike its training images they are (imgrec/engine/novelty.py), if the model can tell."""


class Answer(NamedTuple):
    """What a model says of a picture: what was read of it, the probabilities (classes,) and its novelty, if known."""

    picture: Picture
    probabilities: NDArray[np.float32]
    novelty: float | None


class Classifier(ABC):
    """A model ready to answer: uint8 images (N, H, W, C) in, float32 probabilities (N, classes) out."""

    def __init__(self, image_shape: tuple[int, ...], test_time_augmentation: str = "none") -> None:
        self.image_shape = image_shape
        self._augmentation = test_time_augmentation
        self._at_once = at_once(image_shape)

    @abstractmethod
    def answer(self, images: np.ndarray) -> Answers:
        """Return what the model says of images as they are, at most at_once of them: arrays of their own."""

    def probabilities(self, images: Pixels, on_share: Callable[[float], None] = lambda _: None) -> np.ndarray:
        """Return the probability of each class for each image, as the mean over the image's views."""
        return self.ask(images, on_share).probabilities

    def ask(self, images: Pixels, on_share: Callable[[float], None] = lambda _: None) -> Answers:
        """Return the probabilities as the mean over the views of each image, and the novelty of the image itself.

        on_share receives, each time that the model has answered, which share of its answers are there.
        """
        answers_of = self._where_unsure if self._augmentation == IF_UNSURE else self._of_every_view
        parts = []
        for start in range(0, len(images), self._at_once):
            batch = images[start : start + self._at_once]
            told = partial(_tell_part, on_share, start / len(images), len(batch) / len(images))
            parts.append(answers_of(batch, told))
        return _joined(parts)

    def _of_every_view(self, images: np.ndarray, on_share: Callable[[float], None]) -> Answers:
        shown = self._of(views(images, self._augmentation), on_share)
        return Answers(np.mean([each.probabilities for each in shown], axis=0), shown[0].novelty)

    def _where_unsure(self, images: np.ndarray, on_share: Callable[[float], None]) -> Answers:
        """Ask about further views of those images alone whose first answer leaves two classes close together."""
        answers, novelty = self.answer(images)
        unsure = margins(answers) < UNSURE
        on_share(0.5 if unsure.any() else 1.0)
        if unsure.any():
            _, *further = views(images[unsure], self._augmentation)
            others = self._of(further, lambda share: on_share(0.5 + share / 2))
            answers[unsure] = np.mean([answers[unsure], *(other.probabilities for other in others)], axis=0)
        return Answers(answers, novelty)

    def _of(self, shown: Sequence[np.ndarray], on_share: Callable[[float], None]) -> list[Answers]:
        """Return the answers for each view of all images."""
        if sum(map(len, shown)) <= self._at_once:  # a few pictures with all their views in one call
            together, novelty = self.answer(np.concatenate(shown))
            on_share(1.0)
            parts = [None] * len(shown) if novelty is None else np.split(novelty, len(shown))
            return [Answers(*part) for part in zip(np.split(together, len(shown)), parts, strict=True)]
        answers = []
        for place, view in enumerate(shown, 1):
            answers.append(self.answer(view))
            on_share(place / len(shown))
        return answers


def _joined(parts: Sequence[Answers]) -> Answers:
    novelties = [part.novelty for part in parts if part.novelty is not None]
    probabilities = np.concatenate([part.probabilities for part in parts])
    return Answers(probabilities, np.concatenate(novelties) if novelties else None)


def _tell_part(on_share: Callable[[float], None], done: float, size: float, share: float) -> None:
    on_share(min(1.0, done + share * size))


def margins(probabilities: np.ndarray) -> np.ndarray:
    """Return by how much the first of the classes leads the second, for each row of probabilities (N, classes)."""
    second, first = np.partition(probabilities, -2, axis=1)[:, -2:].T
    return np.asarray(first - second)


def views(images: np.ndarray, test_time_augmentation: str) -> list[np.ndarray]:
    """Return what the network is asked about images (N, H, W, C): one, two or six arrays of the same shape."""
    match test_time_augmentation:
        case "none":
            return [images]
        case "mirror":
            return [images, images[:, :, ::-1]]
        case "mirror and shift" | "mirror and shift if unsure":
            by = in_pixels(1, min(images.shape[1:3]))
            shifted = [images, _shifted(images, -by), _shifted(images, by)]
            return [view for moved in shifted for view in (moved, moved[:, :, ::-1])]
        case unknown:
            raise ValueError(unknown)


def _shifted(images: np.ndarray, by: int) -> np.ndarray:
    """Move images by so many pixels down and to the right; what is uncovered is filled with the mirrored image."""
    height, width = images.shape[1:3]
    reach = abs(by)
    padded = np.pad(images, ((0, 0), (reach, reach), (reach, reach), (0, 0)), mode="reflect")
    return padded[:, reach - by : reach - by + height, reach - by : reach - by + width]
