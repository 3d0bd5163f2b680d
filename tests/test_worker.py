"""A worker makes a run's files, and they agree with each other and with plain Keras."""

import json
import math
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from imgrec import datasets, edge, jobs, metrics, worker
from imgrec.config import RunConfig
from imgrec.layers import MaxPooling2D, ResidualBlock
from imgrec.runs import Run, RunWriter, State

ROOT = Path(__file__).resolve().parents[1]

pytestmark = pytest.mark.slow

MEASURED = ("epoch", "loss", "accuracy", "validation_loss", "validation_accuracy", "learning_rate")


def train(run: Run) -> int:
    """Train in a process of its own, as the queue does."""
    root = Path(worker.__file__).parent.parent
    with run.log.open("wb") as log:
        command = [sys.executable, "-m", "imgrec.worker", str(run.folder)]
        environment = jobs.worker_environment(edge.home())  # its kernels round otherwise than TensorFlow's default ones
        return subprocess.run(command, cwd=root, env=environment, stdout=log, stderr=log, check=False).returncode


def test_the_accuracy_is_that_of_the_confusion_matrix_exactly(trained_run: Run) -> None:
    probabilities, labels = trained_run.predictions()
    assert probabilities.shape == (4000, 10)
    assert probabilities.dtype == np.float32
    matrix = metrics.confusion_matrix(labels, probabilities.argmax(axis=1), 10)
    evaluation = trained_run.evaluation()
    assert evaluation is not None
    assert matrix.sum() == evaluation.test_images == 4000
    assert np.trace(matrix) == evaluation.test_correct
    assert metrics.accuracy(matrix) == evaluation.test_accuracy
    assert metrics.cross_entropy(probabilities, labels) == evaluation.test_loss


