"""Every dataset that is downloaded: fetched once and whole, or read from a copy that is never changed."""

import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from imgrec import datasets, edge, files
from imgrec.datasets import DATASETS, cifar10, cifar100, download, fashion_mnist
from imgrec.datasets.download import Downloaded
from imgrec.errors import DatasetError
from tests.datasets import small
from tests.datasets.conftest import Small
from tests.datasets.served import Server, to_fetch

ALL = {module.FILES.name: module.FILES for module in (cifar10, cifar100, fashion_mnist)}


@pytest.fixture(params=ALL)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def made(name: str, made_small: Small) -> tuple[Downloaded, Path]:
    return made_small(name)


@pytest.fixture
def copy(made: tuple[Downloaded, Path]) -> Path:
    """Return a folder with a copy of the small files, which the environment does not name."""
    return made[1]


@pytest.fixture
def online(made: tuple[Downloaded, Path], server: Server, monkeypatch: pytest.MonkeyPatch) -> Downloaded:
    """Return the small dataset, which the server has."""
    found = server.publish(made[0], to_fetch(*made))
    small.expect(found, monkeypatch)
    return found


def test_every_dataset_with_a_download_is_tested_here_and_its_copy_is_found_by_every_process() -> None:
    assert {entry.name for entry in DATASETS.values() if entry.download_bytes} == set(ALL)
    assert {entry.variable for entry in DATASETS.values() if entry.variable} == set(files.OWN_COPIES)


@pytest.mark.parametrize("entry", [DATASETS[name] for name in ALL], ids=ALL)
def test_what_is_fetched_is_named_by_an_address_that_cannot_be_changed_on_the_way(entry: datasets.Dataset) -> None:
    for remote in ALL[entry.name].remotes:
        assert remote.url.startswith("https://")
        assert len(bytes.fromhex(remote.sha256)) == 32
    assert entry.download_bytes == sum(remote.bytes for remote in ALL[entry.name].remotes)
    assert entry.download_bytes < ALL[entry.name].megabytes * 1e6


def test_a_download_gives_the_images_of_a_copy_and_tells_its_progress(
    online: Downloaded, copy: Path, server: Server, home: Path
) -> None:
    told: list[tuple[int, int]] = []
    location = edge.location(online.name)
    assert not datasets.is_ready(online.name, location)
    found = datasets.load(online.name, location, lambda done, total: told.append((done, total)))
    assert datasets.fingerprint(*found) == datasets.fingerprint(*online.read(datasets.own_copy(str(copy))))
    size = sum(map(len, server.contents.values()))
    assert told == sorted(told)
    assert told[-1] == (size, size)
    assert datasets.is_ready(online.name, location)
    assert sorted(path.name for path in (home / "datasets").iterdir()) == [online.name, f"{online.name}.lock"]


def test_what_was_downloaded_is_not_downloaded_again(online: Downloaded, server: Server) -> None:
    datasets.prepare(online.name, edge.location(online.name))
    datasets.load(online.name, edge.location(online.name))
    assert sorted(server.requests) == sorted(server.contents)


@pytest.mark.parametrize(
    ("mode", "reason"),
    [
        ("404", "127.0.0.1:[0-9]+ answered 404 Not Found"),
        ("cut", "the connection to 127.0.0.1:[0-9]+ broke off"),
        ("stall", "127.0.0.1:[0-9]+ sent nothing for 0.2 seconds"),
        ("silent", "127.0.0.1:[0-9]+ sent nothing for 0.2 seconds"),
        ("refused", "127.0.0.1:9 cannot be reached"),
        ("unknown host", "nowhere.invalid cannot be reached"),
        ("other content", "its checksum differs"),
    ],
)
def test_a_failed_download_says_why_and_what_to_do_and_leaves_nothing(
    online: Downloaded, server: Server, home: Path, monkeypatch: pytest.MonkeyPatch, mode: str, reason: str
) -> None:
    monkeypatch.setattr(download, "STALL_SECONDS", 0.2)
    server.mode = mode
    if mode == "refused":
        small.expect(small.elsewhere(online, "http://127.0.0.1:9/"), monkeypatch)
    if mode == "unknown host":
        small.expect(small.elsewhere(online, "http://nowhere.invalid/"), monkeypatch)
    if mode == "other content":
        server.contents = dict.fromkeys(server.contents, b"<html>Please log in to this network.</html>")
    with pytest.raises(DatasetError, match=f"{online.title} could not be downloaded: .*{reason}") as caught:
        datasets.load(online.name, edge.location(online.name))
    assert f"Set {online.variable} to a folder that holds a copy of its {online.contents}" in str(caught.value)
    assert "use the dataset shapes" in str(caught.value)
    assert not datasets.is_ready(online.name, edge.location(online.name))
    assert [path.name for path in (home / "datasets").iterdir()] == [f"{online.name}.lock"]


