"""Which part of a picture a network receives: the centre, the whole picture with a margin, or a part chosen by hand."""

from typing import Literal

import numpy as np
from PIL import Image

from imgrec.settings import Settings, choice, whole

Box = tuple[int, int, int, int]
"""Left, top, right, bottom in pixels; right and bottom lie just outside. It may reach beyond the picture."""


class Framing(Settings):
    """How a picture is cut to the proportions that a network takes. Size and place count only where cut by hand."""

    way: Literal["centre", "whole", "by hand"] = choice(
        "centre",
        *("centre", "whole", "by hand"),
        help="The largest square in the centre, the whole picture with a margin of its mean colour, or any part.",
        title="Crop",
    )
    size: int = whole(100, 10, 100, "Its side, as percent of the largest square that fits.", title="Size, %")
    across: int = whole(50, 0, 100, "0 is at the left edge, 100 at the right.", title="Left to right, %")
    down: int = whole(50, 0, 100, "0 is at the upper edge, 100 at the lower.", title="Top to bottom, %")


CENTRE = Framing()


def part(size: tuple[int, int], width: int, height: int, framing: Framing = CENTRE) -> Box:
    """Return the part of a picture of this size that has the proportions width : height.

    Of a whole picture it reaches beyond the edges where the proportions differ.
    """
    fits = max if framing.way == "whole" else min
    scale = fits(size[0] / width, size[1] / height)
    across, down = 50, 50
    if framing.way == "by hand":
        scale *= framing.size / 100
        across, down = framing.across, framing.down
    wide, high = max(1, round(width * scale)), max(1, round(height * scale))
    left, top = (size[0] - wide) * across // 100, (size[1] - high) * down // 100
    return left, top, left + wide, top + high


def framed(picture: Image.Image, width: int, height: int, framing: Framing = CENTRE) -> Image.Image:
    """Return the part of an RGB picture, resized to this size; what lies beyond the picture has its mean colour."""
    left, top, right, bottom = part(picture.size, width, height, framing)
    # Pillow's bicubic filter averages over all pixels that fall together (antialiasing) and rings less than Lanczos.
    if left >= 0 and top >= 0:
        box = (left, top, right, bottom)
        return picture.resize((width, height), Image.Resampling.BICUBIC, box=box, reducing_gap=3.0)
    wide = max(1, round(width * picture.width / (right - left)))
    high = max(1, round(height * picture.height / (bottom - top)))
    inner = picture.resize((wide, high), Image.Resampling.BICUBIC, reducing_gap=3.0)
    red, green, blue = np.rint(np.asarray(inner).mean(axis=(0, 1))).astype(int).tolist()
    canvas = Image.new("RGB", (width, height), (red, green, blue))
    canvas.paste(inner, ((width - wide) // 2, (height - high) // 2))
    return canvas
