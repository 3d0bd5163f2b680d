"""Colour profiles made by hand, as cameras and telephones put them into pictures."""

import struct

import numpy as np
from numpy.typing import NDArray

D50 = (0.9642, 1.0, 0.8249)
"""White of the space in which profiles meet (ICC.1:2022, 7.2.16)."""

P3_COLUMNS = ((0.51512, 0.24120, -0.00105), (0.29198, 0.69225, 0.04189), (0.15710, 0.06657, 0.78407))
"""Red, green and blue of Display P3 as XYZ under D50 (SMPTE EG 432-1 with the white of D65, adapted after Bradford)."""

P3_TO_SRGB = np.array([[1.22494, -0.22494, 0.0], [-0.04206, 1.04206, 0.0], [-0.01964, -0.07864, 1.09828]])
"""Linear Display P3 to linear sRGB: both have the white of D65 (CSS Color 4, sample code)."""


def display_p3() -> bytes:
    """Return an ICC profile of version 4 for Display P3: three colours, and the curve of sRGB."""
    curve = b"para\0\0\0\0" + struct.pack(">HH", 3, 0) + _fixed(2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
    text = "Display P3".encode("utf-16-be")
    tags = {
        b"desc": b"mluc\0\0\0\0" + struct.pack(">II2s2sII", 1, 12, b"en", b"US", len(text), 28) + text,
        b"wtpt": b"XYZ \0\0\0\0" + _fixed(*D50),
        **{
            name: b"XYZ \0\0\0\0" + _fixed(*column)
            for name, column in zip((b"rXYZ", b"gXYZ", b"bXYZ"), P3_COLUMNS, strict=True)
        },
        **dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve),
    }
    place = 132 + 12 * len(tags)
    table, content = struct.pack(">I", len(tags)), b""
    for name, tag in tags.items():
        table += name + struct.pack(">II", place + len(content), len(tag))
        content += tag + bytes(-len(tag) % 4)
    # Size, maker, version, kind, colours, connection, date, signature, and zeros but for the white of D50.
    header = struct.pack(">I4sI4s4s4s12s4s28s12s48s", place + len(content), b"", 0x04000000, b"mntr", b"RGB ", b"XYZ ",
                         struct.pack(">6H", 2026, 1, 1, 0, 0, 0), b"acsp", b"", _fixed(*D50), b"")  # fmt: skip
    return header + table + content


def p3_to_srgb(pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return the sRGB values of pixels in Display P3, by the definition of both."""
    shares = pixels / 255
    linear = np.where(shares <= 0.04045, shares / 12.92, ((shares + 0.055) / 1.055) ** 2.4)
    linear = np.clip(linear @ P3_TO_SRGB.T, 0, 1)
    found: NDArray[np.float64] = 255 * np.where(
        linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055
    )
    return found


def _fixed(*values: float) -> bytes:
    """Write numbers as s15Fixed16."""
    return struct.pack(f">{len(values)}i", *(round(value * 65536) for value in values))