def test_a_download_works_after_one_that_was_killed(online: Downloaded, home: Path) -> None:
    left = home / "datasets" / f"{online.name}.unfinished" / "files"
    left.mkdir(parents=True)
    (left / next(iter(online.sizes))).write_bytes(b"half")
    datasets.load(online.name, edge.location(online.name))
    assert not left.exists()


def test_two_threads_download_once(online: Downloaded, server: Server) -> None:
    server.mode = "slow"
    asked = (online.name, edge.location(online.name))
    threads = [threading.Thread(target=datasets.prepare, args=asked) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(server.requests) == sorted(server.contents)
    assert datasets.is_ready(*asked)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["cifar10"], indirect=True)
def test_two_processes_download_once(online: Downloaded, server: Server) -> None:
    server.mode = "slow"
    script = f"""
from imgrec import edge
from imgrec.datasets.cifar import CifarFiles
from imgrec.datasets.download import Remote
{online!r}.prepare(edge.location("cifar10"))
"""
    processes = [subprocess.Popen([sys.executable, "-c", script]) for _ in range(2)]
    assert [process.wait() for process in processes] == [0, 0]
    assert len(server.requests) == 1
    assert datasets.is_ready("cifar10", edge.location("cifar10"))


@pytest.mark.parametrize("how", ["missing", "folder", "cut", "longer"])
def test_a_copy_of_another_size_is_refused_and_never_replaced_by_a_download(
    online: Downloaded, server: Server, copy: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    monkeypatch.setenv(online.variable, str(copy))
    last, size = list(online.sizes.items())[-1]
    data = (copy / last).read_bytes()
    (copy / last).unlink()
    if how == "folder":
        (copy / last).mkdir()
    if how in {"cut", "longer"}:
        (copy / last).write_bytes(data[:-1] if how == "cut" else data + b"0")
    said = {"cut": f"has {size - 1:,} bytes instead of {size:,}", "longer": f"has {size + 1:,} bytes"}
    with pytest.raises(
        DatasetError,
        match=f"{online.variable} needs to name a folder that holds the {online.contents} of {online.title}. "
        f"Received: .*copy, where {last} {said.get(how, 'is missing')}.*unset {online.variable}",
    ):
        datasets.load(online.name, edge.location(online.name))
    assert not datasets.is_ready(online.name, edge.location(online.name))
    assert server.requests == []


def test_a_copy_with_the_right_sizes_is_read_and_nothing_is_fetched(
    online: Downloaded, server: Server, copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(online.variable, str(copy))
    before = {path.name: path.stat().st_mtime_ns for path in copy.iterdir()}
    datasets.load(online.name, edge.location(online.name))
    assert {path.name: path.stat().st_mtime_ns for path in copy.iterdir()} == before
    assert server.requests == []


@pytest.mark.parametrize("folder", ["nowhere", "x" * 5000, "~nobody-of-this-name/x"])
def test_a_folder_that_is_not_there_or_cannot_even_be_looked_at_is_said_in_words(
    online: Downloaded, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(online.variable, folder)
    assert not datasets.is_ready(online.name, edge.location(online.name))
    with pytest.raises(DatasetError, match=f"{online.variable} needs to name a folder .* Received: .*, where "):
        datasets.load(online.name, edge.location(online.name))
    assert server.requests == []


def test_a_damaged_download_says_how_to_get_it_again(online: Downloaded, home: Path) -> None:
    datasets.prepare(online.name, edge.location(online.name))
    folder = home / "datasets" / online.name
    for file in online.sizes:
        (folder / file).write_bytes(b"\xff" * (folder / file).stat().st_size)
    with pytest.raises(DatasetError, match=f"{online.title} needs .*. Delete {folder} to download it again"):
        datasets.load(online.name, edge.location(online.name))


def test_a_home_that_cannot_be_written_says_so(online: Downloaded, home: Path) -> None:
    (home / "datasets").write_text("a file where a folder is needed")
    with pytest.raises(
        DatasetError,
        match=f"{online.title} needs about {online.megabytes} MB under .* cannot be kept there: .* set IMGREC_HOME",
    ):
        datasets.prepare(online.name, edge.location(online.name))


def test_where_the_second_of_several_files_fails_the_first_is_not_kept(
    made_small: Small, server: Server, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_files, copy = made_small("fashion_mnist")
    online = server.publish(small_files, to_fetch(small_files, copy))
    first, second, *rest = online.remotes
    small.expect(replace(online, remotes=(first, replace(second, sha256=first.sha256), *rest)), monkeypatch)
    with pytest.raises(DatasetError, match=r"what .*train-labels-idx1-ubyte.gz sent is not the dataset"):
        datasets.prepare("fashion_mnist", edge.location("fashion_mnist"))
    assert [path.name for path in (home / "datasets").iterdir()] == ["fashion_mnist.lock"]
