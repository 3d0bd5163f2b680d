"""Every odd kind of picture gives what a person sees in it, or a sentence that says why it cannot."""

import io
import struct
import tracemalloc
import warnings
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from imgrec.errors import ImageError
from imgrec.framing import Framing
from imgrec.uploads import MAX_BYTES, MAX_SIDE, read
from tests.profiles import display_p3, p3_to_srgb

SHAPE = (32, 32, 3)
FORMATS = ("PNG", "JPEG", "WEBP", "AVIF", "TIFF", "BMP", "GIF")
PICTURES = Path(__file__).parent / "pictures"
RANDOM = np.random.default_rng(5).integers(0, 256, SHAPE, dtype=np.uint8)


def saved(image: Image.Image, kind: str = "PNG", **options) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def four_corners(size: int = 32) -> Image.Image:
    """Red, green / blue, white: shows every mirroring and rotation."""
    image = Image.new("RGB", (size, size))
    half = size // 2
    for index, colour in enumerate(("red", "lime", "blue", "white")):
        image.paste(colour, (index % 2 * half, index // 2 * half, (index % 2 + 1) * half, (index // 2 + 1) * half))
    return image


def corners(pixels: np.ndarray) -> list[tuple[int, ...]]:
    """Return the colours in the middle of the four quarters."""
    near, far = pixels.shape[0] // 4, pixels.shape[0] * 3 // 4
    return [tuple(int(value) for value in pixels[y, x]) for y in (near, far) for x in (near, far)]


CORNERS = [(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)]


def chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def png(width: int, height: int, depth: int, colour_type: int, rows: bytes = b"", more: bytes = b"") -> bytes:
    """Make a PNG by hand, for what Pillow cannot write: 16-bit colour, a size without the pixels, and more chunks."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour_type, 0, 0, 0)
    pixels = chunk(b"IDAT", zlib.compress(rows))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + more + pixels + chunk(b"IEND", b"")


def patched(data: bytes, place: int, content: bytes) -> bytes:
    return data[:place] + content + data[place + len(content) :]


@pytest.mark.parametrize(
    ("kind", "options"), [("PNG", {}), ("BMP", {}), ("WEBP", {"lossless": True}), ("PNG", {"compress_level": 0})]
)
def test_a_picture_of_the_right_shape_comes_through_bit_for_bit(kind, options):
    picture = read(saved(Image.fromarray(RANDOM), kind, **options), SHAPE)
    np.testing.assert_array_equal(picture.pixels, RANDOM)
    np.testing.assert_array_equal(picture.original, RANDOM)
    assert picture.pixels.dtype == np.uint8
    assert picture.crop == (0, 0, 32, 32)
    assert picture.notes == ()


def test_a_jpeg_of_the_right_shape_is_what_pillow_decodes():
    data = saved(Image.fromarray(RANDOM), "JPEG")
    np.testing.assert_array_equal(read(data, SHAPE).pixels, np.asarray(Image.open(io.BytesIO(data))))


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("size", [32, 100, 700])
def test_every_format_shows_the_same_picture(kind, size):
    best: dict[str, dict[str, object]] = {
        "JPEG": {"quality": 95, "subsampling": 0},
        "AVIF": {"quality": 95, "subsampling": "4:4:4"},
    }
    options = best.get(kind, {})
    picture = read(saved(four_corners(size), kind, **options), SHAPE)
    np.testing.assert_allclose(corners(picture.pixels), CORNERS, atol=6)
    assert picture.original.shape == (size, size, 3)
    assert picture.notes == ()


@pytest.mark.parametrize("mode", ["RGBA", "P", "1", "L", "LA"])
def test_png_modes_show_what_they_show_elsewhere(mode):
    image = four_corners().convert("L") if mode in {"1", "L", "LA"} else four_corners()
    expected = np.asarray(image.convert("1" if mode == "1" else image.mode).convert("RGB"))
    picture = read(saved(image.convert(mode)), SHAPE)
    np.testing.assert_array_equal(picture.pixels, expected)
    assert picture.notes == ()


@pytest.mark.parametrize("name", ["four-corners", "four-corners-held-upright"])
def test_a_picture_of_an_iphone_is_upright(name):
    """The second was stored on its side: HEIC says so beside the pixels, and EXIF, which is not to be followed, too."""
    picture = read((PICTURES / f"{name}.heic").read_bytes(), SHAPE)
    np.testing.assert_allclose(corners(picture.pixels), CORNERS, atol=6)
    assert picture.original.shape == (64, 64, 3)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "RGBX", "CMYK", "YCbCr", "LAB", "I;16", "I;16B"])
def test_tiff_modes_show_what_they_show_elsewhere(mode):
    grey = mode in {"1", "L", "LA"} or mode.startswith("I;16")
    image = four_corners().convert("L") if grey else four_corners()
    expected = corners(np.array(image.convert("1" if mode == "1" else "RGB").convert("RGB")))
    if mode == "LAB":
        srgb = ImageCms.createProfile("sRGB")
        image = ImageCms.profileToProfile(image, srgb, ImageCms.createProfile("LAB"), outputMode="LAB") or image
    elif mode.startswith("I;16"):
        deep = np.asarray(image).astype(">u2" if mode == "I;16B" else "<u2") * 257
        image = Image.frombytes(mode, image.size, deep.tobytes())
    else:
        image = image.convert(mode)
    picture = read(saved(image, "TIFF"), SHAPE)
    # Lab in 8 bits a channel has coarse steps at the edge of what a screen shows.
    np.testing.assert_allclose(corners(picture.pixels), expected, atol=22 if mode == "LAB" else 4)


@pytest.mark.parametrize("kind", [np.float32, np.int32])
def test_32_bits_a_pixel_are_shown_from_the_lowest_to_the_highest(kind):
    ramp = (np.linspace(-1000, 5000, 32) * np.ones((32, 1))).astype(kind)
    picture = read(saved(Image.fromarray(ramp), "TIFF"), SHAPE)
    np.testing.assert_allclose(picture.pixels[0, :, 0], np.linspace(0, 255, 32), atol=1)
    assert picture.notes == ("32 bits a pixel: black is its lowest value, and white its highest.",)


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP"])
def test_a_wide_gamut_is_brought_to_srgb(kind):
    options = {"lossless": True} if kind == "WEBP" else {}
    data = saved(Image.fromarray(RANDOM), kind, icc_profile=display_p3(), **options)
    picture = read(data, SHAPE)
    np.testing.assert_allclose(picture.pixels, p3_to_srgb(RANDOM), atol=2)
    np.testing.assert_allclose(picture.original, p3_to_srgb(RANDOM), atol=2)


@pytest.mark.parametrize("profile", [ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes(), b"nonsense"])
def test_a_profile_of_srgb_and_one_that_says_nothing_change_nothing(profile):
    data = saved(Image.fromarray(RANDOM), "PNG", icc_profile=profile)
    np.testing.assert_array_equal(read(data, SHAPE).pixels, RANDOM)


def test_of_several_pages_the_first_is_used():
    data = saved(four_corners(), "TIFF", save_all=True, append_images=[Image.new("RGB", (32, 32))])
    picture = read(data, SHAPE)
    assert corners(picture.pixels) == CORNERS
    assert picture.notes == ("Several pages: the first one is used.",)


def test_cmyk_jpeg_keeps_its_colours():
    picture = read(saved(four_corners().convert("CMYK"), "JPEG", quality=95), SHAPE)
    np.testing.assert_allclose(corners(picture.pixels), CORNERS, atol=6)


def test_16_bit_grey_is_scaled_not_clipped():
    ramp = np.linspace(0, 65535, 32).astype(np.uint16) * np.ones((32, 1), np.uint16)
    picture = read(saved(Image.fromarray(ramp)), SHAPE)
    np.testing.assert_array_equal(picture.pixels[..., 1], ramp >> 8)


@pytest.mark.parametrize(("colour_type", "channels"), [(0, 1), (2, 3), (4, 2), (6, 4)])
def test_16_bit_png_of_every_kind_equals_its_8_bit_picture(colour_type, channels):
    values = np.random.default_rng(1).integers(0, 256, (32, 32, channels), dtype=np.uint8)
    if channels in {2, 4}:
        values[..., -1] = 255
    rows = b"".join(b"\0" + row.repeat(2).tobytes() for row in values.reshape(32, -1))
    expected = values[..., :3] if channels >= 3 else values[..., :1].repeat(3, axis=2)
    np.testing.assert_array_equal(read(png(32, 32, 16, colour_type, rows), SHAPE).pixels, expected)


CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
GREY_OR_RGB = [(0, 1), (0, 2), (0, 4), (0, 8), (0, 16), (2, 8), (2, 16)]
PALETTE = [(3, 1), (3, 2), (3, 4), (3, 8)]
WITH_ALPHA = [(4, 8), (4, 16), (6, 8), (6, 16)]


def png_of(samples: np.ndarray, colour_type: int, depth: int, more: bytes = b"") -> bytes:
    """Make a PNG by hand of samples (H, W, channels), each of depth bits."""
    bits = np.unpackbits(samples.astype(">u2").view(np.uint8), axis=-1).reshape(*samples.shape, 16)[..., 16 - depth :]
    rows = b"".join(b"\0" + np.packbits(row.reshape(-1)).tobytes() for row in bits)
    return png(samples.shape[1], samples.shape[0], depth, colour_type, rows, more)


@pytest.mark.parametrize("declared", [False, True])
@pytest.mark.parametrize(("colour_type", "depth"), [*GREY_OR_RGB, *PALETTE, *WITH_ALPHA])
def test_every_kind_of_png_is_laid_on_white_where_it_says_that_it_is_clear(colour_type, depth, declared):
    """Counted here from the samples, as the PNG specification says; declared: by a chunk tRNS."""
    random, most = np.random.default_rng(depth), (1 << depth) - 1
    samples = random.integers(0, most + 1, (32, 32, CHANNELS[colour_type]))
    if declared:  # half of the pixels have the colour of the first, others differ from it by their last bit alone
        samples[:16] = samples[0, 0]
        samples[16:20] = samples[0, 0] ^ 1
    eight_bits = samples * 255 // most if depth < 8 else samples >> (depth - 8)
    alpha = np.ones((32, 32, 1))
    more = b""
    if colour_type == 3:
        palette = random.integers(0, 256, (most + 1, 3), np.uint8)
        clearness = random.integers(0, 256, max(1, most), np.uint8)  # of the last entry nothing is said: it is opaque
        colours = palette[samples[..., 0]]
        more = chunk(b"PLTE", palette.tobytes())
        if declared:
            more += chunk(b"tRNS", clearness.tobytes())
            alpha = np.append(clearness, [255] * (most + 1 - len(clearness)))[samples] / 255
    elif colour_type in {4, 6}:
        colours, alpha = eight_bits[..., :-1], eight_bits[..., -1:] / 255
        if declared:  # has no place here, and changes nothing
            more = chunk(b"tRNS", struct.pack(">3H", *([0] * 3)))
    else:
        colours = eight_bits
        if declared:
            # Only so many bits of it count as a sample has.
            noise = 0x5A00 if depth == 8 else 0
            more = chunk(b"tRNS", b"".join(struct.pack(">H", int(value) | noise) for value in samples[0, 0]))
            alpha = (samples != samples[0, 0]).any(axis=-1, keepdims=True)
    expected = np.broadcast_to(colours * alpha + 255 * (1 - alpha), (32, 32, 3))
    picture = read(png_of(samples, colour_type, depth, more), SHAPE)
    np.testing.assert_allclose(picture.pixels, expected, atol=1)
    assert picture.notes == (("Transparent: laid on white.",) if (alpha < 1).any() else ())


def damaged(whole: bytes) -> bytes:
    """Make a chunk whose checksum is wrong."""
    return whole[:-1] + bytes([whole[-1] ^ 1])


BOMB = zlib.compress(bytes(2_000_000))
NOT_SEEN = {
    "a long packed text": chunk(b"zTXt", b"workflow\0\0" + BOMB),
    "a long packed text in UTF-8": chunk(b"iTXt", b"workflow\0\1\0\0\0" + BOMB),
    "a long text": chunk(b"tEXt", b"workflow\0" + bytes(2_000_000)),
    "many packed texts": chunk(b"zTXt", b"workflow\0\0" + zlib.compress(bytes(1_000_000))) * 70,
    "a large colour profile": chunk(b"iCCP", b"printer\0\0" + BOMB),
    "a colour profile packed otherwise": chunk(b"iCCP", b"printer\0\7"),
    "an empty colour profile": chunk(b"iCCP", b""),
    "a damaged text": damaged(chunk(b"tEXt", b"workflow\0x")),
    "a damaged transparency": damaged(chunk(b"tRNS", bytes(6))),
    "a transparency cut off": chunk(b"tRNS", b"\0"),
    "a gamma cut off": chunk(b"gAMA", b"\0"),
    "white and primaries cut off": chunk(b"cHRM", b"\0"),
    "an animation cut off": chunk(b"acTL", b"\0") + chunk(b"fcTL", b"\0"),
    "EXIF that is none": chunk(b"eXIf", b"nonsense"),
    "EXIF in a text that is none": chunk(b"tEXt", b"Raw profile type exif\0\nexif\n4\nnonsense"),
}


@pytest.mark.parametrize("place", ["before the pixels", "behind them"])
@pytest.mark.parametrize("name", NOT_SEEN)
def test_what_is_not_seen_of_a_png_never_stands_in_its_way(name, place):
    data = saved(Image.fromarray(RANDOM))
    at = 33 if place == "before the pixels" else len(data) - 12
    picture = read(data[:at] + NOT_SEEN[name] + data[at:], SHAPE)
    np.testing.assert_array_equal(picture.pixels, RANDOM)
    assert picture.notes == ()


def test_a_png_that_is_cut_off_behind_its_pixels_is_read():
    data = saved(Image.fromarray(RANDOM))[:-12] + chunk(b"tEXt", b"workflow\0" + bytes(100))[:50]
    np.testing.assert_array_equal(read(data, SHAPE).pixels, RANDOM)


@pytest.mark.filterwarnings("ignore")  # Pillow warns of it
@pytest.mark.parametrize("kind", ["JPEG", "WEBP"])
@pytest.mark.parametrize(
    "exif", [b"nonsense", b"Exif\0\0nonsense", b"Exif\0\0MM\0*\0\0\0\x08\0\1\x01\x12\0\2\0\0\0\4ABC\0"]
)
def test_damaged_exif_leaves_a_picture_as_it_is(kind, exif):
    options = {"lossless": True} if kind == "WEBP" else {"quality": 95}
    data = saved(four_corners(), kind, exif=exif, **options)
    np.testing.assert_allclose(corners(read(data, SHAPE).pixels), CORNERS, atol=6)


def test_the_size_of_what_is_not_seen_costs_no_memory():
    bomb = zlib.compress(bytes(100_000_000), 9)
    data = saved(Image.fromarray(RANDOM))
    tracemalloc.start()
    read(data[:33] + chunk(b"iCCP", b"p\0\0" + bomb) + data[33:], SHAPE)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10 * len(bomb)


def half_clear(mode: str) -> bytes:
    """Red on the left, nothing on the right; what is clear hides black."""
    image = Image.new("RGBA", (32, 32), (0, 0, 0, 0))
    image.paste((255, 0, 0, 255), (0, 0, 16, 32))
    if mode == "RGBA":
        return saved(image)
    if mode == "WEBP":
        return saved(image, "WEBP", lossless=True)
    if mode == "LA":
        return saved(image.convert("LA"))
    indexed = Image.new("P", (32, 32), 1)
    indexed.putpalette([255, 0, 0, 0, 0, 0])
    indexed.paste(0, (0, 0, 16, 32))
    return saved(indexed, "GIF" if mode == "GIF" else "PNG", transparency=1)


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P", "GIF", "WEBP"])
def test_transparent_pictures_are_laid_on_white_and_say_so(mode):
    picture = read(half_clear(mode), SHAPE)
    assert picture.pixels[16, 24].tolist() == [255, 255, 255]
    assert picture.pixels[16, 8].tolist() == ([76, 76, 76] if mode == "LA" else [255, 0, 0])
    assert picture.notes == ("Transparent: laid on white.",)


def test_a_colour_declared_transparent_is_laid_on_white():
    image = Image.new("RGB", (32, 32), (1, 2, 3))
    picture = read(saved(image, transparency=(1, 2, 3)), SHAPE)
    assert (picture.pixels == 255).all()


def test_half_transparent_mixes_with_white():
    picture = read(saved(Image.new("RGBA", (32, 32), (0, 0, 0, 128))), SHAPE)
    assert abs(int(picture.pixels[5, 5, 0]) - 127) <= 1


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_exif_rotation_is_applied(orientation, kind):
    """The camera stores what it sees turned; turning the upright picture backwards gives the file."""
    backwards = {
        2: [Image.Transpose.FLIP_LEFT_RIGHT],
        3: [Image.Transpose.ROTATE_180],
        4: [Image.Transpose.FLIP_TOP_BOTTOM],
        5: [Image.Transpose.TRANSPOSE],
        6: [Image.Transpose.ROTATE_90],
        7: [Image.Transpose.TRANSVERSE],
        8: [Image.Transpose.ROTATE_270],
    }
    upright = Image.new("RGB", (60, 40), "black")
    upright.paste(four_corners(40), (10, 0))
    stored = upright
    for turn in backwards.get(orientation, []):
        stored = stored.transpose(turn)
    exif = Image.Exif()
    exif[0x0112] = orientation
    picture = read(saved(stored, kind, exif=exif, **({"quality": 95} if kind != "PNG" else {})), SHAPE)
    assert picture.original.shape == (40, 60, 3)
    assert picture.size == (60, 40)
    assert picture.crop == (10, 0, 50, 40)
    np.testing.assert_allclose(corners(picture.pixels), CORNERS, atol=12)


@pytest.mark.parametrize("way", ["centre", "whole"])
def test_a_large_jpeg_that_nobody_looks_at_is_read_small_and_looks_the_same(way):
    upright = Image.new("RGB", (1200, 800), "black")
    upright.paste(four_corners(800), (200, 0))
    data = saved(upright, "JPEG", quality=95)
    shown, small = read(data, SHAPE, Framing(way=way)), read(data, SHAPE, Framing(way=way), shown_side=64)
    assert (shown.original.shape, small.original.shape) == ((683, 1024, 3), (43, 64, 3))
    assert shown.size == small.size == (1200, 800)
    np.testing.assert_allclose(small.pixels.astype(int), shown.pixels.astype(int), atol=12)


@pytest.mark.parametrize("orientation", [0, 9, 65535])
def test_an_unknown_exif_orientation_changes_nothing(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    assert corners(read(saved(four_corners(), exif=exif), SHAPE).pixels) == CORNERS


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP"])
def test_of_an_animation_the_first_frame_is_used(kind):
    options = {"lossless": True} if kind == "WEBP" else {}
    frames = [Image.new("RGB", (40, 40), "lime")]
    data = saved(four_corners(40), kind, save_all=True, append_images=frames, duration=100, **options)
    picture = read(data, SHAPE)
    assert corners(picture.pixels) == CORNERS
    assert picture.notes == ("Animated: the first frame is used.",)


def test_a_phone_picture_with_a_second_picture_inside_is_not_animated():
    data = saved(four_corners(64), "MPO", save_all=True, append_images=[Image.new("RGB", (64, 64))], quality=95)
    picture = read(data, SHAPE)
    np.testing.assert_allclose(corners(picture.pixels), CORNERS, atol=12)
    assert picture.notes == ()


@pytest.mark.parametrize(
    ("size", "note"),
    [
        ((1, 1), ("Smaller than 32×32 pixels: enlarged from 1×1.",)),
        ((5000, 1), ("Smaller than 32×32 pixels: enlarged from 1×1.",)),
        ((31, 200), ("Smaller than 32×32 pixels: enlarged from 31×31.",)),
        ((32, 200), ()),
        ((33, 33), ()),
    ],
)
def test_a_picture_of_any_size_works_and_a_small_one_says_so(size, note):
    picture = read(saved(Image.new("RGB", size, (10, 200, 30))), SHAPE)
    assert (picture.pixels == (10, 200, 30)).all()
    assert picture.pixels.shape == SHAPE
    assert picture.notes == note


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_large_picture_is_shown_small_and_cropped_in_the_centre(kind):
    image = Image.new("RGB", (3000, 1500), "black")
    image.paste(four_corners(1500), (750, 0))
    picture = read(saved(image, kind), SHAPE)
    assert picture.original.shape == (MAX_SIDE // 2, MAX_SIDE, 3)
    assert picture.crop == (256, 0, 768, 512)
    np.testing.assert_allclose(corners(picture.pixels), CORNERS, atol=6)
    left, top, right, bottom = picture.crop
    np.testing.assert_allclose(corners(picture.original[top:bottom, left:right]), CORNERS, atol=6)


def test_a_tall_picture_is_cropped_in_the_centre():
    image = Image.new("RGB", (40, 100), "black")
    image.paste(four_corners(40), (0, 30))
    picture = read(saved(image), SHAPE)
    assert picture.crop == (0, 30, 40, 70)
    assert corners(picture.pixels) == CORNERS


def test_a_single_pixel_fits_a_network_of_other_proportions():
    picture = read(saved(Image.new("RGB", (1, 1), "red")), (20, 40, 3))
    assert picture.crop == (0, 0, 1, 1)
    assert (picture.pixels == (255, 0, 0)).all()


def test_making_a_picture_smaller_averages_its_pixels():
    """A fine chequerboard becomes grey; picking single pixels would make it black, white or striped."""
    board = (np.indices((640, 640)).sum(axis=0) % 2 * 255).astype(np.uint8)
    pixels = read(saved(Image.fromarray(board)), SHAPE).pixels
    assert pixels.min() >= 126
    assert pixels.max() <= 129


@pytest.mark.parametrize("shape", [(28, 28, 1), (64, 64, 3), (20, 40, 3), (40, 20, 1)])
def test_other_network_shapes_get_their_proportions_and_channels(shape):
    picture = read(saved(four_corners(100)), shape)
    assert picture.pixels.shape == shape
    left, top, right, bottom = picture.crop
    assert (right - left) * shape[0] == (bottom - top) * shape[1]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "This file is empty"),
        (b"hello", "none of these"),
        (b"\0" * 100, "none of these"),
        (bytes(MAX_BYTES + 1), r"at most 20 MB. Received: 20.0 MB"),
        (b"\0\0\0\x18ftypheic\0\0\0\0", "This HEIC picture is damaged"),
        (b"\0\0\0\x18ftypmif1\0\0\0\0", "This HEIC picture is damaged"),
        (b"\0\0\0\x18ftypmif1\0\0\0\0avif", "This AVIF picture is damaged"),
        (b"\0\0\0\x18ftypisom\0\0\0\0", "is a video: save one of its frames"),
        (b"%PDF-1.7", "is PDF: convert"),
        (b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>', "is SVG: convert"),
        (saved(four_corners(), "ICO"), "is ICO: convert"),
        (saved(four_corners(), "JPEG2000"), "is JPEG 2000: convert"),
        (saved(four_corners(), "PPM"), "none of these"),
    ],
)
def test_what_is_not_an_accepted_picture_is_named(data, said):
    with pytest.raises(ImageError, match=said):
        read(data, SHAPE)


@pytest.mark.parametrize("kind", FORMATS)
def test_a_file_that_is_cut_off_says_that_it_is_damaged(kind):
    data = saved(Image.fromarray(RANDOM), kind)
    name = "WebP" if kind == "WEBP" else kind
    with pytest.raises(ImageError, match=f"This {name} picture is damaged or cut off") as caught:
        read(data[: len(data) // 2], SHAPE)
    assert caught.value.__cause__ is not None


JPEG = saved(four_corners(), "JPEG")
ANIMATED_WEBP = saved(four_corners(), "WEBP", save_all=True, append_images=[Image.new("RGB", (32, 32))])
TOO_LARGE = {
    "png": png(20_000, 20_000, 8, 2),
    "png of 120 megapixels": png(12_000, 10_000, 8, 2),
    "png just above": png(8_000, 6_251, 8, 2),
    "jpeg": patched(JPEG, JPEG.index(b"\xff\xc0") + 5, struct.pack(">HH", 20_000, 20_000)),
    "gif": patched(saved(four_corners(), "GIF"), 6, struct.pack("<HH", 20_000, 20_000)),
    "bmp": patched(saved(four_corners(), "BMP"), 18, struct.pack("<ii", 20_000, 20_000)),
    "webp": patched(ANIMATED_WEBP, 24, (16_382).to_bytes(3, "little") * 2),
}


@pytest.mark.parametrize("name", TOO_LARGE)
@pytest.mark.parametrize("warning", ["error", "ignore"])
def test_a_picture_of_too_many_pixels_is_refused_by_its_header(name, warning):
    """None of these files holds the pixels it announces: whoever decoded them would call them damaged."""
    with warnings.catch_warnings():
        warnings.simplefilter(warning, Image.DecompressionBombWarning)
        with pytest.raises(ImageError, match="at most 50 megapixels"):
            read(TOO_LARGE[name], SHAPE)


def test_a_size_that_is_too_large_is_named():
    with pytest.raises(ImageError, match="Received: 8,000×6,251 pixels"):
        read(TOO_LARGE["png just above"], SHAPE)


def mutant(data: bytes, random: np.random.Generator) -> bytes:
    """Damage a file: cut off, bits turned, a part moved, doubled or taken out, or noise at the end."""
    changed = bytearray(data)
    for _ in range(int(random.integers(1, 4))):
        start, length = int(random.integers(len(changed))), int(random.integers(1, 40))
        match random.integers(6):
            case 0:
                del changed[max(20, start) :]
            case 1:
                changed[start] ^= 1 << int(random.integers(8))
            case 2:
                changed[start : start + length] = random.bytes(length)
            case 3:
                changed[start:start] = changed[start // 2 : start // 2 + length]
            case 4:
                del changed[start : start + length]
            case _:
                changed[: min(len(changed), 64)] = bytes(
                    byte ^ int(flip) for byte, flip in zip(changed[:64], random.random(64) < 0.05, strict=False)
                )
        if not changed:
            break
    return bytes(changed)


MUTATED = {
    "png": saved(four_corners()),
    "png with a palette": half_clear("P"),
    "jpeg": JPEG,
    "jpeg with exif": saved(four_corners(), "JPEG", exif=b"Exif\0\0" + Image.Exif().tobytes(), progressive=True),
    "webp": saved(four_corners(), "WEBP"),
    "animated webp": ANIMATED_WEBP,
    "bmp": saved(four_corners(), "BMP"),
    "gif": half_clear("GIF"),
    "tiff": saved(four_corners(), "TIFF"),
    "packed tiff": saved(four_corners(), "TIFF", compression="tiff_lzw"),
    "avif": saved(four_corners(), "AVIF"),
    "heic": (PICTURES / "four-corners.heic").read_bytes(),
    "animated gif": saved(four_corners(), "GIF", save_all=True, append_images=[Image.new("RGB", (32, 32))]),
}


@pytest.mark.parametrize("name", MUTATED)
@pytest.mark.parametrize("warning", ["error", "ignore"])
def test_damaged_files_give_a_picture_or_a_sentence_and_nothing_else(name, warning):
    random = np.random.default_rng(len(name))
    with warnings.catch_warnings():
        warnings.simplefilter(warning)
        refused = 0
        for _ in range(150):
            try:
                picture = read(mutant(MUTATED[name], random), SHAPE)
            except ImageError:
                refused += 1
            else:
                assert picture.pixels.shape == SHAPE
                assert max(picture.original.shape[:2]) <= MAX_SIDE
    assert 0 < refused < 150


def test_a_line_of_pixels_is_refused_before_it_is_decoded():
    file = io.BytesIO()
    Image.new("1", (70_000, 2)).save(file, "png")
    with pytest.raises(ImageError, match=r"at most 65,535 pixels long\. Received: 70,000×2"):
        read(file.getvalue(), (32, 32, 3))
