"""The network as a picture: a block for what leaves each layer, as high as the image, as thick as its channels."""

from dataclasses import dataclass
from math import log2

from imgrec.architecture import Architecture, LayerRow
from imgrec.layers import Shape

WIDTH = 560.0  # of a row; more beside each other could not be read on a phone
ROW = 140  # how much lower the next row of blocks stands
LEGEND = 24
GROUND = 104  # where the blocks of the first row stand; their labels lie below
TALLEST = 76
GAP = 7
LETTER = 7.0  # wide enough for a digit of the labels in any typeface
TEXT = "#808A9C"  # like every colour here, it reads on the light and on the dark theme

_COLORS = {"convolution": "#5C7CFA", "pooling": "#F08C2E", "dense": "#20A67A", "other": "#98A2B3"}


@dataclass(frozen=True)
class Block:
    """A block before it has its place, in pixels. depth is how far its upper edge leans back."""

    family: str
    height: float
    width: float
    depth: float
    label: tuple[str, str]


def draw(network: Architecture, image_shape: Shape) -> tuple[str, str]:
    """Return an SVG of the network up to its first misfit, and its description in words."""
    side = max(image_shape[:2])
    blocks = [_block("other", image_shape, side, labelled=True)]
    blocks += [_block(_family(row), row.output_shape, side, labelled=_shows(row)) for row in network.rows]
    parts, x, rows = [], 2.0, 1
    for block in blocks:
        place = max(block.width + block.depth, max(map(len, block.label)) * LETTER)
        if x > 2 and x + place > WIDTH:
            x, rows = 2.0, rows + 1
        parts.append(_svg(block, x + (place - block.width - block.depth) / 2, GROUND + ROW * (rows - 1)))
        x += place + GAP
    height = ROW * rows + LEGEND
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:.0f} {height}" '
        f'font-family="Segoe UI, Helvetica, sans-serif" font-size="11" text-anchor="middle">{"".join(parts)}'
        f"{_legend(height)}</svg>"
    )
    last = network.rows[-1].output_shape if network.rows else image_shape
    shapes = " to ".join("×".join(map(str, shape)) for shape in (image_shape, last))
    return svg, f"The network as {len(blocks)} blocks, from {shapes}."


def _legend(height: float) -> str:
    parts, x = [], 2.0
    for family, color in _COLORS.items():
        parts.append(f'<rect x="{x}" y="{height - 12}" width="9" height="9" rx="1.5" fill="{color}"/>')
        parts.append(f'<text x="{x + 14}" y="{height - 4}" text-anchor="start" fill="{TEXT}">{family}</text>')
        x += 14 + len(family) * LETTER + 2 * GAP
    return "".join(parts)


def _family(row: LayerRow) -> str:
    name = type(row.layer).__name__
    if "Conv" in name or name in {"ResidualBlock", "PatchWhitening"}:
        return "convolution"
    return "pooling" if "Pooling" in name else "dense" if name == "Dense" else "other"


def _shows(row: LayerRow) -> bool:
    return row.output_shape != row.input_shape


def _block(family: str, shape: Shape, side: int, labelled: bool) -> Block:
    height, thin = _height(shape, side), not labelled and family == "other"  # beside the block that it leaves as it is
    if len(shape) == 1:
        return Block(family, height, 3 if thin else 9, 0, (f"{shape[0]:,}" if labelled else "", ""))
    label = (str(shape[2]), f"{shape[0]}×{shape[1]}") if labelled else ("", "")
    return Block(family, height, 3 if thin else 4 + 4 * log2(shape[2] + 1), height * 0.22, label)


def _height(shape: Shape, side: int) -> float:
    if len(shape) == 1:  # a vector: 4,096 numbers are as tall as the image
        return 12 + (TALLEST - 12) * min(1.0, log2(shape[0] + 1) / 12)
    return 12 + (TALLEST - 12) * log2(max(shape[:2]) + 1) / log2(side + 1)


def _svg(block: Block, x: float, ground: float) -> str:
    top, right, lean = ground - block.height, x + block.width, block.depth
    color = _COLORS[block.family]
    front = f'<rect x="{x:.1f}" y="{top:.1f}" width="{block.width:.1f}" height="{block.height:.1f}" fill="{color}"/>'
    lid = f"{x:.1f},{top:.1f} {x + lean:.1f},{top - lean:.1f} {right + lean:.1f},{top - lean:.1f} {right:.1f},{top:.1f}"
    wall = (
        f"{right:.1f},{top:.1f} {right + lean:.1f},{top - lean:.1f} "
        f"{right + lean:.1f},{ground - lean:.1f} {right:.1f},{ground}"
    )
    sides = (
        f'<polygon points="{lid}" fill="{color}" opacity=".55"/><polygon points="{wall}" fill="{color}" opacity=".75"/>'
    )
    middle = x + (block.width + lean) / 2
    labels = "".join(
        f'<text x="{middle:.1f}" y="{ground + 18 + 14 * line}" fill="{TEXT}">{text}</text>'
        for line, text in enumerate(block.label)
        if text
    )
    return front + (sides if lean else "") + labels
