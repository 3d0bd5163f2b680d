"""Whether trainings are carried out on a Ray cluster, and what each of them takes of it, as the environment says."""

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec

from imgrec.errors import SettingsError

ADDRESS = "IMGREC_RAY_ADDRESS"
CPUS, GPUS, MEMORY = "IMGREC_RAY_CPUS", "IMGREC_RAY_GPUS", "IMGREC_RAY_MEMORY_MB"
IMAGES = "IMGREC_RAY_IMAGES"

_ADDRESS = re.compile(r"(ray://)?[\w.-]+:\d{1,5}")


@dataclass(frozen=True)
class Cluster:
    """A Ray cluster, and what each run takes of one of its nodes.

    images is the folder in which the nodes keep images, which they may share; empty: each keeps them for itself.
    """

    address: str
    cpus: int = 1
    gpus: int = 0
    memory_mb: int = 2000
    images: str = ""

    @property
    def options(self) -> dict[str, float]:
        """What Ray is asked for: a run that a node loses is begun again by its worker alone."""
        return {
            "num_cpus": self.cpus,
            "num_gpus": self.gpus,
            "memory": self.memory_mb * 1e6,
            "max_restarts": 0,
            "max_task_retries": 0,
        }

    def slots(self, nodes: Iterable[Mapping[str, float]]) -> int:
        """Return how many runs fit at once on nodes with these resources, in the words of Ray; memory is in bytes."""
        return sum(self._fit(node) for node in nodes)

    def _fit(self, node: Mapping[str, float]) -> int:
        needed = {"CPU": self.cpus, "GPU": self.gpus, "memory": self.memory_mb * 1e6}
        return min(int(node.get(name, 0) // each) for name, each in needed.items() if each)


def chosen() -> Cluster | None:
    """Return the cluster that trains, or None: this computer does.

    Raises SettingsError where the environment names no executor that there is, or no cluster for Ray.
    """
    executor = os.environ.get("IMGREC_EXECUTOR", "local")
    if executor == "local":
        return None
    if executor != "ray":
        raise SettingsError(
            f"IMGREC_EXECUTOR needs local (this computer) or ray (a cluster). Received: {executor[:40]!r}."
        )
    address = os.environ.get(ADDRESS, "")
    if not _ADDRESS.fullmatch(address):
        raise SettingsError(
            f"IMGREC_EXECUTOR=ray needs the address of a Ray cluster in {ADDRESS}: 10.0.0.1:6379 on one of its nodes, "
            f"ray://10.0.0.1:10001 from elsewhere. Received: {address[:80]!r}."
        )
    if find_spec("ray") is None:
        raise SettingsError(
            "IMGREC_EXECUTOR=ray needs Ray, which is not installed. Install the version that the cluster has, as "
            "pip install ray==2.60.0."
        )
    images = os.environ.get(IMAGES, "")
    return Cluster(address, _number(CPUS, 1, 1), _number(GPUS, 0, 0), _number(MEMORY, 2000, 100), images)


def _number(name: str, default: int, least: int) -> int:
    text = os.environ.get(name)
    if text is None:
        return default
    if not text.isdecimal() or len(text) > 7 or int(text) < least:
        raise SettingsError(f"{name} needs a whole number of at least {least}. Received: {text[:40]!r}.")
    return int(text)
