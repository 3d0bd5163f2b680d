"""The benchmarks measure what they say; no test looks at how fast anything is."""

import importlib
import io
import os
import runpy
import signal
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

import numpy as np
import pytest
from PIL import Image

from benchmarks import accuracy, contest, dashboard, prediction, throughput
from benchmarks import home as benchmark_home
from benchmarks.contest import Contestant, Outcome, Turns
from imgrec import architecture, edge
from imgrec.config import Training
from imgrec.errors import ImgrecError
from imgrec.layers import (
    Activation,
    BatchNormalization,
    Conv2D,
    Dense,
    Flatten,
    GlobalAveragePooling2D,
    GlobalMaxPooling2D,
    Layer,
    MaxPooling2D,
    PatchWhitening,
    Rescaling,
    ResidualBlock,
)
from imgrec.optimizers import Muon
from imgrec.runs import State
from tests.evaluated import epochs

ROOT = Path(__file__).resolve().parent.parent


def counting(turns: Turns, first: float, step: float) -> None:
    """Answer first, first + step, first + 2 · step …"""
    value = first - step

    def measure() -> float:
        nonlocal value
        value += step
        os.write(1, b"what a library says on standard output\n")
        return value

    turns.serve(measure)


def dying(turns: Turns, after: int) -> NoReturn:
    """Answer so many times, and then dies of an error."""
    for _ in range(after):
        turns.wait()
        turns.answer(1.0)
    if after:
        turns.wait()
    raise ValueError("the oven is cold")


def contestant(name: str, function: str, **settings: float) -> Contestant:
    return Contestant(name, f"tests.test_benchmarks:{function}", settings)


@pytest.mark.slow
def test_contestants_take_turns_and_their_ratio_is_the_median_of_the_rounds_ratios():
    outcome = contest.hold(
        [contestant("a", "counting", first=2, step=2), contestant("b", "counting", first=1, step=0)], 3
    )
    assert outcome.rounds == {"a": [2, 4, 6], "b": [1, 1, 1]}
    assert outcome.median("a") == 4
    assert outcome.ratio("a", "b") == 4
    assert outcome.ratio("b", "a") == 0.25
    assert outcome.left_out == {}


def test_a_ratio_is_not_the_ratio_of_the_medians():
    outcome = Outcome({"a": [1.0, 4.0, 9.0], "b": [1.0, 8.0, 3.0]}, {})
    assert outcome.ratio("a", "b") == 1
    assert outcome.ratio("a", "absent") is None


@pytest.mark.slow
@pytest.mark.parametrize("after", [0, 1])
def test_a_contestant_that_dies_is_left_out_in_words_and_the_others_go_on(after, capfd):
    outcome = contest.hold([contestant("a", "counting", first=1, step=1), contestant("b", "dying", after=after)], 3)
    assert outcome.rounds == {"a": [1, 2, 3]}
    assert outcome.left_out["b"].endswith("ValueError: the oven is cold")
    assert "b is left out: its process ended with exit status 1" in capfd.readouterr().err


def test_a_contestant_whose_library_is_missing_is_left_out_in_words(capfd):
    absent = Contestant("a", "tests.test_benchmarks:dying", needs="no_such_library")
    assert contest.hold([absent], 1).left_out == {"a": "no_such_library is not installed."}
    assert "a is left out: no_such_library is not installed." in capfd.readouterr().err


def test_a_table_is_aligned_markdown():
    assert contest.table(["who", "images/s"], [["imgrec", "3,300"], ["a", 7]]).splitlines() == [
        "| who    | images/s |",
        "| ------ | -------: |",
        "| imgrec |    3,300 |",
        "| a      |        7 |",
    ]


def test_the_machine_is_described_by_what_json_can_hold():
    described = contest.machine()
    assert described["cores"] >= 1
    assert described["imgrec"]
    assert isinstance(described["avx512_bf16"], bool)


