"""What a Ray cluster of two nodes on this machine does with runs, beside this computer alone.

`python -m benchmarks.cluster same` trains stub runs and real ones here and there, and compares them bit for bit;
`kills` kills a node again and again while runs train; `asked` measures how soon a pause and a stop are done;
`overhead` compares a run of a minute; `rate` is how many runs of a second are done in a time; `cost` says what a run
costs the network, the head and this computer. `asked`, `cost` and the real runs of `same` train with the engine, all
others with a stub: what is measured is what surrounds it. Exit status 1 where a run is lost or differs.
"""

import argparse
import os
import random
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import NamedTuple
from zipfile import ZipFile

import psutil

from benchmarks import home, pipe_executor, stub_engine
from benchmarks.ray_cluster import LocalCluster, cluster
from imgrec import datasets, edge, jobs, presets
from imgrec.config import RunConfig, Training
from imgrec.layers import Flatten
from imgrec.runs import Run, State

WAIT_SECONDS = 900.0


def stub(epochs: int, seed: int) -> RunConfig:
    """Return a config for the stub engine."""
    training = Training(epochs=epochs, seed=seed, train_share=0.02, validation_share=0.02)
    return RunConfig(dataset="shapes", layers=(Flatten(),), training=training)


@contextmanager
def environment(**variables: str) -> Iterator[None]:
    """Set variables of the environment meanwhile."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, text in before.items():
            if text is None:
                del os.environ[name]
            else:
                os.environ[name] = text


@contextmanager
def place(stubbed: bool, seconds: float = 0.0, nodes: int = 0) -> Iterator[LocalCluster | None]:
    """Give a home with drawn images, and a cluster of so many nodes that its runs are sent to."""
    with home.temporary() as folder:
        datasets.prepare("shapes", edge.location("shapes"))
        ours = {"IMGREC_STANDBY": "0", "STUB_SECONDS": str(seconds), "TF_NUM_INTRAOP_THREADS": "1"}
        ours["IMGREC_RAY_IMAGES"] = f"{folder}/images"
        if stubbed:
            ours["PYTHONPATH"] = stub_engine.environment()["PYTHONPATH"]
        with environment(**ours):
            if not nodes:
                yield None
                return
            with cluster(nodes) as found:
                slots = {"IMGREC_SLOTS": str(nodes)}
                with environment(IMGREC_EXECUTOR="ray", IMGREC_RAY_ADDRESS=found.address, **slots):
                    yield found


def wait(condition: Callable[[], object]) -> float:
    """Wait until something holds. Return how many seconds that took."""
    began = time.monotonic()
    while not condition():
        if time.monotonic() - began > WAIT_SECONDS:
            raise TimeoutError
        time.sleep(0.02)
    return time.monotonic() - began


def ended(runs: list[Run]) -> Callable[[], bool]:
    """Return what says whether all of them are finished or failed."""
    return lambda: all(run.state in {State.FINISHED, State.FAILED} for run in runs)


def beyond(runs: list[Run], epochs: list[int]) -> bool:
    """Return whether each of them has completed more epochs than these."""
    return all(len(run.history()) > least for run, least in zip(runs, epochs, strict=True))


def is_paused(run: Run) -> bool:
    """Return whether it has been paused."""
    return run.state is State.PAUSED


def has_learnt(run: Run) -> bool:
    """Return whether its training is over, and the rest under way or done."""
    progress = run.progress()
    return progress is not None and progress.phase != "training"


def bits(run: Run) -> tuple[object, ...]:
    """Return what a stub run has come to: its model, history and predictions."""
    with ZipFile(run.model) as model:  # whose file also has the time at which it was made
        return model.read("model.weights.h5"), run.history(), run.predictions()[0].tobytes()


def same(stubs: int, real: int) -> bool:
    """Compare runs here and there."""
    found: list[list[tuple[object, ...]]] = []
    for nodes in (0, 2):
        with place(stubbed=True, nodes=nodes):
            runs = [jobs.launch(edge.store(), stub(5, seed), str(seed)) for seed in range(stubs)]
            wait(ended(runs))
            found.append([bits(run) if run.state is State.FINISHED else () for run in runs])
    alike = sum(here == there != () for here, there in zip(*found, strict=True))
    print(f"{alike} of {stubs} stub runs are bit-identical.")
    with place(stubbed=False, nodes=0), home.temporary() as kept:
        here = [trained(seed, kept) for seed in range(real)]
        with place(stubbed=False, nodes=2):
            there = [trained(seed, "") for seed in range(real)]
            equal = sum(pipe_executor.same(one, other) for one, other in zip(here, there, strict=True))
    print(f"{equal} of {real} real runs are bit-identical.")
    return (alike, equal) == (stubs, real)


def trained(seed: int, kept: str) -> Run:
    """Train a real run to its end; where kept is a folder, it is moved there."""
    run = jobs.launch(edge.store(), pipe_executor.config_of(seed).with_setting("training.epochs", 6), str(seed))
    wait(ended([run]))
    if kept:
        run.folder.rename(f"{kept}/{run.id}")
        return Run(type(run.folder)(f"{kept}/{run.id}"))
    return run


def kills(count: int) -> bool:
    """Kill a node again and again, each time at a random moment."""
    rng, epochs = random.Random(0), 25 * count
    with place(stubbed=True, seconds=0.5, nodes=2) as nodes:
        assert nodes is not None
        runs = [jobs.launch(edge.store(), stub(epochs, seed), str(seed)) for seed in range(2)]
        wait(lambda: all(len(run.history()) > 1 for run in runs))
        learnt, went_back = [0, 0], 0
        for _ in range(count):
            number = rng.choice([0, 1])
            nodes.kill(number)
            time.sleep(rng.uniform(0, 2))
            nodes.start(number)
            before = [len(run.history()) for run in runs]
            went_back += sum(now < then for now, then in zip(before, learnt, strict=True))
            learnt = before
            wait(partial(beyond, runs, [min(each + 1, epochs - 1) for each in before]))
            print([len(run.history()) for run in runs], flush=True)
        wait(ended(runs))
        lost = sum(run.state is not State.FINISHED for run in runs)
        complete = all([row.epoch for row in run.history()] == list(range(1, epochs + 1)) for run in runs)
        attempts = [len(run.attempts()) for run in runs]
    print(f"{count} kills: {lost} runs lost, histories complete without duplicates: {complete}, {went_back} went back;")
    print(f"the workers here were started {attempts} times.")
    return not lost and complete and not went_back


def asked(rounds: int) -> bool:
    """Measure from asking to the end of the worker's part: the pause is kept, or the model is there to be scored."""
    times: dict[str, list[float]] = {"pause": [], "stop": []}
    for nodes in (0, 2):
        with place(stubbed=False, nodes=nodes):
            for seed in range(rounds):
                long = pipe_executor.config_of(seed).with_setting("training.epochs", 500)
                run = jobs.launch(edge.store(), long, str(seed))
                wait(partial(beyond, [run], [2]))
                jobs.pause(run)
                times["pause"].append(wait(partial(is_paused, run)))
                reached = len(run.history())
                jobs.resume(run)
                wait(partial(beyond, [run], [reached]))
                jobs.stop(run)
                times["stop"].append(wait(partial(has_learnt, run)))
                wait(ended([run]))
        for what, found in times.items():
            median = statistics.median(found)
            print(f"{what} on {nodes or 'no'} nodes: {median:.2f} s, at most {max(found):.2f} s.", flush=True)
            found.clear()
    return True


