"""Pictures become a dataset, in a process of its own."""

import io
import os
import signal
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from benchmarks import layouts
from benchmarks.layouts import picture, write, zipped
from imgrec import datasets, edge, importing, uploads
from imgrec.datasets import own, staging
from imgrec.datasets.own import OwnDataset
from imgrec.errors import BudgetError, DatasetError
from imgrec.framing import Framing
from imgrec.importing import Archive, Import, Request, Result, Source, Uploads
from tests.conftest import Allow, WaitFor

pytestmark = pytest.mark.slow


def start(source: Source, name: str = "pets", **settings: object) -> Import:
    return importing.start(edge.store().folder, Request.parse({"name": name, "size": 32, **settings}), source)


def add(source: Source, name: str = "pets", **settings: object) -> Result:
    adding = start(source, name, **settings)
    adding.wait()
    return adding.result()


def kept(name: str = "pets") -> OwnDataset:
    return OwnDataset(edge.store().own_datasets / name)


def nothing_else(*names: str) -> bool:
    """Say whether there are only these datasets, and no trace of an import."""
    return sorted(path.name for path in edge.store().own_datasets.iterdir()) == [".importing.lock", *names]


def test_five_layouts_of_the_same_pictures_are_the_same_dataset(tmp_path: Path) -> None:
    pictures = layouts.pets()
    above = layouts.split_above(pictures)
    archive = zipped(tmp_path / "z.zip", {f"all/{name}": file for name, file in (above | layouts.junk()).items()})
    in_memory = Archive(io.BytesIO(archive.read_bytes()), "pets.zip")
    sent = Uploads([(f"my pets/{name}", io.BytesIO(file)) for name, file in layouts.split_below(pictures).items()])
    sources: tuple[Source, ...] = (
        importing.at(write(tmp_path / "keras", above)),
        in_memory,
        sent,
        importing.at(write(tmp_path / "csv", layouts.listed_csv(pictures))),
        importing.at(write(tmp_path / "hf", layouts.listed_jsonl(pictures))),
    )
    results = [add(source, f"pets-{place}") for place, source in enumerate(sources)]
    assert len({result.version for result in results}) == 1
    assert (results[0].train, results[0].test, results[0].class_names) == (18, 9, layouts.CLASSES)
    files = [(kept(result.name).folder / "pixels.npy").read_bytes() for result in results]
    assert files == [files[0]] * 5
    assert nothing_else(*(result.name for result in results))


def test_an_image_is_what_predict_makes_of_its_picture(tmp_path: Path) -> None:
    add(importing.at(write(tmp_path / "pets", layouts.split_above(layouts.pets()))), framing="whole")
    version = kept().newest
    train, test = datasets.load(f"pets@{version.id}", edge.store().location(f"pets@{version.id}"))
    labels, splits = kept().rows(version)
    for place, source in enumerate(kept().sources()):
        picture = uploads.read((tmp_path / "pets" / source.file).read_bytes(), (32, 32, 3), Framing(way="whole"))
        np.testing.assert_array_equal(kept().pixels()[place], picture.pixels)
        split, label, _ = source.file.split("/")
        assert (layouts.CLASSES[labels[place]], splits[place]) == (label, own.SPLITS[split])
        assert (source.width, source.height) == (48, 40)
    assert (len(train.pixels), len(test.pixels)) == (18, 9)


def test_without_a_split_test_images_are_set_aside_by_the_seed(tmp_path: Path) -> None:
    source = importing.at(write(tmp_path / "pets", layouts.no_split(layouts.pets())))
    first, same, other = add(source), add(source, "same"), add(source, "other", seed=1)
    assert first.version == same.version != other.version
    assert (first.train, first.test) == (21, 6)
    labels, splits = kept().rows(kept().newest)
    assert np.bincount(labels[splits == own.TEST]).tolist() == [2, 2, 2]


def test_test_images_are_set_aside_without_parting_a_picture_from_its_mirror_image(tmp_path: Path) -> None:
    files = layouts.no_split(layouts.pets())
    for name, content in tuple(files.items()):
        mirrored = io.BytesIO()
        Image.open(io.BytesIO(content)).transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(mirrored, "PNG")
        files[name.replace(".png", " mirrored.png")] = mirrored.getvalue()
    assert add(importing.at(write(tmp_path / "pets", files))).test == 12
    _, splits = kept().rows(kept().newest)
    of = {source.file: split for source, split in zip(kept().sources(), splits.tolist(), strict=True)}
    assert all(of[name] == of[name.replace(".png", " mirrored.png")] for name in of if "mirrored" not in name)


def test_what_cannot_be_taken_is_listed_and_the_rest_is_taken(tmp_path: Path) -> None:
    files = layouts.no_split(layouts.pets())
    twice = files["cat/train tr1.png"]
    more = {
        "cat/again.png": twice,
        "dog/other.png": twice,
        "cat/text.png": b"none",
        "cat/cut.jpg": picture(7, "JPEG")[:800],
    }
    result = add(importing.at(write(tmp_path / "pets", {**files, **more})))
    assert result.images == 28
    assert {each.reason.split(".")[0]: each.files for each in result.not_taken} == {
        "A picture needs to be PNG, JPEG, WebP, AVIF, HEIC, TIFF, BMP or GIF": ("cat/text.png",),
        "This JPEG picture is damaged or cut off and cannot be read": ("cat/cut.jpg",),
        "the same file is there twice in its class": ("cat/train tr1.png",),
    }
    assert result.found == ("The same picture is in cat and in dog: cat/again.png, dog/other.png.",)


