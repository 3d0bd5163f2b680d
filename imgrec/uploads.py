"""Reads the pictures that people upload, whatever they are, into what a network receives."""

import io
import struct
from dataclasses import dataclass
from typing import Any

import numpy as np
import pi_heif
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageCms, ImageFile

from imgrec import png
from imgrec.errors import ImageError
from imgrec.framing import CENTRE, Box, Framing, framed, part

FORMATS = "PNG, JPEG, WebP, AVIF, HEIC, TIFF, BMP or GIF"
"""What can be read. Which of them a file is, its content decides, and not its name."""
MAX_BYTES = 20_000_000
"""The largest pictures of today's phones have about 15 MB."""
MAX_MEGAPIXELS = 50
"""Phones make pictures of up to 50 megapixels; decoded, such a picture takes 200 MB for a moment."""
MAX_LENGTH = 65_535
"""The longest side of a JPEG or GIF; a line of pixels far longer is no photo, and costs Pillow a gigabyte."""
MAX_SIDE = 1024
"""Pixels of the longer side of a picture that is shown: enough for any screen column."""
PALE = 16
"""By how much the channels of a pixel may differ before it is a colour: more than JPEG makes of grey."""

ORANGE = (230, 159, 0)
"""Of Okabe and Ito 2008, "Color Universal Design": told apart by colour-blind people."""

