"""What is understood before anything is written."""

from pathlib import Path

import pytest

from benchmarks import layouts
from benchmarks.layouts import write, zipped
from imgrec import importing
from imgrec.errors import DatasetError, SettingsError
from imgrec.importing import Plan, Request
from tests.conftest import Allow

PETS = Request(name="pets")


def understood(folder: Path, request: Request = PETS) -> Plan:
    return importing.plan(importing.at(folder), request)


def made(plan: Plan) -> Plan:
    """Return a plan without what it says of where it comes from."""
    return plan.replace(source="", said=(), not_taken=())


def test_five_layouts_are_the_same_plan(tmp_path: Path) -> None:
    pictures = layouts.pets()
    above = layouts.split_above(pictures)
    plans = [
        understood(write(tmp_path / "keras", above)),
        understood(write(tmp_path / "below", layouts.split_below(pictures))),
        understood(write(tmp_path / "csv", layouts.listed_csv(pictures))),
        understood(write(tmp_path / "hf", layouts.listed_jsonl(pictures))),
        understood(
            zipped(tmp_path / "z.zip", {f"all/{name}": file for name, file in (above | layouts.junk()).items()})
        ),
    ]
    assert [made(plan) for plan in plans] == [made(plans[0])] * 5
    assert [(each.name, each.train, each.test) for each in plans[0].classes] == [
        (name, 6, 3) for name in layouts.CLASSES
    ]
    assert all(plan.not_taken == () and plan.problems == () for plan in plans)
    assert not plans[0].splits_off


def test_nothing_is_written(tmp_path: Path) -> None:
    write(tmp_path / "pets", layouts.no_split(layouts.pets()))
    importing.plan(importing.at(tmp_path / "pets"), PETS, tmp_path / "store" / "own-datasets")
    assert not (tmp_path / "store").exists()


def test_without_test_images_some_are_set_aside(tmp_path: Path) -> None:
    plan = understood(write(tmp_path, layouts.no_split(layouts.pets())), PETS.replace(test_share=0.25, seed=3))
    assert plan.splits_off
    assert plan.said == ("25 % of each class are set aside for testing, chosen by the seed 3.",)


def test_it_says_what_it_takes(tmp_path: Path) -> None:
    plan = understood(write(tmp_path, layouts.no_split(layouts.pets())), PETS.replace(size=32, colours="grey"))
    assert (plan.images, plan.image_shape, plan.pixel_bytes) == (27, (32, 32, 1), 27 * 32 * 32)
    assert plan.disk_bytes >= 2 * plan.pixel_bytes
    assert Plan.model_validate_json(plan.model_dump_json()) == plan


@pytest.mark.parametrize("spellings", [("Cat", "cat"), ("cat", "ｃat"), ("é", "e\u0301"), ("cat", "cat.")])
def test_spellings_of_a_name_are_one_class_and_it_says_so(tmp_path: Path, spellings: tuple[str, str]) -> None:
    files = {f"{name}/{number}.png": b"x" for name in (*spellings, "dog") for number in range(3)}
    plan = understood(zipped(tmp_path / "z.zip", files))
    assert len(plan.classes) == 2
    assert max(each.train for each in plan.classes) == 6
    assert spellings == ("é", "e\u0301") or "are one class: " in plan.said[0]


def test_classes_can_be_renamed_merged_and_left_out(tmp_path: Path) -> None:
    folder = write(tmp_path, layouts.no_split(layouts.pets()))
    plan = understood(folder, PETS.replace(renamed={"cat": "Kitten", "bird": "pet", "dog": "pet"}))
    assert [(each.name, each.folders) for each in plan.classes] == [("Kitten", ("cat",)), ("pet", ("bird", "dog"))]
    plan = understood(folder, PETS.replace(left_out=("bird",)))
    assert plan.class_names == ("cat", "dog")
    assert plan.not_taken[0].reason == "its class is left out"


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"README.md": b"x"}, "Pictures in class folders are needed, as cat/1.jpg and dog/1.jpg"),
        ({f"cat/{number}.png": b"x" for number in range(9)}, r"2 to [\d,]+ classes\. Received: 1 \(cat\)"),
        (
            {f"{name}/1.png": b"x" for name in "ab"},
            r"at least 3 pictures to learn from and to test .* a, b\. Add",
        ),
        ({f"{name}/{number}.png": b"x" for name in ("a" * 41, "b") for number in range(3)}, "at most 40 letters"),
        ({f"{name}/{number}.png": b"x" for name in ("\u202e", "b") for number in range(3)}, r"with U\+202E in it"),
    ],
)
def test_what_cannot_be_a_dataset_is_said(tmp_path: Path, files: dict[str, bytes], said: str) -> None:
    plan = understood(zipped(tmp_path / "z.zip", files))
    with pytest.raises(DatasetError, match=said):
        raise DatasetError(plan.problems[0])


