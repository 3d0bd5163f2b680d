"""Zips that someone could send: bombs, names that lead elsewhere, and names that collide. Written byte by byte.

python -m benchmarks.importing counts what becomes of them.
"""

import io
import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image

STORED, DEFLATED, BZIP2, LZMA = 0, 8, 12, 14
_BIG = 0xFFFFFFFF


@dataclass(frozen=True)
class Entry:
    """A file in a zip, and what its headers say of it; None is the truth."""

    name: bytes
    data: bytes = b""
    method: int = STORED
    said_size: int | None = None
    said_packed: int | None = None
    crc: int | None = None
    flags: int = 0
    mode: int = 0o100644
    at: int | None = None
    """Where the directory says that it begins."""


def picture(seed: int = 0, side: int = 32) -> bytes:
    """Return a small PNG."""
    pixels = np.random.default_rng(seed).integers(0, 256, (side, side, 3), np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def zipped(entries: Sequence[Entry], *, count: int | None = None, comment: bytes = b"", before: bytes = b"") -> bytes:
    """Return a zip with these entries, whose end says that there are so many."""
    file, directory = io.BytesIO(), io.BytesIO()
    file.write(before)
    for entry in entries:
        start = file.tell() if entry.at is None else entry.at
        size = len(entry.data) if entry.said_size is None else entry.said_size
        packed = len(entry.data) if entry.said_packed is None else entry.said_packed
        crc = zlib.crc32(entry.data) if entry.crc is None else entry.crc
        extra = b""
        if max(size, packed, start) >= _BIG:
            extra = struct.pack("<HHQQQ", 1, 24, size, packed, start)
            size, packed, start = _BIG, _BIG, _BIG
        common = struct.pack(
            "<HHHHHIIIHH", 20, entry.flags, entry.method, 0, 33, crc, packed, size, len(entry.name), len(extra)
        )
        if entry.at is None:
            file.write(b"PK\3\4" + common + entry.name + extra + entry.data)
        tail = struct.pack("<HHHII", 0, 0, 0, entry.mode << 16, start)
        directory.write(b"PK\1\2" + struct.pack("<H", 0x314) + common + tail + entry.name + extra)
    where, content = file.tell(), directory.getvalue()
    said = len(entries) if count is None else count
    if said >= 0xFFFF:
        end = struct.pack("<QHHIIQQQQ", 44, 45, 45, 0, 0, said, said, len(content), where)
        file.write(content + b"PK\6\6" + end + b"PK\6\7" + struct.pack("<IQI", 0, where + len(content), 1))
        file.write(b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, 0xFFFF, 0xFFFF, _BIG, _BIG, len(comment)) + comment)
    else:
        file.write(content + b"PK\5\6")
        file.write(struct.pack("<HHHHIIH", 0, 0, said, said, len(content), where, len(comment)) + comment)
    return file.getvalue()


def zeros(size: int) -> bytes:
    """Return so many zeros, packed by Deflate: a thousandth of them."""
    part = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = part.compress(bytes(1 << 20)) + part.flush(zlib.Z_FULL_FLUSH)
    return block * -(-size >> 20) + b"\3\0"


def harmless(classes: Sequence[bytes] = (b"cat", b"dog"), each: int = 4) -> list[Entry]:
    """Return pictures that can be taken."""
    return [
        Entry(name + b"/%d.png" % number, picture(place * each + number))
        for place, name in enumerate(classes)
        for number in range(each)
    ]


