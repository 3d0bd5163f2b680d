"""How long it takes from Start to the first training steps, with a worker kept ready (warm) and without one (cold).

    python -m benchmarks.first_step --preset sprint --rounds 5

Seconds from the launch until the worker writes that it has taken its first steps. Warm: an open page has let the
scheduler keep a worker ready, which waits; cold: IMGREC_STANDBY=0, and not even a scheduler runs. Linux only. Needs a
dataset that is ready in IMGREC_HOME or IMGREC_CIFAR10.
"""

import argparse
import json
import os
import time

from benchmarks import contest, home
from benchmarks.stage import LOOK_SECONDS, START_SECONDS
from imgrec import edge, jobs, presets
from imgrec.config import RunConfig
from imgrec.runs import Run

POLL_SECONDS = 0.02
QUIET_SECONDS = 1.5
"""A worker that has not used the processor for so long is ready, and waits."""


def main() -> None:
    """Start runs and print how long each took."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--preset", default="sprint", choices=list(presets.PRESETS))
    parser.add_argument("--rounds", type=int, default=5, help="each of a cold and a warm start")
    arguments = parser.parse_args()
    config = presets.get(arguments.preset).config.with_setting("training.epochs", 100)
    seconds: dict[str, list[float]] = {"cold": [], "warm": []}
    for number in range(arguments.rounds):
        for kind in ("cold", "warm"):
            with home.with_datasets() as folder:
                os.environ["IMGREC_STANDBY"] = str(int(kind == "warm"))
                if kind == "warm":
                    keep_ready(config, folder)
                seconds[kind].append(first_step(config.with_setting("training.seed", number)))
    print(contest.table_of_seconds(seconds))
    settings = {"benchmark": "first_step", **vars(arguments)}
    print(json.dumps({**settings, "seconds": seconds, "machine": contest.machine()}))


def first_step(config: RunConfig) -> float:
    """Launch a run, and return the seconds until it has taken its first steps. Raises RuntimeError where it ends."""
    began = time.monotonic()
    run = jobs.launch(edge.store(), config)
    while not has_stepped(run):
        if run.state not in jobs.ACTIVE or time.monotonic() - began > START_SECONDS:
            raise RuntimeError(f"The training did not begin. Its log:\n{run.log.read_text(errors='replace')}")
        time.sleep(POLL_SECONDS)
    return time.monotonic() - began


def has_stepped(run: Run) -> bool:
    """Return whether the run says that it has taken a step."""
    progress = run.progress()
    return progress is not None and bool(progress.step)


def keep_ready(config: RunConfig, folder: str) -> None:
    """Wait until a worker that is kept ready for such a run has nothing more to do."""
    jobs.expect(edge.store(), config.dataset)
    deadline, quiet_since, used = time.monotonic() + START_SECONDS, time.monotonic(), -1.0
    while time.monotonic() - quiet_since < QUIET_SECONDS:
        if time.monotonic() > deadline:
            raise RuntimeError("No worker was kept ready: it needs 3 GB of free memory.")
        time.sleep(LOOK_SECONDS)
        now = sum(sum(each.cpu_times()[:2]) for each in home.waiting(folder))
        if not now or now > used:
            used, quiet_since = now, time.monotonic()


if __name__ == "__main__":
    main()
