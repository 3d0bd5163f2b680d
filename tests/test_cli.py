"""The command line: exit status, one sentence for a mistake, and one JSON object for programs."""

import json
import os
import pty
import signal
import subprocess
import sys
import termios
from collections.abc import Iterator
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from imgrec import __version__, cli, datasets, edge, jobs, presets
from imgrec.cli import output, predict
from imgrec.config import RunConfig
from imgrec.runs import Run, RunWriter, State
from tests.conftest import WaitFor, start_nothing

ROOT = Path(__file__).resolve().parent.parent


def last_json(output: str) -> dict[str, Any]:
    """Read the last line as a program would, which has no NaN."""

    def refuse(constant: str) -> None:
        pytest.fail(constant)

    found: dict[str, Any] = json.loads(output.splitlines()[-1], parse_constant=refuse)
    return found


@pytest.fixture
def config_file(tmp_path: Path, tiny: RunConfig) -> Path:
    path = tmp_path / "config.json"
    path.write_text(tiny.to_json())
    return path


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("", "COMMAND"),
        ("bogus", "invalid choice: 'bogus'"),
        ("train", "Presets: quick, article, sprint"),
        ("train --preset quick --config x.json", "not allowed with argument"),
        ("train --preset quik", "Unknown preset: 'quik'. Did you mean quick?"),
        ("train --preset quick --dataset mnist", "Unknown dataset: 'mnist'. Known: cifar10, shapes, fashion_mnist"),
        ("train --preset quick --set training.epochs=0", "needs a whole number from 1 to 500. Received: 0."),
        ("train --preset quick --set training.epochs=2.5", "needs a whole number from 1 to 500. Received: 2.5."),
        ("train --preset quick --set training.epochs=many", "needs a whole number from 1 to 500. Received: 'many'."),
        ("train --preset quick --set training.learning_rate=NaN", "needs a number from 1e-06 to 10. Received: nan."),
        ("train --preset quick --set training.epoch=3", "Did you mean epochs?"),
        (
            "train --preset quick --set training.optimizer=lion",
            "Unknown optimizer: 'lion'. Known: SGD, Adam,",
        ),
        ("train --preset quick --set training", "--set needs SETTING=VALUE"),
        ("train --preset quick --set layers.99.filters=3", "There is no setting layers.99.filters"),
        ("train --preset quick --set layers.0.type=Conv3D", "Unknown layer: 'Conv3D'. Did you mean Conv2D?"),
        ("train --preset quick --set layers=[]", "at least one layer"),
        ("train --preset quick --set dataset=mnist", "Unknown dataset: 'mnist'"),
        ("train --preset quick --name=", "A run's name needs 1 to 60 printable characters"),
        ("train --config missing.json", "missing.json cannot be read"),
        ("train --config /", "cannot be read"),
        ("train --preset quick --epochs 3", "Unrecognized arguments: --epochs 3"),
        ("show 2099", "There is no run '2099'"),
        ("show ../runs", "There is no run '../runs'"),
        ("stop x", "There is no run 'x'"),
        ("predict latest", "required: IMAGE"),
        ("datasets --prepare mnist", "Unknown dataset: 'mnist'"),
    ],
)
def test_a_wrong_argument_is_one_sentence_and_status_2(
    arguments: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(arguments.split()) == 2
    output, errors = capsys.readouterr()
    assert output == ""
    assert said in errors
    assert len(errors.splitlines()) == 1
    assert edge.store().all() == []


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "needs to be JSON"),
        ("{", "needs to be JSON"),
        ("[" * 100_000, "at most three brackets"),
        ('{"training": {"epochs": ' + "9" * 5000 + "}}", "at most 4,300 digits"),
        ("[1, 2]", "needs settings as key and value pairs"),
        ('{"colour": 1}', "Unknown setting of RunConfig: 'colour'"),
        ('{"layers": [{"type": "Conv9D"}]}', "Unknown layer: 'Conv9D'"),
        ('{"layers": [{"type": "Flatten"}, {"type": "MaxPooling2D"}]}', "Layer 2: "),
        ("\xff", "cannot be read"),
        (" " * 300_000, "at most 200,000 characters"),
    ],
)
def test_a_config_file_that_cannot_be_trained_is_one_sentence_and_status_2(
    content: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "config.json"
    path.write_bytes(content.encode("latin-1"))
    assert cli.main(["train", "--config", str(path)]) == 2
    errors = capsys.readouterr().err
    assert said in errors
    assert len(errors.splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("show latest", "There is no run yet."),
        ("predict latest x.png", "There is no finished run yet."),
        ("stop latest", "There is no queued or running run yet."),
        ("train --preset article", "IMGREC_CIFAR10 needs to name a folder"),
        ("datasets --prepare cifar10", "IMGREC_CIFAR10 needs to name a folder"),
    ],
)
def test_what_cannot_be_done_is_one_sentence_and_status_1(
    arguments: str, said: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IMGREC_CIFAR10", str(tmp_path))
    assert cli.main(arguments.split()) == 1
    errors = capsys.readouterr().err
    assert said in errors
    assert len(errors.splitlines()) == 1
    assert edge.store().all() == []


@pytest.mark.parametrize("command", ["", "train", "predict", "runs", "show", "stop", "datasets"])
def test_every_command_has_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main([*command.split(), "--help"])
    assert ended.value.code == 0
    assert "usage: python -m imgrec" in capsys.readouterr().out


def test_the_version_is_that_of_the_package(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["--version"])
    assert capsys.readouterr().out == f"imgrec {__version__}\n"


def test_runs_lists_every_readable_run_and_names_damaged_ones(
    tiny: RunConfig, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["runs"]) == 0
    assert "no runs yet" in capsys.readouterr().out
    first, damaged = edge.store().create(tiny, "Prächtig"), edge.store().create(tiny, "Damaged")
    (damaged.folder / "config.json").write_text("{")
    assert cli.main(["runs"]) == 0
    output, errors = capsys.readouterr()
    assert f"{first.id}  Prächtig  queued  shapes" in output
    assert damaged.id in errors
    assert cli.main(["runs", "--json"]) == 0
    (row,) = last_json(capsys.readouterr().out)["runs"]
    assert (row["run"], row["state"], row["epochs"], row["epochs_wanted"]) == (first.id, "queued", 0, 2)


def test_a_run_is_found_by_the_beginning_of_its_id(tiny: RunConfig, capsys: pytest.CaptureFixture[str]) -> None:
    run = edge.store().create(tiny, "A run")
    assert cli.main(["show", run.id[:4]]) == 0
    assert "A run" in capsys.readouterr().out
    edge.store().create(tiny, "Another")
    assert cli.main(["show", "2"]) == 2
    assert "begins the ids of 2" in capsys.readouterr().err


def test_stop_takes_a_waiting_run_out_of_the_queue(tiny: RunConfig, capsys: pytest.CaptureFixture[str]) -> None:
    run = edge.store().create(tiny, "A run")
    assert cli.main(["stop", "latest", "--json"]) == 0
    assert last_json(capsys.readouterr().out)["state"] == "cancelled"
    assert cli.main(["stop", run.id]) == 1
    assert "Only a run that has not ended can be stopped" in capsys.readouterr().err


def test_datasets_says_which_are_on_disk(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["datasets", "--json"]) == 0
    rows = {row["dataset"]: row for row in last_json(capsys.readouterr().out)["datasets"]}
    assert rows.keys() == datasets.DATASETS.keys()
    assert not rows["shapes"]["ready"]


@pytest.mark.usefixtures("shapes")
def test_a_dataset_that_is_ready_is_not_prepared_again(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["datasets", "--prepare", "shapes"]) == 0
    output, errors = capsys.readouterr()
    assert output == "Shapes is ready: 20,000 training and 4,000 test images.\n"
    assert errors == ""


@pytest.mark.slow
def test_a_dataset_is_prepared_with_a_progress_bar(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["datasets", "--prepare", "shapes", "--json"]) == 0
    output, errors = capsys.readouterr()
    assert last_json(output)["ready"]
    assert "Drawing Shapes: 100%" in errors


@pytest.mark.slow
@pytest.mark.usefixtures("shapes")
def test_train_follows_the_run_and_ends_with_json(config_file: Path) -> None:
    command = [sys.executable, "-m", "imgrec", "train", "--config", str(config_file), "--set", "training.epochs=1"]
    done = subprocess.run(
        [*command, "--name", "By hand", "--json"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    (line,) = done.stdout.splitlines()
    result = last_json(line)
    run = edge.store().get(result["run"])
    evaluation = run.evaluation()
    assert evaluation is not None
    measured = evaluation.model_dump()
    assert result["state"] == run.state == "finished"
    low, high = result["test_interval"]
    assert low < result["test_accuracy"] < high
    assert {key: result[key] for key in result.keys() & measured.keys()} == {
        key: measured[key] for key in result.keys() & measured.keys()
    }
    assert {"test_accuracy", "seconds", "images_per_second", "peak_memory_bytes"} <= measured.keys() & result.keys()
    assert f"By hand is run {run.id}." in done.stderr
    assert "Epoch 1: training loss" in done.stderr
    assert run.config.training.epochs == 1


@pytest.mark.slow
@pytest.mark.usefixtures("shapes")
def test_ctrl_c_on_a_terminal_stops_the_run_with_its_best_epoch(config_file: Path, wait_for: WaitFor) -> None:
    terminal, stderr = pty.openpty()
    termios.tcsetwinsize(stderr, (24, 120))
    command = [sys.executable, "-m", "imgrec", "train", "--config", str(config_file), "--set", "training.epochs=500"]
    process = subprocess.Popen(
        [*command, "--json"], cwd=ROOT, stdout=subprocess.PIPE, stderr=stderr, text=True, start_new_session=True
    )
    os.close(stderr)
    os.set_blocking(terminal, False)
    shown, closed = bytearray(), False

    def read() -> bool:
        """Read on, as a terminal that no one reads is soon full and holds up who writes."""
        nonlocal closed
        try:
            shown.extend(os.read(terminal, 100_000))
        except BlockingIOError:  # nothing to read
            pass
        except OSError:  # how Linux says that the terminal is closed
            closed = True
        return closed

    wait_for(lambda: read() or b"training accuracy" in shown)
    os.killpg(process.pid, signal.SIGINT)
    wait_for(read)
    output, _ = process.communicate(timeout=120)
    os.close(terminal)
    assert process.returncode == 0, shown.decode()
    assert "epoch 1/500, loss" in shown.decode()
    assert "Stops in 3 s with" in shown.decode()
    result = last_json(output)
    assert result["state"] == "finished"
    assert result["stopped"]
    assert result["epochs_trained"] < 500


FULL = "The result needs to be written to the standard output. It cannot be: No space left on device. "


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        ("runs >&-", 0, ""),
        ("runs >&- 2>&- <&-", 0, ""),
        ("--help >&-", 0, ""),
        ("show nothing >&- 2>&-", 2, ""),
        ("show nothing 2>/dev/full", 2, ""),
        ("runs >/dev/full", 1, f"{FULL}Send it elsewhere.\n"),
        ("--version >/dev/full", 1, f"{FULL}Send it elsewhere.\n"),
        ("runs >/dev/full 2>&-", 1, ""),
        ("runs --csv /dev/full", 1, "/dev/full cannot be written: No space left on device. Choose another file.\n"),
    ],
)
def test_a_stream_that_is_closed_or_full_is_no_reason_for_more_than_a_sentence(
    arguments: str, status: int, said: str
) -> None:
    command = f"{sys.executable} -m imgrec {arguments}"
    done = subprocess.run(command, shell=True, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (status, "", said)


@pytest.fixture
def training(config_file: Path) -> Iterator[subprocess.Popen[str]]:
    """Start `train --json` of 500 epochs."""
    command = [sys.executable, "-m", "imgrec", "train", "--config", str(config_file), "--set", "training.epochs=500"]
    with subprocess.Popen(
        [*command, "--json"], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        yield process
        process.kill()


def told(process: subprocess.Popen[str], text: str) -> bool:
    """Wait until the command says this on standard error."""
    assert process.stderr is not None
    return any(text in line for line in iter(process.stderr.readline, ""))


@pytest.mark.slow
@pytest.mark.usefixtures("shapes")
def test_ctrl_c_takes_a_waiting_run_out_of_the_queue(
    tiny: RunConfig, request: pytest.FixtureRequest, wait_for: WaitFor
) -> None:
    first = jobs.launch(edge.store(), tiny.with_setting("training.epochs", 500), "First")
    process: subprocess.Popen[str] = request.getfixturevalue("training")
    assert told(process, "Waiting in the queue: 1 run before it.")
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate()
    assert process.returncode == 1
    assert "was stopped before it learnt anything" in errors
    result = last_json(output)
    assert result["state"] == "cancelled"
    assert result["test_accuracy"] is None
    jobs.stop(first)
    wait_for(lambda: first.state not in jobs.ACTIVE)


@pytest.mark.slow
@pytest.mark.usefixtures("shapes")
@pytest.mark.parametrize(
    ("signals", "status"), [((signal.SIGINT, signal.SIGINT), 1), ((signal.SIGTERM,), -signal.SIGTERM)]
)
def test_a_second_ctrl_c_and_sigterm_leave_the_run_at_work(
    training: subprocess.Popen[str], wait_for: WaitFor, signals: tuple[signal.Signals, ...], status: int
) -> None:
    assert told(training, "is run")
    (run,) = edge.store().all()
    wait_for(lambda: (progress := run.progress()) and progress.phase == "starting TensorFlow")
    training.send_signal(signals[0])
    for number in signals[1:]:
        assert told(training, "Ctrl-C again leaves it running instead.")
        training.send_signal(number)
    output, errors = training.communicate()
    assert training.returncode == status
    assert f"goes on without this window. See it with `python -m imgrec show {run.id}`" in errors
    assert last_json(output)["state"] == "running"
    wait_for(run.history)
    assert run.request.what == "", "no stop was asked for"
    jobs.stop(run)
    wait_for(lambda: run.state is State.FINISHED)


@pytest.mark.parametrize(
    ("pressed_at", "asked", "stays"),
    [("Stops in", "", True), ("Stopping", "stop", True), ("Leaves the queue in", "", False)],
)
def test_what_a_second_ctrl_c_does_depends_on_whether_the_stop_was_asked_for(
    tiny: RunConfig, monkeypatch: pytest.MonkeyPatch, pressed_at: str, asked: str, stays: bool
) -> None:
    run = RunWriter(edge.store().create(tiny, "A run").folder)

    def press(text: str) -> None:
        if text.startswith(pressed_at):
            os.kill(os.getpid(), signal.SIGINT)

    start_nothing(monkeypatch)
    monkeypatch.setattr(cli.follow, "tell", press)
    monkeypatch.setattr(cli.follow, "STOP_SECONDS", 0.0 if asked else 3.0)
    with run.lock() if stays else nullcontext(), cli.signals.Interrupts() as interrupts:
        if stays:  # in the hands of a worker
            run.begin()
        os.kill(os.getpid(), signal.SIGINT)
        assert not cli.follow.follow(run, interrupts)
    assert run.request.what == asked


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("moment", ["while the commands are loaded", "while a command is at work"])
def test_a_signal_ends_a_command_without_a_traceback(tmp_path: Path, number: signal.Signals, moment: str) -> None:
    reached = tmp_path / "reached"
    os.mkfifo(reached)
    environment, arguments = dict(os.environ), ["train", "--config", str(reached)]
    if moment == "while the commands are loaded":
        # Stands for what takes its time to be imported.
        (tmp_path / "tqdm.py").write_text(f"open({str(reached)!r}).read()")
        environment["PYTHONPATH"] = str(tmp_path)
    process = subprocess.Popen(
        [sys.executable, "-m", "imgrec", *arguments], cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True
    )
    with reached.open("w"):  # once the other side has opened it for reading
        errors = None
        while errors is None:  # a signal that comes just before it begins to read ends nothing until the next one
            process.send_signal(number)
            with suppress(subprocess.TimeoutExpired):
                _, errors = process.communicate(timeout=5)
    assert (process.returncode, errors) == (-number, "Interrupted.\n")


@pytest.mark.slow
def test_a_run_that_fails_is_json_and_a_sentence_and_status_1(
    config_file: Path, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = home / "datasets" / "shapes"
    folder.mkdir(parents=True)
    # Ready by its name, but neither readable nor replaceable: only the worker finds out.
    (folder / "shapes-1.npz").write_bytes(b"")
    (folder / "shapes.lock").mkdir()
    assert cli.main(["train", "--config", str(config_file), "--json"]) == 1
    output, errors = capsys.readouterr()
    result = last_json(output)
    assert result["state"] == "failed"
    assert result["error"] == errors.splitlines()[-1]
    assert "Traceback" not in errors


@pytest.mark.slow
def test_show_and_predict_answer_for_a_trained_run(
    trained_run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["show", "latest", "--json"]) == 0
    shown = last_json(capsys.readouterr().out)
    matrix = np.array(shown["confusion_matrix"])
    assert matrix.sum() == 4000
    assert np.trace(matrix) / matrix.sum() == shown["test_accuracy"]
    assert [row["class"] for row in shown["classes"]] == list(datasets.get("shapes").class_names)
    assert cli.main(["show", trained_run.id]) == 0
    text = capsys.readouterr().out
    assert "Test accuracy" in text
    assert "Confusion matrix" in text
    assert '"train_share": 0.05' in text

    picture, broken = tmp_path / "red.png", tmp_path / "broken.png"
    Image.new("RGB", (50, 40), (200, 20, 20)).save(picture)
    broken.write_text("no picture")
    arguments = ["predict", "latest", str(broken), str(picture), str(tmp_path), "--json"]
    assert cli.main(arguments) == 1
    output, errors = capsys.readouterr()
    refused, answered, folder = last_json(output)["pictures"]
    assert "PNG, JPEG" in refused["error"]
    assert folder["error"] == "This picture cannot be read: Is a directory."
    assert len(answered["classes"]) == 10
    assert sum(entry["probability"] for entry in answered["classes"]) == pytest.approx(1, abs=1e-4)
    assert len(errors.splitlines()) == 2
    assert cli.main(["predict", trained_run.id, str(picture)]) == 0
    said = predict.SAID[answered["verdict"]] + answered["classes"][0]["class"]
    assert capsys.readouterr().out.startswith(f"{picture}: {said} ")


@pytest.mark.slow
def test_a_reader_that_leaves_early_is_no_error() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "imgrec", "datasets", "--json"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    process.stdout.close()
    _, errors = process.communicate()
    assert errors == ""


def test_presets_are_named_in_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["train", "--help"])
    output = capsys.readouterr().out
    assert all(name in output for name in presets.PRESETS)


def test_what_a_terminal_would_obey_is_shown(capsys):
    output.say("a\x1b[31m\u202eb\tc", end="\r\n")
    output.tell("a\x07\rb")
    printed = capsys.readouterr()
    assert printed.out == "a\\x1b[31m\\u202eb\tc\r\n"
    assert printed.err == "a\\x07\\rb\n"