def bombs() -> Iterator[tuple[str, bytes]]:
    """Return 60 zips that take far more than they seem to, or seem to take far more than they do, with their names."""
    some = harmless()
    for size in (30 << 20, 100 << 20, 1 << 30, 4 << 30, 16 << 30, 1 << 40):
        packed = zeros(min(size, 1 << 30))
        yield f"flat, {size:,}", zipped([*some, Entry(b"cat/b.png", packed, DEFLATED, size, crc=0)])
        yield f"flat alone, {size:,}", zipped([Entry(b"cat/b.png", packed, DEFLATED, size, crc=0)])
    nineteen = zeros(19 << 20)
    for count in (12, 60, 300, 2000):
        files = [Entry(b"cat/%d.png" % n, nineteen, DEFLATED, 19 << 20, crc=0) for n in range(count)]
        yield f"{count} files below the limit of each", zipped([*some, *files])
    kernel = Entry(b"cat/k.png", zeros(8 << 20), DEFLATED, 8 << 20, crc=0)
    for count in (2, 100, 4000, 30_000, 60_000):
        copies = [replace(kernel, name=b"cat/%d.png" % n, at=0) for n in range(count)]
        yield f"{count} files at one place", zipped([kernel, *copies])
        shifted = [replace(kernel, name=b"cat/%d.png" % n, at=n) for n in range(count)]
        yield f"{count} files that overlap", zipped([kernel, *shifted])
    for lie in (1, 1000, 19 << 20):
        long = Entry(b"cat/l.png", zeros(1 << 30), DEFLATED, lie, crc=0)
        yield f"says {lie:,} and has a gigabyte", zipped([*some, long])
        yield (
            f"only one that says {lie:,}",
            zipped([replace(long, name=b"%s/%d" % (c, n)) for c in (b"a", b"b") for n in range(4)]),
        )
    for method in (BZIP2, LZMA, 9, 93, 99):
        yield f"method {method}", zipped([*some, Entry(b"cat/m.png", b"BZh9" + bytes(500), method, 1 << 33, crc=0)])
    for flags in (1, 0x41):
        yield f"encrypted, {flags}", zipped([replace(entry, flags=flags) for entry in some])
        yield f"one encrypted, {flags}", zipped([*some, Entry(b"cat/e.png", bytes(99), flags=flags)])
    inner = zipped([Entry(b"cat/b.png", zeros(1 << 30), DEFLATED, 1 << 30, crc=0)])
    for _ in range(3):
        inner = zipped([Entry(b"%d.zip" % n, inner[:50_000]) for n in range(16)])
    yield "nested", zipped([*some, Entry(b"cat/n.zip", inner)])
    yield "nested, called a picture", zipped([*some, Entry(b"cat/n.png", inner)])
    yield "nested alone", zipped([Entry(b"%d.zip" % n, inner[:5000]) for n in range(16)])
    empty = [Entry(b"%d" % n) for n in range(100_000)]
    yield "100,000 empty files", zipped(empty)
    yield "100,000 folders", zipped([replace(entry, name=entry.name + b"/", mode=0o40755) for entry in empty])
    yield "100,000 and says 10", zipped(empty, count=10)
    yield "10 and says 60,000", zipped(some, count=60_000)
    yield "10 and says 4,000,000,000", zipped(some, count=4_000_000_000)
    yield "long names", zipped([Entry(b"cat/" + b"x" * 60_000 + b"%d.png" % n) for n in range(200)])
    yield "deep names", zipped([*some, *(Entry(b"a/" * 20_000 + b"%d.png" % n, picture()) for n in range(20))])
    yield "ends in its comment", zipped(some, comment=b"PK\5\6" + bytes(18) * 3000)
    yield "begins with another", zipped(some, before=zipped(harmless((b"x", b"y"))))
    yield "cut off", zipped(some)[:-30]
    for name, content in _pictures():
        yield f"a picture: {name}", zipped([*some, Entry(b"cat/p.png", content)])


def _pictures() -> Iterator[tuple[str, bytes]]:
    """Return pictures that are bombs themselves."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    def png(width: int, height: int, more: bytes = b"") -> bytes:
        head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
        return (
            b"\x89PNG\r\n\x1a\n" + head + more + chunk(b"IDAT", zlib.compress(bytes(1 << 22), 9)) + chunk(b"IEND", b"")
        )

    yield "2,500 megapixels", png(50_000, 50_000)
    yield "49 megapixels of which nothing is there", png(7000, 7000)
    yield "a line", png(2_000_000_000, 1)
    yield "a profile of a gigabyte", png(32, 32, chunk(b"iCCP", b"p\0\0" + b"\x78\x9c" + zeros(1 << 30)))
    yield "a text of a gigabyte", png(32, 32, chunk(b"zTXt", b"t\0\0" + b"\x78\x9c" + zeros(1 << 30)))
    yield "a GIF of 4,294 megapixels", b"GIF89a" + struct.pack("<HHBBB", 65_535, 65_535, 0x80, 0, 0) + bytes(999)


def slip_names() -> list[bytes]:
    """Return 80 names that lead out of a folder, or mean something to a system."""
    target = (b"etc/cron.d/x.png", b"x.png", b"home/x.png", b"Windows/win.png")
    ways = (
        *(b"../" * depth for depth in (1, 2, 5, 20)),
        *(b"..\\" * depth for depth in (1, 5)),
        *(b"/", b"//", b"\\", b"\\\\host\\share\\", b"C:\\", b"c:/", b"cat/../../", b"cat/..\\../"),
        *(b"./../", b"cat/./../../", b"..%2f", b"..%c0%af"),
    )
    found = [way + name for way in ways for name in target]
    return [*found, b"cat\0.png", b"\0", b"", b".", b"..", b"/", b"CON.png", b"cat/NUL/x.png"][:80]


def slips() -> Iterator[tuple[str, bytes]]:
    """Return 80 zips, each with such a name beside harmless pictures."""
    for name in slip_names():
        yield repr(name), zipped([*harmless(), Entry(name, picture(99))])


def collisions() -> Iterator[tuple[str, bytes, int]]:
    """Return 40 zips of classes whose names are nearly the same, and how many classes these are."""
    pairs = [
        ("Cat", "cat"),
        ("cat", "CAT"),
        ("cat", "ｃat"),
        ("cat", "ｃａｔ"),
        ("é", "e\u0301"),
        ("Å", "\u212b"),
        ("ß", "SS"),
        ("ﬁsh", "fish"),
        ("cat", "cat."),
        ("cat", "cat "),
        ("cat", "cat. ."),
        ("big cat", "big  cat"),
        ("①", "1"),
        ("²", "2"),
        ("Ω", "\u2126"),
        ("K", "\u212a"),
        ("straße", "STRASSE"),
        ("한", "\u1112\u1161\u11ab"),
        ("ｶ", "カ"),
        ("cat\u00a0x", "cat x"),
    ]
    for first, second in pairs:
        for more in ((), ("__MACOSX", ".hidden")):
            names = (first, second, "dog", *more)
            entries = harmless([name.encode() for name in names])
            yield f"{first!r} and {second!r}", zipped([replace(entry, flags=0x800) for entry in entries]), 2
