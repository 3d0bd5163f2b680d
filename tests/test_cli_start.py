"""`train --start-from` begins with the layers of a run."""

import json
from pathlib import Path

import pytest

from imgrec import cli, edge, examples, jobs
from imgrec.cli import train
from imgrec.config import RunConfig, Transfer
from imgrec.presets import PRESETS
from imgrec.runs import Run, State

Said = pytest.CaptureFixture[str]


@pytest.fixture
def example() -> Run:
    return examples.runs()[0][1]


def config_of(*words: str) -> RunConfig:
    arguments = cli._parser().parse_args(["train", *words])
    return train.config_of(arguments, None, train._origin(arguments))


def test_the_settings_of_a_run_are_taken_with_its_layers_where_no_others_are_named(example: Run) -> None:
    start = Transfer(run=example.id, layers=7)
    assert config_of("--start-from", "Small network") == example.config.replace(start=start)
    assert config_of("--start-from", example.id, "--layers", "2", "--unlock").start == Transfer(
        run=example.id, layers=2, locked=False
    )


def test_other_settings_stay_but_for_the_layers(example: Run, tiny: RunConfig, tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text(tiny.to_json(), encoding="utf-8")
    assert config_of("--config", str(path), "--start-from", example.id) == jobs.begun(edge.store(), tiny, example)
    article = config_of("--preset", "article", "--dataset", "shapes", "--start-from", example.id)
    assert article == jobs.begun(edge.store(), PRESETS["article"].config.replace(dataset="shapes"), example)
    assert config_of("--config", str(path), "--start-from", example.id, "--set", "training.seed=3").training.seed == 3


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--preset", "quick", "--layers", "2"], "--layers and --unlock need --start-from RUN"),
        (["--preset", "quick", "--unlock"], "--layers and --unlock need --start-from RUN"),
        (["--start-from", "nobody"], "There is no run 'nobody'."),
        (["--further", "latest", "--start-from", "latest"], "one of --further and --start-from. Received: both."),
        (["--start-from", "Small network", "--layers", "0"], "Transfer.layers needs a whole number from 1 to 200"),
        (["--start-from", "Small network", "--layers", "99"], "A network needs all layers that it copies"),
        (
            ["--start-from", "Small network", "--set", "layers.0.filters=99"],
            "Layer 1 needs the settings that it has in Small network",
        ),
    ],
)
@pytest.mark.usefixtures("shapes")
def test_what_cannot_be_begun_with_is_said(words: list[str], said: str, capsys: Said) -> None:
    assert cli.main(["train", *words]) in {1, 2}
    assert said in capsys.readouterr().err
    assert edge.store().all() == []


@pytest.mark.slow
@pytest.mark.usefixtures("shapes")
def test_a_run_is_trained_from_the_layers_of_an_example(capsys: Said) -> None:
    brief = ("--set", "training.epochs=1", "--set", "training.train_share=0.05")
    assert cli.main(["train", "--start-from", "Small network", "--layers", "8", *brief, "--json"]) == 0
    got = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert got["state"] == State.FINISHED
    assert got["test_accuracy"] > 0.5
    (run,) = edge.store().all()
    assert cli.main(["show", run.id]) == 0
    assert '"locked": true' in capsys.readouterr().out