_READABLE = (
    (0, b"\x89PNG\r\n\x1a\n", "PNG"),
    (0, b"\xff\xd8\xff", "JPEG"),
    (8, b"WEBP", "WebP"),
    *((0, start, "TIFF") for start in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")),
    (0, b"BM", "BMP"),
    (0, b"GIF8", "GIF"),
)
_UNREADABLE = (
    (0, b"%PDF", "PDF"),
    (0, b"8BPS", "PSD"),
    (0, b"\0\0\1\0", "ICO"),
    *((0, start, "JPEG XL") for start in (b"\xff\x0a", b"\0\0\0\x0cJXL ")),
    (4, b"jP  ", "JPEG 2000"),
)
"""Where which bytes betray which kind of file."""

_BRANDS = {
    "AVIF": {b"avif", b"avis"},
    "HEIC": {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"},
}
"""What kind of file "ftyp" betrays, by the brands that follow it (ISO 14496-12); other brands are videos."""

_SRGB = ImageCms.createProfile("sRGB")

_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""How each EXIF orientation is put right. ImageOps.exif_transpose also rewrites the EXIF, where odd entries fail."""

_LYING = {5, 6, 7, 8}
"""Orientations in which width and height change places."""


@dataclass(frozen=True, eq=False)
class Picture:
    """An uploaded picture and what a network receives of it."""

    original: NDArray[np.uint8]
    """The picture to show: upright RGB (H, W, 3), the longer side at most MAX_SIDE pixels."""
    crop: Box
    """The part of `original` that the network receives."""
    pixels: NDArray[np.uint8]
    """What the network receives: the shape that was asked for."""
    size: tuple[int, int]
    """Width and height of the uploaded picture, in pixels, upright."""
    notes: tuple[str, ...]
    """What a person should know about how the picture was read, as sentences."""


def read(data: bytes, shape: tuple[int, int, int], framing: Framing = CENTRE, *, shown_side: int = MAX_SIDE) -> Picture:
    """Read a picture file for a network that takes images of this shape (H, W, C), C being 1 or 3.

    A picture that has this shape already reaches the network bit for bit. The longer side of the picture to show has at
    most shown_side pixels: where nobody looks at it, twice H and W are enough, and a large JPEG is read in a quarter of
    the time. Raises ImageError where it cannot be read,
    and MemoryError where there is not enough.
    """
    height, width, channels = shape
    kind = _kind(data)
    profile = None
    if kind == "PNG":
        data, profile = png.bare(data)
    image = _open(data, kind)
    # Pillow's readers raise whatever a damaged file makes them stumble over: SyntaxError, ValueError, struct.error …
    try:
        animated = kind != "JPEG" and getattr(image, "is_animated", False)
        width_then, height_then = image.size
        image.draft(None, (shown_side, shown_side))
        source, transparent = _to_rgb(image, data)
        profile = profile or image.info.get("icc_profile")
    except MemoryError:
        raise
    except Exception as error:
        raise _damaged(kind) from error
    orientation = _orientation(image)
    if orientation in _UPRIGHT:
        source = source.transpose(_UPRIGHT[orientation])

    box = part(source.size, width, height, framing)
    notes = []
    if animated:
        notes.append(_SEVERAL.get(kind, "Animated: the first frame is used."))
    if image.mode in _DEEP:
        notes.append("32 bits a pixel: black is its lowest value, and white its highest.")
    if transparent:
        notes.append("Transparent: laid on white.")
    if box[2] - box[0] < width or box[3] - box[1] < height:
        notes.append(f"Smaller than {width}×{height} pixels: enlarged from {box[2] - box[0]}×{box[3] - box[1]}.")

    pixels = framed(source, width, height, framing)
    source.thumbnail((shown_side, shown_side))
    pixels, source = (_to_srgb(each, profile) for each in (pixels, source))
    if channels == 1 and np.ptp(np.asarray(pixels), axis=2).max() > PALE:
        notes.append("In colour: it is turned to grey, as the network knows grey images only.")
    return Picture(
        original=np.array(source),
        crop=part(source.size, width, height, framing),
        pixels=np.array(pixels if channels == 3 else pixels.convert("L")).reshape(shape),
        size=(height_then, width_then) if orientation in _LYING else (width_then, height_then),
        notes=tuple(notes),
    )


def drawn(pixels: NDArray[np.uint8]) -> Image.Image:
    """Return the pixels (H, W, C) of an image as a picture: grey where C is 1, RGB where it is 3."""
    return Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels)


def heated(pixels: NDArray[np.uint8], heat: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Lay heat (H, W), from 0 to 1, over an image (H, W, C): dark and grey where there is none, orange where it is 1.

    White without heat is still darker than black with all of it, so that nobody needs the colour to tell them apart.
    """
    grey = np.asarray(drawn(pixels).convert("L"), np.float32)[..., None]
    cold, hot = grey / 3, 0.4 * grey + 0.6 * np.array(ORANGE, np.float32)
    return np.rint(cold + heat[..., None] * (hot - cold)).astype(np.uint8)


def heated_crop(picture: Picture, heat: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Lay heat (H, W) of what the network received over the whole picture (H, W, 3): around its crop there is none."""
    left, top, right, bottom = picture.crop
    smooth = Image.fromarray(heat).resize((right - left, bottom - top), Image.Resampling.BILINEAR)
    high, wide = picture.original.shape[:2]
    return heated(picture.original, np.asarray(smooth.crop((-left, -top, wide - left, high - top))))


_SEVERAL = {"TIFF": "Several pages: the first one is used.", "HEIC": "Several pictures: the main one is used."}

_DEEP = {"I", "F"}
"""Modes of 32 bits, of which no value is known to be white."""


def _kind(data: bytes) -> str:
    """Return the kind of picture that the first bytes announce. Raises ImageError where it is none that can be read."""
    if not data:
        raise ImageError("A picture is needed. This file is empty: choose another.")
    if len(data) > MAX_BYTES:
        raise ImageError(
            f"A picture file needs to have at most {MAX_BYTES // 10**6} MB. Received: {len(data) / 1e6:.1f} MB. "
            "Save the picture smaller, or as JPEG."
        )
    for start, signature, kind in _READABLE:
        if data.startswith(signature, start):
            return kind
    needed = f"A picture needs to be {FORMATS}. This file is"
    if data.startswith(b"ftyp", 4):
        for kind, brands in _BRANDS.items():
            if brands & _brands(data):
                return kind
        raise ImageError(f"{needed} a video: save one of its frames as JPEG or PNG.")
    for start, signature, kind in _UNREADABLE:
        if data.startswith(signature, start):
            raise ImageError(f"{needed} {kind}: convert it to JPEG or PNG first.")
    if b"<svg" in data[:2000]:
        raise ImageError(f"{needed} SVG: convert it to PNG first.")
    raise ImageError(f"{needed} none of these: choose another, or convert it to JPEG or PNG first.")


def _brands(data: bytes) -> set[bytes]:
    """Return the brands that a file says it has: its own, and those it is compatible with."""
    (length,) = struct.unpack_from(">I", data)
    return {data[8:12], *(data[place : place + 4] for place in range(16, min(length, 128), 4))}


def _open(data: bytes, kind: str) -> ImageFile.ImageFile:
    """Read the header only, so that a picture that would fill the memory is refused before it does."""
    too_many = f"A picture needs to have at most {MAX_MEGAPIXELS} megapixels. Received: {{}}. Save it smaller."
    if kind == "HEIC":
        pi_heif.register_heif_opener()
    try:
        image = Image.open(io.BytesIO(data), formats=["HEIF" if kind == "HEIC" else kind.upper()])
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise ImageError(too_many.format("far more")) from error
    except Exception as error:
        raise _damaged(kind) from error
    if max(image.size) > MAX_LENGTH:
        raise ImageError(
            f"A picture needs to be at most {MAX_LENGTH:,} pixels long. "
            f"Received: {image.width:,}×{image.height:,}. Cut it."
        )
    if image.width * image.height > MAX_MEGAPIXELS * 10**6:
        megapixels = image.width * image.height / 1e6
        raise ImageError(too_many.format(f"{image.width:,}×{image.height:,} pixels, which is {megapixels:,.0f}"))
    return image


def _damaged(kind: str) -> ImageError:
    return ImageError(f"This {kind} picture is damaged or cut off and cannot be read. Save or copy it once more.")


def _orientation(image: Image.Image) -> int | None:
    """Return how the camera was held, or None where the picture does not say so in a way that can be read."""
    try:
        found: int | None = image.getexif().get(ExifTags.Base.Orientation)
    except Exception:  # whatever is wrong with it, the picture itself is whole
        return None
    return found


def _to_rgb(opened: ImageFile.ImageFile, data: bytes) -> tuple[Image.Image, bool]:
    """Decode a picture into RGB, and say whether anything of it was transparent."""
    image: Image.Image = opened
    clear: Any = image.info.get("transparency")
    low = None
    if clear is not None and opened.tile and opened.tile[0].args == "RGB;16B":
        low = Image.open(io.BytesIO(data), formats=["PNG"])
        low.tile = [opened.tile[0]._replace(args="RGB;16L")]  # the other byte of each channel
    image.load()
    if image.mode.startswith("I;16"):
        values = np.asarray(image)
        # Pillow would clip at 255; of 16-bit RGB it keeps the high byte, so that is what is kept here.
        image = Image.fromarray((values >> 8).astype(np.uint8))
        if clear is not None:
            image = Image.merge("LA", (image, Image.fromarray(values != clear).convert("L")))
    elif image.mode in _DEEP:
        image = _stretched(image)
    elif image.mode == "LAB":
        image = ImageCms.profileToProfile(image, ImageCms.createProfile("LAB"), _SRGB, outputMode="RGB") or image
    elif low is not None:
        image.putalpha(_unlike(image, low, clear))
    if not image.has_transparency_data:
        return _in_mode("RGB", image), False
    image = _in_mode("RGBA", image)
    lowest: Any = image.getchannel("A").getextrema()[0]
    white = Image.new("RGB", image.size, "white")
    white.paste(image, mask=image)
    return white, lowest < 255


def _unlike(high: Image.Image, low: Image.Image, clear: tuple[int, ...]) -> Image.Image:
    """Return the alpha of a picture of 16 bits, in two parts of 8, in which one colour is see-through."""
    alike = np.ones((high.height, high.width), np.bool_)
    for channel, value in enumerate(clear):
        alike &= np.asarray(high.getchannel(channel)) == value >> 8
        alike &= np.asarray(low.getchannel(channel)) == value & 0xFF
    return Image.fromarray(~alike).convert("L")


def _stretched(image: Image.Image) -> Image.Image:
    """Return a picture of 32 bits a pixel in grey, from its lowest to its highest value."""
    values = np.nan_to_num(np.asarray(image, np.float64))
    low, high = values.min(), values.max()
    return Image.fromarray(np.rint((values - low) * (255 / ((high - low) or 1))).astype(np.uint8))


def _to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Bring an RGB picture of another colour profile to sRGB. One that says nothing sensible is taken for sRGB."""
    if not profile or len(profile) > png.MAX_PROFILE_BYTES:
        return image
    try:
        theirs = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if theirs.profile.xcolor_space.strip() != "RGB" or "sRGB" in ImageCms.getProfileDescription(theirs):
            return image
        return ImageCms.profileToProfile(image, theirs, _SRGB) or image
    except (ImageCms.PyCMSError, OSError, ValueError):
        return image


def _in_mode(mode: str, image: Image.Image) -> Image.Image:
    """Convert where needed: convert() would also copy what is right already, which takes 200 MB at 50 megapixels."""
    return image if image.mode == mode else image.convert(mode)
