"""Pictures of nothing that networks learn here: noise, text, gradients, shapes and drawn faces, from a seed."""

from collections.abc import Callable
from math import cos, pi, sin

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

SIDE = 256
WORDS = (
    "the",
    "of",
    "network",
    "picture",
    "class",
    "learn",
    "train",
    "test",
    "layer",
    "kernel",
    "page",
    "text",
    "word",
)
SKINS = ((255, 219, 172), (241, 194, 125), (224, 172, 105), (198, 134, 66), (141, 85, 36), (90, 56, 37))

Colour = tuple[int, int, int]
Random = np.random.Generator


def _colour(random: Random, low: int = 0, high: int = 256) -> Colour:
    red, green, blue = random.integers(low, high, 3).tolist()
    return red, green, blue


def _darker(colour: Colour, share: float) -> Colour:
    red, green, blue = (int(part * share) for part in colour)
    return red, green, blue


def noise(random: Random) -> Image.Image:
    """Draw noise: of colours, of coarse squares, around a grey, or black and white; some of it blurred."""
    match random.integers(4):
        case 0:
            pixels = random.integers(0, 256, (SIDE, SIDE, 3)).astype(float)
        case 1:
            side = int(2 ** random.integers(2, 6))
            pixels = np.kron(random.integers(0, 256, (SIDE // side, SIDE // side, 3)), np.ones((side, side, 1)))
        case 2:
            pixels = random.normal(random.uniform(60, 190), random.uniform(15, 60), (SIDE, SIDE, 1)).repeat(3, 2)
        case _:
            pixels = 255.0 * (random.random((SIDE, SIDE, 1)) < random.uniform(0.2, 0.8)).repeat(3, 2)
    image = Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
    return image.filter(ImageFilter.GaussianBlur(random.uniform(2, 12))) if random.random() < 0.25 else image


def text(random: Random) -> Image.Image:
    """Draw a page of words, dark on bright or bright on dark."""
    bright = random.random() < 0.8
    image = Image.new("RGB", (SIDE, SIDE), _colour(random, 200) if bright else _colour(random, 0, 60))
    draw, size, ink = ImageDraw.Draw(image), int(random.integers(10, 40)), _colour(random, 0, 90)
    for top in range(6, SIDE, int(size * 1.3)):
        line = " ".join(random.choice(WORDS, 12))
        draw.text((8, top), line, fill=ink if bright else (230, 230, 230), font=ImageFont.load_default(size))
    return image


def gradient(random: Random) -> Image.Image:
    """Draw a passage from one colour to another, along a line or around a place."""
    first, second = random.integers(0, 256, (2, 3))
    down, across = np.mgrid[:SIDE, :SIDE] / (SIDE - 1)
    if random.random() < 0.5:
        angle = random.uniform(0, 2 * pi)
        share = (across - 0.5) * cos(angle) + (down - 0.5) * sin(angle) + 0.5
    else:
        share = np.hypot(across - random.random(), down - random.random())
    share = np.clip(share, 0, 1)[..., None]
    return Image.fromarray((first * (1 - share) + second * share).astype(np.uint8))


def shapes(random: Random) -> Image.Image:
    """Draw a few plain shapes."""
    image = Image.new("RGB", (SIDE, SIDE), _colour(random))
    draw = ImageDraw.Draw(image)
    for _ in range(random.integers(1, 5)):
        colour, side = _colour(random), int(random.integers(40, 100))
        x, y = random.integers(10, 150, 2).tolist()
        match random.integers(4):
            case 0:
                draw.ellipse((x, y, x + side, y + side), fill=colour)
            case 1:
                draw.rectangle((x, y, x + side, y + int(random.integers(30, 100))), fill=colour)
            case 2:
                draw.polygon([(x, y + side), (x + side, y + side), (x + side // 2, y)], fill=colour)
            case _:
                around = (x + side // 2, y + side // 2, side // 2)
                draw.regular_polygon(around, int(random.integers(5, 9)), int(random.integers(90)), fill=colour)
    return image


def face(random: Random) -> Image.Image:
    """Draw a face from the front: hair, eyes, nose and mouth."""
    image = Image.new("RGB", (SIDE, SIDE), _colour(random, 60))
    draw, skin, hair = ImageDraw.Draw(image), SKINS[random.integers(len(SKINS))], _colour(random, 0, 130)
    x, y = SIDE // 2 + int(random.integers(-15, 16)), SIDE // 2 + int(random.integers(-10, 11))
    wide = int(random.integers(55, 85))
    high = int(wide * random.uniform(1.15, 1.45))
    draw.ellipse((x - wide - 10, y - high - 14, x + wide + 10, y + high - 30), fill=hair)
    draw.rectangle((x - wide // 2, y + high - 25, x + wide // 2, SIDE), fill=skin)
    draw.ellipse((x - wide, y - high, x + wide, y + high), fill=skin)
    draw.pieslice((x - wide, y - high - 4, x + wide, y + high // 5), 180, 360, fill=hair)
    eye, level, iris = int(random.integers(7, 12)), y - high // 10, _colour(random, 20, 130)
    for at in (x - wide // 2 + 4, x + wide // 2 - 4):
        draw.ellipse((at - eye - 5, level - eye, at + eye + 5, level + eye), fill="white")
        draw.ellipse((at - eye + 3, level - eye + 3, at + eye - 3, level + eye - 3), fill=iris)
        draw.ellipse((at - 3, level - 3, at + 3, level + 3), fill="black")
        draw.line((at - eye - 6, level - eye - 9, at + eye + 6, level - eye - 10), fill=hair, width=4)
    nose = [(x, level + 6), (x - 8, y + high // 4), (x + 6, y + high // 4)]
    draw.line(nose, fill=_darker(skin, 0.75), width=4)
    mouth = y + high // 2
    draw.chord((x - wide // 3, mouth - 14, x + wide // 3, mouth + 14), 0, 180, fill=(180, 60, 70))
    return image.filter(ImageFilter.GaussianBlur(random.uniform(0.5, 3))) if random.random() < 0.5 else image


KINDS: tuple[Callable[[Random], Image.Image], ...] = (noise, text, gradient, shapes, face)


def pictures(count: int, seed: int) -> dict[str, list[Image.Image]]:
    """Return so many pictures of each kind."""
    return {
        kind.__name__: [kind(np.random.default_rng((seed, place, number))) for number in range(count)]
        for place, kind in enumerate(KINDS)
    }
