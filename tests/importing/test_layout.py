"""What the names of files say: classes and splits, in the layouts that people know from other libraries."""

import pytest

from imgrec.datasets.own import TEST, TRAIN, VALIDATION
from imgrec.importing.layout import by_folders, split_of
from imgrec.importing.sources import File


def files(*names: str) -> list[File]:
    return [File(tuple(name.split("/")), 1, number) for number, name in enumerate(names)]


def placed(*names: str) -> list[tuple[str, int | None]]:
    return [(each.label, each.split) for each in by_folders(files(*names)).placed]


def test_folders_are_classes() -> None:
    assert placed("cat/1.jpg", "dog/1.JPG") == [("cat", None), ("dog", None)]


def test_folders_of_splits_are_none_above_class_folders() -> None:
    assert placed("train/cat/1.jpg", "Validation/cat/2.jpg", "TEST/dog/3.jpg") == [
        ("cat", TRAIN),
        ("cat", VALIDATION),
        ("dog", TEST),
    ]


def test_folders_of_splits_are_none_below_class_folders() -> None:
    assert placed("cat/train/1.jpg", "cat/val/2.jpg", "dog/testing/3.jpg") == [
        ("cat", TRAIN),
        ("cat", VALIDATION),
        ("dog", TEST),
    ]


@pytest.mark.parametrize(
    ("name", "split"),
    [
        ("Training", TRAIN),
        ("valid", VALIDATION),
        ("dev", VALIDATION),
        ("ｔｅｓｔ", TEST),
        ("trains", None),
        ("my test", None),
    ],
)
def test_only_a_whole_name_is_that_of_a_split(name: str, split: int | None) -> None:
    assert split_of(name) == split


def test_a_split_in_the_name_of_a_file_or_in_part_of_a_class_says_nothing() -> None:
    assert placed("trains/train.jpg", "cat/test_1.jpg") == [("trains", None), ("cat", None)]


def test_folders_around_everything_are_left_out() -> None:
    layout = by_folders(files("a/b/train/cat/1.jpg", "a/b/test/dog/2.jpg", "a/README.md"))
    assert [(each.label, each.split) for each in layout.placed] == [("cat", TRAIN), ("dog", TEST)]
    assert layout.said[0] == "Everything lies in the folder a/b, which is no class."
    assert layout.ignored == [("a/README.md", "not a picture (.md)")]


def test_a_folder_around_the_classes_of_every_split_is_left_out() -> None:
    assert placed("train/images/cat/1.jpg", "test/images/dog/2.jpg") == [("cat", TRAIN), ("dog", TEST)]


def test_what_lies_deeper_belongs_to_the_class() -> None:
    assert placed("cat/1.jpg", "cat/small/2.jpg", "dog/3.jpg") == [("cat", None), ("cat", None), ("dog", None)]


def test_pictures_of_a_split_without_classes_are_not_taken_for_a_class() -> None:
    layout = by_folders(files("train/cat/1.jpg", "train/dog/1.jpg", "test/9.jpg", "cat/3.jpg"))
    assert [each.label for each in layout.placed] == ["cat", "dog"]
    assert layout.ignored == [("test/9.jpg", "in test, and in no class folder"), ("cat/3.jpg", "not in test and train")]


def test_one_class_with_splits_stays_a_class() -> None:
    assert placed("cat/train/1.jpg", "cat/test/2.jpg") == [("cat", TRAIN), ("cat", TEST)]


def test_each_file_that_is_not_taken_has_a_reason() -> None:
    layout = by_folders(files("loose.jpg", "cat/more.zip", "cat/label.xml", "cat/1.jpg"))
    assert dict(layout.ignored) == {
        "loose.jpg": "in no class folder",
        "cat/more.zip": "an archive: unpack it first",
        "cat/label.xml": "not a picture (.xml)",
    }
