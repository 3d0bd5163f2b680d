"""The example runs that ship with imgrec are whole, small, and show what is said of them."""

import shutil
from pathlib import Path

import pytest

from imgrec import examples
from imgrec.config import RunConfig
from imgrec.differences import differences
from imgrec.errors import RunError
from imgrec.examples import EXAMPLES, Example
from imgrec.runs import State, Store
from imgrec.runs.checking import check

SHIPPED = {example.name: (example, run) for example, run in examples.runs()}


def test_each_example_has_its_run_trained_with_its_very_config() -> None:
    assert [example for example, _ in examples.runs()] == list(EXAMPLES)
    assert all(run.config == example.config and run.state is State.FINISHED for example, run in SHIPPED.values())
    assert all(examples.of(run) == example for example, run in SHIPPED.values())


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_what_is_said_of_an_example_is_two_sentences_and_true(example: Example) -> None:
    evaluation = SHIPPED[example.name][1].evaluation()
    assert evaluation
    assert (evaluation.test_accuracy > 0.9) == example.learns
    assert example.why.count(". ") + example.why.count(".\n") == 1
    assert example.why.endswith(".")


def test_the_figures_in_the_texts_are_those_of_the_runs() -> None:
    scores = {name: run.evaluation() for name, (_, run) in SHIPPED.items()}
    small, residual = scores["Small network"], scores["Residual network"]
    assert small
    assert residual
    assert 0.25 < (1 - residual.test_accuracy) / (1 - small.test_accuracy) < 0.4
    assert residual.seconds > 3 * small.seconds
    photographs = examples.of_photographs().evaluation()
    assert photographs
    assert f"{100 * photographs.test_accuracy:.1f} %" in SHIPPED["Best on CIFAR-10"][0].why
    assert round(photographs.seconds / 60) == 45
    for name in ("Learning rate too high", "Too deep without shortcuts", "Sigmoid that does not learn"):
        last = SHIPPED[name][1].history()[-1]
        assert (round(last.loss, 1), round(last.accuracy, 1)) == (2.3, 0.1)
    overfit = SHIPPED["Overfit without augmentation"][1].history()
    assert overfit[-1].accuracy > 0.999
    assert overfit[-1].validation_loss > 1.4 * min(epoch.validation_loss for epoch in overfit)


@pytest.mark.parametrize(
    ("names", "what"),
    [
        (("Small network", "Learning rate too high"), {"Learning rate"}),
        (("Overfit without augmentation", "Well augmented"), {"HorizontalFlip", "Shift"}),
    ],
)
def test_two_examples_that_are_said_to_differ_in_one_thing_do(names: tuple[str, str], what: set[str]) -> None:
    configs = [SHIPPED[name][0].config for name in names]
    assert {found for found, _ in differences(configs, ["Shapes", "Shapes"])} == what


def test_they_are_small_and_tell_nothing_of_the_machine() -> None:
    photographs = examples.of_photographs()
    assert photographs.disk_bytes < 18_000_000
    assert sum(run.disk_bytes for _, run in examples.runs() if run != photographs) < 3_000_000
    kept = [path for path in examples.STORE.runs.rglob("*") if path.is_file()]
    assert {path.name for path in kept} == {
        *("config.json", "label.json", "history.jsonl", "evaluation.json"),
        *("predictions.npz", "model.keras", "model.tflite"),
    }
    assert not [path for path in kept if path.suffix in {".json", ".jsonl"} and "/" in path.read_text("utf-8")]


def test_nothing_is_wrong_with_them(tmp_path: Path) -> None:
    shutil.copytree(examples.STORE.runs, tmp_path / "runs")  # looking for faults takes locks
    assert not list(check(Store(tmp_path)))


def test_a_run_of_another_store_is_no_example(home: Path, tiny: RunConfig) -> None:
    run = Store(home).create(tiny, "Small network")
    assert Store.of(run) != examples.STORE
    assert examples.of(run) is None
    with pytest.raises(RunError):
        examples.STORE.get(run.id)