@pytest.mark.parametrize(
    ("layers", "flops"),
    [
        # 5×5 positions × 4 filters × 3×3×3 weights, forward and for the weights; then × 4 channels, also for the input.
        ((Conv2D(filters=4),), 2 * (25 * 4 * 27) * 2),
        ((Conv2D(filters=4), Conv2D(filters=2)), 2 * ((25 * 4 * 27) * 2 + (25 * 2 * 36) * 3)),
        # 4×4 positions × 24 filters × 2×2×3 weights, forward alone; nothing before the next one learns either.
        ((PatchWhitening(), Conv2D(filters=4)), 2 * ((16 * 24 * 12) * 1 + (16 * 4 * 9 * 24) * 2)),
        ((PatchWhitening(), BatchNormalization(), Conv2D(filters=4)), 2 * ((16 * 24 * 12) + (16 * 4 * 9 * 24) * 3)),
        ((Flatten(), Dense(units=8)), 0),
    ],
)
def test_a_convolution_is_counted_for_every_pass_that_is_done(layers: tuple[Layer, ...], flops: int):
    assert throughput.convolution_flops(architecture.check(layers, (5, 5, 3), 10).rows) == flops


def test_the_share_of_the_limit_is_that_of_rounds_and_needs_both():
    rounds = {throughput.OURS: [2.0, 4.0], throughput.LIMIT: [16.0, 16.0], "PyTorch": [1.0, 4.0]}
    summary = throughput.summarised(Outcome(rounds, {}), flops=4)
    assert summary["share_of_bfloat16_products"] == 4 * (2 / 16 + 4 / 16) / 2
    assert summary["ratios"] == {"imgrec / PyTorch": 1.5}
    assert throughput.summarised(Outcome({"PyTorch": [1.0]}, {}), flops=4)["share_of_bfloat16_products"] is None


STACKS = [
    (Conv2D(filters=4, padding="valid"), MaxPooling2D(), Flatten(), Dense(units=6)),
    (
        PatchWhitening(),
        Activation(activation="gelu"),
        Conv2D(filters=6, activation="linear", use_bias=False, kernel_initializer="identity"),
        MaxPooling2D(),
        BatchNormalization(momentum=0.6),
        Activation(),
        GlobalMaxPooling2D(),
        Rescaling(scale=0.1),
    ),
    (Conv2D(filters=3, kernel_size=5, strides=2, padding="valid"), GlobalAveragePooling2D()),
]


