"""What is asked of an import, and what a server lets one be."""

from dataclasses import dataclass
from typing import Literal

from pydantic import Field, field_validator
from pydantic_core import PydanticCustomError

from imgrec import profiles
from imgrec.datasets import own
from imgrec.framing import Framing
from imgrec.settings import Settings, choice, number, whole

SIZES = (32, 64, 96, 128)
MOST_LETTERS = own.MAX_CLASS_NAME

MOST_FILES = 250_000
MOST_BYTES = 50_000_000_000
"""Of one import where the profile sets no limit: what is far beyond is a mistake or an attack."""


class Request(Settings):
    """How pictures become a dataset."""

    name: str = Field(
        title="Name",
        description="1 to 40 small letters, digits and hyphens, as in pets-2. Commands and runs call it by this name.",
    )
    title: str = Field("", max_length=60, title="Title", description="What pages call it. Empty: its name.")
    size: int = choice(64, *SIZES, help="Width and height of the images, in pixels.", title="Image size")
    colours: Literal["colour", "grey"] = choice(
        "colour", "colour", "grey", help="Grey has one channel, colour three.", title="Colours"
    )
    framing: Literal["centre", "whole"] = choice(
        "centre",
        *("centre", "whole"),
        help="The largest square in the centre, or the whole picture with a margin of its mean colour.",
        title="Crop",
    )
    test_share: float = number(
        0.2,
        0.05,
        0.5,
        "The share of each class that is set aside for testing, where there is no folder or column of test images.",
        title="Share of test images",
    )
    seed: int = whole(0, 0, 1_000_000, "Which images are set aside follows from it.", title="Seed")
    renamed: dict[str, str] = Field(
        {}, title="Class names", description="In place of those of the folders. Two of the same name are one class."
    )
    left_out: tuple[str, ...] = Field((), title="Left out", description="Classes that are not taken, by their folders.")

    @field_validator("name")
    @classmethod
    def _is_name(cls, name: str) -> str:
        if not own.is_name(name):
            said = (
                f"A dataset's name needs 1 to 40 small letters, digits and hyphens, as pets-2. Received: {name[:60]!r}."
            )
            raise PydanticCustomError("said", "{said}", {"said": said})
        return name

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Height, width and channels of its images."""
        return self.size, self.size, 3 if self.colours == "colour" else 1

    @property
    def way(self) -> Framing:
        """How its pictures are cut."""
        return Framing(way=self.framing)


@dataclass(frozen=True)
class Limits:
    """The most that one import may bring: files of any kind, and bytes once they are unpacked."""

    files: int = MOST_FILES
    bytes: int = MOST_BYTES


def limits() -> Limits:
    """Return the limits of this server."""
    profile = profiles.current()
    return Limits(
        files=min(profile.import_files or MOST_FILES, MOST_FILES),
        bytes=min((profile.import_mb or MOST_BYTES) * 1_000_000, MOST_BYTES),
    )
