"""Every preset can be trained and keeps what it promises."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from imgrec import jobs, presets
from imgrec.config import RunConfig
from imgrec.errors import SettingsError
from imgrec.presets import PRESETS
from imgrec.runs import Store

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize("preset", PRESETS.values(), ids=list(PRESETS))
def test_a_preset_can_be_trained_and_says_what_it_reached_on_what(preset: presets.Preset, home: Path) -> None:
    assert jobs.problem(preset.config, Store(home)) is None
    assert RunConfig.from_json(preset.config.to_json()) == preset.config
    assert "test accuracy on" in preset.measured or preset.measured.startswith("Not measured")
    assert preset.description.endswith(".")


def test_an_unknown_preset_is_said_with_those_that_there_are() -> None:
    with pytest.raises(
        SettingsError, match=r"Unknown preset: 'quik'\. Did you mean quick\? Known: quick, article, sprint"
    ):
        presets.get("quik")


def trained(*arguments: str) -> dict[str, float]:
    """Run the command line's train and return its JSON."""
    command = [sys.executable, "-m", "imgrec", "train", "--json", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.mark.slow
@pytest.mark.usefixtures("shapes")
def test_quick_learns_the_shapes_in_half_of_its_epochs() -> None:
    found = trained("--preset", "quick", "--dataset", "shapes", "--set", "training.epochs=3")
    assert found["test_accuracy"] >= 0.80, "measured at 0.87; all six epochs reach 0.96"


@pytest.mark.slow
@pytest.mark.skipif(not os.environ.get("IMGREC_CIFAR10"), reason="IMGREC_CIFAR10 names no folder with the real images")
def test_sprint_learns_in_one_epoch_and_1500_megabytes_more_of_real_photos_than_the_article_in_ten() -> None:
    found = trained("--preset", "sprint")
    assert found["test_images"] == 10_000
    assert found["test_accuracy"] > 0.70, "the article's network was measured at 0.68"
    assert found["peak_memory_bytes"] < 1.5e9
