"""Pictures as they could also have been taken: mirrored, moved, turned, darker; to see what a network makes of that."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageEnhance

from imgrec.settings import Settings, switch, whole
from imgrec.uploads import Picture

WORKING_SIDE = 256
"""Pixels of the longer side of what the network received, while it is changed: several times what a network takes."""


class Variation(Settings):
    """How a picture is changed."""

    mirrored: bool = switch(False, "Left and right exchanged.")
    right: int = whole(
        0, -50, 50, "How far it is moved to the right, as percent of what the network sees.", title="Move right, %"
    )
    down: int = whole(
        0, -50, 50, "How far it is moved down, as percent of what the network sees.", title="Move down, %"
    )
    rotation: int = whole(0, -90, 90, "How far it is turned, counterclockwise.", title="Turn, °")
    brightness: int = whole(100, 0, 200, "100 leaves it as it is, 0 is black.", title="Brightness, %")


def varied(picture: Picture, variation: Variation) -> NDArray[np.uint8]:
    """Return what the network receives of a picture that is changed: uint8 of the shape of `picture.pixels`.

    What comes into sight from outside of the picture is the picture mirrored at its edge or, of a whole picture with a
    margin, its mean colour.
    """
    if variation == Variation():
        return picture.pixels
    height, width, channels = picture.pixels.shape
    left, top, right, bottom = picture.crop
    scale = min(1.0, WORKING_SIDE / max(right - left, bottom - top))
    image = Image.fromarray(picture.original)
    size = max(1, round(image.width * scale)), max(1, round(image.height * scale))
    pixels = np.asarray(image.resize(size, Image.Resampling.BICUBIC, reducing_gap=3.0))
    # Wide enough for a corner of the crop that is turned and moved as far as can be.
    reach = max(round((right - left) * scale), round((bottom - top) * scale))
    padded = _surrounded(pixels, reach, has_margin=left < 0 or top < 0)
    part_width, part_height = (right - left) * scale, (bottom - top) * scale
    x, y = reach + (left + right) / 2 * scale, reach + (top + bottom) / 2 * scale
    turned = padded.rotate(variation.rotation, Image.Resampling.BICUBIC, center=(x, y))
    x, y = x - variation.right / 100 * part_width, y - variation.down / 100 * part_height
    box = (x - part_width / 2, y - part_height / 2, x + part_width / 2, y + part_height / 2)
    part = turned.resize((width, height), Image.Resampling.BICUBIC, box=box, reducing_gap=3.0)
    if variation.mirrored:
        part = part.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    part = ImageEnhance.Brightness(part).enhance(variation.brightness / 100)
    return np.array(part if channels == 3 else part.convert("L")).reshape(picture.pixels.shape)


def _surrounded(pixels: NDArray[np.uint8], reach: int, *, has_margin: bool) -> Image.Image:
    if not has_margin:
        return Image.fromarray(np.pad(pixels, ((reach, reach), (reach, reach), (0, 0)), mode="symmetric"))
    high, wide, channels = pixels.shape
    canvas = np.empty((high + 2 * reach, wide + 2 * reach, channels), np.uint8)
    canvas[:] = np.rint(pixels.mean(axis=(0, 1)))
    canvas[reach : reach + high, reach : reach + wide] = pixels
    return Image.fromarray(canvas)
