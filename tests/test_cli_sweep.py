"""`sweep` and `sweeps`: what they start, say and refuse."""

import json
from pathlib import Path
from typing import Any

import pytest

from imgrec import edge, jobs
from imgrec.cli import main
from imgrec.config import RunConfig
from imgrec.runs import RunWriter, sweeps
from tests.conftest import start_nothing

RATE = "--vary=training.learning_rate=0.001:0.03"


@pytest.fixture(autouse=True)
def nothing_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    start_nothing(monkeypatch)


@pytest.fixture
def config(tiny: RunConfig, tmp_path: Path) -> str:
    path = tmp_path / "config.json"
    path.write_text(tiny.to_json())
    return f"--config={path}"


@pytest.fixture
def ask(capsys: pytest.CaptureFixture[str]) -> Any:
    def asked(*arguments: str) -> tuple[int, str, str]:
        status = main(arguments)
        out, err = capsys.readouterr()
        return status, out.strip(), err.strip()

    return asked


def test_a_sweep_is_planned_then_queued_and_shown(config: str, ask: Any) -> None:
    pools = "--vary=layers.0.pool_size=2,4"
    assert (
        ask("sweep", config, RATE, pools, "--trials=8", "--seeds=2", "--plan")[1] == "It would be 16 runs of 8 points."
    )
    assert jobs.queue(edge.store()) == []
    status, out, _ = ask("sweep", config, RATE, pools, "--trials=8", "--seeds=2", "--name=Rates")
    [kept] = sweeps.every(edge.store())
    assert (status, out.splitlines()[0]) == (0, f"Rates is sweep {kept.id}: 16 runs of 8 points.")
    assert len(jobs.queue(edge.store())) == 16
    assert ask("sweeps")[1].splitlines()[1].split() == [
        *(kept.id, "Rates", "training.learning_rate,", "layers.0.pool_size", "0", "of", "16")
    ]
    shown = ask("sweeps", kept.id[:12])[1].splitlines()
    assert shown[0] == f"Rates, sweep {kept.id}: 0 of 16 runs finished."
    assert shown[1].split() == ["learning_rate", "pool_size", "epochs", "validation", "test", "runs"]
    found = json.loads(ask("sweeps", kept.id, "--json")[1])
    assert [run["point"] for run in found["runs"][:3]] == [[0.001, 2], [0.001, 2], [0.001, 4]]


def test_a_sweep_by_a_file_has_the_runs_of_the_one_that_was_saved(config: str, ask: Any, tmp_path: Path) -> None:
    path = tmp_path / "sweep.json"
    ask("sweep", config, RATE, "--random", "--points=5", f"--save={path}")
    ask("sweep", f"--sweep={path}")
    runs = jobs.queue(edge.store())
    assert [run.config for run in runs[:5]] == [run.config for run in runs[5:]]
    assert len({run.config for run in runs}) == 5


def test_runs_that_are_missing_are_added_and_a_sweep_is_forgotten(config: str, ask: Any) -> None:
    ask("sweep", config, RATE, "--points=3")
    [kept] = sweeps.every(edge.store())
    RunWriter(jobs.queue(edge.store())[0].folder).fail("The disk was full.", "", again=True)
    assert ask("sweeps", kept.id, "--add-missing")[2] == "1 run added."
    assert ask("sweeps", kept.id, "--add-missing")[2] == "No run is missing."
    assert ask("sweeps", kept.id, "--remove")[1] == "Sweep 1 is forgotten; its runs stay."
    assert ask("sweeps")[1].startswith("No sweep yet.")
    assert len(jobs.queue(edge.store())) == 3


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["sweep"], "sweep needs --preset NAME, --config FILE or --copy RUN. Presets: quick"),
        (["sweep", "--preset=quick", "--dataset=shapes"], "A sweep needs 1 to 6 settings that vary. Received: 0."),
        (["sweep", "--preset=quick", RATE, "--points=1"], "Sweep.points needs a whole number from 2 to 200."),
        (["sweep", "--sweep=none.json"], "A sweep file is needed. none.json cannot be read"),
        (["sweep", "--sweep=none.json", RATE], "--sweep FILE has its settings."),
        (["sweeps", "none"], "There is no sweep 'none'."),
        (["sweeps", "--remove"], "--add-missing and --remove need SWEEP"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(arguments: list[str], sentence: str, ask: Any) -> None:
    status, out, err = ask(*arguments)
    assert (status > 0, out) == (True, "")
    assert err.startswith(sentence)
