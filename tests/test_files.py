"""Files: where everything lives, and whole files that are old or new but never half."""

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from imgrec import edge, files


def test_home_is_the_folder_that_the_environment_names(home, monkeypatch):
    assert edge.home() == home
    monkeypatch.setenv("IMGREC_HOME", "~/elsewhere")
    assert edge.home() == Path.home() / "elsewhere"
    monkeypatch.setenv("IMGREC_HOME", "here")
    assert edge.home() == Path.cwd() / "here"


def test_a_process_that_works_elsewhere_finds_the_same_profile_and_images(home, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("IMGREC_PROFILE", "course.json")
    for variable in files.OWN_COPIES:
        monkeypatch.setenv(variable, "images")
    found = files.environment(home)
    assert found["IMGREC_PROFILE"] == str(tmp_path / "course.json")
    assert {found[variable] for variable in files.OWN_COPIES} == {str(tmp_path / "images")}
    monkeypatch.setenv("IMGREC_PROFILE", "hosted")
    assert files.environment(home)["IMGREC_PROFILE"] == "hosted"


@pytest.mark.parametrize(
    ("number", "advice"),
    [
        (errno.ENOSPC, "Make room there."),
        (errno.EACCES, "Give yourself the right to read and write there."),
        (errno.EROFS, "Give yourself the right to read and write there."),
        (errno.EISDIR, "Put that right first."),
    ],
)
def test_what_is_advised_where_nothing_can_be_written_follows_from_the_reason(number: int, advice: str) -> None:
    said = files.cannot_write(Path("/there"), OSError(number, os.strerror(number)))
    assert said == f"/there cannot be written: {os.strerror(number)}. {advice}"


@pytest.mark.parametrize("unset", [True, False])
def test_home_without_a_name_is_in_the_users_folder(monkeypatch, unset):
    monkeypatch.delenv("IMGREC_HOME") if unset else monkeypatch.setenv("IMGREC_HOME", "")
    assert edge.home() == Path.home() / ".imgrec"


@pytest.mark.slow
def test_the_settings_of_keras_in_the_users_folder_reach_no_process(home, monkeypatch):
    (home / ".keras").mkdir()
    own = {"floatx": "float16", "epsilon": 0.5, "backend": "numpy", "image_data_format": "channels_first"}
    (home / ".keras" / "keras.json").write_text(json.dumps(own), encoding="utf-8")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("KERAS_BACKEND", "numpy")
    asked = "import keras.config as c; print(c.backend(), c.floatx(), c.epsilon(), c.image_data_format())"
    command = [sys.executable, "-c", asked]
    answered = subprocess.run(command, env=files.environment(edge.home()), capture_output=True, text=True, check=True)
    assert answered.stdout.split() == ["tensorflow", "float32", "1e-07", "channels_last"]


def test_a_file_is_written_and_replaced(home):
    path = home / "a.bin"
    files.write_bytes(path, b"old")
    files.write_bytes(path, b"new and longer")
    assert path.read_bytes() == b"new and longer"
    assert [p.name for p in home.iterdir()] == ["a.bin"]


@pytest.mark.parametrize("failing", ["fsync", "replace"])
def test_the_old_content_stays_when_writing_fails(home, monkeypatch, failing):
    path = home / "a.bin"
    files.write_bytes(path, b"old")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(*((os, "fsync") if failing == "fsync" else (Path, "replace")), full)
    with pytest.raises(OSError, match="No space left"):
        files.write_bytes(path, b"new")
    assert path.read_bytes() == b"old"
    assert [p.name for p in home.iterdir()] == ["a.bin"]


def test_an_interrupted_write_leaves_nothing_behind(home, monkeypatch):
    def interrupted(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        files.write_bytes(home / "a.bin", b"new")
    assert [p.name for p in home.iterdir()] == []


def test_the_content_is_on_the_disk_before_the_name_is(home, monkeypatch):
    """After a power cut the name must not stand for an empty file: contents, name, folder, in this order."""
    done = []
    sync, replace = os.fsync, Path.replace

    def noted_sync(descriptor):
        done.append("sync")
        sync(descriptor)

    def noted_replace(self, target):
        done.append(self.parent)
        return replace(self, target)

    monkeypatch.setattr(os, "fsync", noted_sync)
    monkeypatch.setattr(Path, "replace", noted_replace)
    files.write_bytes(home / "a.bin", b"new")
    assert done == ["sync", home, "sync"]  # from beside it, since a rename across disks copies


def test_json_is_written_so_that_it_reads_back(home):
    value = {"name": "Käfer ×", "numbers": [1, 2.5, None], "inner": {"on": True}}
    files.write_json(home / "a.json", value)
    text = (home / "a.json").read_text(encoding="utf-8")
    assert json.loads(text) == value
    assert "Käfer" in text
    assert text.endswith("}\n")


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_numbers_that_json_does_not_have_are_refused_and_the_old_file_stays(home, value):
    files.write_json(home / "a.json", 1)
    with pytest.raises(ValueError, match="JSON"):
        files.write_json(home / "a.json", {"loss": value})
    assert json.loads((home / "a.json").read_text()) == 1


def test_a_folder_that_cannot_be_filled_leaves_nothing(home):
    def fill() -> None:
        with files.new_folder(home / "made") as building:
            (building / "half").touch()
            assert not (home / "made").exists()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fill()
    assert list(home.iterdir()) == []
    with files.new_folder(home / "made") as building:
        (building / "whole").touch()
    assert [path.name for path in home.iterdir()] == ["made"]


def test_a_folder_that_is_removed_leaves_nothing(home):
    (home / "made").mkdir()
    files.remove_folder(home / "made")
    assert list(home.iterdir()) == []
    with pytest.raises(FileNotFoundError):
        files.remove_folder(home / "made")
