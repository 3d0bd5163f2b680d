"""The owner of a server sees what goes on in all of its stores, and maintains it, on the command line."""

import json
from pathlib import Path

import pytest

from imgrec import edge, jobs
from imgrec.cli import main
from imgrec.config import RunConfig
from imgrec.runs import RunWriter, State
from tests.conftest import start_nothing


@pytest.fixture(autouse=True)
def no_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    start_nothing(monkeypatch)


def result(capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    found: dict[str, object] = json.loads(capsys.readouterr().out.splitlines()[-1])
    return found


def test_it_says_who_waits_and_what_runs_in_all_stores(
    tiny: RunConfig, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = edge.visitor("a" * 32), edge.visitor("b" * 32)
    running, waiting = first.create(tiny, "Secret name"), second.create(tiny, "Waits")
    (home / "refused.json").write_text('{"since": "today", "counts": {"too many requests": 1200}}')
    with RunWriter(running.folder).lock():
        assert main(["admin"]) == 0
        said = capsys.readouterr().out
        assert main(["admin", "--json"]) == 0
    found = result(capsys)
    assert f"running     {first.folder.name[:8]}  {running.id}" in said
    assert f"queued      {second.folder.name[:8]}  {waiting.id}" in said
    assert "2 visitors" in said
    assert "too many requests 1,200" in said
    assert "Secret name" not in said, "names are the visitors' own"
    assert first.folder.name not in said
    assert found["visitors"] == 2
    assert [row["state"] for row in found["runs"]] == ["running", "queued"]  # type: ignore[attr-defined]


def test_a_drained_server_starts_nothing_until_it_is_resumed(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["admin", "drain"]) == 0
    assert "Nothing new starts. Still training: 0 runs." in capsys.readouterr().out
    assert jobs.is_drained(home)
    assert main(["admin", "status", "--json"]) == 0
    assert result(capsys)["drained"]
    assert main(["admin", "resume"]) == 0
    assert not jobs.is_drained(home)


def test_a_run_of_any_visitor_can_be_stopped(tiny: RunConfig, capsys: pytest.CaptureFixture[str]) -> None:
    run = edge.visitor("a" * 32).create(tiny, "Waits")
    assert main(["admin", "stop", run.id]) == 0
    assert run.state is State.CANCELLED
    assert main(["admin", "stop", run.id]) == 1
    assert "begins the ids of 0" in capsys.readouterr().err


def test_settings_prints_every_budget(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("IMGREC_PROFILE", "hosted")
    assert main(["admin", "settings"]) == 0
    assert "Epochs: 30" in capsys.readouterr().out
    monkeypatch.setenv("IMGREC_PROFILE", "nothing")
    assert main(["admin", "settings"]) == 2
    assert "IMGREC_PROFILE needs local or hosted" in capsys.readouterr().err


def test_sweep_says_how_many_runs_it_removed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["admin", "sweep"]) == 0
    assert "0 runs removed." in capsys.readouterr().out