def overhead(rounds: int) -> bool:
    """Compare how long a run of 60 epochs of a second takes, from its launch to its end."""
    for nodes in (0, 2):
        with place(stubbed=True, seconds=1.0, nodes=nodes):
            found = []
            for seed in range(rounds):
                run = jobs.launch(edge.store(), stub(60, seed), str(seed))
                found.append(wait(ended([run])))
            print(f"a run of a minute on {nodes or 'no'} nodes: {statistics.median(found):.1f} s.", flush=True)
    return True


def rate(count: int) -> bool:
    """Measure how many runs of a second are done in a time, beside what the slots could do."""
    for nodes in (0, 2):
        slots = nodes or 2
        with place(stubbed=True, seconds=1.0, nodes=nodes), environment(IMGREC_SLOTS=str(slots)):
            runs = [jobs.launch(edge.store(), stub(1, seed), str(seed)) for seed in range(count)]
            taken = wait(ended(runs))
            share = count / taken / slots
            print(
                f"{count} runs of a second on {nodes or 'no'} nodes: {taken:.0f} s, {share:.2f} of the slots.",
                flush=True,
            )
    return True


def cost(epochs: int) -> bool:
    """Measure what a real run costs the network, the head and this computer: the first on a node, and the next."""
    config = presets.PRESETS["quick"].config.with_setting("training.epochs", epochs)
    with place(stubbed=False, nodes=1) as nodes:
        assert nodes is not None
        time.sleep(10)
        idle = Spent.since(Spent.now(), 10)
        print(f"idle, in 10 s: {idle}", flush=True)
        for number in range(2):
            before, began = Spent.now(), time.monotonic()
            run = jobs.launch(edge.store(), config.with_setting("training.seed", number), str(number))
            wait(partial(beyond, [run], [0]))
            memory = {name: pss(name) for name in ("imgrec.worker", "imgrec.cluster.bridge", "ray::Node")}
            checkpoint = largest(run)
            wait(ended([run]))
            assert run.state is State.FINISHED, run.error()
            print(f"run {number + 1}, {epochs} epochs in {time.monotonic() - began:.0f} s: {Spent.since(before)}")
            print("memory in MB:", {name: round(taken / 1e6) for name, taken in memory.items()})
            print(f"model {run.model.stat().st_size / 1e6:.2f} MB, checkpoint {checkpoint / 1e6:.2f} MB", flush=True)
    return True