@pytest.mark.parametrize("name", ["", "Pets", "a/b", "../a", "a" * 41])
def test_a_name_that_cannot_be_a_folder_is_refused(name: str) -> None:
    with pytest.raises(SettingsError, match="1 to 40 small letters"):
        Request.parse({"name": name})


def test_a_store_says_what_keeps_a_dataset_from_being_made(tmp_path: Path, allow: Allow) -> None:
    folder, store = write(tmp_path / "pets", layouts.no_split(layouts.pets())), tmp_path / "own-datasets"
    (store / "pets").mkdir(parents=True)
    assert "There is a dataset pets already" in importing.plan(importing.at(folder), PETS, store).problems[0]
    large = Request(name="large", size=128)
    assert importing.plan(importing.at(folder), large, store).problems == ()
    allow(own_datasets_mb=1)
    assert "may take 1 MB here" in importing.plan(importing.at(folder), large, store).problems[0]


def test_the_datasets_of_all_visitors_have_a_limit(tmp_path: Path, allow: Allow) -> None:
    source = importing.at(write(tmp_path / "pets", layouts.no_split(layouts.pets())))
    visitors = tmp_path / "visitors"
    kept = visitors / "other" / "own-datasets" / "cars"
    kept.mkdir(parents=True)
    (kept / "pixels.npy").write_bytes(bytes(1_000_000))
    mine = visitors / "mine" / "own-datasets"
    allow(own_datasets_mb=100, own_datasets_mb_in_all=1)
    assert "This server is full" in importing.plan(source, PETS, mine).problems[0]
    allow(own_datasets_mb=100, own_datasets_mb_in_all=2)
    assert importing.plan(source, PETS, mine).problems == ()


def test_a_server_limits_what_one_import_brings(tmp_path: Path, allow: Allow) -> None:
    files = layouts.no_split(layouts.pets())
    folder, archive = write(tmp_path / "pets", files), zipped(tmp_path / "pets.zip", files)
    allow(import_files=20)
    for path in (folder, archive):
        with pytest.raises(DatasetError, match=r"at most 20 files\. Received: more"):
            importing.at(path)
    write(folder, {"cat/large.png": bytes(2_000_000)})
    allow(import_mb=1)
    with pytest.raises(DatasetError, match=r"at most 1 MB unpacked\. Received: 2 MB"):
        importing.at(folder)


@pytest.mark.parametrize(
    ("name", "said"),
    [("gone", "There is none at"), ("pets.tar.gz", "Unpack pets.tar.gz first"), ("a.zip", "cannot be read as one")],
)
def test_what_is_no_source_is_said(tmp_path: Path, name: str, said: str) -> None:
    if name != "gone":
        (tmp_path / name).write_bytes(b"nothing")
    with pytest.raises(DatasetError, match=said):
        importing.at(tmp_path / name)


def test_links_to_pictures_are_followed_and_others_are_listed(tmp_path: Path) -> None:
    folder = write(tmp_path / "pets", layouts.no_split(layouts.pets()))
    (folder / "cat" / "linked.png").symlink_to(folder / "dog" / "train te0.png")
    (folder / "cat" / "nowhere.png").symlink_to(tmp_path / "nowhere")
    (folder / "cat" / "loop").symlink_to(folder)
    plan = understood(folder)
    assert plan.images == 28
    assert {each.reason: each.files for each in plan.not_taken} == {
        "a link that leads nowhere": ("cat/nowhere.png",),
        "a link to a folder, or a device": ("cat/loop",),
    }