@pytest.mark.slow
@pytest.mark.parametrize("layers", STACKS)
def test_the_same_network_in_pytorch_gives_the_same_probabilities(layers: tuple[Layer, ...]):
    torch = pytest.importorskip("torch", reason="needs PyTorch, which only the benchmarks use")
    in_pytorch = importlib.import_module("benchmarks.in_pytorch")
    network = importlib.import_module("imgrec.engine.network")
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (4, 9, 9, 3), dtype=np.uint8)
    model = network.build_classifier(layers, (9, 9, 3), 10)
    model.set_weights([rng.uniform(0.02, 0.1, weights.shape) for weights in model.get_weights()])
    twin = in_pytorch.build(architecture.check(layers, (9, 9, 3), 10).rows).eval()
    theirs = [value for name, value in twin.state_dict().items() if not name.endswith("num_batches_tracked")]
    with torch.no_grad():
        for value, weights in zip(theirs, model.get_weights(), strict=True):
            axes = {4: (3, 2, 0, 1), 2: (1, 0), 1: (0,)}[weights.ndim]
            value.copy_(torch.from_numpy(weights.transpose(axes).copy()))
        scores = twin(torch.from_numpy(images).permute(0, 3, 1, 2).to(torch.float32) / 255)
    expected = np.asarray(model(images, training=False))
    np.testing.assert_allclose(torch.softmax(scores, 1).numpy(), expected, atol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("nesterov", [True, False])
def test_muon_in_pytorch_takes_the_same_steps(nesterov: bool):
    torch = pytest.importorskip("torch", reason="needs PyTorch, which only the benchmarks use")
    in_pytorch = importlib.import_module("benchmarks.in_pytorch")
    keras = importlib.import_module("keras")
    optimizers = importlib.import_module("imgrec.engine.optimizers")
    settings = Training(optimizer=Muon(nesterov=nesterov, weight_decay=0.01), learning_rate=0.1, precision="float32")
    rng = np.random.default_rng(0)
    kernel, matrix = (rng.normal(size=shape).astype(np.float32) for shape in ((3, 3, 4, 6), (5, 7)))
    ours = [keras.Variable(kernel, name="kernel"), keras.Variable(matrix, name="kernel")]
    model = torch.nn.ParameterList([torch.tensor(kernel.transpose(3, 2, 0, 1).copy()), torch.tensor(matrix)])
    optimizer, theirs = optimizers.make_optimizer(settings, 10), in_pytorch.make_optimizer(model, settings)
    optimizer.build(ours)
    multiples = optimizers.rate_multiples(settings, ours)
    for _ in range(3):
        gradients = [rng.normal(size=variable.shape).astype(np.float32) for variable in ours]
        optimizer.apply([keras.ops.convert_to_tensor(g * m) for g, m in zip(gradients, multiples, strict=True)], ours)
        model[0].grad = torch.tensor(gradients[0].transpose(3, 2, 0, 1).copy())
        model[1].grad = torch.tensor(gradients[1])
        theirs.step()
    np.testing.assert_allclose(model[0].detach().numpy().transpose(2, 3, 1, 0), ours[0].numpy(), atol=0.02)
    np.testing.assert_allclose(model[1].detach().numpy(), ours[1].numpy(), atol=0.03)


def test_what_has_no_twin_in_pytorch_is_named():
    pytest.importorskip("torch", reason="needs PyTorch, which only the benchmarks use")
    in_pytorch = importlib.import_module("benchmarks.in_pytorch")
    with pytest.raises(ImgrecError, match="Received: ResidualBlock"):
        in_pytorch.build(architecture.check((ResidualBlock(),), (8, 8, 3), 10).rows)


def test_the_time_to_an_accuracy_ends_with_the_first_epoch_whose_validation_is_better():
    history = epochs(0.5, 0.7, 0.8)
    assert accuracy.seconds_to(0.6, history) == 2
    assert accuracy.seconds_to(0.7, history) == 3
    assert accuracy.seconds_to(0.8, history) is None


def test_the_medians_of_trainings_say_nothing_where_one_never_reached_the_target():
    rounds = [
        {"sprint": {"run": "a", "test_accuracy": 0.7, "seconds_to_the_target": 9.0}},
        {"sprint": {"run": "b", "test_accuracy": 0.8, "seconds_to_the_target": None}},
    ]
    assert accuracy.medians(rounds) == {"sprint": {"test_accuracy": 0.75, "seconds_to_the_target": None}}
    compared = accuracy.compared({"seconds": 60.0, "seconds_to_the_target": 9.0}, seconds=120.0)
    assert compared == {"seconds_ratio": 0.5, "seconds_to_the_target_ratio": 0.075}


@pytest.mark.parametrize("kind", prediction.KINDS)
def test_an_upload_has_pictures_that_imgrec_reads(kind):
    format, (width, height), count = prediction.KINDS[kind]
    files = prediction.upload(kind)
    assert len(files) == count
    with Image.open(io.BytesIO(files[-1])) as image:
        assert (image.format, image.size) == (format, (width, height))


@pytest.mark.slow
@pytest.mark.parametrize("way", prediction.WAYS.values())
def test_each_way_to_predict_takes_a_time(way):
    run = prediction.finished_run("article")
    assert run.state is State.FINISHED
    work = {"run_id": run.id, "kind": "a PNG of 32×32"}
    outcome = contest.hold([Contestant(way, f"benchmarks.prediction:{way}", work)], 2)
    assert outcome.left_out == {}
    assert all(milliseconds > 0 for milliseconds in outcome.rounds[way])


def test_what_watching_costs_is_the_median_of_neighbouring_phases():
    rates = [("nobody", 100.0), ("tabs", 90.0), ("nobody", 60.0), ("tabs", 48.0), ("nobody", 64.0), ("sessions", 62.0)]
    phases = [dashboard.Phase(who, rate, 0, 0, 0) for who, rate in rates]
    assert dashboard.ratio(phases, "tabs") == pytest.approx((0.8 + 0.9) / 2)  # of 0.9, 1.5, 0.8 and 0.75
    assert dashboard.ratio(phases, "sessions") == 62 / 64


def test_the_pace_leaves_out_what_lies_between_epochs(monkeypatch, tiny):
    looks = iter([(1, 10, 100.0), (1, 20, 101.0), (2, 0, 150.0), (2, 5, 150.5)])
    times = iter([0.0, 1.0, 2.0, 3.0, 9.0])
    monkeypatch.setattr(dashboard, "look", lambda _: next(looks))
    monkeypatch.setattr("benchmarks.dashboard.time.monotonic", lambda: next(times))
    monkeypatch.setattr("benchmarks.dashboard.time.sleep", lambda _: None)
    run = edge.store().create(tiny, "Watched")
    assert dashboard.images_per_second(run, 5.0) == 15 * tiny.training.batch_size / 1.5


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize(
    ("argument", "who"), [("the server", "server"), ("imgrec.scheduler", "worker"), ("a browser", "visitors")]
)
def test_processor_time_is_that_of_a_process_and_of_those_that_it_started(wait_for, argument, who):
    idle_over_busy = "import os\nif os.fork(): os.wait()\nwhile True: pass"
    with subprocess.Popen([sys.executable, "-c", idle_over_busy, argument], start_new_session=True) as child:
        server = child.pid if who == "server" else 0
        try:
            before = dashboard.processor_seconds(server)[who]
            wait_for(lambda: dashboard.processor_seconds(server)[who] > before + 1)
        finally:
            os.killpg(child.pid, signal.SIGKILL)


WRITING = """
import itertools, os, subprocess, sys
from pathlib import Path
if generations := int(sys.argv[1]):
    subprocess.Popen([sys.executable, *sys.orig_argv[1:-1], str(generations - 1)], start_new_session=True)
for number in itertools.count():
    (Path(os.environ["IMGREC_HOME"]) / f"{os.getpid()}-{number % 500}").touch()
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells where a process works")
def test_a_home_is_removed_once_no_one_writes_in_it_any_more(wait_for, monkeypatch):
    monkeypatch.setenv("IMGREC_HOME", "the one before")
    with benchmark_home.temporary() as folder:
        # Each starts the next one, as a server starts the scheduler, and that one a worker.
        first = subprocess.Popen([sys.executable, "-c", WRITING, "2"])
        wait_for(lambda: len({path.name.split("-")[0] for path in Path(folder).iterdir()}) == 3)
    assert benchmark_home.processes(folder) == []
    assert not Path(folder).exists()
    assert first.wait() == -signal.SIGKILL
    assert os.environ["IMGREC_HOME"] == "the one before"


SCRIPTS = sorted(
    path.stem for path in (ROOT / "benchmarks").glob("*.py") if "ArgumentParser" in path.read_text("utf-8")
)


@pytest.mark.slow
@pytest.mark.parametrize("script", SCRIPTS)
def test_every_script_says_what_it_does(script, monkeypatch, capsys):
    if "pytorch" in script:
        pytest.importorskip("torch", reason="needs PyTorch, which only the benchmarks use")
    monkeypatch.setattr(sys, "argv", [script, "--help"])
    monkeypatch.delitem(sys.modules, f"benchmarks.{script}", raising=False)
    with pytest.raises(SystemExit, match=r"^0$"):  # in this process, as most would import TensorFlow for seconds
        runpy.run_module(f"benchmarks.{script}", run_name="__main__", alter_sys=True)
    assert "usage" in capsys.readouterr().out
