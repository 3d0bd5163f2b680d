"""What is seen of a PNG file, and its colour profile: picked from its chunks before Pillow reads it."""

import struct
import zlib
from contextlib import suppress

MAX_PROFILE_BYTES = 400_000
"""Colour profiles of cameras and screens have a few kilobytes; the large ones are those of printers, for CMYK."""

_PNG_START = 8
_SEEN = {b"acTL": 8, b"fcTL": 26}
"""Of a PNG's ancillary chunks those that say what its first frame is, and how long they are."""

_PROFILE_HEADER = 128
"""Bytes."""


def bare(data: bytes) -> tuple[bytes, bytes | None]:
    """Leave of a PNG what is seen of it, and return its colour profile beside it.

    Pillow refuses a whole picture for its text, its colour profile or any other chunk that is damaged, or larger than
    1 MiB unpacked. Here only the profile is. A damaged chunk that is not critical is left out, as libpng does.
    """
    view, place = memoryview(data), _PNG_START
    parts: list[bytes | memoryview] = [view[:place]]
    depth = colour = 0
    pixels, profile = False, None
    while place + 8 <= len(data):
        length, name = struct.unpack_from(">I4s", data, place)
        end = place + 12 + length
        content = view[place + 8 : end - 4]
        if not name[0] & 0x20:  # critical, by the case of its first letter
            if name == b"IHDR" and len(content) >= 10:
                depth, colour = content[8], content[9]
            pixels |= name == b"IDAT"
            parts.append(view[place:end])
        elif view[end - 4 : end] == struct.pack(">I", zlib.crc32(view[place + 4 : end - 4])):
            if name == b"eXIf" or (not pixels and _SEEN.get(name) == length):
                parts.append(view[place:end])
            elif name == b"tRNS" and not pixels:
                parts.append(_clear(bytes(content), depth, colour))
            elif name == b"iCCP" and not pixels and profile is None:
                profile = _unpacked(bytes(content))
        place = end
    return b"".join(parts), profile


def _unpacked(content: bytes) -> bytes | None:
    """Return the colour profile of a chunk iCCP: a name, a zero, the method, which is 0, and what zlib has packed.

    Only the header is unpacked of what is none (ICC.1:2022, 7.2.9).
    """
    _, _, packed = content.partition(b"\0")
    unpacking = zlib.decompressobj()
    with suppress(zlib.error):
        header = unpacking.decompress(packed[1:], _PROFILE_HEADER)
        if header[36:40] == b"acsp":
            return header + unpacking.decompress(unpacking.unconsumed_tail, MAX_PROFILE_BYTES - _PROFILE_HEADER)
    return None


def _clear(content: bytes, depth: int, colour: int) -> bytes:
    """Return the chunk tRNS, which says what of a PNG is see-through, in the numbers that Pillow decodes its pixels to.

    Of grey and of RGB it holds 16 bits a channel, of which depth count. Pillow compares all of them, with pixels that
    it has brought to 8 bits where they had fewer. Return nothing where the chunk is too short or does not belong there.
    """
    if colour == 3:
        return _chunk(b"tRNS", content)
    channels = {0: 1, 2: 3}.get(colour, 0)
    if not channels or len(content) < 2 * channels:
        return b""
    most = (1 << depth) - 1
    scale = 255 // most if 0 < most < 255 else 1
    values = [(value & most) * scale for value in struct.unpack_from(f">{channels}H", content)]
    return _chunk(b"tRNS", struct.pack(f">{channels}H", *values))


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