@pytest.mark.usefixtures("shapes")
def test_a_worker_imports_nothing_that_reads_tables(tiny: RunConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPROFILEIMPORTTIME", "1")  # which lists in the log what is imported
    run = edge.store().create(tiny.with_setting("training.epochs", 1), "A run")
    assert train(run) == 0
    imported = {line.rsplit("|", 1)[-1].strip() for line in run.log.read_text().splitlines() if "import time" in line}
    assert "tensorflow" in imported
    assert [name for name in imported if name.startswith(tuple(f"{package}." for package in worker.NOT_NEEDED))] == []


def test_the_labels_and_counts_are_those_of_the_dataset(trained_run: Run, tiny: RunConfig) -> None:
    learn_from, test = datasets.load("shapes", edge.location("shapes"))
    evaluation = trained_run.evaluation()
    assert evaluation is not None
    np.testing.assert_array_equal(trained_run.predictions()[1], test.labels)
    assert evaluation.fingerprint == datasets.fingerprint(learn_from, test)
    assert evaluation.validation_images == 400
    assert evaluation.training_images == round(0.98 * 2000 * 0.05) * 10
    assert len(trained_run.history()) == evaluation.epochs_trained == tiny.training.epochs


def test_the_model_is_plain_keras_and_gives_the_same_probabilities(trained_run: Run) -> None:
    code = (
        "import sys, numpy as np, keras\n"
        "model = keras.saving.load_model(sys.argv[1], safe_mode=True)\n"
        "with np.load(sys.argv[2]) as images: pixels = images['test_pixels'][:500]\n"
        "np.save(sys.argv[3], model.predict(pixels, verbose=0))\n"
        "assert not any(name.startswith('imgrec') for name in sys.modules)\n"
    )
    drawn = next((trained_run.folder.parent.parent / "datasets" / "shapes").glob("*.npz"))
    answers = trained_run.folder / "answers.npy"
    subprocess.run(
        [sys.executable, "-c", code, trained_run.model, drawn, answers],
        check=True,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
        capture_output=True,
    )
    np.testing.assert_allclose(np.load(answers), trained_run.predictions()[0][:500], atol=1e-5)


def test_the_same_seed_gives_the_same_history_and_the_same_model(trained_run: Run, tiny: RunConfig) -> None:
    again = edge.store().create(tiny, "Again")
    assert train(again) == 0
    assert [{key: getattr(row, key) for key in MEASURED} for row in again.history()] == [
        {key: getattr(row, key) for key in MEASURED} for row in trained_run.history()
    ]
    np.testing.assert_array_equal(again.predictions()[0], trained_run.predictions()[0])


@pytest.mark.usefixtures("shapes")
def test_the_same_seed_gives_the_same_model_also_where_one_pixel_in_four_is_looked_at(
    tiny: RunConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With oneDNN's own convolutions such a worker is killed, or learns from whatever lies in the memory beside."""
    monkeypatch.setenv("TF_ENABLE_ONEDNN_OPTS", "1")
    monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", "AVX2")
    blocks = MaxPooling2D(), ResidualBlock(filters=8, strides=2), ResidualBlock(filters=16, strides=2)
    config = tiny.model_copy(update={"layers": blocks}).with_setting("training.batch_size", 25)
    twice = [edge.store().create(config, "Twice") for _ in range(2)]
    assert [train(run) for run in twice] == [0, 0]
    one, other = (run.predictions()[0] for run in twice)
    np.testing.assert_array_equal(one, other)


def test_every_file_of_a_run_is_json_without_nan(trained_run: Run) -> None:
    def refuse(constant: str) -> None:
        pytest.fail(constant)

    for path in trained_run.folder.glob("*.json"):
        json.loads(path.read_text(encoding="utf-8"), parse_constant=refuse)
    for line in (trained_run.folder / "history.jsonl").read_text().splitlines():
        json.loads(line, parse_constant=refuse)
    numbers = [value for row in trained_run.history() for value in row.model_dump(exclude={"watched"}).values()]
    assert all(map(math.isfinite, numbers))


@pytest.mark.usefixtures("shapes")
def test_a_training_that_diverges_fails_and_says_what_to_do(tiny: RunConfig) -> None:
    # Linear, because units of relu die of such steps and the loss stays a number.
    config = tiny.with_setting("layers.2.activation", "linear").with_setting("training.optimizer", "sgd")
    run = edge.store().create(config.with_setting("training.learning_rate", 10.0), "Too fast")
    assert train(run) == 1
    assert run.state is State.FAILED
    error = run.error()
    assert error is not None
    assert "diverged" in error.sentence
    assert "Start a copy with a learning rate of at most 1," in error.sentence
    assert error.learning_rate == 1


def test_a_dataset_that_cannot_be_loaded_fails_in_words(
    tiny: RunConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IMGREC_CIFAR10", str(tmp_path))
    run = edge.store().create(tiny.replace(dataset="cifar10"), "A run")
    assert worker.main(run.folder) == 1
    assert run.state is State.FAILED
    error = run.error()
    assert error is not None
    assert error.sentence.startswith(f"This run learns from the images of CIFAR-10 in {tmp_path}, and they are not")


def test_a_run_is_not_trained_twice(trained_run: Run, tiny: RunConfig) -> None:
    assert worker.main(trained_run.folder) == 3
    failed = edge.store().create(tiny, "Failed")
    RunWriter(failed.folder).fail("It broke.", "")
    assert worker.main(failed.folder) == 3
    cancelled = edge.store().create(tiny, "Cancelled")
    cancelled.ask("stop")
    assert worker.main(cancelled.folder) == 3
    assert cancelled.state is State.CANCELLED


@pytest.mark.parametrize("now", [0, 3, 5, 12])
def test_a_worker_that_another_started_runs_at_the_same_priority(now: int) -> None:
    """A successor inherits its starter's niceness; adding to it would make every run slower than the one before."""
    code = f"import os; os.nice({now}); from imgrec import worker; worker.step_back(); print(os.nice(0))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    start = os.nice(0)
    assert int(done.stdout) == max(start + now, worker.NICENESS)


def test_the_peak_of_memory_is_this_process_own() -> None:
    """getrusage hands on the peak of the process that started it."""
    large = bytearray(400_000_000)
    code = "from imgrec import executor; print(executor.LocalExecutor(None).peak_memory())"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert len(large) > int(done.stdout) > 10_000_000


def test_a_training_whose_folder_was_removed_ends(tiny: RunConfig) -> None:
    run = RunWriter(edge.store().create(tiny, "A run").folder)
    assert worker._asked(run) is None
    shutil.rmtree(run.folder)
    assert worker._asked(run) == "pause"
