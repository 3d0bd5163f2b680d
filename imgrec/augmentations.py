"""Every augmentation, and the table AUGMENTATIONS: random changes to training images that keep their label.

To add one: a class here, its name in AUGMENTATIONS (in the order in which they are applied), and its array function
in engine/augment.py. The toggle, the slider, the preview, the training and the contract tests follow.
"""

from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, SerializeAsAny

from imgrec.quantities import percent
from imgrec.settings import NamedSettings, number, parse_named, switch, whole

SIDE = 32
"""Of the images for which amounts in pixels are given: the same amounts suit others, as they grow with the image."""


def in_pixels(amount: int, side: int) -> int:
    """Return what an amount in pixels of 32×32 means where the shorter side has so many pixels: 0, or at least 1.

    2 of 32 pixels are 4 of 64, and 2 of 28.
    """
    return max(1, int(amount * side / SIDE + 0.5)) if amount else 0


class Augmentation(NamedSettings):
    """A random change, drawn anew for every image of every batch; each default is a gentle amount."""

    needs_colour: ClassVar[bool] = False
    """Whether images of one channel stay as they are."""

    def doubt(self) -> str | None:
        """Say why images may no longer show their class, or nothing where they should."""
        return None

    def scaled(self, side: int) -> str | None:
        """Say what an amount in pixels of 32×32 means for images whose shorter side is another, or nothing."""
        del side
        return None


class HorizontalFlip(Augmentation):
    """Mirrors images left to right.

    Source of alternate: Jordan 2024, "94% on CIFAR-10 in 3.29 Seconds on a Single GPU", section 3.6.
    """

    probability: float = number(0.5, 0.0, 1.0, "The share of images that is mirrored.", step=0.05)
    alternate: bool = switch(
        False,
        "Draws in the first epoch only. From then on the images take turns: with a probability of 0.5 each is mirrored "
        "in every other epoch, so that two epochs in a row show both views of it; with 0.25 in one of four.",
        title="In turns instead of at random",
    )


class Rotation(Augmentation):
    """Turns images by a random angle; the border pixels fill the corners."""

    degrees: int = whole(10, 0, 180, "The largest angle to either side. Beyond 30° many things look wrong.")

    def doubt(self) -> str | None:
        return (
            "Beyond 30° things stand as they never do, and some become others, as 6 and 9."
            if self.degrees > 30
            else None
        )


class Zoom(Augmentation):
    """Enlarges or shrinks images; the border pixels fill what is uncovered."""

    amount: float = number(0.1, 0.0, 0.5, "0.1 draws sizes between 90 % and 110 %.")

    def doubt(self) -> str | None:
        return "Enlarged this much, what tells the class may lie outside of the image." if self.amount > 0.3 else None


class Shift(Augmentation):
    """Moves images sideways, up or down; what is uncovered is filled with the mirrored image."""

    pixels: int = whole(
        2,
        0,
        8,
        "The largest move in each direction, in pixels of an image of 32×32: of one of 128×128 four times as many.",
    )

    def scaled(self, side: int) -> str | None:
        moved = in_pixels(self.pixels, side)
        return f"Here by up to {moved} of {side} pixels." if moved != self.pixels else None


class Brightness(Augmentation):
    """Makes images brighter or darker."""

    amount: float = number(0.1, 0.0, 0.8, "The largest change, as a share of the full brightness.")

    def doubt(self) -> str | None:
        return "Changed this much, bright and dark images become white or black." if self.amount > 0.5 else None


class Contrast(Augmentation):
    """Pulls brightness differences apart or together, around the image's mean."""

    amount: float = number(0.2, 0.0, 0.9, "0.2 draws strengths between 80 % and 120 %.")


class Saturation(Augmentation):
    """Makes colours stronger or paler."""

    needs_colour = True

    amount: float = number(0.3, 0.0, 1.0, "0.3 draws strengths between 70 % and 130 %; 1 reaches grey.")


class Cutout(Augmentation):
    """Covers a square at a random place with grey, so that no single detail decides.

    Source: DeVries and Taylor 2017, "Improved Regularization of Convolutional Neural Networks with Cutout".
    """

    size: int = whole(
        8,
        1,
        24,
        "Side of the square, in pixels of an image of 32×32: of one of 128×128 four times as many. At the border a "
        "part of it lies outside.",
    )

    def doubt(self) -> str | None:
        if self.size <= SIDE / 2:
            return None
        return f"It hides up to {percent((self.size / SIDE) ** 2, 0)} of an image, and often what tells its class."

    def scaled(self, side: int) -> str | None:
        covered = in_pixels(self.size, side)
        return f"Here {covered}×{covered} pixels." if covered != self.size else None


class GaussianNoise(Augmentation):
    """Adds random grain to every pixel."""

    stddev: float = number(
        0.03, 0.0, 0.5, "Standard deviation of the grain, as a share of the full brightness.", title="Strength"
    )


AUGMENTATIONS: dict[str, type[Augmentation]] = {
    augmentation.__name__: augmentation
    for augmentation in (
        HorizontalFlip,
        Rotation,
        Zoom,
        Shift,
        Brightness,
        Contrast,
        Saturation,
        Cutout,
        GaussianNoise,
    )
}


def _parse_augmentation(data: object) -> Any:
    return parse_named(AUGMENTATIONS, "augmentation", data)


AnyAugmentation = Annotated[SerializeAsAny[Augmentation], BeforeValidator(_parse_augmentation)]
"""The type of a field that holds an augmentation, whichever it is."""
