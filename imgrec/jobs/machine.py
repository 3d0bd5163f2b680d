"""How many runs train at once, and what each of them may use of the machine."""

import os
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path

import psutil

from imgrec import files
from imgrec.cluster import chosen, known_slots
from imgrec.config import RunConfig
from imgrec.errors import ImgrecError, SettingsError
from imgrec.runs import Run
from imgrec.runs.writer import SLOT

_CGROUP = Path("/sys/fs/cgroup")


def slots(home: Path) -> int:
    """Return how many runs train at once: IMGREC_SLOTS, or what a cluster takes, or one for each GPU, or 1."""
    text = os.environ.get("IMGREC_SLOTS")
    if text is None:
        return known_slots(home) if chosen() else max(1, len(gpus()))
    if not text.isdecimal() or len(text) > 2 or not 1 <= int(text) <= 64:
        raise SettingsError(f"IMGREC_SLOTS needs a whole number from 1 to 64. Received: {text[:40]!r}.")
    return int(text)


def several_gpus() -> bool:
    """Return whether a run can have several GPUs: those of this machine, or of its place on a cluster."""
    cluster = chosen()
    return cluster.gpus > 1 if cluster else len(gpus()) > 1


def needs_all(config: RunConfig) -> bool:
    """Return whether a training takes all GPUs of this machine, of which there are several, and so all slots."""
    return config.training.devices == "all" and chosen() is None and len(gpus()) > 1


def takes_all(run: Run) -> bool:
    """Return whether a run takes all slots."""
    with suppress(ImgrecError):  # it is damaged, and ends as soon as it begins
        return len(gpus()) > 1 and needs_all(run.config)
    return False


def placed(home: Path, waiting: Iterable[Run], running: Sequence[Run]) -> tuple[list[tuple[Run, int]], list[int]]:
    """Return which of the waiting runs start beside the running ones, each with its slot, and which slots stay free.

    A run that takes all slots starts once nothing runs. Until then none behind it starts, or its turn might never come.
    """
    free = free_slots(home, running)
    starting: list[tuple[Run, int]] = []
    for run in waiting:
        if not free:
            break
        if takes_all(run):
            return ([(run, free[0])] if not running and not starting else starting), []
        starting.append((run, free.pop(0)))
    return starting, free


def free_slots(home: Path, running: Sequence[Run]) -> list[int]:
    """List the slots that no living worker has."""
    if any(takes_all(run) for run in running):
        return []
    taken, count = [run.slot for run in running], slots(home)
    free = [slot for slot in range(count) if slot not in taken]
    # Never more workers than slots, also where two say the same slot.
    return free[: max(0, count - len(taken))]


def free_memory() -> int:
    """Return how many bytes of memory new processes may take: what is free, and what a container may still have."""
    free = int(psutil.virtual_memory().available)
    with suppress(OSError, ValueError):  # no Linux, no cgroup of version 2, or no limit: "max"
        used, most = (int((_CGROUP / name).read_text()) for name in ("memory.current", "memory.max"))
        free = min(free, most - used + _kept_files())
    return free


def _kept_files() -> int:
    """Return how many bytes of files Linux keeps in a container's memory: they count as used, and are let go of."""
    try:
        lines = (_CGROUP / "memory.stat").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith(("active_file ", "inactive_file ")))


def processor_seconds(process: int) -> float:
    """Return how long the processor has worked for a process in all; 0 where it has ended."""
    try:
        times = psutil.Process(process).cpu_times()
    except psutil.Error:
        return 0.0
    return float(times.user + times.system)


def worker_environment(home: Path, slot: int = 0, *, alone: bool = False) -> dict[str, str]:
    """Return the environment of a worker; what is set there already stays.

    TensorFlow's fast kernels are off by default on processors without AVX512_VNNI. Where several runs train at once,
    each takes its share of the cores, as with more threads than cores they would wait for each other, and a GPU of its
    own, as TensorFlow takes all the memory of each that it sees. A worker that is alone has all of them.
    """
    ours = {"TF_ENABLE_ONEDNN_OPTS": "1"}
    if not alone and (count := slots(home)) > 1:
        ours["TF_NUM_INTRAOP_THREADS"] = str(max(1, (os.cpu_count() or 1) // count))
    names = gpus()
    own = {"CUDA_VISIBLE_DEVICES": ",".join(names) if alone else names[slot % len(names)]} if names else {}
    return {**ours, **files.environment(home), **own, SLOT: str(slot)}


def gpus() -> tuple[str, ...]:
    """List the GPUs by the names that CUDA has for them: those of CUDA_VISIBLE_DEVICES, or all there are."""
    chosen = os.environ.get("CUDA_VISIBLE_DEVICES")
    if chosen is not None:
        return tuple(name.strip() for name in chosen.split(",") if name.strip() not in {"", "-1", "NoDevFiles"})
    return _installed()


@cache
def _installed() -> tuple[str, ...]:
    """Ask NVIDIA's own tool, as importing TensorFlow for it takes seconds. Once: GPUs do not come and go."""
    if shutil.which("nvidia-smi") is None:
        return ()
    try:
        asked = subprocess.run(["nvidia-smi", "-L"], capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ()
    count = sum(line.startswith("GPU ") for line in asked.stdout.splitlines())
    return tuple(map(str, range(count)))