def test_a_class_of_which_too_little_can_be_read_is_left_out(tmp_path: Path) -> None:
    pets = layouts.no_split(layouts.pets())
    fish = {f"ant/{number}.png": b"none" for number in range(5)} | {"eel/1.png": pets["cat/train tr1.png"]}
    result = add(importing.at(write(tmp_path / "pets", pets | fish | {f"eel/{number}.png": b"-" for number in "234"})))
    assert result.class_names == kept().newest.class_names == ("bird", "cat", "dog")
    assert "2 classes are left out, of which fewer than 3 pictures could be read: ant (0), eel (1)." in result.said
    labels, _ = kept().rows(kept().newest)
    files = [source.file for source in kept().sources()]
    assert [kept().newest.class_names[label] for label in labels] == [file.split("/")[0] for file in files]


def test_pictures_of_which_one_class_is_left_are_refused_and_nothing_stays(tmp_path: Path) -> None:
    cats = {name: data for name, data in layouts.no_split(layouts.pets()).items() if name.startswith("cat")}
    files = cats | {f"fish/{number}.png": b"none" for number in range(5)}
    adding = start(importing.at(write(tmp_path / "pets", files)))
    adding.wait()
    with pytest.raises(DatasetError, match=r"Received fewer of: fish \(0\)\. Add some\."):
        adding.result()
    found = importing.current(edge.store().folder)
    assert found is not None
    assert found.id == adding.id
    adding.forget()
    assert nothing_else()
    assert importing.current(edge.store().folder) is None


@pytest.fixture
def many(tmp_path: Path) -> Source:
    """Return pictures that take seconds."""
    return importing.at(layouts.many(tmp_path / "many.zip", 1500))


def test_a_cancelled_import_leaves_nothing(many: Source, tmp_path: Path, wait_for: WaitFor) -> None:
    adding = start(many)
    wait_for(lambda: adding.progress().done > 0)
    assert adding.progress().total == 1500
    found = importing.current(edge.store().folder)
    assert found is not None
    with pytest.raises(DatasetError, match="is not finished"):
        found.result()
    with pytest.raises(DatasetError, match="Other pictures are being added already"):
        start(importing.at(write(tmp_path / "pets", layouts.no_split(layouts.pets()))), "others")
    found.cancel()
    assert not adding.is_running
    assert nothing_else()
    with pytest.raises(DatasetError, match="was ended before it was done"):
        adding.result()


def test_one_that_was_just_started_can_be_cancelled(many: Source) -> None:
    start(many).cancel()
    assert nothing_else()


def test_what_a_killed_process_left_is_removed_by_the_next(many: Source, tmp_path: Path, wait_for: WaitFor) -> None:
    adding = start(many)
    wait_for(lambda: adding.progress().done > 0)
    process = importing.process._children[-1]
    os.kill(process.pid, signal.SIGKILL)
    wait_for(lambda: not adding.is_running)
    with pytest.raises(DatasetError, match=r"was ended before it was done\. Nothing of it stays"):
        adding.result()
    assert len(staging.leftovers(edge.store().own_datasets)) == 1
    add(importing.at(write(tmp_path / "pets", layouts.no_split(layouts.pets()))))
    assert nothing_else("pets")


def test_a_picture_that_ends_its_reader_is_not_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The reader of one picture kills itself, as a broken library would."""
    (tmp_path / "stub").mkdir()
    (tmp_path / "stub" / "sitecustomize.py").write_text(
        "import os, sys\n"
        "from PIL import Image\n"
        "opened = Image.open\n"
        "Image.open = lambda file, **more: os.abort() if b'crash' in file.getvalue() else opened(file, **more)\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "stub"))
    bad = picture(7, "JPEG") + b"crash"
    files: Mapping[str, bytes] = layouts.no_split(layouts.pets()) | {"cat/a": bad, "cat/b": bad}
    result = add(importing.at(write(tmp_path / "pets", files)))
    assert (result.images, result.not_taken[0].count) == (27, 2)
    assert result.not_taken[0].reason == "Reading it ended the process that read it. Save the picture anew."


def test_a_server_lets_so_many_visitors_add_pictures_at_once(many: Source, allow: Allow) -> None:
    allow(imports=1)
    first, second = (edge.visitor(letter * 32).folder for letter in "ab")
    adding = importing.start(first, Request(name="pets", size=32), many)
    with pytest.raises(BudgetError, match="Others are adding pictures just now"):
        importing.start(second, Request(name="pets", size=32), many)
    adding.cancel()
    importing.start(second, Request(name="pets", size=32), many).cancel()


def test_grey_images_have_one_channel(tmp_path: Path) -> None:
    add(importing.at(write(tmp_path / "pets", layouts.split_above(layouts.pets()))), colours="grey", size=64)
    assert kept().pixels().shape == (27, 64, 64, 1)


def test_a_large_photo_is_read_small_and_keeps_its_size(tmp_path: Path) -> None:
    files = layouts.no_split(layouts.pets())
    gradient = Image.linear_gradient("L").resize((2000, 1500)).convert("RGB")
    file = io.BytesIO()
    gradient.save(file, "JPEG", exif=_lying())
    add(importing.at(write(tmp_path / "pets", {**files, "cat/photo.jpg": file.getvalue()})), size=64)
    [place] = [place for place, source in enumerate(kept().sources()) if source.file == "cat/photo.jpg"]
    assert (kept().sources()[place].width, kept().sources()[place].height) == (1500, 2000)
    shown = uploads.read(file.getvalue(), (64, 64, 3)).pixels.astype(int)
    assert np.abs(shown - kept().pixels()[place]).max() <= 3


def _lying() -> bytes:
    exif = Image.Exif()
    exif[0x112] = 6
    return exif.tobytes()