class Spent(NamedTuple):
    """Bytes that went over the loopback interface, and seconds of the processor that the head has taken."""

    network: int
    head: float

    @classmethod
    def now(cls) -> "Spent":
        """Return what was spent since the machine and the head were started."""
        heads = [process for process in psutil.process_iter(["name"]) if process.info["name"] == "gcs_server"]
        times = [process.cpu_times() for process in heads]
        return cls(psutil.net_io_counters(pernic=True)["lo"].bytes_sent, sum(each.user + each.system for each in times))

    @classmethod
    def since(cls, before: "Spent", seconds: float = 0.0) -> str:
        """Say what was spent since, or in so many seconds from now."""
        time.sleep(seconds)
        now = cls.now()
        return f"{(now.network - before.network) / 1e6:.1f} MB sent, head {now.head - before.head:.2f} s of a core"


def pss(name: str) -> int:
    """Return the bytes of memory that the processes with this in their command take."""
    found = 0
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if name in " ".join(process.cmdline()):
                found += process.memory_full_info().pss
    return found


def largest(run: Run) -> int:
    """Return the bytes of a run's largest checkpoint."""
    return max((path.stat().st_size for path in run.checkpoints_folder.rglob("*") if path.is_file()), default=0)


def main() -> int:
    """Do what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["same", "kills", "asked", "overhead", "rate", "cost"])
    parser.add_argument("--count", type=int, help="stub runs, kills, rounds, runs or epochs")
    parser.add_argument("--real", type=int, default=3, help="real runs of same")
    arguments = parser.parse_args()
    count = arguments.count
    done = {
        "same": lambda: same(count or 20, arguments.real),
        "kills": lambda: kills(count or 10),
        "asked": lambda: asked(count or 5),
        "overhead": lambda: overhead(count or 1),
        "rate": lambda: rate(count or 100),
        "cost": lambda: cost(count or 3),
    }
    return 0 if done[arguments.what]() else 1


if __name__ == "__main__":
    sys.exit(main())
