"""Zips that anyone may have made: refused in a sentence, or what is wrong with a file is said and the rest is taken."""

import io
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import zips
from benchmarks.zips import BZIP2, DEFLATED, Entry, harmless, picture, zeros, zipped
from imgrec import importing
from imgrec.errors import DatasetError, ImageError
from imgrec.importing import Archive, Limits, Plan, Request

VISITORS = Limits(files=5000, bytes=200_000_000)


DENSE = "packed more than 200 times smaller, as no photo is"


def understood(content: bytes) -> Plan:
    return importing.plan(Archive(io.BytesIO(content), "pets.zip", VISITORS), Request(name="pets"))


def test_a_zip_on_the_disk_and_one_in_memory_are_the_same(tmp_path: Path) -> None:
    path = tmp_path / "pets.zip"
    path.write_bytes(zipped(harmless()))
    assert importing.plan(importing.at(path), Request(name="pets")) == understood(path.read_bytes())


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        (Entry(b"cat/a.png", b"../b.png", mode=0o120777), "a link or a device"),
        (Entry(b"cat/a.png", b"", mode=0o060666), "a link or a device"),
        (Entry(b"cat/a.png", b"x" * 30, flags=1), "encrypted"),
        (Entry(b"cat/a.png", b"BZh9", BZIP2), "packed in a way that is not read: pack it as a usual ZIP"),
        (Entry(b"cat/a.zip", zipped(harmless())), "an archive inside of the archive: unpack it first"),
        (
            Entry(b"cat/a.png", zeros(1 << 21), DEFLATED, 1 << 21, crc=0),
            DENSE,
        ),
        (Entry(b"../../a.png", b"x"), "its name leads out of the folder"),
        (Entry(b"cat\\..\\..\\a.png", b"x"), "its name leads out of the folder"),
        (Entry(b"C:\\a.png", b"x"), "its name leads to another folder or drive"),
        (Entry(b"/a/b.png", b"x"), "its name leads to another folder or drive"),
        (Entry(b"cat/" * 300 + b"a.png", b"x"), "a name of more than 1,000 letters"),
        (Entry(b"cat/a.png\0.txt", b"x"), "no name, or a zero in it"),
    ],
)
def test_a_file_that_is_not_taken_has_a_reason_and_the_rest_is_taken(entry: Entry, why: str) -> None:
    plan = understood(zipped([*harmless(), entry]))
    assert [(each.reason, each.count) for each in plan.not_taken] == [(why, 1)]
    assert (plan.images, plan.problems) == (8, ())


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "cannot be read as one"),
        (zipped(harmless())[:-30], "cannot be read as one"),
        (zipped([replace(entry, flags=1) for entry in harmless()]), r"pets\.zip is encrypted"),
        (zipped([Entry(b"a/1.png", picture()), Entry(b"a/2.png", picture(), at=0)]), "files in it overlap"),
        (zipped([Entry(b"%d" % number) for number in range(5001)]), "at most 5,000 files"),
        (
            zipped([Entry(b"%d" % number) for number in range(60_000)], count=3),
            "The directory of this archive is longer",
        ),
        (
            zipped([Entry(b"a/%d.png" % n, zeros(19 << 20) * 6, DEFLATED, 19 << 20, crc=0) for n in range(12)]),
            "at most 200 MB unpacked",
        ),
    ],
)
def test_a_zip_is_refused_in_a_sentence(content: bytes, said: str) -> None:
    with pytest.raises(DatasetError, match=said):
        understood(content)


@pytest.mark.parametrize("said_size", [1, 100, 3_000_000])
def test_no_more_is_read_than_the_directory_says(said_size: int) -> None:
    entry = Entry(b"cat/a.png", zeros(1 << 30), DEFLATED, said_size, crc=0)
    archive = Archive(io.BytesIO(zipped([*harmless(), entry])), "pets.zip", VISITORS)
    with pytest.raises(ImageError, match=r"damaged in the archive"):
        archive.read(next(file for file in archive.files if str(file) == "cat/a.png"), 20_000_000)


def test_a_file_longer_than_a_picture_is_not_read() -> None:
    archive = Archive(io.BytesIO(zipped([Entry(b"cat/a.png", bytes(2000))])))
    with pytest.raises(ImageError, match="at most 0 MB"):
        archive.read(archive.files[0], 1000)


@pytest.mark.parametrize("name", ["Kühe", "猫"])
def test_names_in_utf8_are_understood_also_where_the_zip_does_not_say_so(name: str) -> None:
    for flags in (0, 0x800):
        entries = [replace(entry, flags=flags) for entry in harmless((name.encode(), b"dog"))]
        assert set(understood(zipped(entries)).class_names) == {name, "dog"}


def test_names_that_lead_out_of_a_folder_never_become_classes() -> None:
    for name, content in zips.slips():
        plan = understood(content)
        assert set(plan.class_names) <= {"cat", "dog"} or plan.problems, name


def test_names_that_people_take_for_the_same_are_one_class() -> None:
    for name, content, classes in zips.collisions():
        assert len(understood(content).classes) == classes, name
