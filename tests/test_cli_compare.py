"""`python -m imgrec compare` says which run is better, or why it cannot."""

import json

import pytest

from benchmarks.scored import scored
from imgrec import cli, edge, metrics, runs
from imgrec.config import RunConfig
from imgrec.layers import Dense, Flatten
from imgrec.runs import Run
from tests.evaluated import evaluated

CONFIG = RunConfig(dataset="shapes", layers=(Flatten(), Dense(units=8)))


@pytest.fixture
def pair(shapes: None) -> tuple[Run, Run]:  # noqa: ARG001 - its images are ready
    """Return a run, and a better one with fewer epochs."""
    return scored(CONFIG, "Before", seed=1), scored(
        CONFIG.with_setting("training.epochs", 5), "After", seed=2, lead=3.6
    )


def test_it_says_which_is_better_and_what_differs(pair: tuple[Run, Run], capsys: pytest.CaptureFixture[str]) -> None:
    before, after = pair
    assert cli.main(["compare", after.id, before.id]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("After is better than Before: +")
    assert "Epochs" in printed
    assert "Seed" not in printed


def test_json_holds_the_whole_comparison(pair: tuple[Run, Run], capsys: pytest.CaptureFixture[str]) -> None:
    before, after = pair
    assert cli.main(["compare", before.id, after.id, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    labels = before.predictions()[1]
    expected = metrics.compare(labels, *(run.predictions()[0].argmax(axis=1) for run in pair))
    assert found["difference"] == expected.difference
    assert found["interval"] == [expected.low, expected.high]
    assert found["fixed"] == len(expected.fixed)
    assert found["differs"] is True
    assert found["settings"] == {"Epochs": ["10", "5"]}


def test_only_finished_runs_are_compared(pair: tuple[Run, Run], capsys: pytest.CaptureFixture[str]) -> None:
    waiting = edge.store().create(CONFIG, "Waiting")
    assert cli.main(["compare", pair[0].id, waiting.id]) == 1
    assert "Waiting is queued" in capsys.readouterr().err


def test_runs_of_other_test_images_are_refused(pair: tuple[Run, Run], capsys: pytest.CaptureFixture[str]) -> None:
    before, after = pair
    runs.RunWriter(after.folder).finish(evaluated(fingerprint="of other images"))
    assert cli.main(["compare", before.id, after.id]) == 1
    assert "the same test images" in capsys.readouterr().err
